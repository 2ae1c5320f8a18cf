import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: what two machines have acknowledged survives the loss of either, once. Method: real processes, clients that ask both, and a kill in the middle of posts.
final class PairTests: XCTestCase {
    func test_leader_killedInTheMiddleOfPosts_losesAndDoublesNothing() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let first = try pair.begin().leader
        var all: [String] = []
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(40)
            first.kill()
            XCTAssertEqual(try pair.leader().name, pair.other(than: first).name)
            load.more(40)
            try first.start()
            try pair.waitUntilInSync()
            load.more(20)
        }
        all += sent
        try PairLoad.check(pair, has: all, "after the first kill")
        // And back.
        try pair.waitUntilInSync()
        let second = try pair.leader()
        let more = try PairLoad.acknowledged(pair, "B") { load in
            load.more(20)
            second.kill()
            _ = try pair.leader(other: second)
            try second.start()
            load.more(20)
        }
        all += more
        try PairLoad.check(pair, has: all, "after the second kill")
    }

    func test_standby_killed_holdsAnswersUntilItIsBack_andADeletedDirectoryJoinsAnew() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            load.more(30)
            standby.kill()
            // Nothing that lies on one disk is reported to anybody, neither to writers nor to readers.
            let held = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("HELD-0-0"))
            XCTAssertEqual(held.status, 503, held.text)
            let asked = try leader.client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#)
            XCTAssertEqual(asked.status, 503, asked.text)
            try FileManager.default.removeItem(at: standby.data)
            try standby.start()
            load.more(30)
        }
        try pair.waitUntilInSync()
        // The disk that was empty leads.
        leader.kill()
        try leader.start()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "after the disk that was empty has led")
    }

    func test_standby_saysWhoLeads_andLeadsAfterAnOrderlyEnd() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        XCTAssertTrue(Patience.until { [#""role":"standby""#, #""leader":"\#(leader.name)""#].allSatisfy { standby.ready?.text.contains($0) == true } }, standby.ready?.text ?? "")
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
        XCTAssertEqual(leader.stop(), 0, leader.logText.suffix(4_000).description)
        let alone = try TillRun(["verify", "--data", leader.data.path])
        XCTAssertEqual(alone.status, 0, alone.error)
        let serve = try TillRun(["serve", "--data", leader.data.path, "--listen", "127.0.0.1:0"])
        XCTAssertEqual(serve.status, 2, serve.error)
        XCTAssertTrue(serve.error.contains("member of a cluster"), serve.error)
    }

    func test_recordsThatLostTheirEnd_endTheStart_andItsStoreStays() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try pair.begin().leader
        let standby = pair.other(than: leader)
        let sent = PairLoad.acknowledged(pair, "A") { $0.more(30) }
        XCTAssertEqual(standby.stop(), 0)
        let records = standby.data.appendingPathComponent("cluster/records")
        let whole = try Data(contentsOf: records)
        try whole.prefix(whole.count / 2).write(to: records)
        try standby.start()
        XCTAssertNotEqual(standby.waitForEnd(), 0)
        XCTAssertTrue(Patience.until { standby.logText.contains("put DATA aside") }, standby.logText.suffix(1_000).description)
        XCTAssertTrue(FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("catalog.sqlite").path))
        try FileManager.default.moveItem(at: standby.data, to: standby.data.appendingPathExtension("aside"))
        try standby.start()
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "after it has joined anew")
    }

    func test_degrade_goesOnAlone_andSaysSo() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let leader = try pair.begin().leader
        XCTAssertNil(try leader.client.get("/readyz").headers["till-degraded"])
        pair.other(than: leader).kill()
        // It may come while the standby is not missed yet, and is acknowledged by one disk all the same.
        var first = HTTPClient.Answer()
        XCTAssertTrue(try Patience.until {
            first = try leader.client.post("/v1/receipts?client=c1", Receipts.pos("ALONE-0-0"))
            return first.status != 503
        })
        XCTAssertEqual(first.headers["till-degraded"], "1", "\(first.status): \(first.text)")
        // Each answer, whatever it is.
        XCTAssertEqual(try HTTPClient(port: leader.port).get("/v1/receipts").status, 401)
        XCTAssertEqual(try HTTPClient(port: leader.port).get("/v1/receipts").headers["till-degraded"], "1")
        XCTAssertEqual(try leader.client.get("/readyz").headers["till-degraded"], "1")
        var sent = PairLoad.acknowledged(pair, "A") { $0.more(30) }
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""degraded":true"#) == true }, leader.ready?.text ?? "")
        try pair.other(than: leader).start()
        try pair.waitUntilInSync()
        XCTAssertNil(try leader.client.get("/readyz").headers["till-degraded"])
        sent += PairLoad.acknowledged(pair, "B") { $0.more(10) }
        leader.kill()
        try leader.start()
        try PairLoad.check(pair, has: sent + ["ALONE-0-0"], "after it had been alone")
    }

    /// Connections end for those who speak, and what was said last comes behind what the next ones say.
    func test_wordsThatComeBehindThoseOfTheNextConnection_loseAndDoubleNothing() throws {
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
        _ = try pair.begin()
        let sent = PairLoad.acknowledged(pair, "A") { load in
            for round in 0..<6 {
                // Of one way and of both.
                let held = round.isMultiple(of: 3) ? both : [both[round % 2]]
                for proxy in held { proxy.holdBack() }
                load.more(15)
                for proxy in held { proxy.letGo() }
                load.more(15)
            }
        }
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "after words that came late")
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
        _ = try pair.begin()
        let sent = try PairLoad.acknowledged(pair, "A") { load in
            for byteCount in [20_000, 3_001, 50_007] {
                for proxy in both { proxy.tear(after: byteCount) }
                load.more(15)
            }
            for proxy in both { proxy.tear(after: nil) }
            both[0].cut()
            load.more(15)
            both[1].cut()
            load.more(15)
            for proxy in both { proxy.mend() }
            load.more(15)
            try pair.waitUntilInSync()
            let leader = try pair.leader()
            leader.send(SIGSTOP)
            XCTAssertTrue(Patience.until { pair.other(than: leader).ready?.status == 200 })
            leader.send(SIGCONT)
            load.more(15)
        }
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "after all of it")
    }
}
