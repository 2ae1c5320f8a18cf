import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest

/// Goal: what this version changes of a catalog is in the records, as all else is, so that whatever is made of them takes the rows that follow. Method: two directories whose catalogs are as the version
/// before has left them; one comes to lead, and its records are folded into the other.
final class PromotedCatalogTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-promoted") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private static let present = Int64(CatalogSchema.migrations.count)

    private func version(_ name: String) throws -> Int64? { try FormatReport.version("\(path(name))/catalog.sqlite") }

    /// A node that has folded what a leader of the version before has made.
    private func node(_ name: String) throws -> ReplicaStore {
        let store = try ReplicaStore(directory: path(name))
        try store.clear()
        let connection = try SQLiteConnection(path: "\(path(name))/catalog.sqlite", mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL")
        for step in CatalogSchema.migrations.dropLast() { try connection.execute(step) }
        try connection.execute("""
            INSERT INTO meta(key, value) VALUES('store_id', x'00112233445566778899aabbccddeeff');
            INSERT INTO contracts(client_id, name, access, scope) VALUES('c', 'Shop', 'read-write', 'own');
            PRAGMA user_version = \(Self.present - 1);
            """)
        return store
    }

    func test_catalogOfTheVersionBefore_isBroughtToThisOne_byRecords() throws {
        let (first, second) = (try node("a"), try node("b"))
        try first.promote()
        XCTAssertEqual(try version("a"), Self.present - 1, "changed past the records")
        let recorder = CommitRecorder()
        // Which puts contracts, each a row with all columns of this version.
        let leader = try EngineFixture(path("a")) { $0.replica = recorder }
        XCTAssertEqual(leader.engine.catalog.storeID, "00112233445566778899aabbccddeeff")
        _ = try leader.taken(EngineFixture.receipt("R-1"))
        let kept = Monitor(false)
        leader.engine.whenKept { fault in
            XCTAssertNil(fault)
            kept.broadcast { $0 = true }
        }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        try leader.engine.close()
        XCTAssertEqual(try version("a"), Self.present)

        for (index, body) in recorder.bodies.enumerated() { try second.apply(.init(sequence: Int64(index + 1), epoch: 1, high: UInt64(index + 1), low: 7), body) }
        try second.settle()
        XCTAssertNil(second.later)
        XCTAssertEqual(try version("b"), Self.present)
        try second.promote()
        let next = try EngineFixture(path("b")) { $0.replica = CommitRecorder() }
        XCTAssertEqual(next.engine.catalog.storeID, leader.engine.catalog.storeID)
        XCTAssertEqual(try next.engine.catalog.read { try $0.integer("SELECT count(*) FROM contracts WHERE client_id IN ('c', 'c1', 'c2')") }, 3)
        XCTAssertTrue(try next.taken(EngineFixture.receipt("R-1")).isRepeat)
        try next.engine.close()
    }

    /// Settings that name another place than the catalog does are named, before anything is changed: else the first file that is not there would be.
    func test_catalogOfTheVersionBefore_whoseWarehouseIsElsewhere_isRefusedByBothNames() throws {
        let store = try node("a")
        let connection = try SQLiteConnection(path: "\(path("a"))/catalog.sqlite", mode: .readWrite)
        try connection.execute("""
            INSERT INTO meta(key, value) VALUES('warehouse', CAST('s3://bucket/prefix' AS BLOB));
            INSERT INTO tables(name, columns, cold_version) VALUES('receipts', '[]', 1);
            """)
        try store.promote()
        XCTAssertThrowsError(try EngineFixture(path("a")) { $0.replica = CommitRecorder() }) { error in
            guard case DataDirectory.Failure.warehouseElsewhere(known: "s3://bucket/prefix", configured: _) = error else { return XCTFail("\(error)") }
        }
        XCTAssertEqual(try version("a"), Self.present - 1)
    }
}
