import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what rebuilds have filled in a hot file is there again, or owed by the file, whenever its columns were laid down anew from rows alone.
/// Method: columns of two types are filled, images are taken for damaged, and what is to fill them again is kept from it.
final class OwedRefillTests: XCTestCase {
    /// One of two types of a table, each with a column of its own from version 2 on.
    private static func type(_ name: String, _ version: Int, column: String) -> String {
        let more = version > 1 ? #","\#(column)":{"path":"/\#(column)","type":"BIGINT"}"# : ""
        return """
            {"name":"\(name)","version":\(version),"table":"things","format":"json","match":{"/kind":"\(name)"},"receipt_id":"/id","issued_at":"/at",
             "columns":{"total":{"path":"/total","type":"BIGINT"}\(more)}}
            """
    }

    private static let types = [(name: "one", column: "a"), (name: "two", column: "b")]

    private func put(_ version: Int, _ fixture: EngineFixture) throws {
        for type in Self.types { _ = try fixture.engine.putType(name: type.name, body: Array(Self.type(type.name, version, column: type.column).utf8)) }
    }

    private func post(_ range: Range<Int>, _ fixture: EngineFixture) throws {
        let lines = range.flatMap { number in
            Self.types.map { #"{"kind":"\#($0.name)","id":"\#($0.name)-\#(number)","at":"2026-10-01T10:00:00Z","total":1,"\#($0.column)":\#(number + 10)}"# }
        }
        guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson, as: .admin, client: "c1") else { return XCTFail("no results") }
        for result in results { _ = try result.get() }
    }

    private func fill(_ column: String, _ fixture: EngineFixture) throws {
        XCTAssertEqual(try fixture.engine.rebuild(column: column, of: "things", isCancelled: { false }) { _ in }.leftFileCount, 0)
    }

    private func hotFile(_ fixture: EngineFixture) throws -> HotFile {
        try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first { $0.tail(of: "things")?.rowCount ?? 0 > 0 })
    }

    /// Of the rows of the second type.
    private func rows(_ fixture: EngineFixture) throws -> [String] {
        try fixture.walk(PageRequest(table: "things", fields: ["receipt_id", "b"], limit: 1_000)).filter { $0.hasPrefix("two-") }.sorted()
    }

    private static func expected(_ range: Range<Int>) -> [String] { range.map { "two-\($0)|\($0 + 10)" }.sorted() }

    /// Columns `a` and `b` filled in one hot file.
    private func filled(_ path: String) throws -> EngineFixture {
        let fixture = try EngineFixture(path)
        try put(1, fixture)
        try post(0..<5, fixture)
        try put(2, fixture)
        for type in Self.types { try fill(type.column, fixture) }
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
        return fixture
    }

    func test_columnThatNoTypeGivesAnyMore_keepsNoOtherFromBeingFilledAgain() throws {
        let directory = TemporaryDirectory()
        let fixture = try filled(directory.path)
        let file = try hotFile(fixture)
        try fixture.engine.deleteType(name: "one")
        let told = Mutex<[String]>([])
        StoreLog.observe { event in if event.what == "a column that was laid down again is not filled again" { told.withLock { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        XCTAssertTrue(file.noteDamaged(try XCTUnwrap(file.tail(of: "things")?.groups.first).id))
        for _ in 0..<2 { _ = try fixture.engine.compact(before: file.day - 1) }
        XCTAssertEqual(file.damagedImageCount, 0)
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
        XCTAssertEqual(told.withLock { $0.map { $0.prefix(2) } }, ["a:"], "what cannot be filled again is told, and once")
        XCTAssertFalse(try file.owesRefill)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
        try fixture.engine.close()
    }

    /// The end comes right behind the group that was laid down anew.
    func test_refillThatAnEndCameBefore_isOwedByTheFile_whichStaysHot_andIsDoneByTheNextStart() throws {
        let directory = TemporaryDirectory()
        var fixture = try filled(directory.path)
        var file = try hotFile(fixture)
        XCTAssertFalse(try file.owesRefill)
        fixture.engine.compactor.whenHealed { _ in }
        XCTAssertTrue(file.noteDamaged(try XCTUnwrap(file.tail(of: "things")?.groups.first).id))
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual([summary.filesMoved, summary.filesLeft], [0, 1], "in cold the values would be lost")
        XCTAssertTrue(try file.owesRefill)
        XCTAssertEqual(try rows(fixture), (0..<5).map { "two-\($0)|-" })
        XCTAssertTrue(fixture.engine.compactor.hotDamageTexts.contains { $0.contains("not filled yet") }, "\(fixture.engine.compactor.hotDamageTexts)")
        try fixture.engine.close()
        fixture = try EngineFixture(directory.path)
        file = try hotFile(fixture)
        XCTAssertTrue(try Patience.until { try !file.owesRefill }, "the start fills nothing")
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        XCTAssertEqual(fixture.engine.compactor.hotDamageTexts, [])
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Two groups: the second is taken for damaged, and the first stays so, since neither its image nor a document of it can be read.
    private func halfDamaged(_ path: String, filling columns: [String]) throws -> (EngineFixture, HotFile) {
        let fixture = try EngineFixture(path)
        let tier = fixture.engine.tier
        try put(1, fixture)
        for lot in 0..<2 {
            try post(lot * 5..<lot * 5 + 5, fixture)
            try tier.flush(isWhole: true)
        }
        try put(2, fixture)
        for column in columns { try fill(column, fixture) }
        let file = try hotFile(fixture)
        let groups = try XCTUnwrap(file.tail(of: "things")).groups
        XCTAssertEqual(groups.count, 2)
        let (parts, damaged) = (HotGroupStage.partsTable(isReplacement: groups[0].isReplacement), groups[0].id)
        try tier.writer.perform(on: file) { writer in
            try writer.perform { connection in
                try connection.execute("UPDATE \(parts) SET bytes = zeroblob(length(bytes)) WHERE id >> \(HotImage.partBits) = \(damaged)")
                try connection.execute("UPDATE rows SET document = x'00' WHERE id = 1")
            }
        }
        XCTAssertTrue(file.noteDamaged(groups[1].id))
        return (fixture, file)
    }

    /// Images that others took the place of: they stay until the next start.
    private func replacedCount(_ file: HotFile) throws -> Int64? {
        try file.pool.withConnection { try $0.integer("SELECT count(*) FROM groups WHERE is_complete = \(HotGroupStage.replaced.rawValue)") }
    }

    func test_groupThatStaysDamaged_keepsNoOtherFromBeingFilledAgain_andHasNoneLaidDownAgainAndAgain() throws {
        let directory = TemporaryDirectory()
        let (fixture, file) = try halfDamaged(directory.path, filling: ["b"])
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.compact(before: file.day - 1)
        XCTAssertTrue(try file.owesRefill, "the first group may still get what it lacks")
        let count = try replacedCount(file)
        for _ in 0..<2 { _ = try fixture.engine.compact(before: file.day - 1) }
        XCTAssertTrue(try file.owesRefill)
        XCTAssertEqual(try replacedCount(file), count)
        guard case .found(let schema, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: "two-7", client: "c1", table: "things"), as: .admin),
            let place = schema.index(of: "b")
        else { return XCTFail("two-7 is not found") }
        XCTAssertEqual(EngineFixture.text(row.columns[place].value(at: 0)), "17")
    }

    func test_columnThatIsThere_isNotLaidDownAgain() throws {
        let directory = TemporaryDirectory()
        let fixture = try filled(directory.path)
        defer { try? fixture.engine.close() }
        let file = try hotFile(fixture)
        let count = try replacedCount(file)
        XCTAssertNotEqual(count, 0)
        for _ in 0..<2 { for type in Self.types { try fill(type.column, fixture) } }
        XCTAssertEqual(try replacedCount(file), count)
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
    }

    func test_whatCannotBeFilledAgain_isToldOnce_whileAnythingElseIsOwed() throws {
        let directory = TemporaryDirectory()
        let (fixture, file) = try halfDamaged(directory.path, filling: ["a", "b"])
        defer { try? fixture.engine.close() }
        try fixture.engine.deleteType(name: "one")
        let told = Mutex<[String]>([])
        StoreLog.observe { event in if event.what == "a column that was laid down again is not filled again" { told.withLock { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        for _ in 0..<3 { _ = try fixture.engine.compact(before: file.day - 1) }
        XCTAssertTrue(try file.owesRefill)
        XCTAssertEqual(told.withLock { $0.map { $0.prefix(2) } }, ["a:"])
    }

    /// More is to stay free than any disk has.
    func test_refill_waitsForRoom() throws {
        let directory = TemporaryDirectory()
        var fixture = try filled(directory.path)
        var file = try hotFile(fixture)
        fixture.engine.compactor.whenHealed { _ in }
        XCTAssertTrue(file.noteDamaged(try XCTUnwrap(file.tail(of: "things")?.groups.first).id))
        _ = try fixture.engine.compact(before: file.day - 1)
        XCTAssertTrue(try file.owesRefill)
        try fixture.engine.close()
        let told = Mutex<[String]>([])
        StoreLog.observe { event in if event.what == "a column could not be filled again" { told.withLock { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        fixture = try EngineFixture(directory.path) { $0.hot.writer.minFreeBytes = .max }
        file = try hotFile(fixture)
        let count = try replacedCount(file)
        XCTAssertTrue(Patience.until { told.withLock { $0.count >= 2 } }, "the start fills nothing")
        XCTAssertEqual(told.withLock { $0.filter { !$0.contains("min_free") } }, [])
        XCTAssertTrue(try file.owesRefill)
        XCTAssertEqual(try replacedCount(file), count)
        try fixture.engine.close()
        // Less than is to be free, and more than half of it: compaction, which would make room, waits for what is owed.
        let free = try XCTUnwrap(DataDirectory.freeBytes(directory.path))
        fixture = try EngineFixture(directory.path) { $0.hot.writer.minFreeBytes = free / 2 * 3 }
        file = try hotFile(fixture)
        XCTAssertTrue(try Patience.until { try !file.owesRefill })
        XCTAssertEqual(try rows(fixture), Self.expected(0..<5))
        try fixture.engine.close()
    }
}
