import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what was put aside is replaced by nothing. Method: files of one name, of other places and one after the other.
final class LostAndFoundTests: XCTestCase {
    private let data = TemporaryDirectory()
    private let elsewhere = TemporaryDirectory()

    private func write(_ path: String, _ text: String) throws {
        try FileManager.default.createDirectory(at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// What lies in lost+found, by its path behind the directory of this process.
    private func found() throws -> [String: String] {
        let top = data.path + "/lost+found"
        var found: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: top) {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(top)/\(path)", isDirectory: &isDirectory), !isDirectory.boolValue else { continue }
            let name = path.split(separator: "/").dropFirst().joined(separator: "/")
            found[name] = String(decoding: try Data(contentsOf: URL(filePath: "\(top)/\(path)")), as: UTF8.self)
        }
        return found
    }

    func test_filesOfTablesOutsideTheStore_areAllKept() throws {
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let lost = LostAndFound(directory)
        let tables = ["receipts", "licences"]
        for table in tables { try write("\(elsewhere.path)/wh/\(table)/metadata/v5.metadata.json", table) }
        for table in tables { try lost.take("\(elsewhere.path)/wh/./\(table)/../\(table)/metadata/v5.metadata.json", reason: "a test") }
        let found = try found()
        XCTAssertEqual(found.values.sorted(), tables.sorted(), "\(found)")
        XCTAssertTrue(found.keys.allSatisfy { $0.hasPrefix("outside\(elsewhere.path)/wh/") }, "\(found)")
    }

    func test_fileOfANameThatComesAgain_takesNobodysPlace() throws {
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let lost = LostAndFound(directory)
        for text in ["first", "second", "third"] {
            try write(data.path + "/hot/x", text)
            try lost.take(data.path + "/hot/x", reason: "a test")
            try lost.take(data.path + "/hot/x", reason: "it is gone")
        }
        let found = try found()
        XCTAssertEqual(found["hot/x"], "first")
        XCTAssertEqual(found.values.sorted(), ["first", "second", "third"], "\(found)")
    }

    func test_databaseOfANameThatComesAgain_hasItsLogBesideIt() throws {
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let lost = LostAndFound(directory)
        for (number, logFirst) in [false, true, false].enumerated() {
            // The first has no log: one that comes later is not its.
            for part in number == 0 ? [""] : ["", "-wal"] { try write(data.path + "/hot/x.sqlite" + part, "\(number)\(part)") }
            try lost.takeDatabase(data.path + "/hot/x.sqlite", logFirst: logFirst, reason: "a test")
        }
        let found = try found()
        XCTAssertEqual(found.count, 5, "\(found)")
        for (name, text) in found where text.hasSuffix("-wal") { XCTAssertEqual(found[String(name.dropLast(4))].map { $0 + "-wal" }, text, "\(found)") }
        XCTAssertNil(found["hot/x.sqlite-wal"])
    }

    // MARK: Objects, which are copied

    /// With a receipt in cold, and a data file of two days ago that nothing names.
    private func makeStray(_ place: HookedPlace) throws -> String {
        let fixture = try EngineFixture(data.path) { $0.storages = place }
        _ = try fixture.taken(EngineFixture.receipt("A"))
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let stray = "\(data.path)/warehouse/receipts/data/2026/stray.parquet"
        try write(stray, "left by a commit that was cut off")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -2 * 86_400)], ofItemAtPath: stray)
        return stray
    }

    private func tidy(_ fixture: EngineFixture) throws {
        let compactor = fixture.engine.compactor
        try compactor.exclusively { try compactor.tidy() }
    }

    private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    func test_orphanThatTheDiskHasNoRoomFor_staysWhereItIs() throws {
        let place = HookedPlace()
        let stray = try makeStray(place)
        let told = Mutex(0)
        StoreLog.observe { event in if event.what == "an object stays where it is", event.path == stray { told.withLock { $0 += 1 } } }
        defer { StoreLog.observe(nil) }
        var fixture = try EngineFixture(data.path) {
            $0.storages = place
            $0.hot.writer.minFreeBytes = .max
        }
        for _ in 0..<2 { try tidy(fixture) }
        XCTAssertTrue(isThere(stray))
        XCTAssertFalse(isThere(data.path + "/lost+found"))
        XCTAssertEqual(told.withLock { $0 }, 1)
        try fixture.engine.close()
        fixture = try EngineFixture(data.path) { $0.storages = place }
        try tidy(fixture)
        XCTAssertFalse(isThere(stray))
        XCTAssertEqual(try found(), ["data/2026/stray.parquet": "left by a commit that was cut off"])
        try fixture.engine.close()
    }

    func test_orphanThatCannotBeRemoved_isCopiedOnce() throws {
        let place = HookedPlace()
        let stray = try makeStray(place)
        let fixture = try EngineFixture(data.path) { $0.storages = place }
        place.observe { (call, _, key) throws(ColumnStoreError) in
            if call == .delete, key.hasSuffix("/stray.parquet") { throw ColumnStoreError(.unavailable, path: key, "403 AccessDenied") }
        }
        for _ in 0..<3 { XCTAssertThrowsError(try tidy(fixture)) }
        XCTAssertTrue(isThere(stray))
        XCTAssertEqual(try found().keys.sorted(), ["data/2026/stray.parquet"])
        // Another object of that name is none that there is a copy of.
        try write(stray, "left by a commit that was put off")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -2 * 86_400)], ofItemAtPath: stray)
        place.observe(nil)
        try tidy(fixture)
        XCTAssertFalse(isThere(stray))
        XCTAssertEqual(try found().values.sorted(), ["left by a commit that was cut off", "left by a commit that was put off"])
        try fixture.engine.close()
    }
}
