import ColumnStore
import Query
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a flushed group gives what the rows in memory gave, with every test that its image applies by itself, and with states that changed
/// after it was laid down. Method: the same requests before and after a file is sealed.
final class HotScanTests: XCTestCase {
    private static let rowCount = 9_000

    /// Rows of two clients; each third is PROCESSING. A row's total is ten times its number, and each of its two lines has half of it.
    private func filled(_ path: String) throws -> HotTierFixture.Store {
        let store = try HotTierFixture.Store(path)
        for start in stride(from: 0, to: Self.rowCount, by: 1_000) {
            var rows: [HotRow] = []
            for number in start..<start + 1_000 {
                let client = number % 4 == 0 ? "c2" : "c1", day = Int32(20_777 + number / 3_000)
                let state: ReceiptState = number % 3 == 0 ? .processing : .complete
                rows.append(try HotTierFixture.row("R-\(number)", client: client, day: day, total: Int64(10 * number), state: state))
            }
            _ = try store.stored(rows)
        }
        return store
    }

    private func seal(_ store: HotTierFixture.Store) throws -> HotFile {
        try store.tier.writer.seal()
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        try store.tier.maintenance.flush(store.tier.writer)
        XCTAssertEqual(file.tail(of: "receipts")?.rowCountInMemory, 0, "the rows were not laid down")
        return file
    }

    private func rows(_ store: HotTierFixture.Store, _ request: ScanRequest) throws -> [String] {
        try rows(of: scan(store, request))
    }

    private func scan(_ store: HotTierFixture.Store, _ request: ScanRequest) throws -> any TableScan {
        try TieredTable(name: "receipts", boundary: store.tier.boundary, tables: store.tier.tables).scan(request)
    }

    private func rows(of scan: any TableScan) throws -> [String] {
        var rows: [String] = []
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                XCTAssertGreaterThan(batch.rowCount, 0)
                rows += (0..<batch.rowCount).map { row in batch.columns.map { EngineFixture.text($0.value(at: row)) }.joined(separator: "|") }
            }
        }
        return rows.sorted()
    }

    private static let own = ColumnFilter("client_id", .equal(.string("c1")))

    /// Exactly the rows of which the total is a multiple of 30; sees no row of the other client.
    private static let residual = ResidualFilter(columns: ["client_id", "total"]) { batch in
        Bitmap.of((0..<batch.rowCount).map { row in
            XCTAssertEqual(batch.columns[0].value(at: row), .string("c1"))
            guard case .decimal(let total) = batch.columns[1].value(at: row) else { return false }
            return total % 30 == 0
        })
    }

    private static var requests: [ScanRequest] {
        let complete = AcceptedTable.filter
        let days = ColumnFilter("business_day", .range(lower: .init(.integer(20_778), isInclusive: true), upper: nil))
        return [
            ScanRequest(projection: []), ScanRequest(projection: [], scope: [own, complete]), ScanRequest(projection: ["receipt_id", "lines.amount"]),
            ScanRequest(projection: ["receipt_id", "state", "completed_at"], scope: [own]),
            ScanRequest(projection: ["total"], scope: [own, complete], filters: [days]),
            ScanRequest(projection: ["receipt_id", "document_sha256"], scope: [own], filters: [ColumnFilter("receipt_id", .hasPrefix(Array("R-44".utf8)))]),
            ScanRequest(projection: ["receipt_id", "lines"], scope: [own, complete], residual: residual),
            ScanRequest(projection: ["business_day"], scope: [own], filters: [days, complete], residual: residual),
        ]
    }

    func test_groups_giveWhatTheRowsInMemoryGave() throws {
        let directory = TemporaryDirectory()
        let store = try filled(directory.path)
        defer { store.close() }
        let before = try Self.requests.map { try rows(store, $0) }
        XCTAssertEqual(before[0].count, Self.rowCount)
        XCTAssertEqual(before[1].count, 4_500)
        XCTAssertEqual(before[6].count, 0, "complete rows are those whose number is no multiple of three")
        XCTAssertEqual(before[7].count, 0)
        let file = try seal(store)
        for (index, request) in Self.requests.enumerated() { XCTAssertEqual(try rows(store, request), before[index], "request \(index)") }
        // States that change after the group was laid down stand over what is in it.
        let last = file.state.lastSequence
        file.publish { published in
            for row in stride(from: Int64(1), through: 3_000, by: 3) {
                published.overlay.set(row, HotFile.StateChange(state: .complete, completedAt: 5), sequence: last)
            }
        }
        XCTAssertEqual(try rows(store, Self.requests[1]).count, 4_500 + 750)
        let changed = try rows(store, Self.requests[6])
        XCTAssertEqual(changed.count, 750)
        XCTAssertEqual(try rows(store, Self.requests[3]).filter { $0.hasSuffix("|5") }.count, 750)
    }

    /// A flush takes away what is laid over states once an image has them: a scan that took its rows before still has the states that it was asked with.
    func test_flushBesideAScan_leavesItTheStatesOfItsBeginning() throws {
        let directory = TemporaryDirectory()
        let store = try filled(directory.path)
        defer { store.close() }
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        let last = file.state.lastSequence
        file.publish { published in
            for row in stride(from: Int64(1), through: 3_000, by: 3) {
                published.overlay.set(row, HotFile.StateChange(state: .complete, completedAt: 5), sequence: last)
            }
        }
        let (before, request) = (try rows(store, Self.requests[3]), Self.requests[3])
        XCTAssertEqual(before.filter { $0.hasSuffix("|5") }.count, 750)
        let scans = try [scan(store, request), scan(store, Self.requests[1])]
        _ = try seal(store)
        XCTAssertTrue(file.state.overlay.isEmpty)
        XCTAssertEqual(try rows(of: scans[0]), before)
        XCTAssertEqual(try rows(of: scans[1]).count, 4_500 + 750)
        XCTAssertEqual(try rows(store, request), before)
    }

    func test_hints_leaveRowsOut_andNoneThatIsAskedFor() throws {
        let directory = TemporaryDirectory()
        let store = try filled(directory.path)
        defer { store.close() }
        let wanted = Value.decimal(5 * 777)
        let request = ScanRequest(projection: ["receipt_id", "lines.amount"], elementFilters: [ColumnFilter("lines.amount", .equal(wanted))])
        var filtered = ScanRequest(projection: ["receipt_id"], scope: [Self.own])
        filtered.runtimeFilters = [
            RuntimeFilter("total", bounds: .oneOf([.decimal(70), .decimal(77_770)])) { column in
                Bitmap.of((0..<column.count).map { [.decimal(70), .decimal(77_770)].contains(column.value(at: $0)) })
            }
        ]
        XCTAssertTrue(try rows(store, request).contains { $0.contains("R-777|") })
        _ = try seal(store)
        XCTAssertEqual(try rows(store, request).count, 1)
        XCTAssertTrue(try rows(store, request)[0].contains("R-777|"))
        XCTAssertEqual(try rows(store, filtered).count, 2)
    }
}

extension Bitmap {
    fileprivate static func of(_ bits: [Bool]) -> Bitmap {
        var result = Bitmap(repeating: false, count: bits.count)
        for (index, bit) in bits.enumerated() where bit { result[index] = true }
        return result
    }
}
