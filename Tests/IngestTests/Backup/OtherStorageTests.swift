import ColumnStore
import Documents
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Cold tables in a bucket.
private final class Buckets: StorageFactory {
    private let buckets = Mutex<[String: ObjectStoreDouble]>([:])

    private let isFalse: Bool
    /// Beside the tables': what a backup goes to.
    private let place = ObjectStoreDouble("s3://elsewhere")

    /// - Parameter isFalse: whether it breaks its word, and is found out when it is asked.
    init(isFalse: Bool = false) { self.isFalse = isFalse }

    var all: [String: ObjectStoreDouble] { buckets.withLock { $0 } }
    var objects: (any ObjectStorage)? { place }
    var location: String? { "s3://elsewhere" }

    func check() throws(ColumnStoreError) { if isFalse { throw ColumnStoreError(.unavailable, path: "s3://elsewhere", "it takes a put twice") } }

    func tables(in warehouse: String) -> [String] { Array(all.keys) }

    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) -> any ObjectStorage {
        buckets.withLock { buckets in
            if let bucket = buckets[table] { return bucket }
            let bucket = ObjectStoreDouble("s3://receipts/\(table)")
            buckets[table] = bucket
            return bucket
        }
    }

    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) -> (any ObjectStorage)? { nil }
}

/// A store whose cold tables are not files: it takes, moves, merges, answers, is proved and backed up as any other; nothing of them lies in its directory. What
/// cannot be copied is an error of the backup, which leaves the last one as it was.
final class OtherStorageTests: XCTestCase {
    private static let request = PageRequest(fields: ["receipt_id", "state", "sequence", "document"], limit: 10_000)

    private func open(_ path: String, _ buckets: Buckets) throws -> EngineFixture { try EngineFixture(path) { $0.storages = buckets } }

    private func fill(_ fixture: EngineFixture, _ range: Range<Int>) throws {
        let lines = range.map { EngineFixture.receipt("R-\($0)", at: "20\(24 + $0 % 2)-0\(1 + $0 % 9)-15T10:00:00Z") }
        guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        _ = try fixture.engine.compact(before: nil)
    }

    func test_store_withTablesInABucket_worksAndIsProved() throws {
        let (data, buckets) = (TemporaryDirectory(), Buckets())
        let fixture = try open(data.path, buckets)
        try fill(fixture, 0..<60)
        try fill(fixture, 60..<90)
        let rows = try fixture.walk(Self.request)
        XCTAssertEqual(rows.count, 90)
        XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-7", at: "2025-08-15T10:00:00Z")).isRepeat)
        try fixture.engine.close()
        XCTAssertEqual(try FileManager.default.subpathsOfDirectory(atPath: data.path + "/warehouse"), [])
        XCTAssertEqual(try Verifier(path: data.path, storages: buckets).run().findings.map(\.description), [])

        let again = try open(data.path, buckets)
        XCTAssertEqual(try again.walk(Self.request), rows)
        try again.engine.close()
        // A damaged object is found where it lies.
        let bucket = try XCTUnwrap(buckets.all["receipts"])
        let (key, bytes) = try XCTUnwrap(bucket.objects.first { $0.key.hasSuffix(".parquet") })
        bucket.put(key, bytes.dropLast() + [bytes[bytes.count - 1] ^ 1])
        XCTAssertFalse(try Verifier(path: data.path, storages: buckets).run().findings.filter { $0.path == "s3://receipts/receipts/\(key)" }.isEmpty)
    }

    func test_lostAndFound_ofABucket_hasTheObjectAndTheBucketNoMore() throws {
        let data = TemporaryDirectory()
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let (bucket, bytes) = (ObjectStoreDouble(), [UInt8](repeating: 7, count: 9 << 20))
        bucket.put("data/stranger.parquet", bytes)
        let lost = LostAndFound(directory)
        try lost.take("data/stranger.parquet", of: bucket, reason: "a test")
        try lost.take("data/none.parquet", of: bucket, reason: "a test")
        XCTAssertEqual(bucket.objects.keys.sorted(), [])
        let found = try FileManager.default.subpathsOfDirectory(atPath: data.path + "/lost+found").filter { $0.hasSuffix(".parquet") }
        XCTAssertEqual(found.count, 1)
        XCTAssertTrue(found.first?.hasSuffix("/data/stranger.parquet") == true, "\(found)")
        XCTAssertEqual(try found.first.map { try Data(contentsOf: URL(filePath: data.path + "/lost+found/" + $0)) }, Data(bytes))
        // A bucket that cannot be read keeps what it has.
        bucket.put("data/other.parquet", [1])
        bucket.refuseReading(true)
        XCTAssertThrowsError(try lost.take("data/other.parquet", of: bucket, reason: "a test"))
        XCTAssertEqual(bucket.objects.keys.sorted(), ["data/other.parquet"])
    }

    func test_backup_ofTablesInABucket_isRestoredAsFiles() throws {
        let (data, destination, other, buckets) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory(), Buckets())
        let fixture = try open(data.path, buckets)
        try fill(fixture, 0..<60)
        let rows = try fixture.walk(Self.request)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
        let copied = try FileManager.default.subpathsOfDirectory(atPath: destination.path).filter { $0.hasSuffix(".parquet") }
        XCTAssertFalse(copied.isEmpty, "a backup without the cold rows")
        XCTAssertEqual(try BackupProof(directory: destination.path).run().findings.map(\.description), [])
        _ = try Restore(source: destination.path, directory: other.path).run()
        XCTAssertEqual(try Verifier(path: other.path).run().findings.map(\.description), [])
        let restored = try EngineFixture(other.path)
        XCTAssertEqual(try restored.walk(Self.request), rows)
        try restored.engine.close()
    }

    /// What a backup goes to is asked of the factory, whatever kind it is of.
    func test_backup_toAnotherKindOfStorage_isProvedAndRestoredFromThere() throws {
        let (data, other, elsewhere) = (TemporaryDirectory(), TemporaryDirectory(), Buckets())
        let fixture = try EngineFixture(data.path) { $0.openPlace = { _ in elsewhere } }
        try fill(fixture, 0..<60)
        let rows = try fixture.walk(Self.request)
        _ = try fixture.engine.backup(to: "s3://elsewhere")
        try fixture.engine.close()
        let objects = try XCTUnwrap(elsewhere.objects)
        XCTAssertEqual(try BackupProof(bucket: objects, url: "s3://elsewhere").run().findings.map(\.description), [])
        _ = try Restore(source: "s3://elsewhere", bucket: objects, directory: other.path).run()
        let restored = try EngineFixture(other.path)
        XCTAssertEqual(try restored.walk(Self.request), rows)
        try restored.engine.close()
    }

    func test_move_toAStorageThatBreaksItsWord_isRefusedAndMovesNothing() throws {
        let (data, elsewhere) = (TemporaryDirectory(), Buckets(isFalse: true))
        let fixture = try EngineFixture(data.path) { $0.openPlace = { _ in elsewhere } }
        try fill(fixture, 0..<30)
        let rows = try fixture.walk(Self.request)
        XCTAssertThrowsError(try fixture.engine.move(to: "s3://elsewhere", isCancelled: { false }, progress: { _, _ in })) { error in
            XCTAssertEqual((error as? Fault)?.code, .storageUnavailable, "\(error)")
        }
        XCTAssertTrue(elsewhere.all.isEmpty)
        XCTAssertEqual(try fixture.walk(Self.request), rows)
        try fixture.engine.close()
    }

    func test_backup_ofABucketThatCannotBeRead_isAnErrorAndLeavesTheLast() throws {
        let (data, destination, buckets) = (TemporaryDirectory(), TemporaryDirectory(), Buckets())
        let fixture = try open(data.path, buckets)
        try fill(fixture, 0..<30)
        _ = try fixture.engine.backup(to: destination.path)
        let manifest = try Data(contentsOf: URL(filePath: "\(destination.path)/\(BackupManifest.key)"))
        try fill(fixture, 30..<60)
        buckets.all["receipts"]?.refuseReading(true)
        XCTAssertThrowsError(try fixture.engine.backup(to: destination.path))
        XCTAssertEqual(try Data(contentsOf: URL(filePath: "\(destination.path)/\(BackupManifest.key)")), manifest)
        buckets.all["receipts"]?.refuseReading(false)
        _ = try fixture.engine.backup(to: destination.path)
        XCTAssertNotEqual(try Data(contentsOf: URL(filePath: "\(destination.path)/\(BackupManifest.key)")), manifest)
        XCTAssertEqual(try BackupProof(directory: destination.path).run().findings.map(\.description), [])
        try fixture.engine.close()
    }
}
