import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a bucket is a storage like any other, and few requests read it. Method: the double counts; histories with faults are compared with a model.
final class BucketStorageTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func client(_ change: (inout BucketOptions) -> Void = { _ in }) throws -> BucketClient {
        var options = BucketOptions()
        options.pauseMilliseconds = 1
        change(&options)
        let endpoint = try BucketEndpoint(url: "s3://receipts/warehouse/t", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        return BucketClient(
            endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
    }

    private static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B9) >> 9) } }

    private var getCount: Int { bucket.seen.count { $0.method == "GET" } }

    func test_contract_ofAStorage() throws {
        let storage = BucketStorage(try client())
        try storage.putIfAbsent("metadata/v1.json", [1])
        XCTAssertThrowsError(try storage.putIfAbsent("metadata/v1.json", [2])) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict) }
        try storage.put("metadata/version-hint.text", [1])
        try storage.put("metadata/version-hint.text", [2])
        XCTAssertEqual(try storage.get("metadata/version-hint.text", byteCountMax: 5), [2])
        XCTAssertEqual(try storage.byteCount(of: "metadata/v1.json"), 1)
        XCTAssertNil(try storage.byteCount(of: "none"))
        XCTAssertThrowsError(try storage.get("none", byteCountMax: 5)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound) }
        XCTAssertThrowsError(try storage.open("none.parquet")) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound) }
        try storage.put("long", Self.content(100))
        XCTAssertThrowsError(try storage.get("long", byteCountMax: 99)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
        XCTAssertThrowsError(try storage.get("long", range: 90..<101)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
        XCTAssertEqual(try storage.digest(of: "long").sha256, SHA256.hash(Self.content(100)))
        for key in ["", "/a", "a//b", "../a", "a b"] { XCTAssertThrowsError(try storage.put(key, [])) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest) } }
        var keys: [String] = []
        try storage.list(prefix: "metadata/") { keys.append($0.key) }
        XCTAssertEqual(keys, ["metadata/v1.json", "metadata/version-hint.text"])
        try storage.delete("long", .temporary)
        try storage.delete("long", .temporary)
        XCTAssertEqual(storage.location(of: "a"), "s3://receipts/warehouse/t/a")
        for scheme in ["s3", "s3a", "s3n"] { XCTAssertEqual(storage.key(ofLocation: "\(scheme)://receipts/warehouse/t/a/b"), "a/b") }
        for other in ["s3://receipts/warehouse/table/a", "s3://receipt/warehouse/t/a", "file:///a", "s3://receipts/warehouse/t"] { XCTAssertNil(storage.key(ofLocation: other), other) }
    }

    func test_bucketThatRefusesOrIsGone_isUnavailable_notMissing() throws {
        let storage = BucketStorage(try client { $0.attemptCountMax = 2 })
        for (status, code) in [(503, "SlowDown"), (403, "AccessDenied"), (404, "NoSuchBucket")] {
            bucket.fail { _ in .answer(status: status, code: code) }
            for body in [{ _ = try storage.open("a.parquet") }, { _ = try storage.get("a", byteCountMax: 1) }, { try storage.list(prefix: "") { _ in } }, { try storage.putIfAbsent("a", []) }, { _ = try storage.byteCount(of: "a") }] as [() throws -> Void] {
                XCTAssertThrowsError(try body()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable, "\($0)") }
            }
        }
    }

    // MARK: Reading

    func test_open_readsTheEndWithIt() throws {
        let storage = BucketStorage(try client())
        bucket.store("warehouse/t/a.parquet", Self.content(300_000))
        let file = try storage.open("a.parquet")
        XCTAssertEqual(file.byteCount, 300_000)
        XCTAssertEqual(try file.region(at: 300_000 - 65_536, count: 65_536).copied, Self.content(300_000).suffix(65_536))
        XCTAssertEqual(bucket.seen.count, 1)
        for (offset, count) in [(Int64(-1), 1), (0, 300_001), (300_000, 1), (0, -1), (Int64.max, 1), (0, Int.max)] {
            XCTAssertThrowsError(try file.region(at: offset, count: count))
        }
        XCTAssertEqual(try file.region(at: 300_000, count: 0).bytes.count, 0)
    }

    /// What is expected goes in one round, side by side, ranges close together in one request.
    func test_expectedRanges_goTogether_andAreAskedForOnce() throws {
        let storage = BucketStorage(try client())
        let content = Self.content(12 << 20)
        bucket.store("warehouse/t/a.parquet", content)
        let file = try storage.open("a.parquet")
        bucket.forgetSeen()
        let ranges: [Range<Int64>] = [100..<1_000, 200_000..<300_000, 5_000_000..<5_100_000, 9_000_000..<9_000_010]
        for range in ranges { file.expect(range) }
        for range in ranges { XCTAssertEqual(try file.region(at: range.lowerBound, count: range.count).copied, Array(content[Int(range.lowerBound)..<Int(range.upperBound)])) }
        XCTAssertEqual(Set(bucket.seen.compactMap { $0.headers["range"] }), ["bytes=100-299999", "bytes=5000000-5099999", "bytes=9000000-9000009"])
        XCTAssertEqual(bucket.seen.count, 3)
    }

    /// One whose footer is long is opened by one request for its end, however long the footer was said to be.
    func test_expectedEnd_comesWithItsFooter_inOneRequest() throws {
        let content = Self.content(3 << 20)
        for (said, read) in [(300_000, 300_000), (0, 64 << 10), (.max, 1 << 20)] as [(Int, Int)] {
            let storage = BucketStorage(try client())
            bucket.store("warehouse/t/a.parquet", content)
            bucket.forgetSeen()
            storage.expect([WantedEnd(key: "a.parquet", byteCount: said)])
            let file = try storage.open("a.parquet")
            XCTAssertEqual(try file.region(at: Int64(content.count - read), count: read).copied, Array(content.suffix(read)))
            XCTAssertEqual(bucket.seen.compactMap { $0.headers["range"] }, ["bytes=-\(read)"], "\(said)")
        }
    }

    /// Questions that were given up leave what they expected: those that come after are helped all the same.
    func test_ends_areExpected_afterManyThatNobodyCameFor() throws {
        let storage = BucketStorage(try client())
        for number in 0..<300 { bucket.store("warehouse/t/\(number).parquet", [1, 2, 3]) }
        storage.expect((0..<256).map { WantedEnd(key: "\($0).parquet") })
        bucket.forgetSeen()
        storage.expect([WantedEnd(key: "299.parquet")])
        XCTAssertTrue(Patience.until { bucket.seen.contains { $0.key.hasSuffix("/299.parquet") } }, "it was not asked for ahead")
        XCTAssertEqual(try storage.open("299.parquet").byteCount, 3)
    }

    /// A bucket that refused what somebody expected may give it to who comes for it.
    func test_end_thatWasRefusedAsItWasExpected_isAskedForAgain() throws {
        let storage = BucketStorage(try client { $0.parallelCount = 1 })
        bucket.store("warehouse/t/a.parquet", [1, 2, 3])
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        storage.expect([WantedEnd(key: "a.parquet")])
        waitUntilAnswered(storage)
        bucket.fail(nil)
        XCTAssertEqual(try storage.open("a.parquet").byteCount, 3)
    }

    /// Returns once all that was expected of a storage whose requests go one at a time has its answer: what is expected now is asked for behind it.
    private func waitUntilAnswered(_ storage: BucketStorage) {
        storage.expect([WantedEnd(key: "last.parquet")])
        XCTAssertTrue(Patience.until { bucket.seen.contains { $0.key.hasSuffix("/last.parquet") } })
    }

    func test_rangeThatWasRefusedAsItWasExpected_isAskedForAgain() throws {
        let storage = BucketStorage(try client { $0.parallelCount = 1 })
        let content = Self.content(3 << 20)
        bucket.store("warehouse/t/a.parquet", content)
        let file = try storage.open("a.parquet")
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        file.expect(100..<1_000)
        file.begin()
        waitUntilAnswered(storage)
        bucket.fail(nil)
        // Once: whoever comes first is not told of what another was refused.
        XCTAssertEqual(try file.region(at: 100, count: 900).copied, Array(content[100..<1_000]))
    }

    /// It was asked for by the one who expects it, under a lock that all readers of the bucket take.
    func test_expected_withoutAThread_isAskedForByTheOneWhoComesForIt() throws {
        let storage = BucketStorage(try client())
        let content = Self.content(300_000)
        for key in ["a", "b"] { bucket.store("warehouse/t/\(key).parquet", content) }
        let file = try storage.open("a.parquet")
        let before = bucket.seen.count
        WorkerThread.$areRefused.withValue(true) {
            storage.expect([WantedEnd(key: "b.parquet")])
            file.expect(100..<1_000)
            file.begin()
        }
        XCTAssertEqual(bucket.seen.count, before)
        XCTAssertEqual(try file.region(at: 100, count: 900).copied, Array(content[100..<1_000]))
        XCTAssertEqual(try storage.open("b.parquet").byteCount, 300_000)
        XCTAssertEqual(bucket.seen.count, before + 2)
    }

    /// Whole objects come in their order, side by side, and no more of them than are wanted soon; what is longer than was said comes too.
    func test_getEach_asksSideBySide_inOrder_andStops() throws {
        let folder = try TemporaryDirectory()
        let storage = BucketStorage(try client(), cache: try RangeCache(path: folder.path + "/c", byteCountMax: 1 << 24))
        let contents = (0..<40).map { Self.content(100 + $0) }
        for (number, content) in contents.enumerated() { bucket.store("warehouse/t/m\(number).avro", content) }
        // Too long, too short, as it is, or nobody knows.
        let said: [Int64?] = [.max, 7, nil, 120, 0, -1]
        let objects = (0..<40).map { WantedObject(key: "m\($0).avro", byteCount: said[$0 % said.count], byteCountMax: 1_000) }
        // The first is answered when others were asked for.
        let asked = Monitor<Set<String>>([])
        bucket.fail { seen in
            asked.broadcast { _ = $0.insert(seen.key) }
            _ = asked.wait(seconds: Patience.seconds) { $0.count > 8 ? true : nil }
            return nil
        }
        var found: [[UInt8]] = []
        try storage.getEach(objects) { (place, bytes) in
            XCTAssertEqual(place, found.count)
            found.append(bytes)
            return found.count < 12
        }
        XCTAssertEqual(found, Array(contents.prefix(12)))
        XCTAssertLessThanOrEqual(asked.withLock { $0.count }, 12 + 15)
        bucket.fail(nil)
        bucket.forgetSeen()
        found = []
        try storage.getEach(objects) { (_, bytes) in
            found.append(bytes)
            return true
        }
        XCTAssertEqual(found, contents)
        XCTAssertFalse(bucket.seen.contains { $0.key == "warehouse/t/m3.avro" }, "the cache has it")
        // What is wrong is said in its turn.
        bucket.store("warehouse/t/m38.avro", nil)
        var count = 0
        XCTAssertThrowsError(try BucketStorage(try client()).getEach(objects) { (_, _) in
            count += 1
            return true
        }) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound) }
        XCTAssertEqual(count, 38)
        XCTAssertThrowsError(try storage.getEach([WantedObject(key: "m9.avro", byteCount: 3, byteCountMax: 50)]) { (_, _) in true }) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget, "\($0)")
        }
    }

    /// An object of unknown length takes no more room than few are longer than: others wait for no more.
    func test_wholeObject_longerThanFewAre_isReadAll() throws {
        let storage = BucketStorage(try client())
        let content = Self.content(5 << 20)
        bucket.store("warehouse/t/metadata/v1.metadata.json", content)
        XCTAssertTrue(try storage.get("metadata/v1.metadata.json", byteCountMax: 1 << 30) == content)
        XCTAssertEqual(bucket.seen.map(\.method), ["GET", "HEAD", "GET"])
        XCTAssertThrowsError(try storage.get("metadata/v1.metadata.json", byteCountMax: 5 << 20 - 1)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
    }

    func test_randomReads_giveTheBytes_withAndWithoutACache() throws {
        let folder = try TemporaryDirectory()
        let content = Self.content(3 << 20)
        bucket.store("warehouse/t/a.parquet", content)
        for cache in [nil, try RangeCache(path: folder.path + "/c", byteCountMax: 1 << 20)] {
            let storage = BucketStorage(try client(), cache: cache)
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                var random = SplitMix64(state: UInt64(thread))
                guard let file = try? storage.open("a.parquet") else { return XCTFail("not opened") }
                for _ in 0..<60 {
                    let start = Int.random(in: 0..<content.count, using: &random)
                    let count = min(content.count - start, Int.random(in: 0...(400 << 10), using: &random))
                    if Bool.random(using: &random) { file.expect(Int64(start)..<Int64(start + count)) }
                    XCTAssertEqual((try? file.region(at: Int64(start), count: count)).map(\.copied), Array(content[start..<start + count]))
                }
            }
        }
    }

    func test_cache_overARestart_asksForNothing_andForgetsWhatIsDeleted() throws {
        let folder = try TemporaryDirectory()
        bucket.store("warehouse/t/data/a.parquet", Self.content(400_000))
        bucket.store("warehouse/t/metadata/m.avro", Self.content(900))
        bucket.store("warehouse/t/metadata/v1.metadata.json", Self.content(700))
        func use() throws {
            let storage = BucketStorage(try client(), cache: try RangeCache(path: folder.path + "/c", byteCountMax: 1 << 24))
            let file = try storage.open("data/a.parquet")
            XCTAssertEqual(try file.region(at: 1_000, count: 200_000).copied, Array(Self.content(400_000)[1_000..<201_000]))
            XCTAssertEqual(try storage.get("metadata/m.avro", byteCountMax: 1_000), Self.content(900))
            XCTAssertEqual(try storage.get("metadata/v1.metadata.json", byteCountMax: 1_000), Self.content(700))
        }
        try use()
        XCTAssertEqual(getCount, 4)
        bucket.forgetSeen()
        try use()
        XCTAssertEqual(bucket.seen.map(\.key), ["warehouse/t/metadata/v1.metadata.json"], "another store may come to have a numbered key")
        let storage = BucketStorage(try client(), cache: try RangeCache(path: folder.path + "/c", byteCountMax: 1 << 24))
        try storage.delete("data/a.parquet", .temporary)
        XCTAssertThrowsError(try storage.open("data/a.parquet")) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound) }
    }

    func test_objectReplacedWhileItIsRead_isSaid() throws {
        let storage = BucketStorage(try client())
        bucket.store("warehouse/t/a.parquet", Self.content(400_000))
        let file = try storage.open("a.parquet")
        bucket.store("warehouse/t/a.parquet", Self.content(400_000))
        XCTAssertThrowsError(try file.region(at: 0, count: 10)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
    }

    func test_pieceGivenUpByOne_isFetchedForAnother() throws {
        let storage = BucketStorage(try client())
        bucket.store("warehouse/t/a.parquet", Self.content(400_000))
        let file = try storage.open("a.parquet")
        bucket.fail { _ in .delay(milliseconds: 200) }
        XCTAssertThrowsError(try WaitScope.run(WaitScope(isCancelled: { true })) { try file.region(at: 0, count: 10) })
        XCTAssertEqual(try file.region(at: 0, count: 10).copied, Array(Self.content(10)))
    }

    /// Intake waits for seconds, and a question that wants the same piece for half a minute.
    func test_pieceForWhichOneHadLittleTime_isFetchedForAnother() throws {
        let storage = BucketStorage(try client())
        bucket.store("warehouse/t/a.parquet", Self.content(400_000))
        let file = try storage.open("a.parquet")
        bucket.fail { _ in .delay(milliseconds: 600) }
        let early = DispatchGroup()
        DispatchQueue.global().async(group: early) {
            do {
                _ = try WaitScope.run(.within(milliseconds: 200)) { try file.region(at: 0, count: 10) }
                XCTFail("it had 200 ms, and the piece takes 600")
            } catch {
                XCTAssertEqual((error as? ColumnStoreError)?.code, .unavailable, "\(error)")
            }
        }
        XCTAssertTrue(Patience.until { bucket.seen.contains { $0.headers["range"] == "bytes=0-9" } })
        XCTAssertEqual(try file.region(at: 0, count: 10).copied, Array(Self.content(10)))
        XCTAssertTrue(early.waitPatiently())
    }

    /// What a question has read goes first, but for what is to go last.
    func test_keptAtHand_ofWhatAQuestionHasRead_isKeptLongest_withoutARequest() throws {
        let folder = try TemporaryDirectory()
        let storage = BucketStorage(try client(), cache: try RangeCache(path: folder.path + "/c", byteCountMax: 1 << 24))
        bucket.store("warehouse/t/data/a.parquet", Self.content(400_000))
        let file = try storage.open("data/a.parquet")
        _ = try file.region(at: 1_000, count: 2_000)
        bucket.forgetSeen()
        try file.keepAtHand(1_000..<3_000)
        XCTAssertEqual(bucket.seen.count, 0)
        XCTAssertTrue(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/c").contains { $0.hasSuffix("-1000-3000k.range") })
    }

    // MARK: Places

    /// A server opens places as long as it runs: that of each backup, and again and again one that it cannot clear.
    func test_placesThatWereOpened_leaveNoThreads_andSendAsLongAsTheyAreHeld() throws {
        func threadCount() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        var settings = StorageSettings()
        (settings["endpoint"], settings["region"], settings["path_style"]) = (bucket.endpoint, "eu-central-1", "true")
        (settings["credentials.access_key_id"], settings["credentials.secret_access_key"]) = ("AKIADOUBLE", "double/secret+key")
        let before = try threadCount()
        for number in 0..<64 {
            // Of the factory nothing is held.
            let objects = try XCTUnwrap(try StorageKind.bucket.open(StorageAddress("s3://receipts/x", settings)).objects)
            if number == 0 { XCTAssertNil(try objects.byteCount(of: "a")) }
        }
        XCTAssertTrue(try Patience.until { try threadCount() < before + 32 })
    }

    /// A node of a pair has one for each time that it leads.
    func test_lendersThatWereMade_leaveNoThreads() throws {
        func threadCount() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let before = try threadCount()
        for service in ["https://sts.example", "ftp://x"] {
            let address = StorageAddress("s3://receipts/x", StorageSettings(), environment: ["AWS_ENDPOINT_URL_STS": service])
            for _ in 0..<64 {
                let lender = try? StorageKind.bucket.reading(address, "arn:aws:iam::123456789012:role/readers").lender
                XCTAssertEqual(lender == nil, service == "ftp://x")
            }
        }
        XCTAssertTrue(try Patience.until { try threadCount() < before + 32 })
    }

    /// Consoles make a folder as an object of 0 bytes, which is nobody's.
    func test_root_withTheFolderItselfAlone_isEmpty() throws {
        let root = try XCTUnwrap(BucketStorageFactory(try client(), cache: nil).root)
        bucket.store("warehouse/t/", [])
        XCTAssertTrue(try root.isEmpty())
        for (key, bytes) in [("warehouse/t/", [1]), ("warehouse/t/x", []), ("warehouse/t/x/", [])] as [(String, [UInt8])] {
            bucket.store(key, bytes)
            XCTAssertFalse(try root.isEmpty(), key)
            bucket.store(key, nil)
        }
        XCTAssertTrue(try root.isEmpty())
    }

    // MARK: The probe

    func test_probe_refusesABucketThatLies() throws {
        try BucketProbe.check(try client())
        XCTAssertEqual(bucket.objects, [:], "nothing is left of it")
        bucket.keepConditions(false)
        XCTAssertThrowsError(try BucketProbe.check(try client())) { XCTAssertTrue("\($0)".contains("If-None-Match"), "\($0)") }
        XCTAssertEqual(bucket.objects, [:])
        bucket.keepConditions(true)
        bucket.fail { $0.method == "GET" ? .header(name: "ETag", value: "W/\"0\"") : nil }
        XCTAssertThrowsError(try BucketProbe.check(try client())) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable)
            XCTAssertTrue("\($0)".contains("GET another ETag"), "\($0)")
        }
        XCTAssertEqual(bucket.objects, [:])
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        XCTAssertThrowsError(try BucketProbe.check(try client())) { XCTAssertTrue("\($0)".contains("rights to get, put"), "\($0)") }
    }

    // MARK: Histories

    /// Random puts, swaps, creations, reads, listings and deletions, a third of them with a fault; after each the model knows what may be there.
    func test_histories_withFaults_keepToTheModel() throws {
        for seed in UInt64(0)..<6 { try history(seed) }
    }

    private func history(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for key in bucket.objects.keys { bucket.store(key, nil) }
        bucket.fail(nil)
        let client = try client { ($0.attemptCountMax, $0.partByteCount, $0.stallSeconds) = (4, 40, 1) }
        let storage = BucketStorage(client)
        var model: [String: [UInt8]] = [:]
        for step in 0..<120 {
            let key = "k\(Int.random(in: 0..<4, using: &random))"
            let bytes = (0..<Int.random(in: 0..<120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let action = Int.random(in: 0..<6, using: &random)
            fail(&random)
            let place = "seed \(seed), step \(step), \(key)"
            do {
                switch action {
                case 0:
                    try storage.put(key, bytes)
                    model[key] = bytes
                case 1, 2:
                    if action == 1 { try storage.putIfAbsent(key, bytes) } else { try create(storage, key, bytes) }
                    XCTAssertNil(model[key], "\(place): replaced by a creation")
                    model[key] = bytes
                case 3:
                    // A tag of what was there before, half of the time.
                    let head = try client.head(key)
                    XCTAssertEqual(head?.byteCount, model[key].map { Int64($0.count) }, place)
                    let tag = Bool.random(using: &random) ? head?.tag ?? "\"none\"" : "\"none\""
                    try client.put(key, bytes, if: .matches(tag: tag))
                    XCTAssertEqual(tag, head?.tag, "\(place): replaced in spite of its tag")
                    model[key] = bytes
                case 4:
                    try storage.delete(key, .temporary)
                    model[key] = nil
                default:
                    let stored = try storage.byteCount(of: key) == nil ? nil : try storage.get(key, byteCountMax: 1_000)
                    XCTAssertEqual(stored, model[key], place)
                    var keys: Set<String> = []
                    try storage.list(prefix: "k") { keys.insert($0.key) }
                    XCTAssertEqual(keys, Set(model.keys), place)
                }
            } catch {
                try settle(error, action, key, bytes, &model, place)
            }
            let stored = Dictionary(uniqueKeysWithValues: bucket.objects.map { (String($0.key.dropFirst("warehouse/t/".count)), $0.value) })
            XCTAssertEqual(stored, model, place)
        }
    }

    private func create(_ storage: BucketStorage, _ key: String, _ bytes: [UInt8]) throws {
        let sink = try storage.create(key)
        try sink.write(bytes)
        try sink.commit()
    }

    /// What a failure says of what is there now: a race lost is one that was lost; without an answer both may be.
    private func settle(_ error: any Error, _ action: Int, _ key: String, _ bytes: [UInt8], _ model: inout [String: [UInt8]], _ place: String) throws {
        let now = bucket.objects["warehouse/t/\(key)"]
        let code = (error as? ColumnStoreError)?.code ?? ((error as? BucketFailure)?.kind == .lostRace ? .conflict : .unavailable)
        switch code {
        case .conflict:
            XCTAssertEqual(now, model[key], "\(place): a race that was lost has changed something")
            if action < 3 { XCTAssertNotNil(model[key], "\(place): lost against nobody") }
        case .unavailable, .corruptFile:
            if now == model[key] { return }
            XCTAssertTrue(action < 5 && now == (action == 4 ? nil : bytes), "\(place): neither what was there nor what was put")
            model[key] = now
        default: XCTFail("\(place): \(error)")
        }
    }

    private func fail(_ random: inout SplitMix64) {
        guard Int.random(in: 0..<3, using: &random) == 0 else { return bucket.fail(nil) }
        let faults: [BucketDouble.Fault] = [
            .drop, .dropAfter, .torn, .answer(status: 503, code: "SlowDown"), .answerAfter(status: 500, code: "InternalError"), .answer(status: 409, code: "OperationAborted"),
            .answerAfter(status: 503, code: "ServiceUnavailable"),
        ]
        // Of the next requests some fail: up to all the tries of one.
        let plan = Mutex((0..<6).map { _ in Bool.random(using: &random) ? faults.randomElement(using: &random) : nil })
        let box = Box(plan)
        bucket.fail { _ in box.next() }
    }

    private final class Box: Sendable {
        private let plan: Mutex<[BucketDouble.Fault?]>
        init(_ plan: consuming Mutex<[BucketDouble.Fault?]>) { self.plan = plan }
        func next() -> BucketDouble.Fault? { plan.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }
}
