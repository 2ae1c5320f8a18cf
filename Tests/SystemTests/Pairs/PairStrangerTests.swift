import Foundation
import TestSupport
import XCTest

/// Goal: a machine takes part in the cluster of the store that it has, and in no other, however much longer its log is. Method: real processes of two pairs with the same node names, whose
/// directories, objects and slots are mixed up.
final class PairStrangerTests: XCTestCase {
    /// A pair that keeps a store, its processes ended.
    private func ended(_ count: Int, prefix: String, hasWitness: Bool = false) throws -> (pair: Pair, sent: [String]) {
        let pair = try Pair(hasWitness: hasWitness)
        _ = try pair.begin()
        let sent = PairLoad.acknowledged(pair, prefix) { $0.more(count) }
        try pair.waitUntilStoreIsNamed()
        for node in pair.nodes { _ = node.stop() }
        return (pair, sent)
    }

    private func store(_ node: Pair.Node) throws -> String {
        try String(contentsOf: node.data.appendingPathComponent("cluster/store"), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func files(_ folder: URL) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in ["records", "promise", "store"] { found[name] = try? Data(contentsOf: folder.appendingPathComponent("cluster/\(name)")) }
        return found
    }

    private func put(_ source: URL, inPlaceOf target: URL) throws {
        if FileManager.default.fileExists(atPath: target.path) { try FileManager.default.moveItem(at: target, to: target.appendingPathExtension("own")) }
        try FileManager.default.copyItem(at: source, to: target)
    }

    func test_directoryOfAnotherPair_withMoreRecords_doesNotStart_andStaysAsItIs() throws {
        let (other, _) = try ended(120, prefix: "Y")
        defer { other.remove() }
        for hasWitness in [false, true] {
            let pair = try Pair(hasWitness: hasWitness)
            defer { pair.remove() }
            let (leader, standby) = try pair.begin()
            let sent = PairLoad.acknowledged(pair, "X") { $0.more(20) }
            let own = try store(leader)
            XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""store":"\#(own)""#) == true }, leader.ready?.text ?? "")
            let strange = other.nodes[standby.name == "a" ? 0 : 1]
            XCTAssertNotEqual(own, try store(strange))
            try pair.waitUntilStoreIsNamed()
            for node in pair.nodes { _ = node.stop() }
            try put(strange.data, inPlaceOf: standby.data)
            let before = try files(standby.data)
            try standby.start()
            XCTAssertEqual(standby.waitForEnd(), 2, standby.logText.suffix(2_000).description)
            for words in [own, try store(strange), "empty directory"] { XCTAssertTrue(Patience.until { standby.logText.contains(words) }, "\(words) is not in \(standby.logText.suffix(2_000))") }
            XCTAssertEqual(try files(standby.data), before, "another pair's records were changed")
            // The right one waits for its own standby, and an empty directory joins.
            try leader.start()
            try FileManager.default.removeItem(at: standby.data)
            try standby.start()
            try pair.waitUntilInSync()
            try PairLoad.check(pair, has: sent, "after a directory of another pair was there")
            XCTAssertTrue(Patience.until { (try? store(standby)) == own })
        }
    }

    /// What a version before has left has noted nowhere whose records those are: it is found out.
    func test_directoryOfAVersionBefore_gainsItsIdentity() throws {
        let (other, _) = try ended(60, prefix: "Y")
        defer { other.remove() }
        let (pair, sent) = try ended(20, prefix: "X")
        defer { pair.remove() }
        let own = try store(pair.nodes[0])
        for node in pair.nodes + other.nodes { try FileManager.default.removeItem(at: node.data.appendingPathComponent("cluster/store")) }
        try put(other.nodes[1].data, inPlaceOf: pair.nodes[1].data)
        try pair.nodes[1].start()
        XCTAssertEqual(pair.nodes[1].waitForEnd(), 2, pair.nodes[1].logText.suffix(2_000).description)
        XCTAssertTrue(pair.nodes[1].logText.contains(own))
        try FileManager.default.removeItem(at: pair.nodes[1].data)
        try FileManager.default.moveItem(at: pair.nodes[1].data.appendingPathExtension("own"), to: pair.nodes[1].data)
        for node in pair.nodes { try node.start() }
        try pair.waitUntilInSync()
        for node in pair.nodes { XCTAssertEqual(try store(node), own) }
        try PairLoad.check(pair, has: sent, "after what a version before has left was found out about")
    }

    func test_logOfAnotherPair_isRefused_andNothingOfItGoes() throws {
        let (other, _) = try ended(20, prefix: "Y")
        defer { other.remove() }
        let log = "file://\(other.folder.path)/log"
        // It says whose it is with the next start of one that knows.
        try other.nodes[0].start()
        XCTAssertTrue(Patience.until { FileManager.default.fileExists(atPath: other.folder.appendingPathComponent("log/slots/store").path) }, other.nodes[0].logText.suffix(1_000).description)
        let (pair, _) = try ended(20, prefix: "X")
        defer { pair.remove() }
        pair.nodes[0].environment["TILL_LOG_URL"] = log
        try pair.nodes[0].start()
        XCTAssertEqual(pair.nodes[0].waitForEnd(), 2, pair.nodes[0].logText.suffix(2_000).description)
        for words in [try store(pair.nodes[0]), try store(other.nodes[0]), "a log.url of its own"] { XCTAssertTrue(pair.nodes[0].logText.contains(words), pair.nodes[0].logText.suffix(1_000).description) }
    }

    func test_emptyMachines_ofAClusterThatHasAStore_foundNothing_andSayWhy() throws {
        let (pair, _) = try ended(20, prefix: "X")
        defer { pair.remove() }
        let own = try store(pair.nodes[0])
        for node in pair.nodes { try FileManager.default.moveItem(at: node.data, to: node.data.appendingPathExtension("own")) }
        for node in pair.nodes { try node.start() }
        for node in pair.nodes {
            XCTAssertTrue(Patience.until { node.ready?.text.contains("this node has nothing of it") == true }, node.ready?.text ?? "no answer")
            XCTAssertEqual(node.ready?.status, 503)
            XCTAssertTrue(node.ready?.text.contains(own) == true)
        }
        let status = try TillRun(["cluster", "status", "--url", "http://127.0.0.1:\(pair.nodes[0].port)"])
        XCTAssertTrue(status.text.contains("reason: the cluster keeps the store \(own)"), status.text + status.error)
    }

    // MARK: A version that is strange

    /// - Returns: a connection that has sent the greeting; held until it is seen.
    private func greet(_ node: Pair.Node, _ text: String) throws -> HTTPClient {
        let port = try XCTUnwrap(node.environment["TILL_CLUSTER_LISTEN"]?.split(separator: ":").last.flatMap { UInt16($0) })
        let client = HTTPClient(port: port)
        try client.send(withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8))
        return client
    }

    func test_greetingOfAnotherVersion_isNamed_inTheLogAndReadyz_untilThePeerIsHeard() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        standby.kill()
        let words = "\(standby.name) greets by version 7, and this node by version 1"
        let strange = try greet(leader, "till-pair 7\n\(standby.name)\n\(leader.name)\nsomething else\n")
        XCTAssertTrue(Patience.until { leader.logText.contains(words) }, leader.logText.suffix(2_000).description)
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(words) == true }, leader.ready?.text ?? "no answer")
        strange.close()
        // What names no node of this cluster, or no version, is nobody's word.
        let others = [
            "till-pair 8\nz\n\(leader.name)\n\n", "till-pair 9\n\(standby.name)\nz\n\n", "till-pair 99999999999999999999\n\(standby.name)\n\(leader.name)\n\n", "till-pair \n\n", "till-pair 6",
        ]
        for text in others { try greet(leader, text).close() }
        XCTAssertTrue(Patience.until { leader.logText.contains("greets by version 8") && leader.logText.contains("greets by version 9") }, leader.logText.suffix(2_000).description)
        XCTAssertTrue(leader.ready?.text.contains(words) == true, leader.ready?.text ?? "no answer")
        try standby.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { leader.ready?.text.contains("greets by version") == false }, leader.ready?.text ?? "no answer")
    }
}
