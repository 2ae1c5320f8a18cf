import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Ingest

/// Goal: a leader that does not know that it was replaced harms nothing of the next one's tables. Method: two tenures over the objects of one table, of which the first goes on after the second
/// has begun, at each of its steps.
final class TenureTests: XCTestCase {
    private final class Cluster: Sendable {
        let leads = Mutex(true)
        let settles = Mutex(true)
        let archives = Mutex(true)
        var lead: Tenure.Lead {
            Tenure.Lead(
                settle: { [self] in leads.withLock { $0 } && settles.withLock { $0 } }, prove: { [self] in leads.withLock { $0 } }, isArchived: { [self] in archives.withLock { $0 } })
        }
    }

    private var folder = URL(fileURLWithPath: "/")
    private static let schema = Schema([Field("sequence", .int64)])

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-tenure") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func begin(_ cluster: Cluster) throws -> (tenure: Tenure, storage: TenuredStorage) {
        let catalog = try Catalog(path: folder.path + "/catalog.sqlite")
        defer { catalog.close() }
        let tenure = Tenure()
        try tenure.begin(catalog, cluster.lead)
        return (tenure, TenuredStorage(base: try LocalStorageFactory.files(folder.path + "/table"), tenure: tenure))
    }

    private func file(_ number: Int, _ storage: any ObjectStorage) throws -> DataFile {
        try storage.putIfAbsent("data/\(number).parquet", [1])
        return DataFile(location: storage.location(of: "data/\(number).parquet"), recordCount: 1, byteCount: 1)
    }

    private func keys(_ storage: any ObjectStorage) throws -> Set<String> {
        var keys: Set<String> = []
        try storage.list(prefix: "") { keys.insert($0.key) }
        return keys
    }

    /// A bucket that keeps no conditions does not keep them for a leader either.
    func test_placeThatDoesNotKeepItsWord_saysSoToALeader() throws {
        struct Lying: StorageFactory {
            func fault() throws(ColumnStoreError) -> ColumnStoreError? { ColumnStoreError(.unavailable, path: "", "keeps no conditions") }
            func tables(in warehouse: String) throws -> [String] { [] }
            func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
                try LocalStorageFactory.files(warehouse, calls: calls)
            }
            func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)? { nil }
        }
        XCTAssertEqual(try TenuredStorageFactory(base: Lying(), tenure: Tenure()).fault()?.code, .unavailable)
    }

    func test_tenures_areCounted_andTheirVersionsNeverMeet() throws {
        let cluster = Cluster()
        let (first, storage) = try begin(cluster)
        let (second, next) = try begin(cluster)
        XCTAssertEqual([first.floor, first.ceiling, second.floor], [Tenure.versionCount, 2 * Tenure.versionCount, 2 * Tenure.versionCount])
        let made = try Table.create(storage, schema: Self.schema, floor: first.floor).table
        XCTAssertEqual(made.version, first.floor + 1)
        let counted = try made.append([try file(1, storage)]).table
        XCTAssertEqual(counted.version, first.floor + 2)
        // Of the next leader, from the same version; the first does not know of it.
        let taken = try Table.open(next, version: counted.version, floor: second.floor)
        let other = try taken.append([try file(2, next)]).table
        XCTAssertEqual(other.version, second.floor + 1)
        let stray = try counted.append([try file(3, storage)]).table
        XCTAssertEqual(stray.version, first.floor + 3)
        XCTAssertEqual(try counted.newerVersions(), [stray.version])
        XCTAssertEqual(try taken.newerVersions(), [other.version])
        // It takes back its own, and nothing else.
        try counted.discardNewerVersions()
        XCTAssertEqual(try Table.versions(storage), [first.floor + 1, first.floor + 2, second.floor + 1])
        XCTAssertEqual(try Table.open(next, version: other.version).files().count, 2)
        // Nor can it, whatever it thinks.
        XCTAssertThrowsError(try storage.delete("metadata/v\(other.version).metadata.json", .unpublished))
        XCTAssertThrowsError(try storage.putIfAbsent("metadata/v\(other.version + 1).metadata.json", [1]))
        XCTAssertEqual(try Table.versions(storage).last, other.version)
        // The hint that it left is put right.
        try other.renewHint()
        XCTAssertEqual(try Table.newestVersion(next), other.version)
    }

    func test_version_isMadeOnceAllCounts_andNothingIsRemovedWithoutTheLead() throws {
        let cluster = Cluster()
        let (tenure, storage) = try begin(cluster)
        let table = try Table.create(storage, schema: Self.schema, floor: tenure.floor).table
        cluster.settles.withLock { $0 = false }
        let added = try file(1, storage)
        XCTAssertThrowsError(try table.append([added])) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable) }
        XCTAssertEqual(try Table.versions(storage), [table.version])
        XCTAssertFalse(tenure.isSettled)
        cluster.settles.withLock { $0 = true }
        _ = try table.append([added])
        cluster.leads.withLock { $0 = false }
        let before = try keys(storage)
        // A proof holds for a second.
        XCTAssertTrue(Patience.until { (try? tenure.checkLead()) == nil })
        XCTAssertThrowsError(try storage.delete("data/1.parquet", .unpublished))
        XCTAssertThrowsError(try table.discardNewerVersions())
        XCTAssertThrowsError(try storage.put("metadata/version-hint.text", [0x31]))
        XCTAssertThrowsError(try table.append([added]))
        XCTAssertTrue(try keys(storage).isSuperset(of: before))
    }

    /// Versions are made whether or not the archive's place gives answers.
    func test_whatACommitHasEnded_mayGo_onceItIsArchived() throws {
        let cluster = Cluster()
        let (tenure, _) = try begin(cluster)
        cluster.archives.withLock { $0 = false }
        XCTAssertNoThrow(try tenure.checkMaking(version: tenure.floor + 1))
        XCTAssertFalse(tenure.isSettled)
        cluster.archives.withLock { $0 = true }
        XCTAssertTrue(tenure.isSettled)
    }

    func test_tenure_thatDoesNotCount_doesNotBegin() throws {
        let cluster = Cluster()
        cluster.settles.withLock { $0 = false }
        XCTAssertThrowsError(try begin(cluster)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable) }
        let storage = TenuredStorage(base: try LocalStorageFactory.files(folder.path + "/table"), tenure: Tenure())
        XCTAssertThrowsError(try Table.create(storage, schema: Self.schema), "before its tenure has begun nothing is made")
        XCTAssertThrowsError(try storage.delete("x", .unpublished))
    }

    /// The unit starts it anew each second, and there is room for some twenty thousand.
    func test_startThatATableStandsInTheWayOf_countsNone() throws {
        let (data, place) = (folder.path + "/lead", folder.path + "/tables")
        func open() throws -> EngineFixture {
            try EngineFixture(data) { options in
                options.replica = CommitRecorder()
                options.storages = LocalStorageFactory(path: place)
            }
        }
        func counted() throws -> Int64? { try SQLiteConnection(path: data + "/catalog.sqlite", mode: .readOnly).integer("SELECT value FROM meta WHERE key = 'tenure'") }
        let fixture = try open()
        guard case .each = fixture.take(EngineFixture.receipt("R-1"), .ndjson) else { return XCTFail("no results") }
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        XCTAssertEqual(try counted(), 1)
        let versions = try Table.versions(try LocalStorageFactory.files(place + "/receipts"))
        let path = "\(place)/receipts/metadata/v\(try XCTUnwrap(versions.last)).metadata.json"
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
        for _ in 0..<3 {
            XCTAssertThrowsError(try open()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
            EngineFixture.forgetFailedStart(data)
        }
        XCTAssertEqual(try counted(), 1)
        try sound.write(to: URL(fileURLWithPath: path))
        try open().engine.close()
        XCTAssertEqual(try counted(), 2)
    }

    /// A leader that did not know that it was replaced has named its own version last.
    func test_viewWhoseHintIsOfAnEarlierTenure_isFoundAsTheLeaderHasIt() throws {
        let place = folder.path + "/tables"
        func open() throws -> EngineFixture {
            try EngineFixture(folder.path + "/lead") { options in
                options.replica = CommitRecorder()
                options.storages = LocalStorageFactory(path: place)
            }
        }
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}}"#
        let view = try LocalStorageFactory.files(place + "/licences")
        func publish(_ number: Int, _ fixture: EngineFixture) throws -> Int {
            _ = try fixture.taken(#"{"schema":"licence/1","id":"L-\#(number)","points":\#(number)}"#)
            _ = try fixture.engine.compact(before: nil)
            return try XCTUnwrap(try Table.newestVersion(view))
        }
        var fixture = try open()
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        let first = try publish(1, fixture)
        try fixture.engine.close()
        fixture = try open()
        let second = try publish(2, fixture)
        XCTAssertGreaterThan(second, 2 * Tenure.versionCount)
        try view.put("metadata/version-hint.text", Array(String(first).utf8))
        let found = try XCTUnwrap(try fixture.engine.warehouseTable("licences", as: .admin))
        XCTAssertTrue(found.metadataLocation.hasSuffix("/metadata/v\(second).metadata.json"), found.metadataLocation)
        // Whoever goes by the hint finds it again, though there is nothing new.
        let compactor = fixture.engine.compactor
        try compactor.exclusively { try compactor.publishNewest() }
        XCTAssertEqual(try Table.newestVersion(view), second)
        try fixture.engine.close()
    }
}
