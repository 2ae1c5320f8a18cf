import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Columns that cannot be laid down: nobody else's wait for them, and each try leaves the file as it was.
final class HotFlusherTests: XCTestCase {
    /// Receipts of all are refused once too many rows have no columns in a file.
    func test_flush_ofAFileThatCannotBeWritten_keepsNoOtherOnesFromIt() throws {
        let (lost, directory) = (TemporaryDirectory(), TemporaryDirectory())
        let other = try HotTierFixture.Store(lost.path)
        _ = try other.stored([HotTierFixture.row("R-1")])
        let gone = try XCTUnwrap(other.tier.boundary.snapshot().files.last)
        other.close()
        try FileManager.default.removeItem(atPath: lost.path)
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([HotTierFixture.row("R-2")])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        XCTAssertThrowsError(try HotFlusher(writer: store.tier.writer).flush([gone, file], isWhole: true))
        XCTAssertEqual(gone.allTails.map(\.rowCountInMemory), [1])
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [0])
    }

    /// It is tried each few seconds for as long as the cause stays.
    func test_flush_thatFailsAtItsEnd_leavesNothingOfTheGroup() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([HotTierFixture.row("R-1")])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        func change(_ sql: String) throws { try store.tier.writer.perform(on: file) { try $0.perform { try $0.execute(sql) } } }
        func count(_ table: String) throws -> Int64? { try SQLiteConnection(path: file.path, mode: .readOnly).integer("SELECT count(*) FROM \(table)") }
        try change("CREATE TRIGGER refusing BEFORE UPDATE ON groups BEGIN SELECT RAISE(ABORT, 'refused'); END")
        for _ in 0..<2 {
            XCTAssertThrowsError(try HotFlusher(writer: store.tier.writer).flush([file], isWhole: true))
            XCTAssertEqual([try count("groups"), try count("group_parts")], [0, 0])
            XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [1])
        }
        try change("DROP TRIGGER refusing")
        try HotFlusher(writer: store.tier.writer).flush([file], isWhole: true)
        XCTAssertEqual([try count("groups"), try count("group_parts")], [1, 1])
        XCTAssertEqual(file.allTails.map(\.rowCountInMemory), [0])
    }

    /// Else the store would refuse receipts until the day is over: no table has a group's bytes by itself.
    func test_flush_ofTablesWithManyBytesTogether_laysThemDown_andReceiptsAreTakenAgain() throws {
        let directory = TemporaryDirectory()
        var limits = HotWriter.Limits()
        // Either table is below it by itself.
        limits.lagBytes = 900_000
        limits.unflushedBytes = 1 << 20
        let store = try HotTierFixture.Store(directory.path, limits: limits)
        defer { store.close() }
        let other = RowFormat(table: "licences", type: "licence", version: 1, contentType: "application/json", layout: HotTierFixture.layout)
        store.tier.tables.add(HotTierFixture.fields, to: "licences")
        let padding = String(repeating: "x", count: 6_000)
        _ = try store.stored(try (0..<100).map { try HotTierFixture.row("R-\($0)-\(padding)") })
        _ = try store.stored(try (0..<100).map { try HotTierFixture.row("L-\($0)-\(padding)", kind: other) })
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        XCTAssertFalse(file.state.isSealed)
        try store.tier.flush()
        // The store's own thread may have begun before the second table had a row: then it lays the first one down alone, and there is nothing left to do.
        XCTAssertLessThanOrEqual(file.allTails.reduce(0) { $0 + $1.byteCountInMemory }, limits.lagBytes)
        XCTAssertTrue(file.allTails.contains { $0.rowCountInMemory == 0 })
        Patience.until { store.tier.writer.statistics.unflushedBytes < limits.unflushedBytes }
        XCTAssertEqual(try store.stored([try HotTierFixture.row("R-x")]).count, 1)
    }

    func test_metrics_sayHowManyBytesAreInMemoryOnly() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        func bytes() -> Double? { fixture.engine.metrics().first { $0.name == "hot_bytes_unflushed" }?.value }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        XCTAssertTrue(Patience.until { (bytes() ?? 0) > 0 })
        XCTAssertTrue(Patience.until {
            try? fixture.engine.tier.flush(isWhole: true)
            return bytes() == 0
        })
    }

    /// As many rows of values of nearly a megabyte as would not fit into a chunk are read from their documents once more.
    func test_chunksOfAGroup_ofLongValues_endByTheirBytes() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let type = """
            {"name":"thing","version":1,"table":"things","format":"json","match":{"/schema":"thing/1"},"receipt_id":"/id","issued_at":"/at",
             "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
            """
        _ = try fixture.engine.putType(name: "thing", body: Array(type.utf8))
        let name = String(repeating: "x", count: 900_000)
        for number in 0..<20 { _ = try fixture.taken("{\"schema\":\"thing/1\",\"id\":\"T-\(number)\",\"at\":\"2026-11-18T14:03:07Z\",\"name\":\"\(name)\"}") }
        try fixture.engine.tier.flush(isWhole: true)
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
        let groups = try XCTUnwrap(file.tail(of: "things")).groups
        XCTAssertEqual(groups.map(\.bounds.rowCount), [20])
        let chunks = try HotFileLoader.chunks(of: try XCTUnwrap(groups.first), table: "things", file: file)
        XCTAssertGreaterThan(chunks.count, 1)
        XCTAssertEqual(chunks.reduce(0) { $0 + $1.bounds.rowCount }, 20)
        for chunk in chunks { XCTAssertLessThan(chunk.byteCount, ColumnTail.chunkByteCountMax + 1 << 20) }
    }
}
