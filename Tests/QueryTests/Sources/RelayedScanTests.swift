import ColumnStore
import Synchronization
import XCTest

@testable import Query

/// Goal: batches go up in their order, those of which nothing is left are passed over, and nothing is read once it is enough. Method: a table of three batches.
final class RelayedScanTests: XCTestCase {
    private static let schema = Schema([Field("n", .int64)])

    private static func batch(_ numbers: [Int64]) -> ColumnBatch {
        ColumnBatch(rowCount: numbers.count, columns: [Column(type: .int64, count: numbers.count, values: .int64(numbers))])
    }

    private static func table() -> MemoryTable { MemoryTable(schema: schema, batches: [batch([1, 2]), batch([3]), batch([4, 5, 6])]) }

    /// All rows of all morsels.
    private static func numbers(_ scan: any TableScan) throws -> [[Value]] {
        var batches: [[Value]] = []
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() { batches.append((0..<batch.rowCount).map { batch.columns[0].value(at: $0) }) }
        }
        return batches
    }

    func test_batches_areRelayedInOrder_andThoseOfNothingArePassedOver() throws {
        let scan = RelayedScan(try Self.table().scan(ScanRequest(projection: ["n"]))) { $0.rowCount == 1 ? nil : $0 }
        XCTAssertEqual(try Self.numbers(scan), [[.integer(1), .integer(2)], [.integer(4), .integer(5), .integer(6)]])
    }

    func test_scanThatIsOver_readsNoFurtherBatch() throws {
        let seen = Atomic<Int>(0)
        let scan = RelayedScan(try Self.table().scan(ScanRequest(projection: ["n"])), isOver: { seen.load(ordering: .relaxed) >= 3 }) { batch in
            seen.wrappingAdd(batch.rowCount, ordering: .relaxed)
            return batch
        }
        XCTAssertEqual(try Self.numbers(scan), [[.integer(1), .integer(2)], [.integer(3)]])
        XCTAssertNil(try scan.nextMorsel())
    }

    func test_restOfARequest_filtersWhatIsShown_andGivesItsProjection() throws {
        let schema = Schema([Field("n", .int64), Field("m", .int64)])
        var request = ScanRequest(projection: ["m"])
        request.filters = [ColumnFilter("n", .oneOf([.integer(2), .integer(3)]))]
        let rest = try RestOfRequest(request, schema)
        let shown = ColumnBatch(rowCount: 3, columns: [Self.batch([1, 2, 3]).columns[0], Self.batch([10, 20, 30]).columns[0]])
        let rows = try XCTUnwrap(try rest.rows(of: shown))
        XCTAssertEqual(rows.columns.count, 1)
        XCTAssertEqual((0..<rows.rowCount).map { rows.columns[0].value(at: $0) }, [.integer(20), .integer(30)])
        XCTAssertNil(try rest.rows(of: ColumnBatch(rowCount: 1, columns: [Self.batch([7]).columns[0], Self.batch([70]).columns[0]])))
        XCTAssertThrowsError(try RestOfRequest(ScanRequest(projection: ["other"]), schema))
    }
}
