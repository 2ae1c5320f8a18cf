import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: what two machines have acknowledged survives the loss of either, once. Method: real processes, clients that ask both, and a kill in the middle of posts.
final class PairTests: XCTestCase {
    private struct Sent: Sendable {
        var acknowledged: [String] = []
        var refused = 0
        var isOver = false
        var lastAt = Date()
    }

    private final class Box: Sendable { let sent = Mutex(Sent()) }

    /// Posts from several threads, each to the node that answered it last, until `body` returns. A document that had no answer is sent again.
    private func load(_ pair: Pair, _ prefix: String, _ body: (Box) throws -> Void) throws -> Sent {
        let box = Box()
        let ports = pair.nodes.map(\.port)
        let done = DispatchGroup()
        for worker in 0..<4 {
            DispatchQueue.global().async(group: done) {
                let clients = ports.map { HTTPClient(port: $0, key: TillServer.adminKey) }
                var (number, at) = (0, 0)
                while !box.sent.withLock({ $0.isOver }) {
                    let id = "\(prefix)-\(worker)-\(number)"
                    let answer = try? clients[at].post("/v1/receipts?client=c1", Receipts.pos(id))
                    if let answer, answer.status == 200 || answer.status == 201 {
                        number += 1
                        box.sent.withLock { ($0.lastAt, $0.acknowledged) = (Date(), $0.acknowledged + [id]) }
                    } else {
                        clients[at].close()
                        at = 1 - at
                        box.sent.withLock { $0.refused += 1 }
                        usleep(20_000)
                    }
                }
            }
        }
        defer {
            box.sent.withLock { $0.isOver = true }
            done.wait()
        }
        try body(box)
        box.sent.withLock { $0.isOver = true }
        done.wait()
        return box.sent.withLock { $0 }
    }

    private func begin(_ pair: Pair) throws -> Pair.Node {
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let made = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
        return leader
    }

    private func count(_ box: Box) -> Int { box.sent.withLock { $0.acknowledged.count } }

    /// Each acknowledged receipt is there once.
    private func check(_ pair: Pair, has acknowledged: [String], _ message: String) throws {
        let answer = try pair.leader().client.post("/v1/sql", #"{"query":"SELECT string_agg(receipt_id, ' ') FROM receipts"}"#)
        XCTAssertEqual(answer.status, 200, answer.text)
        var found: [String: Int] = [:]
        for match in answer.text.matches(of: #/([A-Z]+-[0-9]+-[0-9]+)/#) { found[String(match.1), default: 0] += 1 }
        XCTAssertEqual(found.filter { $0.value > 1 }.keys.sorted(), [], "\(message): twice")
        XCTAssertEqual(acknowledged.filter { found[$0] == nil }, [], "\(message): acknowledged, and lost")
        XCTAssertGreaterThan(acknowledged.count, 0)
    }

    func test_leader_killedInTheMiddleOfPosts_losesAndDoublesNothing() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let first = try begin(pair)
        var all: [String] = []
        let sent = try load(pair, "A") { sent in
            XCTAssertTrue(Patience.until { count(sent) > 40 })
            first.kill()
            let before = count(sent)
            XCTAssertEqual(try pair.leader().name, pair.other(than: first).name)
            XCTAssertTrue(Patience.until { count(sent) > before + 40 })
            try first.start()
            try pair.waitUntilInSync()
            let both = count(sent)
            XCTAssertTrue(Patience.until { count(sent) > both + 20 })
        }
        all += sent.acknowledged
        try check(pair, has: all, "after the first kill")
        // And back.
        try pair.waitUntilInSync()
        let second = try pair.leader()
        let more = try load(pair, "B") { sent in
            XCTAssertTrue(Patience.until { count(sent) > 20 })
            second.kill()
            let before = count(sent)
            _ = try pair.leader(other: second)
            try second.start()
            XCTAssertTrue(Patience.until { count(sent) > before + 20 })
        }
        all += more.acknowledged
        try check(pair, has: all, "after the second kill")
    }

    func test_standby_killed_holdsAnswersUntilItIsBack_andADeletedDirectoryJoinsAnew() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try begin(pair)
        let standby = pair.other(than: leader)
        let sent = try load(pair, "A") { sent in
            XCTAssertTrue(Patience.until { count(sent) > 30 })
            standby.kill()
            // Nothing that lies on one disk is told to anybody, neither to who posts nor to who asks.
            let held = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("HELD-0-0"))
            XCTAssertEqual(held.status, 503, held.text)
            let asked = try leader.client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#)
            XCTAssertEqual(asked.status, 503, asked.text)
            try FileManager.default.removeItem(at: standby.data)
            try standby.start()
            let before = count(sent)
            XCTAssertTrue(Patience.until { count(sent) > before + 30 })
        }
        try pair.waitUntilInSync()
        // The disk that was empty leads.
        leader.kill()
        try leader.start()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try pair.waitUntilInSync()
        try check(pair, has: sent.acknowledged, "after the disk that was empty has led")
    }

    func test_standby_saysWhoLeads_andLeadsAfterAnOrderlyEnd() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try begin(pair)
        let standby = pair.other(than: leader)
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(#""role":"standby""#) == true }, standby.ready?.text ?? "")
        let ready = try XCTUnwrap(standby.ready)
        XCTAssertEqual(ready.status, 503)
        XCTAssertTrue(ready.text.contains(#""leader":"\#(leader.name)""#), ready.text)
        XCTAssertTrue(leader.ready?.text.contains(#""role":"leader""#) == true)
        XCTAssertTrue(ready.text.contains(#""leader_url":"http://127.0.0.1:\#(leader.port)""#), ready.text)
        // An orderly end lets the other lead, and nothing is made anew.
        XCTAssertEqual(leader.stop(), 0, leader.logText.suffix(2_000).description)
        try leader.start()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try pair.waitUntilInSync()
        XCTAssertFalse(leader.logText.contains("made anew"), leader.logText.suffix(2_000).description)
        // Its directory is the cluster's.
        XCTAssertEqual(leader.stop(), 0)
        let alone = try TillRun(["verify", "--data", leader.data.path])
        XCTAssertEqual(alone.status, 0, alone.error)
        let serve = try TillRun(["serve", "--data", leader.data.path, "--listen", "127.0.0.1:0"])
        XCTAssertEqual(serve.status, 2, serve.error)
        XCTAssertTrue(serve.error.contains("member of a cluster"), serve.error)
    }

    func test_recordsThatLostTheirEnd_endTheStart_andItsStoreStays() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try begin(pair)
        let standby = pair.other(than: leader)
        let sent = try load(pair, "A") { sent in XCTAssertTrue(Patience.until { count(sent) > 30 }) }.acknowledged
        XCTAssertEqual(standby.stop(), 0)
        let records = standby.data.appendingPathComponent("cluster/records")
        let whole = try Data(contentsOf: records)
        try whole.prefix(whole.count / 2).write(to: records)
        try standby.start()
        XCTAssertNotEqual(standby.waitForEnd(), 0)
        XCTAssertTrue(standby.logText.contains("put DATA aside"), standby.logText.suffix(1_000).description)
        XCTAssertTrue(FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("catalog.sqlite").path))
        try FileManager.default.moveItem(at: standby.data, to: standby.data.appendingPathExtension("aside"))
        try standby.start()
        try pair.waitUntilInSync()
        try check(pair, has: sent, "after it has joined anew")
    }

    func test_degrade_goesOnAlone_andSaysSo() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let leader = try begin(pair)
        pair.other(than: leader).kill()
        var sent = try load(pair, "A") { sent in XCTAssertTrue(Patience.until { count(sent) > 30 }) }.acknowledged
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""degraded":true"#) == true }, leader.ready?.text ?? "")
        try pair.other(than: leader).start()
        try pair.waitUntilInSync()
        sent += try load(pair, "B") { sent in XCTAssertTrue(Patience.until { count(sent) > 10 }) }.acknowledged
        leader.kill()
        try leader.start()
        try check(pair, has: sent, "after it had been alone")
    }

    /// What one says the other does not hear, now and then in the middle of a message; then nobody hears anybody; then a process stands still for longer than it may lead.
    func test_connections_cutAndTorn_andAProcessThatStandsStill_loseAndDoubleNothing() throws {
        final class Proxies: Sendable { let all = Mutex<[CuttingProxy]>([]) }
        let proxies = Proxies()
        let pair = try Pair(degrades: true) { port in
            let proxy = try CuttingProxy(to: port)
            proxies.all.withLock { $0.append(proxy) }
            return proxy.port
        }
        let both = proxies.all.withLock { $0 }
        defer {
            for proxy in both { proxy.close() }
            pair.remove()
        }
        _ = try begin(pair)
        let sent = try load(pair, "A") { sent in
            func more(_ number: Int) {
                let before = count(sent)
                XCTAssertTrue(Patience.until { pair.revive(); return count(sent) > before + number })
            }
            for byteCount in [20_000, 3_001, 50_007] {
                for proxy in both { proxy.tear(after: byteCount) }
                more(15)
            }
            for proxy in both { proxy.tear(after: nil) }
            both[0].cut()
            more(15)
            both[1].cut()
            more(15)
            for proxy in both { proxy.mend() }
            more(15)
            XCTAssertTrue(Patience.until { pair.revive(); return pair.isInSync })
            let leader = try pair.leader()
            leader.send(SIGSTOP)
            XCTAssertTrue(Patience.until { pair.other(than: leader).ready?.status == 200 })
            leader.send(SIGCONT)
            more(15)
        }
        XCTAssertTrue(Patience.until { pair.revive(); return pair.isInSync })
        try check(pair, has: sent.acknowledged, "after all of it")
    }
}
