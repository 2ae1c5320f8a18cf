import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: nobody waits for what a new version has changed, and what can be told is. Method: a bucket that is asked for the version before, and does not answer until the test is over; a
/// storage that has answered something before it fails; looks under a clock of the test's.
final class ChangedColumnsTests: XCTestCase {
    private static func typeFile(_ name: String) -> String {
        """
        {"name":"\(name)","version":1,"table":"\(name)s","format":"json","on_repeat":"replace","match":{"/schema":"\(name)/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """
    }

    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    /// With as much patience as if nobody waited.
    private func open(_ path: String, cache: TemporaryDirectory) throws -> EngineFixture {
        var options = BucketOptions()
        (options.deadlineMilliseconds, options.attemptMilliseconds, options.stallSeconds) = (3_600_000, 3_600_000, 3_600)
        let endpoint = try BucketEndpoint(url: "s3://receipts/store", endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(
            endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
        let storages = BucketStorageFactory(client, cache: WarehouseCache(path: cache.path, byteCountMax: 1 << 26))
        return try EngineFixture(path) { $0.storages = storages }
    }

    private func document(_ id: String, _ name: String, type: String = "licence") -> String { "{\"schema\":\"\(type)/1\",\"id\":\"\(id)\",\"name\":\"\(name)\"}" }

    func test_bucketThatDoesNotAnswer_correctionsAreAnsweredWithoutTheirChanges_firstVersionsWithThem() throws {
        // The process has the first one's cache as long as it has its storages.
        let (data, caches) = (TemporaryDirectory(), [TemporaryDirectory(), TemporaryDirectory()])
        let first = try open(data.path, cache: caches[0])
        _ = try first.engine.putType(name: "licence", body: Array(Self.typeFile("licence").utf8))
        var random = SplitMix64(state: 7)
        for number in 0..<60 {
            // Too long for the end of the file that is read with its footer.
            let name = (0..<1_000).map { _ in String(random.next() & 0xFFFF_FFFF, radix: 36) }.joined()
            _ = try first.taken(document("L-\(number)", name), as: .admin, client: "c1")
        }
        _ = try first.engine.compact(before: nil)
        try first.engine.close()

        let fixture = try open(data.path, cache: caches[1])
        defer { try? fixture.engine.close() }
        let isOver = Monitor(false)
        defer { isOver.broadcast { $0 = true } }
        bucket.fail { seen in
            if seen.method == "GET" { isOver.wait { isOver -> Void? in isOver ? () : nil } }
            return nil
        }
        let answers = Monitor<[String: Result<Accepted, any Error>]>([:])
        for id in ["L-1", "L-2", "N-1"] {
            let request = IntakeRequest(
                form: .json, body: Array(document(id, "Ann").utf8), contentType: "application/json", principal: .admin, type: nil, client: "c1")
            fixture.engine.accept(request) { outcome in
                answers.broadcast { answers in
                    switch outcome {
                    case .one(let taken): answers[id] = .success(taken)
                    case .refused(let problem): answers[id] = .failure(problem)
                    default: answers[id] = .failure(Fault(.internalError, "not one receipt"))
                    }
                }
            }
            guard Patience.until({ answers.withLock { $0[id] != nil } }) else { return XCTFail("\(id) has no answer") }
            let summary = try XCTUnwrap(answers.withLock { $0[id] }).get().summary
            XCTAssertEqual(summary.changed, id == "N-1" ? [] : nil, id)
            XCTAssertEqual(summary.version, id == "N-1" ? 1 : 2, id)
        }
    }

    /// One that is only slow is asked again by the next, and what was found beside it is told.
    func test_storageThatHasAnsweredSomething_isAskedAgain_andOtherTablesChangesAreTold() throws {
        let (data, place) = (TemporaryDirectory(), HookedPlace())
        let first = try EngineFixture(data.path) { $0.storages = place }
        for name in ["licence", "permit"] {
            _ = try first.engine.putType(name: name, body: Array(Self.typeFile(name).utf8))
            for number in 1...2 { _ = try first.taken(document("\(name)-\(number)", "Ann", type: name), as: .admin, client: "c1") }
        }
        _ = try first.engine.compact(before: nil)
        try first.engine.close()
        let fixture = try EngineFixture(data.path) { $0.storages = place }
        defer { try? fixture.engine.close() }

        // Of one table something comes, and nothing more.
        place.observe { (call, table, key) throws(ColumnStoreError) in
            guard call == .read, table.hasPrefix("permits") else { return }
            WaitScope.current.tally?.note(requests: 1, bytes: 1)
            throw ColumnStoreError(.unavailable, path: key, "said by the test")
        }
        let lines = ["licence", "permit"].map { document("\($0)-1", "Bob", type: $0) }.joined(separator: "\n")
        guard case .each(let results) = fixture.take(lines, .ndjson, as: .admin, client: "c1") else { return XCTFail("no results") }
        XCTAssertEqual(try results.map { try $0.get().summary.version }, [2, 2])
        XCTAssertEqual(try results.map { try $0.get().summary.changed }, [["name"], nil])
        // Whoever does not ask gets nothing, as from a bucket.
        place.observe { (call, _, key) throws(ColumnStoreError) in
            guard call == .read, WaitScope.current.tally == nil, WaitScope.current.isCancelled() else { return }
            throw ColumnStoreError(.unavailable, path: key, "said by the test")
        }
        XCTAssertEqual(try fixture.taken(document("permit-2", "Bob", type: "permit"), as: .admin, client: "c1").summary.changed, ["name"])
    }

    // MARK: Under a clock of the test's

    private static let start: UInt64 = 1_000_000_000_000
    private static let second: UInt64 = 1_000_000_000

    /// A store whose first versions lie in cold files, none of which it has read.
    ///
    /// - Returns: what `find` takes for a second version of each.
    private func corrections(_ path: String, _ place: HookedPlace, count: Int) throws -> (fixture: EngineFixture, all: [(row: HotRow, outcome: Submission.Outcome)]) {
        let first = try EngineFixture(path) { $0.storages = place }
        _ = try first.engine.putType(name: "licence", body: Array(Self.typeFile("licence").utf8))
        let before = try (1...count).map { try first.taken(document("L-\($0)", "Ann"), as: .admin, client: "c1").summary }
        _ = try first.engine.compact(before: nil)
        try first.engine.close()
        let all = try before.map { summary -> (row: HotRow, outcome: Submission.Outcome) in
            var stored = StoredReceipt(summary: summary, table: "licences_history", sha256: [], receivedAt: 0, completedAt: nil)
            (stored.summary.version, stored.summary.changed, stored.precedingSequence) = (2, nil, summary.sequence)
            return (try HotTierFixture.version(summary.receiptID), .stored(stored))
        }
        return (try EngineFixture(path) { $0.storages = place }, all)
    }

    /// No part of a cold file is read.
    ///
    /// - Parameter whenAsked: called in a look that waits for a storage, and not in one that asks none.
    private func fail(_ place: HookedPlace, whenAsked: @escaping @Sendable (WaitScope) -> Void) {
        place.observe { (call, _, key) throws(ColumnStoreError) in
            let scope = WaitScope.current
            guard call == .read, scope.tally != nil || scope.isCancelled() else { return }
            if scope.tally != nil { whenAsked(scope) }
            throw ColumnStoreError(.unavailable, path: key, "said by the test")
        }
    }

    /// One thread serves all: whoever waits behind a look that takes all its time has waited as long, and asks no more.
    func test_correctionsThatComeTogether_haveTheTimeOfOne() throws {
        let (data, place) = (TemporaryDirectory(), HookedPlace())
        let (fixture, all) = try corrections(data.path, place, count: 5)
        defer { try? fixture.engine.close() }
        let now = Atomic<UInt64>(Self.start)
        let ends = Mutex<Set<UInt64>>([])
        fail(place) { scope in
            // Slow: something comes, and then the time is over.
            scope.tally?.note(requests: 1, bytes: 1)
            _ = ends.withLock { $0.insert(scope.endsAt) }
            now.store(scope.endsAt, ordering: .relaxed)
        }
        let changed = ChangedColumns(tier: fixture.engine.tier, now: { now.load(ordering: .relaxed) })
        let answers = Mutex<[[String]?]>([])
        for (row, outcome) in all {
            changed.find([row], [outcome]) { outcomes in
                let columns = outcomes.first?.receipt.summary.changed
                answers.withLock { $0.append(columns) }
            }
        }
        // All are there before the first has its turn.
        changed.start()
        defer { changed.stop() }
        XCTAssertTrue(Patience.until { answers.withLock { $0.count } == 5 })
        XCTAssertEqual(answers.withLock { $0 }, Array(repeating: nil, count: 5))
        XCTAssertEqual(ends.withLock { $0 }, [Self.start + 3 * Self.second])
    }

    func test_storageThatHasAnsweredNothing_isAskedAgainAfterTenSeconds_unlessTheLookCameLate() throws {
        let (data, place) = (TemporaryDirectory(), HookedPlace())
        let (fixture, all) = try corrections(data.path, place, count: 1)
        defer { try? fixture.engine.close() }
        let (row, outcome) = try XCTUnwrap(all.first)
        for (isLate, looks) in [(false, [(0, true), (0, false), (9, false), (1, true)]), (true, [(0, true), (0, false)])] as [(Bool, [(UInt64, Bool)])] {
            let now = Atomic<UInt64>(Self.start)
            let asked = Atomic<Int>(0)
            fail(place) { _ in asked.add(1, ordering: .relaxed) }
            let changed = ChangedColumns(tier: fixture.engine.tier, now: { now.load(ordering: .relaxed) })
            defer { changed.stop() }
            let answered = Atomic<Int>(0)
            if isLate {
                // A moment is left of its time when its turn comes.
                changed.find([row], [outcome]) { _ in answered.add(1, ordering: .relaxed) }
                now.store(Self.start + 3 * Self.second - 1, ordering: .relaxed)
            }
            changed.start()
            XCTAssertTrue(Patience.until { answered.load(ordering: .relaxed) == (isLate ? 1 : 0) })
            for (number, look) in looks.enumerated() {
                now.store(now.load(ordering: .relaxed) + look.0 * Self.second, ordering: .relaxed)
                let (before, done) = (asked.load(ordering: .relaxed), answered.load(ordering: .relaxed))
                changed.find([row], [outcome]) { _ in answered.add(1, ordering: .relaxed) }
                XCTAssertTrue(Patience.until { answered.load(ordering: .relaxed) > done })
                XCTAssertEqual(asked.load(ordering: .relaxed) > before, look.1, "late: \(isLate), look \(number)")
            }
        }
    }
}
