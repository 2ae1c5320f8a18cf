import Foundation
import TestSupport
import XCTest

/// Goal: a second process with the name of a node that is there is refused, named by both sides, and changes nothing for anybody. Method: real processes, with an empty directory and with a copy
/// of the node's own, beside clients that post.
final class PairDoubleTests: XCTestCase {
    private func epoch(_ node: Pair.Node) -> Int? { node.ready?.text.firstMatch(of: #/"epoch":([0-9]+)/#).flatMap { Int($0.1) } }

    private func copy(_ node: Pair.Node, _ pair: Pair) throws -> URL {
        XCTAssertEqual(node.stop(), 0)
        let copy = node.data.appendingPathExtension("copy")
        try FileManager.default.copyItem(at: node.data, to: copy)
        try node.start()
        try pair.waitUntilInSync()
        return copy
    }

    func test_secondProcessOfANode_isRefused_isNamedByBoth_andChangesNothing() throws {
        let pair = try Pair()
        defer { pair.remove() }
        _ = try pair.begin()
        let copies = try Dictionary(uniqueKeysWithValues: pair.nodes.map { ($0.name, try copy($0, pair)) })
        var sent: [String] = []
        for (round, isLeaders, isCopy) in [("A", false, false), ("B", false, true), ("C", true, false), ("D", true, true)] {
            let leader = try pair.leader()
            let node = isLeaders ? leader : pair.other(than: leader)
            let (before, double, other) = (epoch(leader), try pair.double(of: node), pair.other(than: node))
            if isCopy { try FileManager.default.copyItem(at: try XCTUnwrap(copies[node.name]), to: double.data) }
            let stillness = Stillness()
            let words = ["two processes say that they are node \(node.name): the one at http://127.0.0.1:"] + [node, double].map { ":\($0.port) is " }
            func says(_ text: String?) -> Bool { text.map { text in words.allSatisfy { text.contains($0) } } ?? false }
            sent += try PairLoad.acknowledged(pair, round) { load in
                load.more(10)
                try double.start()
                for place in [other, double] {
                    XCTAssertTrue(Patience.until { pair.revive(); return says(place.ready?.text) }, "\(round): \(place.name): \(place.ready?.text ?? "no answer")")
                    XCTAssertTrue(Patience.until { says(place.logText) }, "\(round): \(place.logText.suffix(2_000))")
                }
                load.more(30)
            }
            let after = (isInSync: pair.isInSync, leader: try pair.leader().name, epoch: epoch(leader), status: double.ready?.status)
            // On a machine that stands still for a second a lead may end, and the second process be heard first: nothing is lost by either.
            if stillness.wasShort() {
                XCTAssertTrue(Patience.until { other.logText.contains("the one at http://127.0.0.1:\(node.port) is heard, and the one at http://127.0.0.1:\(double.port) is refused") }, round)
                XCTAssertTrue(after.isInSync, round)
                XCTAssertEqual(after.leader, leader.name, round)
                XCTAssertEqual(after.epoch, before, round)
                XCTAssertEqual(after.status, 503, round)
            }
            double.kill()
            XCTAssertTrue(Patience.until { pair.revive(); return other.ready.map { !$0.text.contains(words[0]) } ?? false }, round)
            try pair.waitUntilInSync()
        }
        try PairLoad.check(pair, has: sent, "beside second processes")
        // Whose process ends is followed by its next one, which is no second one.
        let standby = pair.other(than: try pair.leader())
        standby.kill()
        try standby.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { pair.digestsAgree })
    }

    /// Nobody is there who could refuse it; what it was copied from is from before the slots.
    func test_secondProcessOfALeaderInModeLog_leadsNothing() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        _ = try pair.begin()
        let copies = try Dictionary(uniqueKeysWithValues: pair.nodes.map { ($0.name, try copy($0, pair)) })
        let leader = try pair.leader()
        let standby = pair.other(than: leader)
        standby.kill()
        XCTAssertTrue(Patience.until { leader.ready.map { $0.status == 200 && $0.text.contains(#""mode":"log""#) } ?? false })
        let before = epoch(leader)
        let double = try pair.double(of: leader)
        try FileManager.default.copyItem(at: try XCTUnwrap(copies[leader.name]), to: double.data)
        var sent: [String] = []
        let stillness = Stillness()
        sent += try PairLoad.acknowledged(pair, "A") { load in
            load.more(10)
            try double.start()
            XCTAssertTrue(Patience.until { double.ready.map { $0.status == 503 && $0.text.contains("begin behind record") } ?? false }, double.ready?.text ?? double.logText)
            load.more(60)
        }
        if stillness.wasShort() { XCTAssertEqual(epoch(leader), before) }
        double.kill()
        try standby.start()
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "beside a second process of the leader")
        try PairLoad.prove(pair, "at the end")
    }
}
