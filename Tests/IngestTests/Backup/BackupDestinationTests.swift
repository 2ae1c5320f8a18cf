import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a backup takes no place in which something lies that is not a backup's of this store, and removes nothing of it.
///
/// Method: places of other stores and of logs, and what a backup that was cut off leaves.
final class BackupDestinationTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func files(_ path: String) throws -> Set<String> {
        Set(try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isDirectory) && !isDirectory.boolValue
        })
    }

    private func checkRefused(_ engine: Engine, _ destination: String, _ line: UInt = #line) {
        XCTAssertThrowsError(try engine.backup(to: destination), destination, line: line) { error in
            XCTAssertEqual((error as? Fault)?.errors.map(\.code), ["bad-destination"], "\(destination): \(error)", line: line)
        }
    }

    func test_whatIsNoBackups_isRefused_andStays() throws {
        let fixture = try EngineFixture(folder.path + "/DATA")
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        let foreign = ["warehouse/store", "uploads/report.pdf", "warehouse/others/data/1.parquet", "hot/notes.txt", "catalog.old", "catalog.1-1.sqlite", "admin.key.pub", "head"]
        for (number, name) in foreign.enumerated() {
            let place = "\(folder.path)/place-\(number)"
            // Beside what a backup may well have left.
            for own in [name, "warehouse/receipts/data/2026/01.parquet", "catalog.1.sqlite"] { try write("x", to: "\(place)/\(own)") }
            let before = try files(place)
            checkRefused(fixture.engine, place)
            XCTAssertEqual(try files(place), before, name)
        }
        try fixture.engine.close()
    }

    func test_placeOfALog_isRefused_alsoOnceTheLogIsNotTheStoresAnyMore() throws {
        let log = folder.path + "/LOG"
        let led = try EngineFixture(folder.path + "/DATA") { $0.log = LogOptions(url: "file://\(log)", segmentSeconds: 0.05, isAwaited: true) }
        _ = try led.taken(EngineFixture.receipt("R-1"))
        // Behind the first checkpoint.
        let kept = Monitor(false)
        led.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        for place in [log + "/base", log, log + "/new", folder.path] { checkRefused(led.engine, place) }
        try led.engine.close()
        let before = try files(log + "/base")
        XCTAssertTrue(before.contains { $0.hasPrefix("catalog.") }, "\(before)")
        let fixture = try EngineFixture(folder.path + "/DATA")
        checkRefused(fixture.engine, log + "/base")
        try FileManager.default.moveItem(atPath: log + "/base/MANIFEST", toPath: log + "/MANIFEST")
        checkRefused(fixture.engine, log + "/base")
        XCTAssertEqual(try files(log + "/base"), before.subtracting(["MANIFEST"]))
        try fixture.engine.close()
    }

    /// Its replica has no place that it tells of.
    func test_placeOfAPairsLog_isRefused() throws {
        let log = folder.path + "/log/LOG"
        let fixture = try EngineFixture(folder.path + "/DATA") {
            $0.replica = CommitRecorder()
            $0.archiveURL = "file://\(log)"
        }
        for place in [log, log + "/archive", log + "/new", folder.path + "/log"] { checkRefused(fixture.engine, place) }
        try fixture.engine.close()
    }

    func test_exports_areRefused_andBackupsBesideAndAroundThemGoOn() throws {
        let exports = folder.path + "/exports"
        let place = try LocalStorageFactory.files(exports)
        let fixture = try EngineFixture(folder.path + "/DATA") { $0.exportPlace = place }
        let own = "\(exports)/\(fixture.engine.catalog.storeID)"
        for place in [own, own + "/backup"] { checkRefused(fixture.engine, place) }
        for place in [exports, exports + "/backup", folder.path + "/exports-of-others"] {
            _ = try fixture.engine.backup(to: place)
            try write("x", to: own + "/e-1.csv")
            _ = try fixture.engine.backup(to: place)
            XCTAssertEqual(try files(own), ["e-1.csv"], place)
        }
        try FileManager.default.removeItem(atPath: exports + "/MANIFEST")
        checkRefused(fixture.engine, exports)
        try fixture.engine.close()
    }

    /// They are known by their URLs, and a destination by its path.
    func test_placesOfAWarehouseThatWasMoved_areRefused() throws {
        let (former, present) = (folder.path + "/former/w", folder.path + "/present/w")
        for place in [former, present] { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
        let fixture = try EngineFixture(folder.path + "/DATA") {
            $0.storages = LocalStorageFactory(path: former)
            $0.openPlace = { place in
                // What lies at the former place stays there.
                guard place == "file://\(present)" else { throw Fault(.storageUnavailable, "it gives no answer") }
                return LocalStorageFactory(path: present)
            }
            $0.compaction.makesSums = false
        }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.engine.move(to: "file://\(present)", isCancelled: { false }, progress: { _, _ in })
        XCTAssertEqual(try fixture.engine.catalog.formerPlaces(), ["file://\(former)"])
        for place in [former, present] {
            for destination in [place, place + "/backup", (place as NSString).deletingLastPathComponent] { checkRefused(fixture.engine, destination) }
        }
        for place in [former, present] { _ = try fixture.engine.backup(to: place + "-2") }
        try fixture.engine.close()
    }

    /// Its list in the making is the last that a checkpoint writes.
    func test_firstCheckpointThatWasCutOff_isGoneOnWith() throws {
        let place = folder.path + "/base"
        let fixture = try EngineFixture(folder.path + "/DATA")
        for name in ["MANIFEST.8f00ab-4.tmp", "catalog.1-1.sqlite.8f00ab-3.tmp", "catalog.1-1.sqlite"] { try write("half", to: "\(place)/\(name)") }
        func checkpoint() throws { _ = try Backup(fixture.engine.parts, destination: place, position: { LogPosition(settled: 0, last: 0, at: 0) }, epoch: 1, isCancelled: { false }).run() }
        try checkpoint()
        XCTAssertTrue(try files(place).contains("MANIFEST"))
        // What merely begins alike is somebody's.
        try FileManager.default.removeItem(atPath: place + "/MANIFEST")
        try write("x", to: place + "/MANIFEST.old")
        XCTAssertThrowsError(try checkpoint()) { XCTAssertEqual(($0 as? Fault)?.errors.map(\.code), ["bad-destination"], "\($0)") }
        try fixture.engine.close()
    }

    /// All that a backup makes is there without its list, and some of it in the making.
    func test_backupThatWasCutOff_isGoneOnWith() throws {
        let (data, destination) = (folder.path + "/DATA", folder.path + "/backup")
        let fixture = try EngineFixture(data)
        try write("key", to: data + "/admin.key")
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.taken(EngineFixture.receipt("R-2"))
        try fixture.put(upload: "up-1")
        _ = try fixture.engine.backup(to: destination)
        try FileManager.default.removeItem(atPath: destination + "/MANIFEST")
        for name in ["catalog.2.sqlite-journal", "catalog.2.sqlite", "uploads/up-1.8f00ab-3.tmp", "MANIFEST.8f00ab-4.tmp", ".till-probe-77"] {
            try write("half", to: "\(destination)/\(name)")
        }
        _ = try fixture.engine.backup(to: destination)
        let manifest = try BackupManifest.parse([UInt8](try Data(contentsOf: URL(filePath: destination + "/MANIFEST"))), path: "")
        XCTAssertEqual(try files(destination), Set(manifest.files.map(\.name) + ["MANIFEST"]))
        XCTAssertEqual(try BackupProof(directory: destination).run().findings.map(\.description), [])
        try fixture.engine.close()
    }

    /// A backup would find the store's own files under its names, take them for copies, and remove what is not like them.
    func test_linksIntoTheStore_areRefused_andNothingIsTouchedThere() throws {
        let data = folder.path + "/DATA"
        let fixture = try EngineFixture(data) { $0.compaction.makesSums = false }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        let before = try files(data + "/warehouse")
        func link(_ path: String, _ target: String) throws {
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        }
        for (number, name) in ["hot", "uploads", "warehouse", "warehouse/receipts", "warehouse/receipts/data", "warehouse/receipts/metadata"].enumerated() {
            let place = "\(folder.path)/place-\(number)"
            try link("\(place)/\(name)", "\(data)/\(name)")
            checkRefused(fixture.engine, place)
        }
        try link(folder.path + "/door", data)
        try link(folder.path + "/around", folder.path)
        for place in ["door", "door/backup", "door/warehouse/receipts", "around"] { checkRefused(fixture.engine, "\(folder.path)/\(place)") }
        XCTAssertFalse(FileManager.default.fileExists(atPath: data + "/backup"))
        XCTAssertEqual(try files(data + "/warehouse"), before)
        // One that leads to where nothing of the store lies is a path as every other.
        try FileManager.default.createDirectory(atPath: folder.path + "/elsewhere", withIntermediateDirectories: true)
        try link(folder.path + "/far", folder.path + "/elsewhere")
        _ = try fixture.engine.backup(to: folder.path + "/far/backup")
        XCTAssertEqual(try BackupProof(directory: folder.path + "/elsewhere/backup").run().findings.map(\.description), [])
        try fixture.engine.close()
    }
}
