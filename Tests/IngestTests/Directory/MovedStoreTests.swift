import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// A store's directory may be moved or copied: it answers there as before, and outside readers find its tables where they are now. And it is
/// its user's alone.
final class MovedStoreTests: XCTestCase {
    func test_movedDirectory_answersAsBefore_andNamesItsFilesAnew() throws {
        let (first, second) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(first.path)
        for round in 0..<2 {
            for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("A-\(round)-\(number)")) }
            _ = try fixture.engine.compact(before: nil)
        }
        _ = try fixture.taken(EngineFixture.receipt("hot"))
        let before = try fixture.walk(PageRequest(fields: ["*"]))
        try fixture.engine.close()
        try FileManager.default.moveItem(atPath: first.path, toPath: second.path)
        XCTAssertEqual(try Verifier(path: second.path).run().findings.map(\.description), [], "proved before anything was written for the new place")
        let moved = try EngineFixture(second.path)
        XCTAssertEqual(try moved.walk(PageRequest(fields: ["*"])), before)
        XCTAssertTrue(try moved.taken(EngineFixture.receipt("A-0-0")).isRepeat)
        let storage = try LocalStorage(root: "\(second.path)/warehouse/receipts")
        let newest = try Table.open(storage, version: try XCTUnwrap(try Table.newestVersion(storage)))
        XCTAssertFalse(newest.isElsewhere)
        for file in try newest.files() { XCTAssertTrue(file.location.hasPrefix("file://\(second.path)/"), file.location) }
        XCTAssertFalse(FileManager.default.fileExists(atPath: first.path))
        _ = try moved.engine.compact(before: nil)
        XCTAssertEqual(try moved.walk(PageRequest(fields: ["*"])).count, before.count)
        try moved.engine.close()
        XCTAssertEqual(try Verifier(path: second.path).run().findings.map(\.description), [])
        XCTAssertEqual(try Verifier(path: second.path).run().strangers, [])
    }

    func test_directoryAndFiles_areTheUsersAlone_olderOnesToo() throws {
        let directory = TemporaryDirectory()
        func modes() throws -> [String: Int] {
            var modes: [String: Int] = [:]
            for name in try XCTUnwrap(FileManager.default.enumerator(atPath: directory.path)).compactMap({ $0 as? String }) + [""] {
                var status = stat()
                guard stat("\(directory.path)/\(name)", &status) == 0 else { continue }
                modes[name] = Int(status.st_mode & 0o077)
            }
            return modes
        }
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.taken(EngineFixture.receipt("A"))
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.taken(EngineFixture.receipt("B"))
        XCTAssertEqual(try modes().filter { $0.value != 0 }, [:])
        try fixture.engine.close()
        // As an earlier version made it.
        for name in ["", "hot", "catalog.sqlite", "FORMAT"] { chmod("\(directory.path)/\(name)", 0o755) }
        let events = Mutex<[StoreLog.Event]>([])
        StoreLog.observe { event in events.withLock { $0.append(event) } }
        defer { StoreLog.observe(nil) }
        try Engine(path: directory.path).close()
        XCTAssertEqual(try modes().filter { $0.value != 0 }, [:])
        let said = events.withLock { $0.filter { $0.path == directory.path } }
        XCTAssertTrue(said.contains { $0.what == "took away others' rights to the store" }, "\(said)")
    }

    /// What leaves the disk is in the log with its reason; what nobody has named is put aside.
    func test_removals_areLogged_andStrangersPutAside() throws {
        let directory = TemporaryDirectory()
        let events = Mutex<[StoreLog.Event]>([])
        StoreLog.observe { event in events.withLock { $0.append(event) } }
        defer { StoreLog.observe(nil) }
        func said(_ what: String) -> [StoreLog.Event] { events.withLock { $0.filter { $0.what == what && $0.path.hasPrefix(directory.path) } } }
        let fixture = try EngineFixture(directory.path)
        XCTAssertEqual(said("made a new store").count, 1)
        _ = try fixture.taken(EngineFixture.receipt("A"))
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let removed = said("removed a file").filter { $0.path.hasSuffix(".sqlite") }
        XCTAssertTrue(removed.contains { $0.reason.contains("its rows are in cold") }, "\(removed)")
        // A file that nothing has ever named, older than any commit lasts.
        let stranger = "\(directory.path)/warehouse/receipts/data/2026/stranger.parquet"
        try Data("not ours".utf8).write(to: URL(filePath: stranger))
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -200_000)], ofItemAtPath: stranger)
        let again = try EngineFixture(directory.path) { $0.compaction.intervalSeconds = 0.02 }
        Patience.until { !FileManager.default.fileExists(atPath: stranger) }
        try again.engine.close()
        let aside = try XCTUnwrap(said("put a file aside").first { $0.path == stranger })
        let place = String(aside.reason.split(separator: " ").last ?? "")
        XCTAssertTrue(place.contains("/lost+found/") && place.hasSuffix("/warehouse/receipts/data/2026/stranger.parquet"), place)
        XCTAssertEqual(try String(contentsOfFile: place, encoding: .utf8), "not ours")
    }
}
