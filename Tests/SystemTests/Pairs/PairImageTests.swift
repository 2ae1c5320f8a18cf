import Foundation
import TestSupport
import XCTest

/// Goal: a machine whose directory was put back from an older copy takes nothing with it, whichever of the two comes up first: it leads nothing, says why, and gains what it lacks. Method: real processes;
/// a directory is copied while its process has ended in order, and put back after both were killed.
final class PairImageTests: XCTestCase {
    private static let unknowing = "this node cannot know whether it has all that was acknowledged"

    /// Ends a node in order, and copies its directory.
    private func image(_ node: Pair.Node) throws -> URL {
        XCTAssertEqual(node.stop(), 0, node.logText.suffix(2_000).description)
        let image = node.data.appendingPathExtension("image")
        try? FileManager.default.removeItem(at: image)
        try FileManager.default.copyItem(at: node.data, to: image)
        return image
    }

    private func putBack(_ image: URL, _ node: Pair.Node) throws {
        try FileManager.default.removeItem(at: node.data)
        try FileManager.default.copyItem(at: image, to: node.data)
    }

    /// - Parameter hasSlots: a busy machine may have made the pair go over to slots in the bucket; who has read those has all that was acknowledged, and may lead.
    private func waits(_ node: Pair.Node, _ words: String, _ message: String, hasSlots: Bool = false) {
        var leadsBySlots = false
        let isSeen = Patience.until {
            guard let ready = node.ready else { return false }
            leadsBySlots = hasSlots && ready.status == 200 && ready.text.contains(#""mode":"log""#)
            return leadsBySlots || ready.status == 503 && ready.text.contains(words)
        }
        XCTAssertTrue(isSeen, "\(message): \(node.ready?.text ?? "no answer")")
        if leadsBySlots { return }
        XCTAssertTrue(Patience.until { node.logText.contains(words) }, "\(message): \(node.logText.suffix(2_000))")
    }

    private func inBothOrders(hasWitness: Bool) throws {
        let pair = try Pair(hasWitness: hasWitness)
        defer { pair.remove() }
        _ = try pair.begin()
        var sent: [String] = []
        for (round, isLeaders, isOldFirst) in [("A", true, true), ("B", true, false), ("C", false, true), ("D", false, false)] {
            try pair.waitUntilInSync()
            let old = isLeaders ? try pair.leader() : pair.other(than: try pair.leader())
            let good = pair.other(than: old)
            let message = "\(round): the \(isLeaders ? "leader" : "standby") \(old.name) is old and starts \(isOldFirst ? "first" : "last")"
            let image = try image(old)
            try old.start()
            try pair.waitUntilInSync()
            if isLeaders, try pair.leader() === good {
                XCTAssertTrue(pair.transfer(to: old), message)
                try pair.waitUntilInSync()
            }
            sent += PairLoad.acknowledged(pair, round) { $0.more(25) }
            for node in pair.nodes { node.send(SIGKILL) }
            for node in pair.nodes { node.kill() }
            try putBack(image, old)
            let (first, last) = isOldFirst ? (old, good) : (good, old)
            try first.start()
            waits(first, Self.unknowing, message, hasSlots: !hasWitness)
            try last.start()
            try pair.waitUntilInSync()
            XCTAssertTrue(Patience.until { pair.digestsAgree }, message)
            try PairLoad.check(pair, has: sent, message)
        }
        // Without a bucket nobody is ready alone.
        if !hasWitness { try PairLoad.prove(pair, "at the end") }
    }

    func test_olderDirectory_inEitherOrder_losesAndDoublesNothing_besideAWitness() throws { try inBothOrders(hasWitness: true) }

    func test_olderDirectory_inEitherOrder_losesAndDoublesNothing_besideABucket() throws { try inBothOrders(hasWitness: false) }

    /// What was acknowledged since lies in slots, which begin behind what the copy has.
    func test_olderDirectory_inModeLog_leadsNothing_andGainsWhatItLacks() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        _ = try pair.begin()
        var sent: [String] = []
        for (round, isLeaders) in [("A", true), ("B", false)] {
            try pair.waitUntilInSync()
            var images: [String: URL] = [:]
            for node in pair.nodes {
                images[node.name] = try image(node)
                try node.start()
                try pair.waitUntilInSync()
            }
            let leader = try pair.leader()
            let standby = pair.other(than: leader)
            sent += PairLoad.acknowledged(pair, round + "P") { $0.more(15) }
            standby.kill()
            sent += PairLoad.acknowledged(pair, round + "L") { $0.more(25) }
            XCTAssertTrue(leader.ready?.text.contains(#""mode":"log""#) == true, leader.ready?.text ?? "no answer")
            leader.kill()
            let (old, good) = isLeaders ? (leader, standby) : (standby, leader)
            try putBack(try XCTUnwrap(images[old.name]), old)
            try old.start()
            waits(old, "begin behind record", round)
            try good.start()
            XCTAssertEqual(try pair.leader().name, good.name, round)
            try pair.waitUntilInSync()
            try PairLoad.check(pair, has: sent, round)
        }
        try PairLoad.prove(pair, "at the end")
    }

    /// What was acknowledged since lies on that machine's disk alone: nobody has it until that is back.
    func test_olderDirectory_ofTheOneThatWasAlone_leadsNothing_andSaysWhy() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let image = try image(leader)
        try leader.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(pair.transfer(to: leader), leader.ready?.text ?? "no answer")
        standby.kill()
        let sent = PairLoad.acknowledged(pair, "A") { $0.more(30) }
        leader.kill()
        let own = leader.data.appendingPathExtension("own")
        try FileManager.default.moveItem(at: leader.data, to: own)
        try FileManager.default.copyItem(at: image, to: leader.data)
        for node in [leader, standby] {
            try node.start()
            waits(node, node === leader ? "alone" : "leads by the object", node.name)
        }
        leader.kill()
        try FileManager.default.removeItem(at: leader.data)
        try FileManager.default.moveItem(at: own, to: leader.data)
        try leader.start()
        XCTAssertEqual(try pair.leader().name, leader.name)
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "with the disk that has all")
    }
}
