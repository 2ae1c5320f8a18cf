import Foundation
import Glibc
import Synchronization
import TestSupport
import XCTest

/// Goal: a pair comes up whatever its bucket does meanwhile, and whoever waits says for what. Method: real processes, and the double, which gives no answer, or does what it is asked and says nothing of it.
final class PairStartTests: XCTestCase {
    private func pair(_ bucket: BucketDouble) throws -> Pair {
        try Pair(
            hasWitness: false,
            more: [
                "TILL_CLUSTER_CONFIG": "s3://receipts/ctl", "TILL_LOG_URL": "s3://receipts/log", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1",
                "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#,
            ])
    }

    func test_bucketThatGivesNoAnswerAtTheStart_isWaitedFor_andSaid() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try pair(bucket)
        defer { pair.remove() }
        _ = try pair.begin()
        let sent = PairLoad.acknowledged(pair, "A") { $0.more(20) }
        for (round, fault) in [BucketDouble.Fault.answer(status: 503, code: "ServiceUnavailable"), .drop].enumerated() {
            for node in pair.nodes { node.kill() }
            bucket.fail { _ in fault }
            for node in round == 0 ? pair.nodes : pair.nodes.reversed() { try node.start() }
            for node in pair.nodes {
                XCTAssertTrue(Patience.until { node.ready?.text.contains("could not be read since the start") == true }, "\(node.name): \(node.ready?.text ?? "no answer")")
                XCTAssertTrue(node.ready?.text.contains("has not been looked at since the start") == true, "\(node.name): \(node.ready?.text ?? "no answer")")
                XCTAssertEqual(node.ready?.status, 503)
                XCTAssertTrue(Patience.until { node.logText.contains(#""event":"this node waits""#) })
                let refused = try node.client.post("/v1/receipts?client=c1", Receipts.pos("HELD-\(round)-0"))
                XCTAssertEqual(refused.status, 503, refused.text)
            }
            bucket.fail(nil)
            try pair.waitUntilInSync()
            let leader = try pair.leader()
            XCTAssertFalse(leader.ready?.text.contains("could not be read") == true)
            for node in pair.nodes { XCTAssertTrue(Patience.until { node.ready?.text.contains("has not been looked at") == false }, "\(node.name): \(node.ready?.text ?? "no answer")") }
            try PairLoad.check(pair, has: sent, "round \(round)")
        }
        // One that is whole needs the object for nothing: that nobody could take over is said before a machine is lost.
        let leader = try pair.leader()
        bucket.fail { _ in .answer(status: 503, code: "ServiceUnavailable") }
        XCTAssertTrue(Patience.until { leader.ready?.text.contains("nobody can take over") == true }, leader.ready?.text ?? "")
        XCTAssertEqual(leader.ready?.status, 200, leader.ready?.text ?? "")
        XCTAssertTrue(try leader.client.get("/metrics").text.contains("till_cluster_object_failing 1"))
        bucket.fail(nil)
        XCTAssertTrue(Patience.until { leader.ready?.text.contains("nobody can take over") == false }, leader.ready?.text ?? "")
    }

    /// The store is closed for it, and is not to be opened again as the other comes to lead.
    func test_transfer_whoseSwapTakesLong_isWaitedFor() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try pair(bucket)
        defer { pair.remove() }
        let standby = try pair.begin().standby
        let sent = PairLoad.acknowledged(pair, "A") { $0.more(20) }
        // Each of them within what a call may take, so that the swap is done in the end: all that changes the object stands still before it is done.
        let heldCount = Mutex(0)
        bucket.fail { seen in
            guard seen.method == "PUT", seen.key.hasPrefix("ctl") else { return nil }
            heldCount.withLock { $0 += 1 }
            usleep(7_000_000)
            return nil
        }
        XCTAssertTrue(pair.transfer(to: standby), standby.logText.suffix(2_000).description)
        XCTAssertGreaterThan(heldCount.withLock { $0 }, 0)
        bucket.fail(nil)
        try pair.waitUntilInSync()
        XCTAssertEqual(try pair.leader().name, standby.name)
        // Whoever waits for a pair starts anew what has ended.
        for node in pair.nodes { XCTAssertEqual(node.logText.matches(of: /this machine is a member of a cluster/).count, 1, "\(node.name): \(node.logText.suffix(2_000))") }
        try PairLoad.check(pair, has: sent, "after the transfer")
    }

    /// What a single server has left in `log` goes as its directory becomes a member's: a pair's log there would go with it.
    func test_logWithinTheDirectory_isRefused_andNothingOfItGoes() throws {
        let pair = try Pair(hasWitness: false, starts: false)
        defer { pair.remove() }
        let node = pair.nodes[0]
        node.environment["TILL_LOG_URL"] = "file://\(node.data.path)//log"
        let base = node.data.appendingPathComponent("log/slots/0000000000000000005/base")
        try FileManager.default.createDirectory(at: base.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("till-slots 1\n".utf8).write(to: base)
        try node.start()
        XCTAssertEqual(node.waitForEnd(), 2)
        XCTAssertTrue(node.logText.contains("lies within the store"), node.logText.suffix(1_000).description)
        XCTAssertTrue(FileManager.default.fileExists(atPath: base.path))
    }

    // MARK: Readiness

    private func says(_ node: Pair.Node, _ status: Int, _ role: String, _ words: String, file: StaticString = #filePath, line: UInt = #line) {
        let isSaid = Patience.until(pauseMilliseconds: 50) { node.ready.map { $0.status == status && $0.text.contains(#""role":"\#(role)""#) && $0.text.contains(words) } ?? false }
        XCTAssertTrue(isSaid, "\(node.name): \(node.ready?.text ?? "no answer")", file: file, line: line)
        if status != 200 { XCTAssertTrue(Patience.until { node.logText.contains(words) }, "it is not in the log of \(node.name): \(words)", file: file, line: line) }
    }

    func test_leaderThatMayNotAcknowledge_isNotReady_andSaysWhy() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        standby.kill()
        says(leader, 503, "leader", "its standby is not heard")
        try standby.start()
        says(leader, 200, "leader", #""reason":null"#)
        // Who comes back alone cannot know what the other has acknowledged.
        for node in pair.nodes { node.kill() }
        try standby.start()
        says(standby, 503, "standby", "it waits for \(leader.name) to be there")
        try leader.start()
        try pair.waitUntilInSync()
    }

    func test_bucketThatTakesNothing_isNamed_withWhatItSays() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try pair(bucket)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        standby.kill()
        says(leader, 200, "leader", #""mode":"log""#)
        bucket.fail { $0.key.hasPrefix("log/slots/") && $0.method == "PUT" ? .answer(status: 503, code: "ServiceUnavailable") : nil }
        says(leader, 503, "leader", "the slots of log.url take nothing")
        says(leader, 503, "leader", "ServiceUnavailable")
        bucket.fail(nil)
        // Who goes on with the slots says why the other does not come.
        says(leader, 200, "leader", "no connection to it can be made: nobody takes one at 127.0.0.1:")
        try standby.start()
        try pair.waitUntilInSync()
        says(leader, 200, "leader", #""reason":null"#)
        // The object is damaged beneath a pair: whoever takes over says so, and does once it is put back.
        let object = try XCTUnwrap(bucket.objects["ctl/cluster/object"])
        bucket.store("ctl/cluster/object", Array(object.dropLast(20)))
        let (old, next) = (try pair.leader(), pair.other(than: try pair.leader()))
        old.kill()
        says(next, 503, "candidate", "the object that says who leads cannot be changed")
        says(next, 503, "candidate", "it is damaged")
        bucket.store("ctl/cluster/object", object)
        XCTAssertEqual(try pair.leader().name, next.name)
        for node in pair.nodes { node.kill() }
        bucket.fail { _ in .answer(status: 400, code: "ExpiredToken") }
        try next.start()
        says(next, 503, "standby", "the credentials have ended")
        bucket.fail(nil)
        try old.start()
        try pair.waitUntilInSync()
    }

    // MARK: Answers that are lost

    /// The object is made and swapped, records lie in their slots, and nobody gets an answer.
    func test_bucketThatDoesAllAndSaysNothing_losesAndDoublesNothing() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        bucket.fail { seen in seen.method == "PUT" && (seen.key.contains("cluster/object") || seen.key.contains("slots/")) ? .dropAfter : nil }
        let pair = try pair(bucket)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(10)
            standby.kill()
            // Each record is put, and looked for after a pause: a few show it.
            load.more(4)
            leader.kill()
            try leader.start()
            load.more(3)
            try standby.start()
            try pair.waitUntilInSync()
            load.more(5)
        }
        try PairLoad.check(pair, has: sent, "all puts were done, and none said so")
    }
}
