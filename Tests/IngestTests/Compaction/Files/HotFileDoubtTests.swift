import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: columns that were made of a page without its sum reach no cold file, though the page is right again by then. Method: a bit of a ticket is changed on the disk and changed back, between two uses of
/// a store and in the midst of one.
final class HotFileDoubtTests: XCTestCase {
    private static let all = PageRequest(fields: ["*"], limit: 7)
    private let directory = TemporaryDirectory()

    private struct Filled {
        let answers: [String]
        let path: String
        /// Of a ticket, where it stands in the file.
        let places: [Int]

        /// Changes a bit, and the next time changes it back: of a file that may be in use.
        func turn() throws {
            let handle = try FileHandle(forUpdating: URL(filePath: path))
            defer { try? handle.close() }
            for place in places {
                try handle.seek(toOffset: UInt64(place))
                let byte = try XCTUnwrap(try handle.read(upToCount: 1)?.first)
                try handle.seek(toOffset: UInt64(place))
                try handle.write(contentsOf: Data([byte ^ 4]))
            }
        }
    }

    /// A store that is closed, whose rows are in no columns of its file.
    private func fill(_ directory: String, first: (EngineFixture) throws -> Void = { _ in }, more: (EngineFixture) throws -> Void = { _ in }) throws -> Filled {
        let fixture = try EngineFixture(directory)
        try first(fixture)
        let tickets = try (0..<60).map { number -> String in
            let note = " \(number) \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)"
            return try fixture.taken(EngineFixture.receipt("R-\(number)", note: note)).summary.ticketID
        }
        try more(fixture)
        let answers = try fixture.walk(Self.all)
        let path = try file(of: fixture).path
        try fixture.engine.close()
        let ticket = Data(try XCTUnwrap(ULID(tickets[4])).bytes)
        let bytes = try Data(contentsOf: URL(filePath: path))
        var (start, places) = (bytes.startIndex, [Int]())
        while let range = bytes.range(of: ticket, in: start..<bytes.endIndex) {
            // Earlier copies lie about in pages above the leaves.
            if bytes[range.lowerBound / 4_096 * 4_096] == 13 { places.append(range.lowerBound + 10) }
            start = range.upperBound
        }
        XCTAssertFalse(places.isEmpty)
        return Filled(answers: answers, path: path, places: places)
    }

    private func file(of fixture: EngineFixture) throws -> HotFile { try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first) }

    private func checkMoved(_ fixture: EngineFixture, _ filled: Filled, _ directory: String, _ place: String) throws {
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1, place)
        XCTAssertEqual(try fixture.walk(Self.all), filled.answers, place)
        XCTAssertEqual(fixture.engine.degradations, [], place)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory).run().findings.map(\.description), [], place)
    }

    func test_compact_ofAPageThatWasPutBackBetweenStarts_movesWhatItsRowsSay() throws {
        let filled = try fill(directory.path)
        try filled.turn()
        var fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try file(of: fixture).allTails.map(\.rowCountInMemory), [60])
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        try fixture.engine.tier.flush()
        try fixture.engine.close()
        try filled.turn()
        fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try file(of: fixture).doubtedAfter, 0)
        XCTAssertNotEqual(try fixture.walk(Self.all), filled.answers, "columns are as they were laid down")
        try checkMoved(fixture, filled, directory.path, "put back")
    }

    /// Rows whose values their documents do not give again: once they are in columns, nothing does.
    private func addBatch(_ name: String, _ fixture: EngineFixture) throws {
        let type = """
            {"name":"packet","version":1,"format":"json","match":{"/schema":"packet/1"},"each":{"path":"/items/*"},"receipt_id":"/id","issued_at":"/at",
             "time_zone":"Europe/Kyiv","columns":{"note":{"path":"/sender","from_root":true,"type":"VARCHAR"}}}
            """
        _ = try fixture.engine.putType(name: "packet", body: Array(type.utf8))
        let body = #"{"schema":"packet/1","sender":"till-9","items":[{"id":"\#(name)-1","at":"2026-11-18T10:00:00"},{"id":"\#(name)-2","at":"2026-11-18T11:00:00"}]}"#
        guard case .batch = fixture.take(body) else { return XCTFail("not taken") }
    }

    /// The file was not proved while its page was wrong. Columns that were laid down before are not doubted.
    func test_compact_ofColumnsThatAStartMadeOfAWrongPage_laysThemDownAnew() throws {
        let filled = try fill(directory.path, first: { fixture in
            try addBatch("A", fixture)
            try fixture.engine.tier.flush(isWhole: true)
        }) { fixture in try addBatch("B", fixture) }
        try filled.turn()
        var fixture = try EngineFixture(directory.path)
        XCTAssertTrue(try file(of: fixture).doubtedAfter != nil)
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        try fixture.engine.close()
        try filled.turn()
        fixture = try EngineFixture(directory.path)
        XCTAssertTrue(try file(of: fixture).doubtedAfter != nil, "it is written with the columns")
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        XCTAssertEqual(try fixture.walk(Self.all), filled.answers)
        try fixture.engine.close()
    }

    /// With a proof that found the page wrong, and without one: a misread that has passed.
    func test_compact_ofAPageThatIsRightAgainWhileTheStoreRuns_movesWhatItsRowsSay_andSaysSoOnce() throws {
        for isProved in [true, false] {
            let (directory, place) = (TemporaryDirectory(), "proved: \(isProved)")
            let filled = try fill(directory.path)
            try filled.turn()
            let fixture = try EngineFixture(directory.path)
            if isProved { XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1, place) }
            XCTAssertNotEqual(try fixture.walk(Self.all), filled.answers, place)
            try filled.turn()
            let told = Mutex<[String]>([])
            StoreLog.observe { event in told.withLock { if event.what == "laid the doubted columns of a hot file down again", event.path == filled.path { $0.append(event.reason) } } }
            defer { StoreLog.observe(nil) }
            try checkMoved(fixture, filled, directory.path, place)
            XCTAssertEqual(told.withLock { $0.count }, 1, place)
        }
    }

    /// Whether or not the file moves then.
    func test_settleDoubt_makesColumnsAndBoundsOfTheRows_andLeavesNoDoubt() throws {
        let filled = try fill(directory.path)
        try filled.turn()
        var fixture = try EngineFixture(directory.path)
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let file = try file(of: fixture), tail = try XCTUnwrap(file.allTails.first), group = try XCTUnwrap(tail.groups.first)
        // As if the page had been wrong in these, too.
        var wrong = group.bounds
        (wrong.firstDay, wrong.lastIssued) = (wrong.firstDay - 9, wrong.lastIssued + 9)
        tail.replace(group, with: HotGroup(id: group.id, bounds: wrong, typeColumns: group.typeColumns, byteCount: group.byteCount))
        try filled.turn()
        let healed = Mutex<[String]>([])
        fixture.engine.compactor.whenHealed { file in healed.withLock { $0.append(file.name) } }
        try fixture.engine.compactor.settleDoubt(of: file, after: try XCTUnwrap(file.doubtedAfter))
        XCTAssertEqual(tail.groups.map(\.bounds), [group.bounds])
        XCTAssertEqual(healed.withLock { $0 }, [file.name], "what a rebuild filled is filled again")
        XCTAssertNil(file.doubtedAfter)
        XCTAssertEqual(try fixture.walk(Self.all), filled.answers)
        try fixture.engine.close()
        fixture = try EngineFixture(directory.path)
        XCTAssertNil(try self.file(of: fixture).doubtedAfter)
        try checkMoved(fixture, filled, directory.path, "after a start")
    }

    func test_compact_ofColumnsThatCannotBeLaidDownAgain_leavesTheFile_andItsDoubt() throws {
        let filled = try fill(directory.path)
        var fixture = try EngineFixture(directory.path)
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let (name, group) = (try file(of: fixture).name, try XCTUnwrap(try file(of: fixture).allTails.flatMap(\.groups).first).id)
        XCTAssertFalse(try file(of: fixture).doubtedAfter != nil)
        try fixture.engine.close()
        func change(_ sql: String) throws { try SQLiteConnection(path: filled.path, mode: .readWrite).execute(sql) }
        // Of a version that the store does not know no document can be read.
        try change("INSERT INTO meta(key, value) VALUES('\(HotFile.doubtKey)', 0); UPDATE kinds SET version = version + 1000")
        fixture = try EngineFixture(directory.path)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        XCTAssertTrue(fixture.engine.compactor.leftHot.withLock { $0[name] }?.reason.contains("group \(group): ") == true)
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("hot file \(name)") }, "\(fixture.engine.degradations)")
        try fixture.engine.close()
        try change("UPDATE kinds SET version = version - 1000")
        fixture = try EngineFixture(directory.path)
        XCTAssertTrue(try file(of: fixture).doubtedAfter != nil)
        try checkMoved(fixture, filled, directory.path, "read again")
    }
}
