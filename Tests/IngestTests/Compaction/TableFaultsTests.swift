import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a table whose metadata cannot be read keeps no other from being moved to, merged and tidied, and compactions count as failing all the same.
/// Method: the storage gives no manifest of one table, which comes before the others in the order of their names.
final class TableFaultsTests: XCTestCase {
    private static let other = #"{"name":"t1","version":1,"table":"other","format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}}}"#

    private func post(_ id: String, ofOther isOther: Bool, _ fixture: EngineFixture) throws {
        _ = try fixture.taken(isOther ? #"{"k":"t1","id":"\#(id)","at":"2026-11-17T10:00:00Z","total":1.5}"# : EngineFixture.receipt(id))
    }

    /// A store with two snapshots of `receipts` and one of `other`, and two hot files: of rows of the first alone, and of the second.
    private func make(_ path: String) throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.engine.putType(name: "t1", body: Array(Self.other.utf8))
        for (round, ofOther) in [true, false].enumerated() {
            try post("R-\(round)", ofOther: false, fixture)
            if ofOther { try post("X-\(round)", ofOther: true, fixture) }
            _ = try fixture.engine.compact(before: nil)
        }
        for ofOther in [false, true] {
            try post("H-\(ofOther)", ofOther: ofOther, fixture)
            try fixture.engine.tier.seal()
        }
        try fixture.engine.close()
    }

    private func place() -> HookedPlace {
        let place = HookedPlace()
        place.observe { (_, table, key) throws(ColumnStoreError) in
            if table == "other", key.hasSuffix(".avro") { throw ColumnStoreError(.corruptFile, path: key, "for a test") }
        }
        return place
    }

    private func count(_ fixture: EngineFixture, of table: String) throws -> Int {
        try fixture.walk(PageRequest(table: table, fields: ["receipt_id"], limit: 1_000)).count
    }

    func test_compact_besideATableThatCannotBeRead_movesAndMergesTheOthers_andFails() throws {
        let (directory, place) = (TemporaryDirectory(), place())
        try make(directory.path)
        let fixture = try EngineFixture(directory.path) { $0.storages = place }
        let (boundary, compactor) = (fixture.engine.tier.boundary, fixture.engine.compactor)
        XCTAssertThrowsError(try fixture.engine.compact(before: nil)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
        let left = boundary.snapshot().files.filter { $0.state.rowCount > 0 }
        XCTAssertEqual(left.map { $0.allTails.map(\.table) }, [["other"]], "the other file has moved")
        XCTAssertEqual(left.map(\.state.isLeaving), [false])
        XCTAssertEqual(try XCTUnwrap(boundary.snapshot().cold["receipts"]).iceberg.files().count, 1, "merged")
        XCTAssertEqual(try count(fixture, of: "receipts"), 3)
        XCTAssertTrue(compactor.figures.isFailing)
        XCTAssertEqual(compactor.failure?.contains("for a test"), true)
        place.observe(nil)
        XCTAssertEqual(try fixture.engine.compact(before: nil).rowsMoved, 1)
        XCTAssertFalse(compactor.figures.isFailing)
        XCTAssertEqual([try count(fixture, of: "receipts"), try count(fixture, of: "other")], [3, 2])
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    func test_compactionThatFailsForOneTable_isTidiedAfter() throws {
        let (directory, place) = (TemporaryDirectory(), place())
        try make(directory.path)
        let fixture = try EngineFixture(directory.path) {
            $0.storages = place
            $0.compaction.intervalSeconds = 0.05
            $0.compaction.snapshotKeepSeconds = 0
        }
        let (boundary, compactor) = (fixture.engine.tier.boundary, fixture.engine.compactor)
        XCTAssertTrue(Patience.until { boundary.snapshot().cold["receipts"]?.iceberg.metadata.snapshots.count == 1 }, "earlier snapshots have not ended")
        XCTAssertTrue(Patience.until { compactor.failure?.contains("for a test") == true })
        try fixture.engine.close()
    }

    /// Two hundred cold files that are only named make the manifest too large for an append to read it, or to write it anew.
    func test_move_besideALargeManifestThatCannotBeRead_isDone() throws {
        let (directory, place) = (TemporaryDirectory(), HookedPlace())
        try make(directory.path)
        let fixture = try EngineFixture(directory.path) {
            $0.storages = place
            $0.compaction.fillsAtStart = false
        }
        let (boundary, compactor, catalog) = (fixture.engine.tier.boundary, fixture.engine.compactor, fixture.engine.catalog)
        let large = try compactor.exclusively { () throws -> String in
            let present = try XCTUnwrap(boundary.snapshot().cold["other"])
            let storage = present.iceberg.storage
            let commit = try present.iceberg.append((0..<200).map { DataFile(location: storage.location(of: "data/named-\($0).parquet"), recordCount: 1, byteCount: 1 << 20) })
            try catalog.switchToCold([try Compactor.change("other", commit, [], created: [], replaced: [])])
            boundary.replace([], cold: ["other": present.next(commit.table)])
            return try XCTUnwrap(commit.written.filter { $0.key.hasPrefix("metadata/m") }.max { $0.byteCount < $1.byteCount }).key
        }
        place.observe { (_, table, key) throws(ColumnStoreError) in
            if table == "other", key == large { throw ColumnStoreError(.corruptFile, path: key, "for a test") }
        }
        XCTAssertThrowsError(try XCTUnwrap(boundary.snapshot().cold["other"]).iceberg.files())
        let hot = try XCTUnwrap(boundary.snapshot().files.first { $0.allTails.map(\.table) == ["other"] })
        XCTAssertTrue(try compactor.mayLeave(hot))
        let moved = try compactor.exclusively { try compactor.move([hot], besides: try compactor.obstacles(to: [hot])) }
        XCTAssertEqual([moved.rowCount, moved.left.count], [1, 0])
        XCTAssertNil(moved.obstacle)
        XCTAssertFalse(boundary.snapshot().files.contains { $0 === hot })
        try fixture.engine.close()
    }
}
