import ColumnStore
import Documents
import Foundation
import Query
import TestSupport
import XCTest

@testable import Ingest

/// A store whose cold tables lie in a bucket does all that one on a disk does, with the bucket failing now and then; and what it cannot answer without the
/// bucket it refuses.
final class BucketStorageFactoryTests: XCTestCase {
    private static let request = PageRequest(fields: ["receipt_id", "state", "sequence", "document"], limit: 10_000)
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func factory(_ prefix: String = "store", cache: String? = nil, attempts: Int = 8) throws -> BucketStorageFactory {
        var options = BucketOptions()
        (options.pauseMilliseconds, options.attemptCountMax, options.partByteCount) = (1, attempts, 20_000)
        let endpoint = try BucketEndpoint(url: "s3://receipts/\(prefix)", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(
            endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
        return BucketStorageFactory(client, cache: cache.map { WarehouseCache(path: $0, byteCountMax: 1 << 26) })
    }

    /// - Parameter note: how long a text that cannot be compressed each receipt has.
    private func fill(_ fixture: EngineFixture, _ range: Range<Int>, note: Int = 0) throws {
        var random = SplitMix64(state: 7)
        let lines = range.map { number in
            let text = (0..<note / 8).map { _ in String(random.next() & 0xFFFF_FFFF, radix: 36) }.joined()
            return EngineFixture.receipt("R-\(number)", at: "20\(24 + number % 2)-0\(1 + number % 9)-15T10:00:00Z", note: text)
        }
        guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        _ = try fixture.engine.compact(before: nil)
    }

    /// Sums that are lost are made again, which takes days in a large store: a bucket that gives no answer has lost nothing.
    func test_startWithoutAnAnswerAboutSums_isRefused_andKeepsThem() throws {
        func open(_ path: String, attempts: Int) throws -> EngineFixture {
            let storages = try factory(attempts: attempts)
            return try EngineFixture(path) {
                $0.storages = storages
                $0.compaction.fillsAtStart = false
            }
        }
        let directories = (0..<3).map { _ in TemporaryDirectory() }
        var data = directories[0].path
        let fixture = try open(data, attempts: 8)
        try fill(fixture, 0..<30)
        let known = try XCTUnwrap(fixture.engine.tier.boundary.rollups["receipts_by_day"])
        XCTAssertGreaterThan(known.coveredCount, 0)
        try fixture.engine.close()
        for (end, next) in zip([".metadata.json", ".avro"], directories.dropFirst()) {
            bucket.fail { $0.key.contains("rollup_receipts_by_day/") && $0.key.hasSuffix(end) ? .answer(status: 503, code: "SlowDown") : nil }
            XCTAssertThrowsError(try open(data, attempts: 2), end) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable, "\($0)") }
            bucket.fail(nil)
            // A start that was refused ends its process, and with it what it holds.
            let copy = next.path + "/moved"
            try FileManager.default.copyItem(atPath: data, toPath: copy)
            data = copy
            let again = try open(data, attempts: 8)
            let state = try XCTUnwrap(again.engine.tier.boundary.rollups["receipts_by_day"])
            XCTAssertEqual(state.number, known.number, "\(end): the same putting")
            XCTAssertEqual(state.coveredCount, known.coveredCount, "\(end): with all its sums")
            try again.engine.close()
        }
    }

    /// Outside catalogs know a table by its number: a view that is made again for want of an answer is another table to them.
    func test_newestView_withoutAnAnswer_staysTheTableThatItIs() throws {
        let data = TemporaryDirectory()
        let storages = try factory(attempts: 2)
        let fixture = try EngineFixture(data.path) { $0.storages = storages }
        let type = """
            {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"name":{"path":"/name","type":"VARCHAR"}}}
            """
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        func number() throws -> String {
            let keys = bucket.objects.keys.filter { $0.contains("/licences/metadata/v") && $0.hasSuffix(".metadata.json") }
            let newest = try XCTUnwrap(keys.max { ($0.utf8.count, $0) < ($1.utf8.count, $1) })
            return try XCTUnwrap(JSONParser.parse(try XCTUnwrap(bucket.objects[newest]))["table-uuid"]?.text)
        }
        func add(_ id: String) { _ = fixture.take("{\"schema\":\"licence/1\",\"id\":\"\(id)\",\"name\":\"n\"}") }
        add("L-1")
        _ = try fixture.engine.compact(before: nil)
        let first = try number()
        for end in [".metadata.json", ".avro"] {
            add("L-2\(end)")
            bucket.fail { $0.method == "GET" && $0.key.contains("/licences/metadata/") && $0.key.hasSuffix(end) ? .answer(status: 503, code: "SlowDown") : nil }
            XCTAssertThrowsError(try fixture.engine.compact(before: nil), end)
            bucket.fail(nil)
            _ = try fixture.engine.compact(before: nil)
            XCTAssertEqual(try number(), first, end)
        }
        try fixture.engine.close()
    }

    func test_store_withItsTablesInABucket_worksMergesAndIsProved() throws {
        let (data, cache, destination, other) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        // Every seventh request fails, in one way or another, some of them after they were done.
        let count = HotTierFixture.Counter()
        bucket.fail { _ in
            switch count.next() % 28 {
            case 7: .answer(status: 503, code: "SlowDown")
            case 14: .dropAfter
            case 21: .answerAfter(status: 500, code: "InternalError")
            case 0: .torn
            default: nil
            }
        }
        let storages = try factory(cache: cache.path + "/c")
        let fixture = try EngineFixture(data.path) { $0.storages = storages }
        try fixture.keepOneRollup()
        for part in 0..<4 { try fill(fixture, part * 30..<part * 30 + 30) }
        let rows = try fixture.walk(Self.request)
        XCTAssertEqual(rows.count, 120)
        XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-7", at: "2025-08-15T10:00:00Z")).isRepeat)
        _ = try fixture.engine.backup(to: destination.path)
        XCTAssertTrue(fixture.engine.metrics().contains { $0.name == "storage_requests_total" && $0.value > 0 })
        try fixture.engine.close()
        XCTAssertEqual(try FileManager.default.subpathsOfDirectory(atPath: data.path + "/warehouse"), [])
        XCTAssertEqual(try Verifier(path: data.path, storages: try factory()).run().findings.map(\.description), [])
        XCTAssertEqual(bucket.uploadCount, 0)
        _ = try Restore(source: destination.path, directory: other.path).run()
        XCTAssertEqual(try Verifier(path: other.path).run().findings.map(\.description), [])

        let again = try factory(cache: cache.path + "/d")
        let second = try EngineFixture(data.path) { $0.storages = again }
        XCTAssertEqual(try second.walk(Self.request), rows)
        try second.engine.close()
        // Proved from the bucket, whatever a cache has.
        bucket.fail(nil)
        let key = try XCTUnwrap(bucket.objects.keys.filter { $0.hasSuffix(".parquet") }.sorted().last)
        bucket.corrupt(key, at: 100)
        XCTAssertFalse(try Verifier(path: data.path, storages: try factory()).run().findings.filter { $0.path.hasSuffix(key) }.isEmpty)
    }

    /// The object of a cold file of receipts.
    private func receiptsKey(_ fixture: EngineFixture) throws -> String {
        let files = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"]).iceberg.files()
        return String(try XCTUnwrap(files.first).location.dropFirst("s3://receipts/".count))
    }

    /// A store whose cold files are longer than what is read with a footer.
    private func makeStore(_ data: String) throws -> [String] {
        let storages = try factory()
        let fixture = try EngineFixture(data) { $0.storages = storages }
        try fill(fixture, 0..<30, note: 12_000)
        let rows = try fixture.walk(Self.request)
        try fixture.engine.close()
        return rows
    }

    /// What the cache has learnt of an object that did not belong there is not believed once the right one is back.
    func test_anotherObjectInPlaceOfAColdFile_isAnsweredOnceItIsPutBack_afterARestartToo() throws {
        let (data, cache) = (TemporaryDirectory(), TemporaryDirectory())
        let rows = try makeStore(data.path)
        func run(_ number: Int, _ body: (EngineFixture) throws -> Void) throws {
            let storages = try factory(cache: "\(cache.path)/\(number)")
            let fixture = try EngineFixture(data.path) { $0.storages = storages }
            try body(fixture)
            try fixture.engine.close()
        }
        let sums = try XCTUnwrap(bucket.objects.first { $0.key.contains("rollup_") && $0.key.hasSuffix(".parquet") }).value
        for (number, wrong) in ([{ _ in sums }, { $0.dropLast(100) }, { $0 + [UInt8](repeating: 0x78, count: 10) }] as [([UInt8]) -> [UInt8]]).enumerated() {
            try run(number) { fixture in
                let key = try receiptsKey(fixture)
                let sound = try XCTUnwrap(bucket.objects[key])
                bucket.store(key, wrong(sound))
                for _ in 0..<2 { XCTAssertThrowsError(try fixture.walk(Self.request), "\(number)") { XCTAssertTrue($0 is DamagedColdFile, "\($0)") } }
                bucket.store(key, sound)
                _ = try fixture.engine.compact(before: 0)
                XCTAssertEqual(try fixture.walk(Self.request), rows, "\(number)")
                XCTAssertEqual(fixture.engine.degradations, [], "\(number)")
            }
            try run(number) { XCTAssertEqual(try $0.walk(Self.request), rows, "after a restart, \(number)") }
        }
    }

    /// Bits that a network changes, and then no more.
    func test_bytesThatCameWrongForAWhile_areFetchedAgain_withoutARestart() throws {
        let (data, cache) = (TemporaryDirectory(), TemporaryDirectory())
        let rows = try makeStore(data.path)
        // All but the footer, then all; the tag stays: nothing but the content tells.
        for (number, footerByteCount) in [64 << 10, 0].enumerated() {
            let storages = try factory(cache: "\(cache.path)/\(number)")
            let fixture = try EngineFixture(data.path) { $0.storages = storages }
            let key = try receiptsKey(fixture)
            let byteCount = try XCTUnwrap(bucket.objects[key]).count
            XCTAssertGreaterThan(byteCount, 100_000)
            let places = stride(from: 50, to: byteCount - footerByteCount, by: 100)
            for place in places { bucket.corrupt(key, at: place) }
            for _ in 0..<2 { XCTAssertThrowsError(try fixture.walk(Self.request)) { XCTAssertTrue($0 is DamagedColdFile, "\($0)") } }
            for place in places { bucket.corrupt(key, at: place) }
            _ = try fixture.engine.compact(before: 0)
            XCTAssertEqual(try fixture.walk(Self.request), rows)
            XCTAssertEqual(fixture.engine.degradations, [])
            try fixture.engine.close()
        }
    }

    /// Objects that are whole, or parse: nothing but the catalog's hashes tells them.
    func test_metadataOfAnotherVersion_isNamedAndNoAnswer_untilTheRightIsBack() throws {
        let (data, cache) = (TemporaryDirectory(), TemporaryDirectory())
        var (rows, first, newest): ([String], [String], [String]) = ([], [], [])
        var former: [[UInt8]] = []
        do {
            let storages = try factory()
            let fixture = try EngineFixture(data.path) { $0.storages = storages }
            for round in 0..<3 {
                try fill(fixture, round * 10..<round * 10 + 10)
                let present = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"]).iceberg
                newest = try present.presentKeys().metadata.map { String(present.storage.location(of: $0).dropFirst("s3://receipts/".count)) }
                if round > 0 { continue }
                (first, former) = (newest, try newest.map { try XCTUnwrap(bucket.objects[$0]) })
            }
            rows = try fixture.walk(Self.request)
            try fixture.engine.close()
        }
        XCTAssertEqual(rows.count, 30)
        /// What a start, or a question after it, says; nil where it answers.
        func trouble(_ cache: String) throws -> String? {
            let storages = try factory(cache: cache)
            let fixture: EngineFixture
            do { fixture = try EngineFixture(data.path) { $0.storages = storages } } catch {
                for path in [data.path, cache] { EngineFixture.forgetFailedStart(path) }
                return "\(error)"
            }
            var text: String?
            do {
                let found = try fixture.walk(Self.request)
                XCTAssertEqual(found, rows)
            } catch { text = "\(error)" }
            try fixture.engine.close()
            return text
        }
        // The metadata file, the list of manifests, a manifest that was added since.
        let manifest = try XCTUnwrap(newest.dropFirst(2).first { !first.contains($0) })
        for (number, key) in [newest[0], newest[1], manifest].enumerated() {
            let sound = try XCTUnwrap(bucket.objects[key])
            var changed = sound
            changed[sound.count / 2] ^= 1
            for (kind, wrong) in [former[number], changed, Array(sound.dropLast(100))].enumerated() {
                let place = "\(cache.path)/\(number)-\(kind)"
                bucket.store(key, wrong)
                let text = try XCTUnwrap(try trouble(place), "\(key), \(kind)")
                XCTAssertTrue(text.contains("s3://receipts/\(key)") && text.contains("table receipts"), text)
                bucket.store(key, sound)
                XCTAssertNil(try trouble(place), "the cache that had it answers as before, \(kind)")
            }
        }
    }

    func test_bucketThatIsDown_receiptsAreTaken_questionsAreRefusedWhole() throws {
        let data = TemporaryDirectory()
        let cache = data.path + "/cache"
        func first() throws {
            let storages = try factory(cache: cache, attempts: 2)
            let fixture = try EngineFixture(data.path) { $0.storages = storages }
            // Too long for the end of the file that is read with its footer.
            try fill(fixture, 0..<30, note: 4_000)
            try fixture.engine.close()
        }
        try first()
        let again = try factory(cache: cache, attempts: 2)
        let second = try EngineFixture(data.path) { $0.storages = again }
        bucket.fail { _ in .answer(status: 503, code: "ServiceUnavailable") }
        XCTAssertFalse(try second.taken(EngineFixture.receipt("N-1")).isRepeat, "of a day that no cold file has")
        XCTAssertFalse(try second.taken(EngineFixture.receipt("N-2", at: "2025-08-15T10:00:00Z")).isRepeat, "of a day that one has, whose filter has no such key")
        XCTAssertThrowsError(try second.taken(EngineFixture.receipt("R-7", at: "2025-08-15T10:00:00Z"))) {
            XCTAssertEqual(($0 as? Fault)?.code, .storageUnavailable, "\($0)")
        }
        XCTAssertThrowsError(try second.walk(Self.request)) { XCTAssertEqual(($0 as? SilentColdTable)?.table, "receipts", "\($0)") }
        XCTAssertThrowsError(try second.engine.compact(before: nil))
        bucket.fail(nil)
        _ = try second.engine.compact(before: nil)
        XCTAssertEqual(try second.walk(Self.request).count, 32)
        XCTAssertThrowsError(try second.taken(EngineFixture.receipt("R-7", at: "2025-08-15T10:00:00Z"))) { XCTAssertEqual(($0 as? Fault)?.code, .differentDocument, "\($0)") }
        try second.engine.close()
        XCTAssertEqual(try Verifier(path: data.path, storages: try factory()).run().findings.map(\.description), [])
    }

    /// Goal: files of sums are asked for together, as those of rows are. Method: the first is answered when another was asked for.
    func test_sums_areAskedForTogether() throws {
        let data = TemporaryDirectory()
        let storages = try factory()
        let first = try EngineFixture(data.path) { $0.storages = storages }
        for part in 0..<3 { try fill(first, part * 10..<part * 10 + 10) }
        try first.engine.close()
        let again = try factory()
        let fixture = try EngineFixture(data.path) { $0.storages = again }
        let asked = Monitor<Set<String>>([])
        bucket.fail { seen in
            guard seen.method == "GET", seen.key.contains("rollup_receipts_by_day/data/") else { return nil }
            asked.broadcast { _ = $0.insert(seen.key) }
            _ = asked.wait(seconds: Patience.seconds) { $0.count > 1 ? true : nil }
            return nil
        }
        let engine = QueryEngine(.init(threadCount: 1))
        let context = QueryContext(catalog: try fixture.engine.catalog(as: .admin, upTo: nil).catalog, now: 0)
        let stream = try engine.execute(try engine.prepare("SELECT sum(receipts) FROM rollup_receipts_by_day", in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        XCTAssertEqual(rows, ["30"])
        XCTAssertGreaterThan(asked.withLock { $0.count }, 1)
        try fixture.engine.close()
    }

    /// Goal: a cold question waits for few answers in sequence: the list of manifests, the manifests, the ends of files, page indexes, pages. Method: requests go on
    /// together once no more come, which is counted.
    func test_questionForOneReceipt_takesFiveRoundTrips_andThreeWhereManifestsAreCached() throws {
        let data = TemporaryDirectory()
        let storages = try factory()
        let first = try EngineFixture(data.path) { $0.storages = storages }
        // Years are files of their own; those of one day, of some days and of months have manifests of their own, and what is asked for may be in each.
        try fill(first, 0..<60, note: 4_000)
        for (year, days) in [(2023, 15...15), (2022, 13...17)] {
            var random = SplitMix64(state: 11)
            let lines = days.flatMap { day in
                (0..<60 / days.count).map { number in
                    let text = (0..<500).map { _ in String(random.next() & 0xFFFF_FFFF, radix: 36) }.joined()
                    return EngineFixture.receipt("\(number == 0 ? "A" : "Z")-\(days.count)-\(day)-\(number)", at: "\(year)-03-\(day)T10:00:00Z", note: text)
                }
            }
            guard case .each = first.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
            _ = try first.engine.compact(before: nil)
        }
        try first.engine.close()
        for (isCached, limit) in [(false, 5), (true, 3)] {
            var found: (count: Int, manifests: Set<String>, text: String) = (.max, [], "")
            for pause in [0.05, 0.1, 0.2, 0.4, 0.8, 1.6] where found.count > limit { found = try trips(data.path, isCached: isCached, pause) }
            XCTAssertLessThanOrEqual(found.count, limit, "manifests are cached: \(isCached): \(found.text)")
            if !isCached { XCTAssertGreaterThan(found.manifests.count, 1, "one manifest shows nothing") }
        }
    }

    /// The question by a store that was opened anew, with a cache of its own.
    ///
    /// - Parameter isCached: whether it has planned before.
    private func trips(_ data: String, isCached: Bool, _ pause: Double) throws -> (count: Int, manifests: Set<String>, text: String) {
        let folder = TemporaryDirectory()
        let storages = try factory(cache: folder.path + "/c")
        let question = "SELECT document FROM receipts WHERE receipt_id = 'R-14'"
        let engine = QueryEngine(.init(threadCount: 1))
        func ask(_ fixture: EngineFixture, _ text: String) throws -> Int {
            let context = QueryContext(catalog: try fixture.engine.catalog(as: .admin, upTo: nil).catalog, now: 0)
            let stream = try engine.execute(try engine.prepare(text, in: context))
            var rowCount = 0
            while let batch = try stream.next() { rowCount += batch.rowCount }
            return rowCount
        }
        defer { bucket.fail(nil) }
        let gate = RoundTrips(pauseSeconds: pause)
        let held: @Sendable (BucketDouble.Seen) -> BucketDouble.Fault? = { seen in
            if seen.key.contains("/receipts/"), seen.key.hasSuffix(".avro") || seen.key.hasSuffix(".parquet") { gate.hold() }
            return nil
        }
        if !isCached { bucket.fail(held) }
        bucket.forgetSeen()
        let fixture = try EngineFixture(data) { $0.storages = storages }
        if isCached {
            XCTAssertGreaterThan(try ask(fixture, "EXPLAIN \(question)"), 0)
            bucket.forgetSeen()
            bucket.fail(held)
        }
        XCTAssertEqual(try ask(fixture, question), 1)
        let asked = bucket.seen.filter { $0.key.contains("/receipts/") }
        let count = gate.count
        bucket.fail(nil)
        try fixture.engine.close()
        return (count, Set(asked.map(\.key).filter { $0.contains("/metadata/m") }), asked.map { "\($0.key) \($0.headers["range"] ?? "")" }.joined(separator: "\n"))
    }

    func test_secondServerOnOnePrefix_isKnownByItsStart_andTheFirstStopsCompacting() throws {
        let (data, copy) = (TemporaryDirectory(), TemporaryDirectory())
        _ = try copy.made()
        let storages = try factory()
        func begin() throws {
            let fixture = try EngineFixture(data.path) { $0.storages = storages }
            try fill(fixture, 0..<10)
            try fixture.engine.close()
        }
        try begin()
        for name in try FileManager.default.contentsOfDirectory(atPath: data.path) where name != "LOCK" {
            try FileManager.default.copyItem(atPath: "\(data.path)/\(name)", toPath: "\(copy.path)/\(name)")
        }
        let first = try EngineFixture(data.path) { $0.storages = storages }
        let others = try factory()
        let second = try EngineFixture(copy.path) { $0.storages = others }
        _ = try second.taken(EngineFixture.receipt("N-1"))
        _ = try second.engine.compact(before: nil)
        _ = try first.taken(EngineFixture.receipt("N-2"))
        XCTAssertThrowsError(try first.engine.compact(before: nil)) { XCTAssertTrue("\($0)".contains("has taken the warehouse over"), "\($0)") }
        XCTAssertTrue(first.engine.degradations.contains { $0.contains("has taken the warehouse over, on the host") }, "\(first.engine.degradations)")
        XCTAssertEqual(try first.walk(Self.request).count, 11, "what it has it goes on to answer")
        try second.engine.close()
        try first.engine.close()
        // The first is the older copy now.
        let third = try factory()
        XCTAssertThrowsError(try EngineFixture(data.path) { $0.storages = third }) { XCTAssertTrue($0 is DataDirectory.Failure, "\($0)") }
        XCTAssertEqual(try Verifier(path: copy.path, storages: try factory()).run().findings.map(\.description), [])
    }

    /// All else of the store is there, and its metadata is proven to be the catalog's.
    func test_objectThatSaysWhoseItIs_gone_isSaid_andMadeAnewByAStart() throws {
        let data = TemporaryDirectory()
        let storages = try factory()
        var fixture = try EngineFixture(data.path) { $0.storages = storages }
        try fill(fixture, 0..<10)
        let key = try XCTUnwrap(bucket.objects.keys.first { $0.hasSuffix("/store") })
        bucket.store(key, nil)
        try fixture.engine.close()
        let others = try factory()
        fixture = try EngineFixture(data.path) { $0.storages = others }
        XCTAssertNotNil(bucket.objects[key])
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        // A new store does not take what lies there for its own.
        bucket.store(key, nil)
        let (stranger, more) = (TemporaryDirectory(), try factory())
        XCTAssertThrowsError(try EngineFixture(stranger.path) { $0.storages = more }) { XCTAssertTrue($0 is DataDirectory.Failure, "\($0)") }
    }

    func test_restore_putsTheTablesWhereTheSettingsSay_whereNothingLies() throws {
        let (data, destination, other) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path)
        try fill(fixture, 0..<20)
        let rows = try fixture.walk(Self.request)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
        bucket.store("restored/somebodys", [1])
        XCTAssertThrowsError(try Restore(source: destination.path, directory: other.path, storages: try factory("restored")).run()) {
            XCTAssertTrue("\($0)".contains("s3://receipts/restored is not empty"), "\($0)")
        }
        bucket.store("restored/somebodys", nil)
        bucket.fail { $0.method == "PUT" && $0.key.hasSuffix(".parquet") ? .answer(status: 403, code: "AccessDenied") : nil }
        XCTAssertThrowsError(try Restore(source: destination.path, directory: other.path, storages: try factory("restored")).run())
        bucket.fail(nil)
        XCTAssertEqual(bucket.objects.keys.sorted(), [], "nothing stays of a restore that failed")
        _ = try Restore(source: destination.path, directory: other.path, storages: try factory("restored")).run()
        XCTAssertEqual(try Verifier(path: other.path, storages: try factory("restored")).run().findings.map(\.description), [])
        let again = try factory("restored")
        let second = try EngineFixture(other.path) { $0.storages = again }
        XCTAssertEqual(try second.walk(Self.request), rows)
        try second.engine.close()
        XCTAssertEqual(try FileManager.default.subpathsOfDirectory(atPath: other.path + "/warehouse"), [])
    }

    func test_backup_toABucket_takesWhatHasChanged_isProved_andRestored() throws {
        let (data, other) = (TemporaryDirectory(), TemporaryDirectory())
        let destination = "s3://receipts/backups/one"
        func backups() throws -> BucketStorageFactory { try factory("backups/one") }
        // Proof: the test ends before what it holds goes.
        nonisolated(unsafe) let test = self
        let fixture = try EngineFixture(data.path) { $0.openPlace = { try test.factory(String($0?.dropFirst("s3://receipts/".count) ?? "")) } }
        try fill(fixture, 0..<20)
        let first = try fixture.engine.backup(to: destination)
        XCTAssertEqual(first.copiedFileCount, first.fileCount)
        XCTAssertEqual(bucket.seen.filter { $0.method == "DELETE" && $0.key.contains(".sqlite") }.map(\.key), [], "there was nothing to be removed")
        try fill(fixture, 20..<30)
        // Several hot files, as any store has that is older than a day.
        for number in 1..<4 {
            _ = try fixture.taken(EngineFixture.receipt("N-\(number)"))
            try fixture.engine.tier.writer.seal()
        }
        let rows = try fixture.walk(Self.request)
        let second = try fixture.engine.backup(to: destination)
        XCTAssertGreaterThan(second.copiedFileCount, 0)
        // Cold files that have not changed are there already.
        let third = try fixture.engine.backup(to: destination)
        XCTAssertLessThan(third.copiedFileCount, third.fileCount)
        try fixture.engine.close()
        XCTAssertEqual(try BackupProof(bucket: try XCTUnwrap(backups().objects), url: destination).run().findings.map(\.description), [])
        _ = try Restore(source: destination, bucket: try backups().objects, directory: other.path, storages: try factory("restored")).run()
        let again = try factory("restored")
        let restored = try EngineFixture(other.path) { $0.storages = again }
        XCTAssertEqual(try restored.walk(Self.request), rows)
        try restored.engine.close()
        let key = try XCTUnwrap(bucket.objects.keys.filter { $0.hasPrefix("backups/") && $0.hasSuffix(".parquet") }.sorted().first)
        bucket.corrupt(key, at: 50)
        XCTAssertEqual(try BackupProof(bucket: try XCTUnwrap(backups().objects), url: destination).run().findings.count, 1)
        bucket.store(key, nil)
        XCTAssertTrue(try BackupProof(bucket: try XCTUnwrap(backups().objects), url: destination).run().findings.contains { $0.fault.contains("is missing") })
    }

    func test_recover_makesTheCatalogOfWhatTheBucketHas_andNotWithoutIt() throws {
        let data = TemporaryDirectory()
        func begin() throws -> Int {
            let storages = try factory()
            let fixture = try EngineFixture(data.path) { $0.storages = storages }
            try fill(fixture, 0..<25)
            defer { try? fixture.engine.close() }
            return try fixture.walk(Self.request).count
        }
        let count = try begin()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: data.path + "/catalog.sqlite" + suffix) }
        let storages = try factory()
        XCTAssertThrowsError(try EngineFixture(data.path) { $0.storages = storages }) { XCTAssertTrue("\($0)".contains("till recover"), "\($0)") }
        XCTAssertThrowsError(try Recovery(path: data.path).run()) { XCTAssertTrue("\($0)".contains("s3://receipts/store"), "\($0)") }
        _ = try Recovery(path: data.path, storages: try factory()).run()
        XCTAssertEqual(try Verifier(path: data.path, storages: try factory()).run().findings.map(\.description), [])
        let again = try factory()
        let second = try EngineFixture(data.path) { $0.storages = again }
        XCTAssertEqual(try second.walk(Self.request).count, count)
        try second.engine.close()
    }

    /// Of a log and of a pair.
    func test_requestsToPlacesBesideTheWarehouse_areCountedByTheirNames() throws {
        let folder = TemporaryDirectory()
        let directory = try DataDirectory(path: folder.path)
        let keeper = try LogKeeper(LogOptions(url: "s3://receipts/log", refused: { XCTFail($0) }), directory: directory, store: "one", clock: .system) { url in
            try self.factory(String(try XCTUnwrap(url).dropFirst("s3://receipts/".utf8.count)))
        }
        defer { keeper.stop() }
        try keeper.place.objects.put("something", [1])
        let place = keeper.metrics.filter { $0.name == "place_requests_total" && $0.value > 0 }.map { $0.labels.map(\.value) }
        XCTAssertTrue(place.contains(["log", "PUT"]), "\(place)")
        let metrics = PlaceFigures.metrics([("log", keeper.place.storages), ("archive", [LocalStorageFactory()]), ("cluster", [try factory("cluster")])])
        XCTAssertEqual(Set(metrics.map { $0.labels.first?.value }), ["log", "cluster"], "a directory has none")
        XCTAssertGreaterThan(metrics.filter { $0.name == "place_sent_bytes_total" }.first?.value ?? 0, 0)
        XCTAssertEqual(metrics.filter { $0.name == "place_failures_total" }.map(\.value), [0, 0])
        // All of a name stand together, as Prometheus wants them.
        let names = metrics.map(\.name)
        XCTAssertEqual(zip(names, names.dropFirst()).filter { $0 != $1 }.count + 1, Set(names).count)
    }

    func test_otherPlaceThanTheCatalogs_isRefused_andSoIsAnotherStoresPrefix() throws {
        let (data, other) = (TemporaryDirectory(), TemporaryDirectory())
        let storages = try factory()
        let fixture = try EngineFixture(data.path) { $0.storages = storages }
        try fill(fixture, 0..<10)
        try fixture.engine.close()
        for wrong in [try factory("elsewhere"), LocalStorageFactory()] as [any StorageFactory] {
            XCTAssertThrowsError(try EngineFixture(data.path) { $0.storages = wrong }) { error in
                XCTAssertEqual((error as? DataDirectory.Failure)?.isOfTheSettings, true, "\(error)")
                XCTAssertTrue("\(error)".contains("s3://receipts/store"), "\(error)")
            }
            XCTAssertEqual(try Verifier(path: data.path, storages: wrong).run().findings.count, 1)
        }
        let stranger = try factory()
        XCTAssertThrowsError(try EngineFixture(other.path) { $0.storages = stranger }) { XCTAssertTrue("\($0)".contains("belongs to the store"), "\($0)") }
        let again = try factory()
        let second = try EngineFixture(data.path) { $0.storages = again }
        XCTAssertEqual(try second.walk(Self.request).count, 10)
        try second.engine.close()
    }
}
