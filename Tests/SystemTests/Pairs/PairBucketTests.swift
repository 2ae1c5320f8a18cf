import ColumnStore
import Foundation
import Glibc
import Synchronization
import TestSupport
import XCTest

/// Goal: the cold tables of a pair lie in one bucket, and stay whole through the loss of its leader at any step of a compaction. Method: real processes and the double, which holds a
/// leader at a request of its own while it is killed, or stands still until another leads.
final class PairBucketTests: XCTestCase {
    private let bucket = BucketDouble()

    override func tearDown() { bucket.close() }

    private func pair(_ more: [String: String] = [:]) throws -> Pair {
        let pair = try Pair(
            degrades: true,
            more: [
                "TILL_STORAGE_URL": "s3://receipts/pair", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true",
                "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_COMPACT_INTERVAL": "1h",
            ].merging(more) { $1 })
        try pair.waitUntilInSync()
        let made = try pair.leader().client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
        return pair
    }

    private var count = 0

    private func post(_ number: Int, to node: Pair.Node) throws {
        let client = node.client
        for _ in 0..<number {
            let answer = try client.post("/v1/receipts?client=c1", Receipts.pos("R-\(count)", day: "2026-0\(1 + count % 9)-1\(count % 7)", total: "\(count + 1).25"))
            XCTAssertEqual(answer.status, 201, answer.text)
            count += 1
        }
    }

    private func answers(_ node: Pair.Node) throws -> [String] {
        let questions = [
            "SELECT count(*), count(DISTINCT receipt_id), sum(total) FROM receipts", "SELECT business_day, count(*), sum(total) FROM receipts GROUP BY business_day ORDER BY business_day",
            "SELECT receipt_id, total, length(document) FROM receipts ORDER BY receipt_id",
        ]
        return try questions.map { query in
            let answer = try node.client.post("/v1/sql", #"{"query":"\#(query)"}"#)
            XCTAssertEqual(answer.status, 200, answer.text)
            return String(answer.text.firstMatch(of: #/"rows":(.*),"next_cursor"/#)?.1 ?? "")
        }
    }

    /// Day files whose rows went to the bucket.
    private var moved: Set<String> = []

    /// Those with rows: shortly before midnight a node makes the next day's, which stays empty and may come and go.
    private func filesWithRows(_ node: Pair.Node) throws -> [String] {
        let names = hotFiles(node)
        let count = "import sqlite3, sys\nfor path in sys.argv[1:]: print(sqlite3.connect('file:' + path + '?mode=ro', uri=True).execute('SELECT count(*) FROM rows').fetchone()[0])"
        let run = try Subprocess("/usr/bin/python3", ["-c", count] + names.map { node.data.appendingPathComponent("hot/\($0)").path })
        XCTAssertEqual(run.status, 0, run.all)
        let counts = run.text.split(separator: "\n")
        XCTAssertEqual(counts.count, names.count, run.all)
        return zip(names, counts).filter { $1 != "0" }.map { $0.0 }
    }

    private func compact(_ node: Pair.Node) throws {
        let before = try filesWithRows(node)
        let answer = try node.client.post("/v1/admin/compact", "{}")
        XCTAssertEqual(answer.status, 200, answer.text)
        // Its own go with their last readers.
        XCTAssertTrue(Patience.until { Set(before).isDisjoint(with: hotFiles(node)) }, "\(before), then \(hotFiles(node))")
        moved.formUnion(before)
    }

    func test_leadMovedToAndFro_withColdTables_isTakenByTheSameProcesses() throws {
        let pair = try pair()
        defer { pair.remove() }
        var leader = try pair.leader()
        try post(6, to: leader)
        try compact(leader)
        let wanted = try answers(leader)
        for round in 0..<4 {
            let next = pair.other(than: leader)
            XCTAssertTrue(pair.transfer(to: next), "\(round): \(next.logText.suffix(2_000))")
            XCTAssertEqual(try answers(next), wanted)
            try pair.waitUntilInSync()
            leader = next
        }
        for node in pair.nodes {
            XCTAssertNil(node.lastStatus)
            XCTAssertFalse(node.logText.contains("the server did not start"), node.logText.suffix(2_000).description)
        }
    }

    /// Every file is there and is what it was, and no row is there twice.
    private func prove(_ node: Pair.Node, _ message: String) throws {
        let proof = try TillRun(["verify", "--url", "http://127.0.0.1:\(node.port)", "--full"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(proof.status, 0, "\(message): \(proof.text)\(proof.error)")
        XCTAssertTrue(proof.text.contains("verified") && proof.text.contains("no fault"), proof.text)
    }

    private func hotFiles(_ node: Pair.Node) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: node.data.appendingPathComponent("hot").path)) ?? []).filter { $0.hasSuffix(".sqlite") }.sorted()
    }

    /// Runs `body` while the bucket has done such a request, and has not answered it. The request that begins it runs on another thread.
    private func held(_ begins: @escaping @Sendable () -> Void, at isMeant: @escaping @Sendable (BucketDouble.Seen) -> Bool, _ body: () throws -> Void) throws {
        let isHeld = Mutex(false)
        bucket.fail { seen in
            guard isMeant(seen), isHeld.withLock({ isHeld in defer { isHeld = true }; return !isHeld }) else { return nil }
            return .delay(milliseconds: 20_000)
        }
        let done = DispatchGroup()
        DispatchQueue.global().async(group: done, execute: DispatchWorkItem(block: begins))
        XCTAssertTrue(Patience.until { isHeld.withLock { $0 } }, "no such request came")
        bucket.fail(nil)
        try body()
        done.wait()
    }

    @Sendable
    private static func isVersion(_ seen: BucketDouble.Seen) -> Bool { seen.method == "PUT" && seen.key.contains("/receipts/metadata/v") }

    func test_leader_killedInTheMiddleOfACompaction_leavesTheSameAnswers_andBothKeepNoMovedRows() throws {
        let pair = try pair()
        defer { pair.remove() }
        let first = try pair.leader()
        let second = pair.other(than: first)
        try post(30, to: first)
        try compact(first)
        XCTAssertFalse(moved.isEmpty)
        try post(30, to: first)
        let elsewhere = try TillRun(["move", "--url", "http://127.0.0.1:\(first.port)", "--to", "s3://receipts/other"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertTrue(elsewhere.status != 0 && elsewhere.error.contains("two machines keep this store"), elsewhere.error)
        let before = try answers(first)
        XCTAssertFalse(bucket.objects.keys.filter { $0.hasPrefix("pair/receipts/data/") }.isEmpty)
        XCTAssertTrue(Patience.until { moved.isDisjoint(with: hotFiles(second)) }, "the standby keeps day files of moved rows: \(hotFiles(second))")
        // The version lies in the bucket, and the catalog does not name it yet.
        let port = first.port
        try held({ _ = try? HTTPClient(port: port, key: TillServer.adminKey).post("/v1/admin/compact", "{}") }, at: Self.isVersion) { first.kill() }
        XCTAssertEqual(try pair.leader().name, second.name)
        XCTAssertEqual(try answers(second), before)
        try prove(second, "after the takeover")
        try compact(second)
        XCTAssertEqual(try answers(second), before)
        try prove(second, "once the new leader has compacted")
        try post(5, to: second)
        try first.start()
        try pair.waitUntilInSync()
        let after = try answers(second)
        // And back, with the other's tables.
        second.kill()
        XCTAssertEqual(try pair.leader().name, first.name)
        XCTAssertEqual(try answers(first), after)
        try compact(first)
        XCTAssertEqual(try answers(first), after)
        try prove(first, "with the tables of both")
        try second.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { moved.isDisjoint(with: hotFiles(second)) }, "the former leader keeps day files of moved rows: \(hotFiles(second))")
        XCTAssertEqual(first.stop(), 0)
        XCTAssertEqual(try pair.leader().name, second.name)
        XCTAssertEqual(try answers(second), after)
        // By nobody's hand but a command's.
        XCTAssertEqual(second.stop(), 0)
        for node in [first, second] {
            let proof = try TillRun(["verify", "--data", node.data.path, "--full"], environment: node.environment.filter { $0.key.hasPrefix("TILL_STORAGE") })
            XCTAssertEqual(proof.status, 0, "\(node.name): \(proof.text)\(proof.error)")
        }
    }

    /// It goes on where it stood still, with a version made that it has still to name, and has not heard of the other.
    func test_leader_thatStandsStillBehindItsVersion_harmsNothingOfTheNextOnes() throws { try standStill(at: Self.isVersion) }

    /// It goes on with what its next version is to be made of.
    func test_leader_thatStandsStillBeforeItsVersion_harmsNothingOfTheNextOnes() throws {
        try standStill { $0.method == "PUT" && $0.key.contains("/receipts/metadata/snap-") }
    }

    private func standStill(at isMeant: @escaping @Sendable (BucketDouble.Seen) -> Bool) throws {
        let pair = try pair(["TILL_SNAPSHOT_KEEP": "500ms"])
        defer { pair.remove() }
        let first = try pair.leader()
        let second = pair.other(than: first)
        for _ in 0..<3 {
            try post(10, to: first)
            try compact(first)
        }
        try post(10, to: first)
        let before = try answers(first)
        let port = first.port
        try held({ _ = try? HTTPClient(port: port, key: TillServer.adminKey).post("/v1/admin/compact", "{}") }, at: isMeant) {
            first.send(SIGSTOP)
            XCTAssertTrue(Patience.until { second.ready?.status == 200 })
            try compact(second)
            try post(10, to: second)
            try compact(second)
            first.send(SIGCONT)
            XCTAssertEqual(first.waitForEnd(), 75, first.logText.suffix(2_000).description)
        }
        try prove(second, "after the former leader has gone on")
        try first.start()
        try pair.waitUntilInSync()
        XCTAssertEqual(try answers(second)[0], try answersOfAll())
        XCTAssertEqual(before.count, 3)
        second.kill()
        XCTAssertEqual(try pair.leader().name, first.name)
        XCTAssertEqual(try answers(first)[0], try answersOfAll())
        try prove(first, "once the former leader leads again")
    }

    private func answersOfAll() throws -> String {
        let sum = (0..<count).reduce(0) { $0 + $1 + 1 } * 100 + 25 * count
        return #"[[\#(count),\#(count),"\#(sum / 100).\#(sum % 100 < 10 ? "0" : "")\#(sum % 100)00"]]"#
    }

    /// Replaced files go once their records count, and by the leader's hand alone.
    func test_replacedFiles_goByTheLeader_alone() throws {
        let pair = try pair(["TILL_SNAPSHOT_KEEP": "500ms", "TILL_COMPACT_INTERVAL": "1s"])
        defer { pair.remove() }
        let first = try pair.leader()
        let second = pair.other(than: first)
        XCTAssertEqual(second.stop(), 0)
        bucket.allow(AWSCredentials(accessKeyID: "AKIADOUBLE", secretAccessKey: "double/secret+key"), AWSCredentials(accessKeyID: "AKIASECOND", secretAccessKey: "second/secret+key"))
        second.environment["TILL_STORAGE_CREDENTIALS"] = #"{"access_key_id":"AKIASECOND","secret_access_key":"second/secret+key"}"#
        try second.start()
        try pair.waitUntilInSync()
        for _ in 0..<4 {
            try post(10, to: first)
            try compact(first)
        }
        let before = try answers(first)
        XCTAssertTrue(Patience.until { bucket.seen.contains { $0.method == "DELETE" && $0.key.hasPrefix("pair/receipts/") } }, "nothing was removed")
        let others = bucket.seen.filter { $0.headers["authorization"]?.contains("AKIASECOND") == true && !$0.key.contains("/probe/") }
        XCTAssertEqual(others.map { "\($0.method) \($0.key)" }, [], "the standby has asked the bucket")
        first.kill()
        XCTAssertEqual(try pair.leader().name, second.name)
        XCTAssertEqual(try answers(second), before)
        try prove(second, "after the takeover")
    }

    /// A service manager kills who says nothing for a minute: also who has come to lead, and opens the store while its bucket gives no answer.
    func test_standbyThatComesToLead_saysThatItLives_whileItOpensTheStore() throws {
        let folder = try Project.temporaryFolder("till-ears")
        defer { try? FileManager.default.removeItem(at: folder) }
        let ears = try ManagerEars(folder.appendingPathComponent("notify").path)
        defer { ears.close() }
        let pair = try pair(["NOTIFY_SOCKET": ears.path, "WATCHDOG_USEC": "300000"])
        defer { pair.remove() }
        let first = try pair.leader()
        let second = pair.other(than: first)
        try post(3, to: first)
        let before = try answers(first)
        let isAsked = Mutex(false)
        bucket.fail { seen in
            guard seen.method == "PUT", seen.key.contains("/probe/") else { return nil }
            isAsked.withLock { $0 = true }
            return .delay(milliseconds: 30_000)
        }
        first.kill()
        XCTAssertTrue(Patience.until { isAsked.withLock { $0 } }, "nobody opens the store")
        let count = ears.wordCount
        XCTAssertTrue(Patience.until { ears.wordCount >= count + 3 || second.ready?.status == 200 || !second.isRunning })
        XCTAssertGreaterThanOrEqual(ears.wordCount, count + 3)
        XCTAssertNotEqual(second.ready?.status, 200, "it was opened meanwhile")
        bucket.fail(nil)
        XCTAssertEqual(try pair.leader().name, second.name)
        XCTAssertEqual(try answers(second), before)
        // From here on a server says so.
        let served = ears.wordCount
        XCTAssertTrue(Patience.until { ears.wordCount >= served + 3 })
    }

    /// It has all that is acknowledged, and could not take over.
    func test_standby_thatTheBucketRefuses_saysSo_untilItDoesNot() throws {
        let pair = try pair()
        defer { pair.remove() }
        let first = try pair.leader()
        let second = pair.other(than: first)
        XCTAssertEqual(second.stop(), 0)
        second.environment["TILL_STORAGE_CREDENTIALS"] = #"{"access_key_id":"AKIASECOND","secret_access_key":"second/secret+key"}"#
        try second.start()
        try pair.waitUntilInSync()
        let says = "the bucket of cold receipts has given this node no answer"
        XCTAssertTrue(Patience.until { second.ready?.text.contains(says) == true }, second.ready?.text ?? "no answer")
        XCTAssertTrue(second.logText.contains("InvalidAccessKeyId"), second.logText.suffix(2_000).description)
        XCTAssertFalse(first.ready?.text.contains(says) == true)
        bucket.allow(AWSCredentials(accessKeyID: "AKIADOUBLE", secretAccessKey: "double/secret+key"), AWSCredentials(accessKeyID: "AKIASECOND", secretAccessKey: "second/secret+key"))
        XCTAssertTrue(Patience.until { second.ready.map { !$0.text.contains(says) } == true }, second.ready?.text ?? "no answer")
        XCTAssertTrue(pair.transfer(to: second), second.logText.suffix(2_000).description)
    }

    /// It goes on without cold receipts, and whoever looks after it is told so, as of a single server.
    func test_leader_thatTheBucketRefuses_saysSo_andTakesReceipts() throws {
        let pair = try pair()
        defer { pair.remove() }
        let first = try pair.leader()
        try post(3, to: first)
        let well = #""degraded":false,"faults":[],"#
        XCTAssertTrue(Patience.until { first.ready?.text.contains(well) == true }, first.ready?.text ?? "no answer")
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        let refused = try first.client.post("/v1/admin/compact", "{}")
        let says = #""faults":["the bucket of cold receipts has given no answer for "#
        XCTAssertTrue(Patience.until { first.ready?.text.contains(says) == true }, "\(refused.status) \(refused.text): \(first.ready?.text ?? "no answer")")
        XCTAssertEqual(first.ready?.status, 200)
        try post(3, to: first)
        bucket.fail(nil)
        XCTAssertTrue(Patience.until { first.ready?.text.contains(well) == true }, first.ready?.text ?? "no answer")
    }

    func test_standby_thatLooksElsewhere_ends_andSaysBothPlaces() throws {
        let pair = try pair()
        defer { pair.remove() }
        let first = try pair.leader()
        let second = pair.other(than: first)
        XCTAssertEqual(second.stop(), 0)
        second.environment["TILL_STORAGE_URL"] = "s3://receipts/other"
        try second.start()
        XCTAssertEqual(second.waitForEnd(), 2, second.logText.suffix(2_000).description)
        XCTAssertTrue(second.logText.contains("s3://receipts/pair") && second.logText.contains("s3://receipts/other"), second.logText.suffix(2_000).description)
    }
}

/// A service manager, as far as servers that it has started say that they live. What comes is taken at once: who finds it full waits.
private final class ManagerEars: Sendable {
    let path: String
    private let state = Mutex((count: 0, isClosed: false))

    init(_ path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        XCTAssertEqual(bound, 0, "\(path): \(String(cString: strerror(errno)))")
        var patience = timeval(tv_sec: 0, tv_usec: 100_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 1_024)
            while !state.withLock({ $0.isClosed }) {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0, String(decoding: buffer[..<count], as: UTF8.self).contains("WATCHDOG=1") else { continue }
                state.withLock { $0.count += 1 }
            }
            Glibc.close(descriptor)
        }
    }

    /// How often one of them has said so.
    var wordCount: Int { state.withLock { $0.count } }

    func close() { state.withLock { $0.isClosed = true } }
}
