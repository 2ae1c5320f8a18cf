import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// A directory for cold tables that another store takes in the moment before the one that is restored.
private final class Contested: StorageFactory {
    private let base: LocalStorageFactory
    private let path: String
    fileprivate let other = WarehouseOwner(store: "another-store", generation: 3)
    private let isQuick: Bool

    /// - Parameter isQuick: whether the other one comes first.
    init(_ path: String, isQuick: Bool) { (base, self.path, self.isQuick) = (LocalStorageFactory(path: path), path, isQuick) }

    var location: String? { base.location }
    var root: (any WarehouseRoot)? { Root(base: LocalWarehouseRoot(path: path)) { [self] in if isQuick { try? takeIt() } } }

    /// What a first start of another store does.
    private func takeIt() throws {
        try LocalWarehouseRoot(path: path).create(WarehouseOwner.key, other.bytes)
        try LocalStorageFactory.files("\(path)/receipts").put("metadata/v1.metadata.json", Array("the other's".utf8))
    }

    func tables(in warehouse: String) throws -> [String] { try base.tables(in: warehouse) }
    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage { try base.storage(of: table, in: warehouse, calls: calls) }
    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)? { nil }

    private struct Root: WarehouseRoot {
        let base: LocalWarehouseRoot
        let afterLook: @Sendable () -> Void

        func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)? { try base.read(key) }
        func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.create(key, bytes) }
        func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError) { try base.swap(key, bytes, ifStill: tag) }
        func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try base.remove(key, proof) }
        func isEmpty() throws(ColumnStoreError) -> Bool {
            let isEmpty = try base.isEmpty()
            afterLook()
            return isEmpty
        }
    }
}

/// What a restore does to a place that it shares with nobody, or loses to somebody.
final class RestoreTests: XCTestCase {
    private func backup() throws -> TemporaryDirectory {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path)
        guard case .each = fixture.take((0..<20).map { EngineFixture.receipt("R-\($0)") }.joined(separator: "\n"), .ndjson) else { throw ColumnStoreError(.io, "no results") }
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
        return destination
    }

    func test_placeThatAnotherStoreTakesMeanwhile_isLeftAsItIs() throws {
        let (source, warehouse, data) = (try backup(), TemporaryDirectory(), TemporaryDirectory())
        let place = Contested(warehouse.path, isQuick: true)
        XCTAssertThrowsError(try Restore(source: source.path, directory: data.path + "/new", storages: place).run()) {
            guard case .warehouseTaken(_, let by, _, _)? = $0 as? DataDirectory.Failure else { return XCTFail("\($0)") }
            XCTAssertEqual(by, place.other.store)
        }
        XCTAssertEqual(try WarehouseOwner.read(place)?.owner, place.other)
        XCTAssertEqual(try String(contentsOfFile: "\(warehouse.path)/receipts/metadata/v1.metadata.json", encoding: .utf8), "the other's")
        XCTAssertFalse(FileManager.default.fileExists(atPath: data.path + "/new"))
    }

    func test_restoreThatIsUndone_leavesTheWarehouseEmpty_unlessAnotherHasIt() throws {
        let (source, warehouse, data) = (try backup(), TemporaryDirectory(), TemporaryDirectory())
        let place = Contested(warehouse.path, isQuick: false)
        let restore = try Restore(source: source.path, directory: data.path + "/one", storages: place)
        _ = try restore.run()
        XCTAssertFalse(try XCTUnwrap(place.root).isEmpty())
        restore.undo()
        XCTAssertTrue(try XCTUnwrap(place.root).isEmpty())

        let second = try Restore(source: source.path, directory: data.path + "/two", storages: place)
        _ = try second.run()
        let tag = try XCTUnwrap(WarehouseOwner.read(place)).tag
        try XCTUnwrap(place.root).swap(WarehouseOwner.key, place.other.bytes, ifStill: tag)
        second.undo()
        XCTAssertEqual(try WarehouseOwner.read(place)?.owner, place.other)
        XCTAssertFalse(try place.tables(in: "").isEmpty)
    }

    private func manifest(_ source: String) throws -> BackupManifest {
        let list = URL(filePath: "\(source)/\(BackupManifest.key)")
        return try BackupManifest.parse(Array(try Data(contentsOf: list)), path: list.path)
    }

    /// Changes the backup's copy of the catalog, and its list with it.
    private func change(_ source: String, _ sql: String) throws {
        var manifest = try manifest(source)
        let index = try XCTUnwrap(manifest.files.firstIndex { $0.path == "catalog.sqlite" })
        let name = manifest.files[index].name
        do {
            let catalog = try SQLiteConnection(path: "\(source)/\(name)", mode: .readWrite)
            try catalog.execute(sql)
            try catalog.checkpoint(.truncate)
        }
        let digest: (byteCount: Int64, sha256: [UInt8]) = try LocalStorageFactory.files(source).digest(of: name)
        (manifest.files[index].byteCount, manifest.files[index].sha256) = (digest.byteCount, digest.sha256)
        try Data(manifest.bytes).write(to: URL(filePath: "\(source)/\(BackupManifest.key)"))
    }

    /// By such a name a restore would write to another store, and remove what lies there.
    func test_tableWhoseNameLeadsElsewhere_isRefused_andNothingIsTouchedThere() throws {
        let (source, data) = (try backup(), TemporaryDirectory())
        let live = try LocalStorageFactory.files("\(data.path)/live/warehouse/receipts")
        try live.put("metadata/v1.metadata.json", Array("the other's".utf8))
        let name = "../../live/warehouse/receipts"
        try change(source.path, """
            UPDATE tables SET name = '\(name)' WHERE name = 'receipts';
            UPDATE cold_objects SET table_name = '\(name)', key = '\(name)' || substr(key, 9) WHERE table_name = 'receipts'
            """)
        XCTAssertTrue(try BackupProof(directory: source.path).run().findings.contains { $0.fault.contains("a name that no table has: \(name)") })
        XCTAssertThrowsError(try Restore(source: source.path, directory: "\(data.path)/new").run()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
        var keys: [String] = []
        try live.list(prefix: "") { keys.append($0.key) }
        XCTAssertEqual(keys, ["metadata/v1.metadata.json"])
        XCTAssertEqual(try live.get("metadata/v1.metadata.json", byteCountMax: 100), Array("the other's".utf8))
        XCTAssertFalse(FileManager.default.fileExists(atPath: "\(data.path)/new"))
    }

    func test_namesOfTables_areFolders() {
        for name in ["receipts", "receipts_history", "rollup_sales_per_day", "executions", String(repeating: "t", count: 63)] { XCTAssertTrue(TableName.isFolder(name), name) }
        for name in ["", ".", "..", "../x", "a/b", "/x", "a/", "a b", "a\u{0}b", String(repeating: "t", count: 256)] { XCTAssertFalse(TableName.isFolder(name), name) }
    }

    /// What the catalog says may go is removed by a start.
    func test_endedObjectsOfATableWhoseNameLeadsElsewhere_areRefused() throws {
        let data = TemporaryDirectory()
        let catalog = try Catalog(path: try data.made() + "/catalog.sqlite")
        XCTAssertEqual(try catalog.endedCold(), [:])
        try catalog.write { connection in
            try connection.execute("INSERT INTO cold_objects(key, table_name, kind, byte_count, sha256, version, obsolete_at) VALUES('../x/data/1', '../x', 'data', 1, x'00', 1, 1)")
        }
        XCTAssertThrowsError(try catalog.endedCold()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
        catalog.close()
    }

    /// The original may have its tables there again by now.
    func test_restoredStore_leavesTheFormerPlacesOfTheOriginalAlone() throws {
        let (source, data) = (try backup(), TemporaryDirectory())
        try change(source.path, "INSERT INTO former_objects(place, table_name, key) VALUES('file://\(data.path)/w', 'receipts', 'data/1.parquet')")
        _ = try Restore(source: source.path, directory: "\(data.path)/new").run()
        let catalog = try Catalog(path: "\(data.path)/new/catalog.sqlite")
        XCTAssertEqual(try catalog.formerPlaces(), [])
        catalog.close()
    }

    private static let leftWords = "a restore of this store that was cut off has left it: remove it, and begin again"

    func test_directoryOfARestoreThatWasCutOff_isNamedAsSuch() throws {
        let (source, other, data) = (try backup(), try backup(), TemporaryDirectory())
        let (path, left) = ("\(data.path)/new", "\(data.path)/left")
        var restore = try Restore(source: source.path, directory: path)
        // All is there but the format file: as a process leaves it that is killed then.
        restore.finish = { try FileManager.default.copyItem(atPath: path, toPath: left) }
        _ = try restore.run()
        XCTAssertFalse(FileManager.default.fileExists(atPath: "\(path)/RESTORING"))
        func refusal(_ source: TemporaryDirectory, _ directory: String) -> String {
            do { _ = try Restore(source: source.path, directory: directory).run() } catch { return "\(error)" }
            return "restored"
        }
        XCTAssertEqual(refusal(source, left), "\(left) is not empty: \(Self.leftWords)")
        XCTAssertEqual(refusal(other, left), "\(left) is not empty", "of another store")
        XCTAssertEqual(refusal(source, path), "\(path) is not empty", "it is a store")
        // Nor does a start take it for a store, or for one that has lost its format file.
        for making in [.never, .inEmpty, .anew] as [DataDirectory.Making] {
            XCTAssertThrowsError(try DataDirectory(path: left, making: making)) { XCTAssertEqual("\($0)", "\(left) is not empty: \(RestoreNote.words)") }
        }
        // One that has lost its format file is none that a restore has left.
        try FileManager.default.removeItem(atPath: "\(path)/FORMAT")
        XCTAssertEqual(refusal(source, path), "\(path) is not empty")
        try FileManager.default.removeItem(atPath: left)
        XCTAssertEqual(refusal(source, left), "restored")
    }

    /// As a process leaves it that is killed at the very end: `FORMAT` is there, and the note that goes after it.
    func test_noteBesideFormat_isOfARestoreThatIsComplete_andGoesWithTheFirstStart() throws {
        let (source, other, data, files) = (try backup(), try backup(), TemporaryDirectory(), FileManager.default)
        let path = "\(data.path)/new", note = "\(path)/RESTORING"
        var restore = try Restore(source: source.path, directory: path)
        var bytes = Data()
        // A note that cannot be removed does not undo what is complete.
        restore.finish = {
            bytes = try Data(contentsOf: URL(filePath: note))
            try files.removeItem(atPath: note)
            try files.createDirectory(atPath: "\(note)/in the way", withIntermediateDirectories: true)
        }
        _ = try restore.run()
        XCTAssertTrue(files.fileExists(atPath: "\(path)/FORMAT"))
        try files.removeItem(atPath: note)
        try bytes.write(to: URL(filePath: note))
        func refusal(_ source: TemporaryDirectory) -> String {
            do { _ = try Restore(source: source.path, directory: path).run() } catch { return "\(error)" }
            return "restored"
        }
        XCTAssertEqual(refusal(source), "\(path) is not empty: a restore of this store is complete there, and was not started yet: start it, or name another directory")
        XCTAssertEqual(refusal(other), "\(path) is not empty", "of another store")
        // Who only reads leaves it.
        try DataDirectory(readingPath: path).release()
        XCTAssertTrue(files.fileExists(atPath: note))
        try DataDirectory(path: path, making: .never).release()
        XCTAssertFalse(files.fileExists(atPath: note))
        XCTAssertTrue(files.fileExists(atPath: "\(path)/FORMAT"))
        XCTAssertEqual(refusal(source), "\(path) is not empty")
    }

    func test_warehouseOfARestoreThatWasCutOff_isNamedAsSuch() throws {
        let (source, warehouse, data) = (try backup(), TemporaryDirectory(), TemporaryDirectory())
        let (place, store) = (LocalStorageFactory(path: warehouse.path), try manifest(source.path).store)
        let root = try XCTUnwrap(place.root)
        func check(_ isLeft: Bool, _ line: UInt = #line) throws {
            XCTAssertThrowsError(try Restore(source: source.path, directory: "\(data.path)/new", storages: place).run(), line: line) {
                XCTAssertTrue("\($0)".contains("\(warehouse.path) is not empty"), "\($0)", line: line)
                XCTAssertEqual("\($0)".contains(Self.leftWords), isLeft, "\($0)", line: line)
            }
        }
        try root.create(WarehouseOwner.key, WarehouseOwner(store: store, generation: 0).bytes)
        try check(true)
        // A start has had it; and another store's.
        for owner in [WarehouseOwner(store: store, generation: 1), WarehouseOwner(store: "another-store", generation: 0)] {
            try root.swap(WarehouseOwner.key, owner.bytes, ifStill: try XCTUnwrap(WarehouseOwner.read(place)).tag)
            try check(false)
        }
    }
}
