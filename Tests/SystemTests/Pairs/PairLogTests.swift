import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: with a log a pair goes on acknowledging on two places when one of its machines is lost, and what it then loses besides takes nothing with it. Method: real processes that are killed, robbed
/// of their directories and stopped, and a bucket that fails, while clients post.
final class PairLogTests: XCTestCase {
    private func has(_ node: Pair.Node, mode: String) -> Bool { node.ready.map { $0.status == 200 && $0.text.contains(#""mode":"\#(mode)""#) } ?? false }

    private func waitForLog(_ node: Pair.Node) {
        XCTAssertTrue(Patience.until { has(node, mode: "log") }, "\(node.ready?.text ?? "no answer"):\n\(node.logText.suffix(3_000))")
    }

    private func loseDisk(_ node: Pair.Node) throws {
        node.kill()
        try FileManager.default.removeItem(at: node.data)
    }

    // MARK: A directory that both reach

    func test_standbyLost_thenLeaderWithItsDisk_losesNothing_andBothAreAPairAgain() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertTrue(has(leader, mode: "pair"))
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(30)
            standby.kill()
            waitForLog(leader)
            load.more(40)
            let metrics = try leader.client.get("/metrics").text
            XCTAssertTrue(metrics.contains("till_replica_slots 1"), "no figure says so")
            XCTAssertTrue(leader.ready?.text.contains(#""degraded":false"#) == true)
            try loseDisk(leader)
            try standby.start()
            XCTAssertEqual(try pair.leader().name, standby.name)
            waitForLog(standby)
            load.more(30)
            // The empty one is sent all.
            try leader.start()
            try pair.waitUntilInSync()
            XCTAssertTrue(has(standby, mode: "pair"))
            load.more(20)
        }
        try PairLoad.check(pair, has: sent, "after both were lost in turn")
        // And with the disk that was empty.
        let more = try PairLoad.acknowledged(pair, "B") { load in
            load.more(10)
            try loseDisk(standby)
            XCTAssertEqual(try pair.leader().name, leader.name)
            load.more(30)
        }
        try PairLoad.check(pair, has: sent + more, "on the disk that was empty")
        try standby.start()
        try pair.waitUntilInSync()
        try PairLoad.prove(pair, "at the end")
    }

    func test_bothDown_comeUpInAnyOrder() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        var all: [String] = []
        for (round, isStandbyFirst) in [(0, true), (1, false)] {
            try pair.waitUntilInSync()
            let (last, first) = round == 0 ? (leader, standby) : (try pair.leader(), pair.other(than: try pair.leader()))
            all += try PairLoad.acknowledged(pair, round == 0 ? "A" : "B") { load in
                load.more(10)
                first.kill()
                waitForLog(last)
                load.more(25)
                last.kill()
                try (isStandbyFirst ? first : last).start()
                load.more(15)
                try (isStandbyFirst ? last : first).start()
                try pair.waitUntilInSync()
                load.more(10)
            }
            try PairLoad.check(pair, has: all, "round \(round)")
        }
        // From a pair, both at once: neither knows what the other has, until it is there.
        for node in pair.nodes { node.kill() }
        for node in pair.nodes { try node.start() }
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: all, "after both were killed as a pair")
        try PairLoad.prove(pair, "at the end")
    }

    func test_leaderThatStandsStill_isOvertaken_andWhatItStillPutsIsRefused() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(10)
            XCTAssertEqual(standby.stop(), 0)
            waitForLog(leader)
            load.more(20)
            leader.send(SIGSTOP)
            try standby.start()
            XCTAssertEqual(try pair.leader(other: leader).name, standby.name)
            leader.send(SIGCONT)
            XCTAssertEqual(leader.waitForEnd(), 75, leader.logText.suffix(2_000).description)
            load.more(20)
            try leader.start()
            try pair.waitUntilInSync()
        }
        try PairLoad.check(pair, has: sent, "after the former leader has gone on")
        try PairLoad.prove(pair, "at the end")
    }

    /// Each hears the bucket, and not the other: whoever leads goes on to.
    func test_machinesThatDoNotHearEachOther_keepTheirLeader_withAWitnessToo() throws {
        final class Proxies: Sendable { let all = Mutex<[CuttingProxy]>([]) }
        let proxies = Proxies()
        let place = try Project.temporaryFolder("till-pair-log")
        let pair = try Pair(more: ["TILL_LOG_URL": "file://\(place.path)"]) { port in
            let proxy = try CuttingProxy(to: port)
            proxies.all.withLock { $0.append(proxy) }
            return proxy.port
        }
        let both = proxies.all.withLock { $0 }
        defer {
            for proxy in both { proxy.close() }
            pair.remove()
            try? FileManager.default.removeItem(at: place)
        }
        let (leader, standby) = try pair.begin()
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(10)
            for proxy in both { proxy.cut() }
            waitForLog(leader)
            let began = ContinuousClock.now
            // Longer than a leader is waited for.
            XCTAssertTrue(Patience.until(pauseMilliseconds: 200) { began.duration(to: .now) > .seconds(6) })
            load.more(10)
            XCTAssertTrue(has(leader, mode: "log"), leader.ready?.text ?? "")
            XCTAssertEqual(standby.ready?.status, 503)
            for proxy in both { proxy.mend() }
            try pair.waitUntilInSync()
            XCTAssertTrue(has(leader, mode: "pair"))
            load.more(10)
            standby.kill()
            waitForLog(leader)
            load.more(10)
        }
        // What it would need to lead is not set.
        standby.environment["TILL_LOG_URL"] = nil
        try standby.start()
        XCTAssertEqual(standby.waitForEnd(), 2)
        XCTAssertTrue(Patience.until { standby.logText.contains("log.url is wanted") }, standby.logText.suffix(1_000).description)
        standby.environment["TILL_LOG_URL"] = "file://\(place.path)"
        try standby.start()
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "after both were cut off from each other")
        try PairLoad.prove(pair, "at the end")
    }

    // MARK: What is set wrong

    func test_configWithoutALog_endsTheStart() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertEqual(standby.stop(), 0)
        let log = standby.environment.removeValue(forKey: "TILL_LOG_URL")
        try standby.start()
        XCTAssertEqual(standby.waitForEnd(), 2)
        XCTAssertTrue(Patience.until { standby.logText.contains("log.url") }, standby.logText.suffix(1_000).description)
        // Another place than the leader's has nothing of what it acknowledged: who looks there does not lead.
        waitForLog(leader)
        for number in 0..<5 { XCTAssertEqual(try leader.client.post("/v1/receipts?client=c1", Receipts.pos("L-0-\(number)")).status, 201) }
        leader.kill()
        standby.environment["TILL_LOG_URL"] = "file://\(pair.folder.path)/elsewhere"
        try standby.start()
        XCTAssertTrue(Patience.until { standby.logText.contains("log.url is another than the one of the machine that led") }, standby.logText.suffix(2_000).description)
        XCTAssertEqual(standby.ready?.status, 503)
        XCTAssertEqual(standby.stop(), 0)
        standby.environment["TILL_LOG_URL"] = log
        try standby.start()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try PairLoad.check(pair, has: (0..<5).map { "L-0-\($0)" }, "once it looks where they are")
        // An object that is gone is not begun anew beside records that lie there.
        standby.kill()
        try FileManager.default.removeItem(at: pair.folder.appendingPathComponent("object"))
        try FileManager.default.removeItem(at: leader.data)
        try leader.start()
        XCTAssertEqual(leader.waitForEnd(), 2)
        XCTAssertTrue(Patience.until { leader.logText.contains("log.url has records of a cluster") }, leader.logText.suffix(1_000).description)
    }

    // MARK: A bucket

    private func inBucket(_ bucket: BucketDouble, _ more: [String: String] = [:]) -> [String: String] {
        [
            "TILL_CLUSTER_CONFIG": "s3://receipts/ctl", "TILL_LOG_URL": "s3://receipts/log", "TILL_STORAGE_URL": "s3://receipts/pair", "TILL_STORAGE_ENDPOINT": bucket.endpoint,
            "TILL_STORAGE_REGION": "eu-central-1", "TILL_STORAGE_PATH_STYLE": "true", "TILL_COMPACT_INTERVAL": "1h",
            "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#,
        ].merging(more) { $1 }
    }

    @Sendable
    private static func isSlot(_ seen: BucketDouble.Seen) -> Bool { seen.key.hasPrefix("log/slots/") }

    func test_bucketThatAnswersWrong_losesAndDoublesNothing_andKeepsColdTables() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try Pair(hasWitness: false, more: inBucket(bucket))
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let number = Mutex(0)
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(20)
            standby.kill()
            waitForLog(leader)
            // Half of what is asked goes wrong, in each way: before and after it is done.
            let faults: [BucketDouble.Fault] = [.drop, .dropAfter, .answer(status: 503, code: "SlowDown"), .answerAfter(status: 500, code: "InternalError"), .answer(status: 409, code: "ConditionalRequestConflict"), .torn]
            bucket.fail { seen in
                guard Self.isSlot(seen) || seen.key.hasPrefix("ctl/") else { return nil }
                let turn = number.withLock { number in defer { number += 1 }; return number }
                return turn.isMultiple(of: 2) ? faults[turn / 2 % faults.count] : nil
            }
            load.more(30)
            try loseDisk(leader)
            try standby.start()
            load.more(20)
            bucket.fail(nil)
            let compacted = try pair.leader().client.post("/v1/admin/compact", "{}")
            XCTAssertEqual(compacted.status, 200, compacted.text)
            try leader.start()
            try pair.waitUntilInSync()
        }
        XCTAssertGreaterThan(number.withLock { $0 }, 20)
        try PairLoad.check(pair, has: sent, "after the bucket has failed in each way")
        try PairLoad.prove(pair, "at the end")
    }

    func test_bucketThatIsGone_holdsAnswers_andLosesNothing_andResumes() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let pair = try Pair(hasWitness: false, more: inBucket(bucket).filter { $0.key != "TILL_STORAGE_URL" })
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(10)
            standby.kill()
            waitForLog(leader)
            load.more(10)
            // Slots alone: what proves that it leads is there.
            bucket.fail { Self.isSlot($0) && $0.method == "PUT" ? .answer(status: 503, code: "ServiceUnavailable") : nil }
            let before = load.count
            let held = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("HELD-0-0"))
            XCTAssertEqual(held.status, 503, held.text)
            // What was under way as it began may have been acknowledged after all; then nothing more.
            XCTAssertLessThanOrEqual(load.count, before + 4)
            XCTAssertTrue(leader.isRunning)
            bucket.fail(nil)
            load.more(20)
            // All of it, in silence: nothing proves that it leads, and after ten seconds it ends.
            bucket.fail { _ in .stall(milliseconds: 3_000) }
            XCTAssertEqual(leader.waitForEnd(), 75, leader.logText.suffix(2_000).description)
            try leader.start()
            bucket.fail(nil)
            load.more(20)
            try standby.start()
            try pair.waitUntilInSync()
        }
        try PairLoad.check(pair, has: sent, "after the bucket was gone")
        // A pair goes on without it.
        bucket.fail { _ in .drop }
        let more = PairLoad.acknowledged(pair, "B") { load in load.more(20) }
        bucket.fail(nil)
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent + more, "after it was gone beneath a pair")
        try PairLoad.prove(pair, "at the end")
    }
}
