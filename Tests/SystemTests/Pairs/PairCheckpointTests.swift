import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: records that both machines need no more go, and a machine that lost its disk after that has all again, whatever falls meanwhile. Method: real servers that keep as little as may be, so
/// that some hundred receipts are more; a directory removed; each side of a copy killed in the middle of it.
final class PairCheckpointTests: XCTestCase {
    private static let small = ["TILL_CLUSTER_RECORDS": "64KiB"]
    private static let inPlace = "a checkpoint of the peer is in place"

    private func number(_ name: String, _ node: Pair.Node) -> Int {
        guard let digits = node.ready?.text.components(separatedBy: "\"\(name)\":").dropFirst().first?.prefix(while: \.isNumber) else { return 0 }
        return Int(digits) ?? 0
    }

    private func files(_ node: Pair.Node) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: node.data.appendingPathComponent("cluster").path).filter { $0.hasPrefix("records") && !$0.contains("cut") }
    }

    /// Until both have let records go, and neither has those in memory.
    private func waitForDrops(_ pair: Pair) {
        let isThere = Patience.until(pauseMilliseconds: 100) { pair.nodes.allSatisfy { number("first_record", $0) > 1 && number("record", $0) > 600 } }
        XCTAssertTrue(isThere, pair.nodes.map { "\($0.ready?.text ?? "") \($0.logText.suffix(2_000))" }.joined(separator: "\n"))
    }

    func test_directoryDeletedAfterRecordsHaveGone_hasAllAgain_andLeads() throws {
        let pair = try Pair(degrades: true, more: Self.small)
        defer { pair.remove() }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        var all = try PairLoad.acknowledged(pair, "A") { load in
            waitForDrops(pair)
            for node in pair.nodes {
                let left = try files(node)
                XCTAssertFalse(left.contains("records"), "\(left)")
            }
            standby.kill()
            try FileManager.default.removeItem(at: standby.data)
            load.more(20)
            try standby.start()
            try pair.waitUntilInSync()
            load.more(20)
        }
        XCTAssertTrue(Patience.until { standby.logText.contains(Self.inPlace) }, standby.logText.suffix(3_000).description)
        XCTAssertTrue(Patience.until { leader.logText.contains("a checkpoint was sent") })
        XCTAssertFalse(leader.logText.contains("\"level\":\"error\""), leader.logText)
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        // The disk that was empty leads; the other's files are made anew of its own checkpoint and the records after it.
        leader.kill()
        try leader.start()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try pair.waitUntilInSync()
        let checkpoint = leader.logText.matches(of: #/made anew of the cluster's records".*"checkpoint":([0-9]+)/#).last.flatMap { Int($0.1) }
        XCTAssertGreaterThan(try XCTUnwrap(checkpoint), 0, leader.logText.suffix(2_000).description)
        all += PairLoad.acknowledged(pair, "B") { $0.more(20) }
        try PairLoad.check(pair, has: all, "after the disk that was empty has led")
        try PairLoad.prove(pair, "after the disk that was empty has led")
    }

    func test_eitherSideKilledInTheMiddleOfACopy_isClear_andItIsTakenAgain() throws {
        let proxies = Mutex<[CuttingProxy]>([])
        let pair = try Pair(more: Self.small) { port in
            let proxy = try CuttingProxy(to: port)
            proxies.withLock { $0.append(proxy) }
            return proxy.port
        }
        defer {
            for proxy in proxies.withLock({ $0 }) { proxy.close() }
            pair.remove()
        }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        var all = PairLoad.acknowledged(pair, "A") { _ in waitForDrops(pair) }
        standby.kill()
        try FileManager.default.removeItem(at: standby.data)
        for proxy in proxies.withLock({ $0 }) { proxy.stall(after: 400_000) }
        func isInTheMiddle() -> Bool { number("bytes", standby) > 0 && number("bytes", standby) < number("bytes_wanted", standby) }
        try standby.start()
        // Whoever takes it.
        XCTAssertTrue(Patience.until { isInTheMiddle() }, standby.logText)
        XCTAssertTrue(standby.ready?.text.contains(#""taken_from":"\#(leader.name)""#) == true, standby.ready?.text ?? "")
        let status = try TillRun(["cluster", "status", "--url", "http://127.0.0.1:\(standby.port)"])
        XCTAssertTrue(status.text.contains("checkpoint taken from: \(leader.name), "), status.text)
        standby.kill()
        try standby.start()
        XCTAssertTrue(Patience.until { isInTheMiddle() }, standby.logText)
        XCTAssertFalse(FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("cluster/arrived").path))
        // Whoever stands still is left, and asked again.
        XCTAssertTrue(Patience.until { standby.logText.contains("did not come; it is asked for again") }, standby.logText)
        // Whoever sends it.
        XCTAssertTrue(Patience.until { isInTheMiddle() }, standby.logText)
        leader.kill()
        try leader.start()
        for proxy in proxies.withLock({ $0 }) { proxy.stall(after: nil) }
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { standby.logText.contains(Self.inPlace) }, standby.logText.suffix(3_000).description)
        all += PairLoad.acknowledged(pair, "B") { $0.more(20) }
        try PairLoad.check(pair, has: all, "after both were killed in the middle of a copy")
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        let proof = try TillRun(["verify", "--url", "http://127.0.0.1:\(pair.leader().port)", "--full"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(proof.status, 0, "\(proof.text)\(proof.error)")
    }

    /// What a node notes of its checkpoint; empty where there is none.
    private func fold(_ node: Pair.Node) -> String { (try? String(contentsOf: node.data.appendingPathComponent("cluster/checkpoint/cluster/fold"), encoding: .utf8)) ?? "" }

    /// Records that were not folded to their end are folded again by the next process, and a file that they begin with is made anew.
    private func isWhole(_ node: Pair.Node) -> Bool { fold(node).contains("sequence ") && !fold(node).contains("through ") }

    /// Until its checkpoint goes no further, once nobody posts.
    private func waitForFold(_ node: Pair.Node) {
        var (last, count) = ("", 0)
        XCTAssertTrue(
            Patience.until(pauseMilliseconds: 50) {
                (last, count) = (fold(node), fold(node) == last && isWhole(node) ? count + 1 : 0)
                return count == 40
            })
    }

    /// Has its checkpoint whole, and ended.
    private func stop(_ node: Pair.Node, of pair: Pair) throws {
        waitForFold(node)
        XCTAssertEqual(node.stop(), 0)
        while !isWhole(node) {
            try node.start()
            try pair.waitUntilInSync()
            waitForFold(node)
            XCTAssertEqual(node.stop(), 0)
        }
    }

    /// Changes some bytes in the middle of a database of a node's checkpoint, which is whole.
    private func damage(_ node: Pair.Node) throws {
        XCTAssertTrue(isWhole(node), fold(node))
        let hot = node.data.appendingPathComponent("cluster/checkpoint/hot")
        let name = try XCTUnwrap(try FileManager.default.contentsOfDirectory(atPath: hot.path).first { $0.hasSuffix(".sqlite") })
        let file = try FileHandle(forUpdating: hot.appendingPathComponent(name))
        defer { try? file.close() }
        try file.seek(toOffset: 4_096 * 2 + 100)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 64))
    }

    func test_damagedCheckpoint_isTakenFromThePeer_andWithoutOneItIsSaid() throws {
        let pair = try Pair(degrades: true, more: Self.small)
        defer { pair.remove() }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        var all = PairLoad.acknowledged(pair, "A") { _ in waitForDrops(pair) }
        // Of a process that led its own files are worth nothing: it begins with the checkpoint.
        waitForFold(leader)
        leader.kill()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try damage(leader)
        try leader.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { leader.logText.contains("the checkpoint of this node cannot be used: the peer is asked for its own") }, leader.logText.suffix(3_000).description)
        XCTAssertTrue(Patience.until { leader.logText.contains(Self.inPlace) }, leader.logText.suffix(3_000).description)
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        all += PairLoad.acknowledged(pair, "B") { $0.more(20) }
        // Without the other it waits, and says what for; and it does not take what the other has not whole.
        for node in pair.nodes { waitForFold(node) }
        for node in pair.nodes { node.kill() }
        for node in pair.nodes { try damage(node) }
        let word = "no machine of the cluster gives a checkpoint that this node could go on with"
        try standby.start()
        XCTAssertTrue(Patience.until { standby.logText.contains(word) }, standby.logText.suffix(3_000).description)
        XCTAssertTrue(standby.isRunning)
        XCTAssertTrue(standby.ready?.text.contains(#""fault":"the checkpoint"#) == true, standby.ready?.text ?? "")
        try leader.start()
        XCTAssertTrue(Patience.until { standby.logText.contains("its checkpoint is damaged") }, standby.logText.suffix(3_000).description)
        XCTAssertEqual(standby.stop(), 0)
        XCTAssertGreaterThan(all.count, 20)
    }

    func test_damageThatNothingHasComeUpon_isFoundAtTheStart_andMended() throws {
        let pair = try Pair(degrades: true, more: Self.small)
        defer { pair.remove() }
        let standby = try pair.begin().standby
        _ = PairLoad.acknowledged(pair, "A") { _ in waitForDrops(pair) }
        // Its own files tell all: it needs no checkpoint to follow.
        try stop(standby, of: pair)
        try damage(standby)
        try standby.start()
        XCTAssertTrue(Patience.until { standby.logText.contains(Self.inPlace) }, standby.logText.suffix(3_000).description)
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(#""fault":null"#) == true }, standby.ready?.text ?? "")
    }

    func test_damage_whileThePeerHasNoneOfUse_staysKnown_andIsMendedOnceItHas() throws {
        let pair = try Pair(degrades: true, own: { $0 == "a" ? ["TILL_CLUSTER_RECORDS": "1GiB"] : Self.small })
        defer { pair.remove() }
        let (a, b) = (pair.nodes[0], pair.nodes[1])
        if try pair.begin().leader === b {
            XCTAssertEqual(b.stop(), 0)
            try b.start()
            try pair.waitUntilInSync()
        }
        _ = PairLoad.acknowledged(pair, "A") { _ in XCTAssertTrue(Patience.until(pauseMilliseconds: 100) { number("first_record", b) > 1 && number("record", b) > 600 }) }
        try stop(b, of: pair)
        try damage(b)
        try b.start()
        let word = "no checkpoint of another machine can take the place of this node's"
        XCTAssertTrue(Patience.until { b.logText.contains(word) }, b.logText.suffix(3_000).description)
        try pair.waitUntilInSync()
        // Folding what comes would not come upon it.
        let before = number("first_record", b)
        _ = PairLoad.acknowledged(pair, "B") { $0.more(200) }
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        XCTAssertTrue(b.ready?.text.contains(#""fault":"the checkpoint"#) == true, b.ready?.text ?? "")
        XCTAssertEqual(number("first_record", b), before)
        a.environment.merge(Self.small) { $1 }
        XCTAssertEqual(a.stop(), 0)
        try a.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { b.logText.contains(Self.inPlace) }, b.logText.suffix(3_000).description)
        XCTAssertTrue(Patience.until { b.ready?.text.contains(#""fault":null"#) == true && number("first_record", b) > before }, b.ready?.text ?? "")
        XCTAssertEqual(b.logText.components(separatedBy: word).count, 2, "said once")
    }

    func test_directoryDeletedInModeLog_hasTheCheckpoint_andWhatLiesInSlots() throws {
        let pair = try Pair(hasWitness: false, more: Self.small)
        defer { pair.remove() }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        let all = try PairLoad.acknowledged(pair, "A") { load in
            waitForDrops(pair)
            standby.kill()
            try FileManager.default.removeItem(at: standby.data)
            load.more(30)
            leader.kill()
            // It leads again with what it has, and slots; its own files are made of its checkpoint.
            try leader.start()
            load.more(30)
            try standby.start()
            try pair.waitUntilInSync()
            leader.kill()
            load.more(30)
            try leader.start()
            try pair.waitUntilInSync()
        }
        XCTAssertTrue(Patience.until { standby.logText.contains(Self.inPlace) }, standby.logText.suffix(3_000).description)
        try PairLoad.check(pair, has: all, "after mode log")
        try PairLoad.prove(pair, "after mode log")
    }
}
