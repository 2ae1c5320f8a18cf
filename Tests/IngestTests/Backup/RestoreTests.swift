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
}
