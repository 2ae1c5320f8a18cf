import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold table is found by engines outside whatever is committed meanwhile. Method: its metadata goes right before it is read, and the storage gives no answer of another.
final class WarehouseTablesTests: XCTestCase {
    func test_tableWhoseMetadataGoesBeforeItIsRead_isLoadedAtItsNextVersion() throws {
        let (directory, place) = (TemporaryDirectory(), HookedPlace())
        let fixture = try EngineFixture(directory.path) { $0.storages = place }
        for number in 0..<2 {
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)"))
            _ = try fixture.engine.compact(before: nil)
        }
        let (engine, compactor) = (fixture.engine, fixture.engine.compactor)
        let version = try XCTUnwrap(engine.tier.boundary.snapshot().cold["receipts"]?.iceberg.version)
        let isReached = Mutex(false)
        place.observe { (call, _, key) throws(ColumnStoreError) in
            guard call == .get, key == "metadata/v\(version).metadata.json" else { return }
            let isFirst = isReached.withLock { isReached in
                defer { isReached = true }
                return !isReached
            }
            if isFirst { XCTAssertNotNil(try? compactor.exclusively { try compactor.expire("receipts", before: .max) }) }
        }
        let found = try XCTUnwrap(try engine.warehouseTable("receipts", as: .admin))
        place.observe(nil)
        XCTAssertTrue(isReached.withLock { $0 })
        XCTAssertNil(try engine.directory.cold("receipts").byteCount(of: "metadata/v\(version).metadata.json"))
        XCTAssertTrue(found.metadataLocation.hasSuffix("/metadata/v\(version + 1).metadata.json"), found.metadataLocation)
        try engine.close()
    }

    func test_viewThatTheStorageGivesNoAnswerOf_keepsNoOtherTableFromBeingListedAndLoaded() throws {
        let (directory, place) = (TemporaryDirectory(), HookedPlace())
        var fixture = try EngineFixture(directory.path) { $0.storages = place }
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.taken(#"{"schema":"licence/1","id":"L-1","points":1}"#)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertTrue(try fixture.engine.warehouseTables(as: .admin).contains("licences"))
        try fixture.engine.close()
        // Before the start: nothing of it is known then.
        place.observe { (call, table, key) throws(ColumnStoreError) in
            if call == .get, table == "licences" { throw ColumnStoreError(.unavailable, path: key, "403 AccessDenied") }
        }
        fixture = try EngineFixture(directory.path) { $0.storages = place }
        let names = try fixture.engine.warehouseTables(as: .admin)
        XCTAssertTrue(names.contains("receipts") && names.contains("licences_history") && !names.contains("licences"), "\(names)")
        XCTAssertEqual(try fixture.engine.warehouseTable("receipts", as: .admin)?.name, "receipts")
        XCTAssertThrowsError(try fixture.engine.warehouseTable("licences", as: .admin)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable, "\($0)") }
        place.observe(nil)
        XCTAssertEqual(try fixture.engine.warehouseTable("licences", as: .admin)?.name, "licences")
        try fixture.engine.close()
    }

    /// Each question would wait as long.
    func test_bucketThatGivesNoAnswer_isAskedOfOneViewAlone() throws {
        let (directory, place) = (TemporaryDirectory(), HookedPlace())
        var fixture = try EngineFixture(directory.path) { $0.storages = place }
        for name in ["licence", "permit"] {
            let type = #"{"name":"\#(name)","version":1,"table":"\#(name)s","format":"json","on_repeat":"replace","match":{"/schema":"\#(name)/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}}"#
            _ = try fixture.engine.putType(name: name, body: Array(type.utf8))
            _ = try fixture.taken(#"{"schema":"\#(name)/1","id":"1","points":1}"#)
        }
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let asked = Mutex<Set<String>>([]), here = pthread_self()
        place.observe { (call, table, key) throws(ColumnStoreError) in
            guard call == .get, ["licences", "permits"].contains(table) else { return }
            // The start asks as well, on threads of its own.
            if pthread_equal(pthread_self(), here) != 0 { asked.withLock { _ = $0.insert(table) } }
            throw ColumnStoreError(.unavailable, path: key, "said by the test")
        }
        fixture = try EngineFixture(directory.path) { $0.storages = place }
        for (isSilent, count) in [(true, 1), (false, 2)] {
            place.setSilent(isSilent)
            asked.withLock { $0 = [] }
            let names = try fixture.engine.warehouseTables(as: .admin)
            XCTAssertTrue(names.contains("licences_history") && names.contains("permits_history") && !names.contains("permits"), "\(names)")
            XCTAssertEqual(asked.withLock { $0.count }, count)
        }
        place.observe(nil)
        place.setSilent(true)
        XCTAssertTrue(Set(["licences", "permits"]).isSubset(of: try fixture.engine.warehouseTables(as: .admin)))
        try fixture.engine.close()
    }
}
