import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: what a machine says of a call whose leader was lost is true: acknowledged is there once, `"outcome": "unknown"` is there once or not at all, refused is not there. Method: messages, which nobody
/// repeats, at the standby, and real kills of the leader that they are passed on to.
final class PairOutcomeTests: XCTestCase {
    private struct Told: Sendable {
        var acknowledged: Set<String> = []
        var unknown: Set<String> = []
        var refused: Set<String> = []
        /// No answer came.
        var lost: Set<String> = []
        var other: [String] = []
        var isOver = false
    }

    private static func message(_ mark: String) -> String { #"{"messages":[{"body":{"mark":"\#(mark)"}}]}"# }

    /// How often each mark is in the queue.
    private func marks(_ node: Pair.Node) throws -> [String: Int] {
        var (found, cursor): ([String: Int], String?) = ([:], nil)
        repeat {
            let answer = try node.client.get("/v1/queues/q1/messages?limit=1000" + (cursor.map { "&cursor=\($0)" } ?? ""))
            XCTAssertEqual(answer.status, 200, answer.text)
            for match in answer.text.matches(of: #/"mark":"([A-Z0-9-]+)"/#) { found[String(match.1), default: 0] += 1 }
            cursor = answer.text.firstMatch(of: #/"next_cursor":"([^"]+)"/#).map { String($0.1) }
        } while cursor != nil
        return found
    }

    private func begin(_ pair: Pair) throws -> (leader: Pair.Node, standby: Pair.Node) {
        let (leader, standby) = try pair.begin()
        XCTAssertEqual(try leader.client.put("/v1/queues/q1", "{}").status, 201)
        return (leader, standby)
    }

    /// It was passed on, and its leader, which nobody confirms anything to, dies with it.
    func test_leaderKilledBeforeItMayAnswer_isUnknown_andThereOnceOrNotAtAll() throws {
        let proxies = Mutex<[CuttingProxy]>([])
        let pair = try Pair { port in
            let proxy = try CuttingProxy(to: port)
            proxies.withLock { $0.append(proxy) }
            return proxy.port
        }
        let both = proxies.withLock { $0 }
        defer {
            for proxy in both { proxy.close() }
            pair.remove()
        }
        let (leader, standby) = try begin(pair)
        XCTAssertEqual(try standby.client.post("/v1/queues/q1/messages", Self.message("BEFORE")).status, 200)
        for proxy in both { proxy.cut() }
        let (port, done) = (standby.port, DispatchSemaphore(value: 0))
        let told = Mutex<(status: Int, text: String)?>(nil)
        Thread.detachNewThread {
            let answer = try? HTTPClient(port: port, key: TillServer.adminKey).post("/v1/queues/q1/messages", Self.message("CUT"))
            told.withLock { $0 = answer.map { ($0.status, $0.text) } }
            done.signal()
        }
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#/"lag_records":[1-9]/#) == true }, leader.ready?.text ?? "no answer")
        leader.kill()
        done.wait()
        let answer = try XCTUnwrap(told.withLock { $0 })
        XCTAssertEqual(answer.status, 503, answer.text)
        for words in [#""outcome":"unknown""#, "/not-leader", "nobody knows whether it did"] { XCTAssertTrue(answer.text.contains(words), answer.text) }
        for proxy in both { proxy.mend() }
        try leader.start()
        try pair.waitUntilInSync()
        // Who leads next decides it: the one that was killed has it in its log.
        let found = try marks(try pair.leader())
        XCTAssertEqual(found["BEFORE"], 1)
        XCTAssertLessThanOrEqual(found["CUT"] ?? 0, 1)
        XCTAssertEqual(try pair.other(than: try pair.leader()).client.post("/v1/queues/q1/messages", Self.message("AFTER")).status, 200)
        XCTAssertEqual(try marks(try pair.leader()), found.merging(["AFTER": 1]) { $1 })
    }

    func test_leaderKilledInTheMiddleOfMessages_whatEachWasToldIsTrue() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        _ = try begin(pair)
        let told = Mutex(Told())
        let (ports, done) = (pair.nodes.map(\.port), DispatchGroup())
        for worker in 0..<8 {
            done.enter()
            Thread.detachNewThread {
                defer { done.leave() }
                // Who cannot reach its node asks the other; nothing is sent twice.
                var at = worker % ports.count
                let clients = ports.map { HTTPClient(port: $0, key: TillServer.adminKey) }
                for number in 0... {
                    if told.withLock({ $0.isOver }) { return }
                    let mark = "M-\(worker)-\(number)"
                    let answer = try? clients[at].post("/v1/queues/q1/messages", Self.message(mark))
                    told.withLock { told in
                        guard let answer else { return _ = told.lost.insert(mark) }
                        switch answer.status {
                        case 200: told.acknowledged.insert(mark)
                        case 503 where answer.text.contains(#""outcome":"unknown""#): told.unknown.insert(mark)
                        case 503: told.refused.insert(mark)
                        default: told.other.append("\(answer.status) \(answer.text)")
                        }
                    }
                    guard answer == nil || answer?.status == 503 else { continue }
                    clients[at].close()
                    at = (at + 1) % ports.count
                    usleep(20_000)
                }
            }
        }
        func more(_ count: Int) {
            let before = told.withLock { $0.acknowledged.count }
            XCTAssertTrue(Patience.until { pair.revive(); return told.withLock { $0.acknowledged.count } >= before + count }, "nothing is acknowledged any more")
        }
        var kills = 0
        XCTAssertTrue(try Patience.until {
            try pair.waitUntilInSync()
            more(60)
            let leader = try pair.leader()
            leader.kill()
            kills += 1
            more(30)
            try leader.start()
            return kills > 2 && told.withLock { !$0.unknown.isEmpty }
        })
        try pair.waitUntilInSync()
        more(20)
        told.withLock { $0.isOver = true }
        done.wait()
        let (end, found) = (told.withLock { $0 }, try marks(try pair.leader()))
        XCTAssertEqual(end.other, [])
        XCTAssertEqual(end.acknowledged.filter { found[$0] == nil }, [], "acknowledged, and lost")
        XCTAssertEqual(end.refused.filter { found[$0] != nil }, [], "refused, and there")
        XCTAssertEqual(found.filter { $0.value > 1 }, [:], "there twice")
        print("\(kills) kills: \(end.acknowledged.count) acknowledged, \(end.unknown.count) unknown of which \(end.unknown.count { found[$0] != nil }) are there, \(end.refused.count) refused, \(end.lost.count) without an answer")
        try PairLoad.prove(pair, "at the end")
    }
}
