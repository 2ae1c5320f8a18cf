import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Query

/// Goal: a query whose sums cannot be read gives the rows of the plan without them, each once, or the fault once rows are out. Method: a table that fails at any of its pieces the first
/// time that it is read, under plans that read it before their first row and under plans that pass its rows on.
final class SumsFaultTests: XCTestCase {
    private struct Unreadable: SourceError {
        let isOfSums: Bool
    }

    /// Fails at the piece `place` of its first scan.
    private final class Failing: TableSource {
        let rows: MemoryTable
        let place: Int
        let fault: Unreadable
        let scanCount = Atomic<Int>(0)

        init(_ rows: MemoryTable, at place: Int, _ fault: Unreadable) { (self.rows, self.place, self.fault) = (rows, place, fault) }

        var schema: Schema { rows.schema }
        var statistics: TableStatistics { rows.statistics }

        func scan(_ request: ScanRequest) throws -> any TableScan {
            let scan = try rows.scan(request)
            return scanCount.wrappingAdd(1, ordering: .relaxed).oldValue == 0 ? Scan(scan, place, fault) : scan
        }

        private final class Scan: TableScan {
            let scan: any TableScan
            let place: Int
            let fault: Unreadable
            let next = Atomic<Int>(0)

            init(_ scan: any TableScan, _ place: Int, _ fault: Unreadable) { (self.scan, self.place, self.fault) = (scan, place, fault) }

            func nextMorsel() throws -> (any Morsel)? {
                if next.wrappingAdd(1, ordering: .relaxed).oldValue == place { throw fault }
                return try scan.nextMorsel()
            }
        }
    }

    private static let rowCount = 240
    private let table = QueryFixture.table([Field("n", .int64)], (0..<rowCount).map { [.integer(Int64($0))] }, batchRowCount: 8)

    /// The rows, sorted, and the fault that came behind them.
    private func ask(_ query: String, at place: Int, isOfSums: Bool = true, threads: Int, usesRollups: Bool = true) throws -> (rows: [Int64], fault: (any Error)?) {
        let source = Failing(table, at: place, Unreadable(isOfSums: isOfSums))
        let engine = QueryEngine(QueryEngine.Settings(threadCount: threads))
        var context = QueryContext(catalog: FixedCatalog(tables: [("t", source)]), now: 0)
        context.usesRollups = usesRollups
        let stream = try engine.execute(try engine.prepare(query, in: context))
        var rows: [Int64] = []
        do {
            while let batch = try stream.next() {
                for row in 0..<batch.rowCount { if case .integer(let value) = batch.columns[0].value(at: row) { rows.append(value) } }
            }
        } catch { return (rows.sorted(), error) }
        return (rows.sorted(), nil)
    }

    func test_rowsComeOnce_orTheFaultBehindThem() throws {
        let all = (0..<Int64(Self.rowCount)).map { $0 }
        var answered = 0
        for round in 0..<400 {
            let place = round % 31
            let (rows, fault) = try ask("SELECT n FROM t", at: place, threads: 1 + round % 4)
            if fault == nil {
                XCTAssertEqual(rows, all, "round \(round)")
                if place < Self.rowCount / 8 { answered += 1 }
            } else {
                XCTAssertFalse(rows.isEmpty, "round \(round): nothing was out")
                XCTAssertEqual(Set(rows).count, rows.count, "round \(round)")
            }
        }
        XCTAssertGreaterThan(answered, 0)
    }

    func test_whatIsReadBeforeTheFirstRow_isReadAnew_whereverItFails() throws {
        for place in [0, 1, 17, 29] {
            for query in ["SELECT sum(n) FROM t", "SELECT n FROM t ORDER BY n DESC", "SELECT n FROM t GROUP BY n", "SELECT count(*) FROM t a JOIN t b ON a.n = b.n"] {
                let whole = try ask(query, at: -1, threads: 2)
                let mended = try ask(query, at: place, threads: 2)
                XCTAssertNil(mended.fault, "\(query), \(place)")
                XCTAssertEqual(mended.rows, whole.rows, "\(query), \(place)")
            }
        }
    }

    func test_otherFaults_andThoseOfRowsAlone_areTold() throws {
        XCTAssertNotNil(try ask("SELECT sum(n) FROM t", at: 0, isOfSums: false, threads: 2).fault)
        XCTAssertNotNil(try ask("SELECT sum(n) FROM t", at: 0, threads: 2, usesRollups: false).fault)
    }
}
