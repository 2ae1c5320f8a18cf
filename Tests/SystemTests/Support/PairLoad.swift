import Foundation
import Synchronization
import TestSupport
import XCTest

/// Posts from many connections, half of them begin at each node of a pair, until a body returns. Who finds nobody at a node, or is cut off there, asks the other with the same document; who is
/// refused is counted, and asks again.
///
/// Its pair is asked by the test's own thread alone.
final class PairLoad: @unchecked Sendable {
    struct Sent: Sendable {
        var acknowledged: [String] = []
        /// Answers that took no receipt.
        var refusals: [String] = []
        /// Connections that ended, or that nobody took.
        var lost = 0
        var longest = 0.0
        var isOver = false
    }

    private let pair: Pair
    private let state = Mutex(Sent())

    private init(_ pair: Pair) { self.pair = pair }

    var count: Int { state.withLock { $0.acknowledged.count } }

    /// - Returns: what was sent by then.
    static func run(_ pair: Pair, _ prefix: String, workers: Int = 8, _ body: (PairLoad) throws -> Void) rethrows -> Sent {
        let load = PairLoad(pair)
        let ports = pair.nodes.map(\.port)
        let done = DispatchGroup()
        for worker in 0..<workers {
            done.enter()
            Thread.detachNewThread {
                load.post(ports, "\(prefix)-\(worker)", first: worker % ports.count)
                done.leave()
            }
        }
        defer {
            load.state.withLock { $0.isOver = true }
            done.wait()
        }
        try body(load)
        load.state.withLock { $0.isOver = true }
        done.wait()
        return load.state.withLock { $0 }
    }

    /// - Returns: what was acknowledged by then.
    static func acknowledged(_ pair: Pair, _ prefix: String, _ body: (PairLoad) throws -> Void) rethrows -> [String] {
        try run(pair, prefix, workers: 4, body).acknowledged
    }

    private func post(_ ports: [UInt16], _ prefix: String, first: Int) {
        let clients = ports.map { HTTPClient(port: $0, key: TillServer.adminKey) }
        var (number, at) = (0, first)
        var begun = ProcessInfo.processInfo.systemUptime
        while !state.withLock({ $0.isOver }) {
            let id = "\(prefix)-\(number)"
            let answer = try? clients[at].post("/v1/receipts?client=c1", Receipts.pos(id))
            let now = ProcessInfo.processInfo.systemUptime
            if let answer, answer.status == 200 || answer.status == 201 {
                number += 1
                state.withLock {
                    $0.acknowledged.append(id)
                    $0.longest = max($0.longest, now - begun)
                }
                // Some are on their way at any time: as many as both processors bear are no better, and leave none for leases.
                usleep(1_000)
                begun = ProcessInfo.processInfo.systemUptime
            } else if let answer {
                state.withLock { $0.refusals.append("\(answer.status) of \(at): \(answer.text)") }
                at = (at + 1) % ports.count
                usleep(20_000)
            } else {
                clients[at].close()
                at = (at + 1) % ports.count
                state.withLock { $0.lost += 1 }
                usleep(5_000)
            }
        }
    }

    /// Waits until so many more are acknowledged. Who ends meanwhile since its lease was over is started anew.
    func more(_ number: Int, file: StaticString = #filePath, line: UInt = #line) {
        let before = count
        XCTAssertTrue(Patience.until { pair.revive(); return count >= before + number }, "nothing is acknowledged any more", file: file, line: line)
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
