import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: after a restart the columns of rows that were in memory only are those of before. Method: an engine that is opened again.
final class DocumentValuesTests: XCTestCase {
    private static let all = PageRequest(fields: ["*"], limit: 10_000)

    private static func type(_ version: Int, total: String) -> String {
        """
        {"name":"stamp","version":\(version),"format":"json","match":{"/schema":"stamp/1"},"receipt_id":"/id","issued_at":"/at","time_zone":"Europe/Kyiv",
         "columns":{"total":{"path":"\(total)","type":"DECIMAL(18,4)"},"note":{"path":"/note","type":"VARCHAR","default":"none"},
         "half":{"expression":"total / 2","type":"DECIMAL(18,4)"}}}
        """
    }

    private static func stamp(_ id: String) -> String {
        #"{"schema":"stamp/1","id":"\#(id)","at":"2026-11-18T10:00:00+02:00","a":\#(id.count).10,"b":7.25}"#
    }

    private func pendingCount(_ engine: Engine) throws -> Int64? {
        let file = try XCTUnwrap(engine.tier.boundary.snapshot().files.last)
        return try file.pool.withConnection { try $0.integer("SELECT count(*) FROM pending") }
    }

    func test_reopen_valuesAreReadAgain_byTheVersionThatTookThem() throws {
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try fixture.engine.putType(name: "stamp", body: Array(Self.type(1, total: "/a").utf8)), .created)
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: " \(number)")) }
        for number in 0..<20 { _ = try fixture.taken(Self.stamp("S-\(number)")) }
        XCTAssertEqual(try fixture.engine.putType(name: "stamp", body: Array(Self.type(2, total: "/b").utf8)), .replaced)
        for number in 20..<40 { _ = try fixture.taken(Self.stamp("S-\(number)")) }
        try fixture.engine.deleteType(name: "stamp")
        let before = try fixture.walk(Self.all)
        XCTAssertEqual(before.count, 70)
        XCTAssertTrue(before.contains { $0.contains("|31000|") } && before.contains { $0.contains("|72500|") })
        XCTAssertEqual(try pendingCount(fixture.engine), 0, "values are kept though their documents give them again")
        try fixture.engine.close()

        fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        XCTAssertEqual(try fixture.walk(Self.all), before)
        XCTAssertEqual(try Self.findings(fixture, directory.path), [])
    }

    /// An element's values may come from around it: what stands beside the elements is not in their documents.
    func test_reopen_elementsOfAnEnvelope_keepTheirValues() throws {
        let type = """
            {"name":"packet","version":1,"format":"json","match":{"/schema":"packet/1"},"each":{"path":"/items/*"},"receipt_id":"/id","issued_at":"/at",
             "time_zone":"Europe/Kyiv","columns":{"note":{"path":"/sender","from_root":true,"type":"VARCHAR"}}}
            """
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.putType(name: "packet", body: Array(type.utf8))
        let body = #"{"schema":"packet/1","sender":"till-9","items":[{"id":"P-1","at":"2026-11-18T10:00:00"},{"id":"P-2","at":"2026-11-18T11:00:00"}]}"#
        guard case .batch(let taken) = fixture.take(body) else { return XCTFail("not taken") }
        XCTAssertEqual(taken.count, 2)
        XCTAssertEqual(try pendingCount(fixture.engine), 2)
        let before = try fixture.walk(Self.all)
        XCTAssertTrue(before.allSatisfy { $0.contains("till-9") })
        try fixture.engine.close()
        fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        XCTAssertEqual(try fixture.walk(Self.all), before)
    }

    /// What stands in groups is not read again, in any of the file's tables; what came behind it is.
    func test_reopen_behindGroups_readsOnlyWhatIsInNone() throws {
        let directory = TemporaryDirectory()
        let time = Int64(1_795_000_000_000_000)
        var store = try HotTierFixture.Store(directory.path, clock: Clock { time })
        let other = RowFormat(table: "licences", type: "licence", version: 1, contentType: "application/json", layout: HotTierFixture.layout)
        store.tier.tables.add(HotTierFixture.fields, to: "licences")
        let perGroup = ColumnTail.groupChunkCount * ColumnTail.chunkRowCount
        _ = try store.stored([try HotTierFixture.row("L-0", kind: other)])
        for start in stride(from: 0, to: perGroup + 300, by: 2_000) {
            _ = try store.stored(try (start..<start + 2_000).map { try HotTierFixture.row("R-\($0)") })
        }
        _ = try store.stored([try HotTierFixture.row("L-1", kind: other)])
        try store.tier.flush()
        let file = store.tier.boundary.snapshot().files[0]
        func laidDown(_ file: HotFile) throws -> Int64? {
            try file.pool.withConnection { try $0.integer("SELECT value FROM meta WHERE key = 'laid_down'") }
        }
        // The licence before all of them is in no group.
        XCTAssertEqual(try laidDown(file), 0)
        let counts = ["receipts": file.tail(of: "receipts")?.rowCount, "licences": file.tail(of: "licences")?.rowCount]
        XCTAssertEqual(file.tail(of: "receipts").map { $0.rowCount - $0.rowCountInMemory }, perGroup)
        store.close()
        store = try HotTierFixture.Store(directory.path, clock: Clock { time })
        defer { store.close() }
        let again = store.tier.boundary.snapshot().files[0]
        XCTAssertEqual(["receipts": again.tail(of: "receipts")?.rowCount, "licences": again.tail(of: "licences")?.rowCount], counts)
        try store.tier.writer.seal()
        try store.tier.flush()
        XCTAssertEqual(try laidDown(again), again.state.rowCount)
        XCTAssertEqual(again.allTails.map(\.rowCountInMemory), [0, 0])
    }

    /// Two threads read them, each a range by rows and bytes: of rows of 6 kB neither gets to the end of its own.
    func test_reopen_largeRows_areReadToTheLast_eachOnce() throws {
        let directory = TemporaryDirectory()
        let time = Int64(1_795_000_000_000_000), count = 5_000
        var store = try HotTierFixture.Store(directory.path, clock: Clock { time })
        let padding = String(repeating: "x", count: 6_000)
        let index = try XCTUnwrap(StandardColumns.columnar.firstIndex { $0.name == "receipt_id" })
        /// As their chunks have them, which end by their bytes.
        func ids() throws -> [String] {
            let chunks = try XCTUnwrap(store.tier.boundary.snapshot().files[0].tail(of: "receipts")).view(through: .max).chunks
            XCTAssertGreaterThan(chunks.count, 1)
            return chunks.flatMap { chunk in (0..<chunk.batch.rowCount).map { EngineFixture.text(chunk.batch.columns[index].value(at: $0)) } }
        }
        for start in stride(from: 0, to: count, by: 500) {
            _ = try store.stored(try (start..<start + 500).map { try HotTierFixture.row("\($0)-\(padding)") })
        }
        let before = try ids()
        XCTAssertEqual(before.count, count)
        store.close()
        store = try HotTierFixture.Store(directory.path, clock: Clock { time })
        defer { store.close() }
        XCTAssertEqual(store.tier.boundary.snapshot().files[0].tail(of: "receipts")?.rowCount, count)
        XCTAssertTrue(try ids() == before)
    }

    func test_unflushedBytes_pastTheLimit_refuseNewOnes() throws {
        let directory = TemporaryDirectory()
        var limits = HotWriter.Limits()
        limits.unflushedBytes = 1 << 20
        let store = try HotTierFixture.Store(directory.path, limits: limits)
        defer { store.close() }
        let padding = String(repeating: "x", count: 6_000)
        _ = try store.stored(try (0..<200).map { try HotTierFixture.row("\($0)-\(padding)") })
        // Counted when the group is over, which is after its answers.
        XCTAssertTrue(Patience.until { store.tier.writer.statistics.unflushedBytes > limits.unflushedBytes })
        XCTAssertThrowsError(try store.stored([try HotTierFixture.row("R-x")])) { error in
            XCTAssertEqual((error as? Fault)?.code, .overloaded)
        }
        // As for rows: sealed, they leave memory.
        try store.tier.writer.seal()
        try store.tier.flush()
        XCTAssertEqual(try store.stored([try HotTierFixture.row("R-x")]).count, 1)
    }

    func test_unflushedRows_pastTheLimit_refuseNewOnes() throws {
        let directory = TemporaryDirectory()
        var limits = HotWriter.Limits()
        limits.unflushedRows = 100
        let store = try HotTierFixture.Store(directory.path, limits: limits)
        defer { store.close() }
        _ = try store.stored(try (0..<101).map { try HotTierFixture.row("R-\($0)") })
        // Counted when the group is over, which is after its answers.
        XCTAssertTrue(Patience.until { store.tier.writer.statistics.unflushedRows > 100 })
        XCTAssertThrowsError(try store.stored([try HotTierFixture.row("R-x")])) { error in
            XCTAssertEqual((error as? Fault)?.code, .overloaded)
        }
        // Sealed, its columns go into the file, and there is room again.
        try store.tier.writer.seal()
        try store.tier.flush()
        XCTAssertEqual(try store.stored([try HotTierFixture.row("R-x")]).count, 1)
    }

    /// What yesterday's process left in memory only leaves it without a receipt of today, and takes no room from today's.
    func test_reopen_onTheNextDay_rowsOfTheDayBeforeAreLaidDown() throws {
        let directory = TemporaryDirectory()
        let day = Int64(86_400_000_000)
        let time = 20_776 * day + day / 2
        var limits = HotWriter.Limits()
        limits.unflushedRows = 100
        var store = try HotTierFixture.Store(directory.path, clock: Clock { time }, limits: limits)
        _ = try store.stored(try (0..<80).map { try HotTierFixture.row("R-\($0)") })
        // A row whose values are kept needs no type to be read again.
        store.close()
        store = try HotTierFixture.Store(directory.path, clock: Clock { time + day }, limits: limits)
        defer { store.close() }
        let file = store.tier.boundary.snapshot().files[0]
        Patience.until { file.tail(of: "receipts")?.rowCountInMemory == 0 }
        XCTAssertEqual(file.tail(of: "receipts")?.rowCountInMemory, 0, "they wait for a receipt of today")
        XCTAssertTrue(file.state.isSealed)
        Patience.until { store.tier.writer.statistics.unflushedRows == 0 }
        XCTAssertEqual(try store.stored(try (0..<90).map { try HotTierFixture.row("S-\($0)") }).count, 90)
        // Counted twice for a moment where the maintenance's thread counts just then.
        Patience.until { store.tier.writer.statistics.unflushedRows == 90 }
        XCTAssertEqual(try store.stored(try (90..<95).map { try HotTierFixture.row("S-\($0)") }).count, 5)
        XCTAssertEqual(store.tier.boundary.snapshot().files.map(\.state.rowCount), [80, 95])
    }

    private static func findings(_ fixture: EngineFixture, _ path: String) throws -> [String] {
        try fixture.engine.close()
        return try Verifier(path: path).run().findings.map(\.description)
    }
}
