import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: retention removes nothing by a clock that is ahead of the place's, and says so. Method: the log of a store in the strict double of a bucket, whose clock the test sets.
final class RetentionClockTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)
    private static let day = LogKeeper.keptMicroseconds

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func factory(_ url: String?) throws -> any StorageFactory {
        var options = BucketOptions()
        options.pauseMilliseconds = 1
        let endpoint = try BucketEndpoint(url: try XCTUnwrap(url), endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(
            endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
        return BucketStorageFactory(client, cache: nil)
    }

    func test_clockThatIsAheadOfTheBuckets_removesNothing_untilItIsSetRight() throws {
        let options = LogOptions(url: "s3://receipts/log", segmentSeconds: 3_600, refused: { XCTFail($0) })
        let directory = try DataDirectory(path: "\(folder.path)/DATA")
        let keeper = try LogKeeper(options, directory: directory, store: "one", clock: .system) { try self.factory($0) }
        defer { keeper.stop() }
        let now = Clock.system.now()
        let old = [Int64(3), 2].map { age in
            LogCheckpoint(epoch: 0, from: Int64(5 - age), to: Int64(5 - age), at: now - age * Self.day, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
        }
        for checkpoint in old { try keeper.place.objects.put(checkpoint.key, checkpoint.bytes) }
        let keys = Set(old.map { "log/" + $0.key })
        func ahead() -> Double { keeper.metrics.first { $0.name == "log_clock_ahead_seconds" }?.value ?? -1 }
        func make() -> [String] {
            keeper.checkpoint { _, _, _ in
                LogBackup(manifest: BackupManifest(number: 1, store: "one", madeAt: now, warehouse: ""), from: 0, to: 0, at: now)
            }
            return keeper.texts.filter { $0.contains("could not be removed") }
        }
        // As the machine's clock two days ahead.
        bucket.setClock(offset: -2 * 86_400)
        let texts = make()
        XCTAssertEqual(texts.filter { $0.contains("s ahead of the place's") }.count, 1, "\(texts)")
        XCTAssertTrue(keys.isSubset(of: Set(bucket.objects.keys)))
        XCTAssertGreaterThan(ahead(), 86_400)
        // One that is behind keeps more than it must.
        bucket.setClock(offset: 600)
        XCTAssertEqual(make(), [])
        XCTAssertEqual(ahead(), 0)
        XCTAssertEqual(keys.intersection(bucket.objects.keys), ["log/" + old[1].key])
    }

    /// An alert would end with each start, though nothing is better.
    func test_clockThatIsAhead_isKnownToTheNextProcess() throws {
        let directory = try DataDirectory(path: "\(folder.path)/DATA")
        func keeper() throws -> LogKeeper {
            let options = LogOptions(url: "s3://receipts/log", segmentSeconds: 3_600, refused: { XCTFail($0) })
            return try LogKeeper(options, directory: directory, store: "one", clock: .system) { try self.factory($0) }
        }
        func ahead(_ keeper: LogKeeper) -> Double { keeper.metrics.first { $0.name == "log_clock_ahead_seconds" }?.value ?? -1 }
        func texts(_ keeper: LogKeeper) -> Int { keeper.texts.filter { $0.contains("s ahead of the place's") }.count }
        bucket.setClock(offset: -2 * 86_400)
        let before = try keeper()
        before.checkpoint { _, _, _ in
            LogBackup(manifest: BackupManifest(number: 1, store: "one", madeAt: Clock.system.now(), warehouse: ""), from: 0, to: 0, at: Clock.system.now())
        }
        XCTAssertGreaterThan(ahead(before), 86_400)
        before.stop()
        let next = try keeper()
        next.lookForCheckpoint()
        XCTAssertFalse(next.isCheckpointDue, "one is there")
        XCTAssertGreaterThan(ahead(next), 86_400)
        XCTAssertEqual(texts(next), 1)
        next.stop()
        // Set right meanwhile.
        bucket.setClock(offset: 0)
        let last = try keeper()
        defer { last.stop() }
        last.lookForCheckpoint()
        XCTAssertLessThan(ahead(last), 3_600)
        XCTAssertEqual(texts(last), 0)
    }

    /// A listing that is none is no fault of the checkpoint's, of which another would be a copy of the store.
    func test_clockThatCannotBeAsked_isToldAsWhatItIs_andMakesNoCheckpoint() throws {
        let directory = try DataDirectory(path: "\(folder.path)/DATA")
        func keeper() throws -> LogKeeper {
            let options = LogOptions(url: "s3://receipts/log", segmentSeconds: 3_600, refused: { XCTFail($0) })
            return try LogKeeper(options, directory: directory, store: "one", clock: .system) { try self.factory($0) }
        }
        let before = try keeper()
        before.checkpoint { _, _, _ in
            LogBackup(manifest: BackupManifest(number: 1, store: "one", madeAt: Clock.system.now(), warehouse: ""), from: 0, to: 0, at: Clock.system.now())
        }
        before.stop()
        let next = try keeper()
        defer { next.stop() }
        let told = Mutex<[String]>([])
        StoreLog.observe { event in told.withLock { if event.path.hasPrefix("s3://receipts/log") { $0.append(event.what) } } }
        defer { StoreLog.observe(nil) }
        bucket.fail { $0.method == "GET" && $0.query["prefix"]?.hasSuffix("head") == true ? .answer(status: 416, code: "InvalidRange") : nil }
        next.lookForCheckpoint()
        bucket.fail(nil)
        XCTAssertFalse(next.isCheckpointDue, "the one that is there is sound")
        XCTAssertEqual(told.withLock { $0 }, ["the clock could not be held against that of the log's place; the next checkpoint tries again"])
    }

    func test_placeThatDoesNotTell_andAnObjectThatIsNotThere_areNotAheadOf() throws {
        let objects = try LocalStorageFactory.files(folder.path + "/LOG")
        let key = "checkpoints/one"
        XCTAssertEqual(try RetentionClock.ahead(of: key, in: objects, now: .max), 0)
        try objects.put(key, [1])
        try objects.put(key + "-more", [1])
        XCTAssertEqual(try RetentionClock.ahead(of: key, in: objects, now: 0), 0)
        XCTAssertGreaterThan(try RetentionClock.ahead(of: key, in: objects, now: .max), RetentionClock.aheadMax)
        XCTAssertLessThan(try RetentionClock.ahead(of: key, in: objects, now: Clock.system.now()), RetentionClock.aheadMax)
    }
}
