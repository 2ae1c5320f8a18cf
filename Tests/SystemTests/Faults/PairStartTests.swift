import Foundation
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
        let sent = PairLoad.acknowledged(pair, "A") { $0.waitForMore(20) }
        for (round, fault) in [BucketDouble.Fault.answer(status: 503, code: "ServiceUnavailable"), .drop].enumerated() {
            for node in pair.nodes { node.kill() }
            bucket.fail { _ in fault }
            for node in round == 0 ? pair.nodes : pair.nodes.reversed() { try node.start() }
            for node in pair.nodes {
                XCTAssertTrue(Patience.until { node.ready?.text.contains("could not be read since the start") == true }, "\(node.name): \(node.ready?.text ?? "no answer")")
                XCTAssertEqual(node.ready?.status, 503)
                XCTAssertTrue(node.logText.contains(#""event":"this node waits""#))
                let refused = try node.client.post("/v1/receipts?client=c1", Receipts.pos("HELD-\(round)-0"))
                XCTAssertEqual(refused.status, 503, refused.text)
            }
            bucket.fail(nil)
            try pair.waitUntilInSync(revives: true)
            let leader = try pair.leader()
            XCTAssertFalse(leader.ready?.text.contains("could not be read") == true)
            try PairLoad.check(pair, has: sent, "round \(round)")
        }
    }

    /// The object is made and swapped, records lie in their slots, and nobody is told.
    func test_bucketThatDoesAllAndSaysNothing_losesAndDoublesNothing() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        bucket.fail { seen in seen.method == "PUT" && (seen.key.contains("cluster/object") || seen.key.contains("slots/")) ? .dropAfter : nil }
        let pair = try pair(bucket)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin(revives: true)
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(20) { pair.revive() }
            standby.kill()
            // Each record is put, and looked for.
            load.more(20) { pair.revive() }
            leader.kill()
            try leader.start()
            load.more(10) { pair.revive() }
            try standby.start()
            try pair.waitUntilInSync(revives: true)
            load.more(10) { pair.revive() }
        }
        try PairLoad.check(pair, has: sent, "all puts were done, and none said so")
    }
}
