import Foundation
import Synchronization
import TestSupport
import XCTest

/// Clients that post to a pair while a test does something to it, and what was acknowledged to them.
final class PairLoad: Sendable {
    private struct State {
        var acknowledged: [String] = []
        var isOver = false
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.acknowledged.count } }

    /// Waits until so many more are acknowledged.
    func more(_ number: Int, _ message: String = "nothing is acknowledged any more", meanwhile: () -> Void = {}) {
        let before = count
        XCTAssertTrue(Patience.until { meanwhile(); return count >= before + number }, message)
    }

    /// Posts from several threads, each to the node that answered it last, until `body` returns. A document that had no answer is sent again.
    ///
    /// - Returns: what was acknowledged.
    static func run(_ pair: Pair, _ prefix: String, _ body: (PairLoad) throws -> Void) rethrows -> [String] {
        let load = PairLoad()
        let ports = pair.nodes.map(\.port)
        let done = DispatchGroup()
        for worker in 0..<4 {
            DispatchQueue.global().async(group: done) {
                let clients = ports.map { HTTPClient(port: $0, key: TillServer.adminKey) }
                var (number, at) = (0, 0)
                while !load.state.withLock({ $0.isOver }) {
                    let id = "\(prefix)-\(worker)-\(number)"
                    let answer = try? clients[at].post("/v1/receipts?client=c1", Receipts.pos(id))
                    if let answer, answer.status == 200 || answer.status == 201 {
                        number += 1
                        load.state.withLock { $0.acknowledged.append(id) }
                    } else {
                        clients[at].close()
                        at = 1 - at
                        usleep(20_000)
                    }
                }
            }
        }
        defer {
            load.state.withLock { $0.isOver = true }
            done.wait()
        }
        try body(load)
        load.state.withLock { $0.isOver = true }
        done.wait()
        return load.state.withLock { $0.acknowledged }
    }

    /// Each acknowledged receipt is there once.
    static func check(_ pair: Pair, has acknowledged: [String], _ message: String) throws {
        let answer = try pair.leader().client.post("/v1/sql", #"{"query":"SELECT string_agg(receipt_id, ' ') FROM receipts"}"#)
        XCTAssertEqual(answer.status, 200, answer.text)
        var found: [String: Int] = [:]
        for match in answer.text.matches(of: #/([A-Z]+-[0-9]+-[0-9]+)/#) { found[String(match.1), default: 0] += 1 }
        XCTAssertEqual(found.filter { $0.value > 1 }.keys.sorted(), [], "\(message): twice")
        XCTAssertEqual(acknowledged.filter { found[$0] == nil }, [], "\(message): acknowledged, and lost")
        XCTAssertGreaterThan(acknowledged.count, 0)
    }

    /// Proves the store that is led, then ends one after the other, each as it leads, and proves what both have on their disks.
    static func prove(_ pair: Pair, _ message: String) throws {
        let leader = try pair.leader()
        let proof = try TillRun(["verify", "--url", "http://127.0.0.1:\(leader.port)", "--full"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(proof.status, 0, "\(message): \(proof.text)\(proof.error)")
        XCTAssertEqual(leader.stop(), 0, "\(message): \(leader.logText.suffix(2_000))")
        let other = pair.other(than: leader)
        XCTAssertEqual(try pair.leader().name, other.name)
        XCTAssertEqual(other.stop(), 0, "\(message): \(other.logText.suffix(2_000))")
        for node in pair.nodes {
            let proof = try TillRun(["verify", "--data", node.data.path], environment: node.environment.filter { $0.key.hasPrefix("TILL_STORAGE") })
            XCTAssertEqual(proof.status, 0, "\(message): \(node.name): \(proof.text)\(proof.error)")
            XCTAssertFalse(proof.text.contains("/cluster/"), "its records belong to it: \(proof.text)")
        }
    }
}
