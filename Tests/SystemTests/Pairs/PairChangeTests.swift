import Foundation
import TestSupport
import XCTest

/// Goal: an administrator moves the lead, sends a node away and lets it in again, and no client is refused or loses anything. Method: real processes and commands, with posts at both nodes all the while.
final class PairChangeTests: XCTestCase {
    private func till(_ pair: Pair, _ node: Pair.Node, _ arguments: [String], status: Int32 = 0, file: StaticString = #filePath, line: UInt = #line) throws -> TillRun {
        let run = try TillRun(["cluster"] + arguments + ["--url", "http://127.0.0.1:\(node.port)"], environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(run.status, status, "\(run.text) \(run.error)\n" + pair.nodes.map { $0.logText.suffix(2_000) }.joined(separator: "\n---\n"), file: file, line: line)
        return run
    }

    func test_transfer_underPostsAtBothNodes_refusesLosesAndDoublesNothing() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let sent = try PairLoad.run(pair, "A", workers: 32) { load in
            load.more(100)
            // There, and back, asked at either node; each time both stay the processes that they were.
            for (asked, next) in [(leader, standby), (leader, leader), (standby, standby)] {
                let run = try till(pair, asked, ["transfer"])
                XCTAssertTrue(run.text.hasPrefix("\(next.name) leads"), run.text)
                load.more(100)
            }
        }
        print("transfer: \(sent.acknowledged.count) posts, longest wait \(Int(sent.longest * 1_000)) ms, \(sent.lost) connections lost")
        XCTAssertEqual(sent.refusals, [])
        XCTAssertEqual(sent.lost, 0)
        XCTAssertTrue(leader.isRunning && standby.isRunning)
        XCTAssertEqual(try pair.leader().name, standby.name)
        XCTAssertFalse(leader.logText.contains("made anew") || standby.logText.contains("made anew"))
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent.acknowledged, "after three transfers")
        // The one that led takes over again when it must: it knows that it has everything, and the other does not.
        standby.kill()
        try standby.start()
        XCTAssertEqual(try pair.leader().name, leader.name)
    }

    /// What was asked for while the first was under way is done with it: kept, it would give the lead away again as soon as the node has it back.
    func test_transfers_whileOneIsUnderWay_areThatOne() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        func handOvers() -> Int { leader.logText.components(separatedBy: "handing the store over").count - 1 }
        let client = leader.client
        // Wishes that it noted the last time: it may have laid down all before the second came.
        var taken = 0
        for round in 0..<10 where taken < 2 {
            if round > 0 { XCTAssertTrue(pair.transfer(to: leader)) }
            try pair.waitUntilInSync()
            // Rows to lay down: the node leads, and takes calls, until that is done. What comes behind its door is not passed on.
            _ = PairLoad.run(pair, "A\(round)") { $0.more(50 + 200 * round) }
            taken = 0
            XCTAssertTrue(Patience.until(pauseMilliseconds: 1) {
                let isTaken = (try? client.post("/v1/cluster/transfer", #"{"to":"\#(standby.name)"}"#, [("Till-Passed", "x")]).status < 300) == true
                if isTaken { taken += 1 }
                return !isTaken
            })
            XCTAssertTrue(pair.transfer(to: standby))
            try pair.waitUntilInSync()
        }
        XCTAssertGreaterThan(taken, 1, "no second wish came while the first was under way")
        let before = handOvers()
        XCTAssertGreaterThan(before, 0)
        XCTAssertTrue(pair.transfer(to: leader))
        // Signals are worked off in their order: by the time that it has taken this one it would have handed over.
        leader.send(SIGHUP)
        XCTAssertTrue(Patience.until { leader.logText.contains("reloading") || handOvers() > before }, leader.logText.suffix(2_000).description)
        XCTAssertEqual(handOvers(), before)
    }

    /// Who leads, and for how long, no wall clock says: one of two is an hour ahead, by a library that shifts nothing else, and by libfaketime, which has its own hand in a process's waits.
    func test_transfer_betweenClocksAnHourApart_endsNobody_andLosesNothing() throws {
        let folder = try Project.temporaryFolder("till-clock")
        defer { try? FileManager.default.removeItem(at: folder) }
        let library = folder.appendingPathComponent("clock.so").path
        let built = try Subprocess("/usr/bin/env", ["cc", "-shared", "-fPIC", "-O2", "-o", library, Project.root.appendingPathComponent("benchmarks/harness/clock.c").path, "-ldl"])
        XCTAssertEqual(built.status, 0, built.all)
        var clocks = [["LD_PRELOAD": library, "TILL_BENCH_CLOCK": "3600"]]
        let fake = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
        if FileManager.default.fileExists(atPath: fake) { clocks.append(["LD_PRELOAD": fake, "FAKETIME": "+1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"]) }
        for clock in clocks {
            let pair = try Pair(own: { $0 == "b" ? clock : [:] })
            defer { pair.remove() }
            let (leader, standby) = try pair.begin()
            let sent = try PairLoad.run(pair, "A", workers: 16) { load in
                for round in 0..<4 {
                    load.more(50)
                    let next = round.isMultiple(of: 2) ? standby : leader
                    let run = try till(pair, leader, ["transfer"])
                    XCTAssertTrue(run.text.hasPrefix("\(next.name) leads"), run.text)
                    try pair.waitUntilInSync()
                }
            }
            XCTAssertTrue(leader.isRunning && standby.isRunning, pair.nodes.map { $0.logText.suffix(2_000) }.joined(separator: "\n---\n"))
            XCTAssertFalse(leader.logText.contains("cut off") || standby.logText.contains("cut off"))
            XCTAssertEqual(sent.lost, 0)
            try PairLoad.check(pair, has: sent.acknowledged, "with clocks an hour apart")
        }
    }

    /// Whoever leads next opens columns, and need not make them of documents.
    func test_transfer_leavesTheNextLeaderNoRowsToLayDown() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let sent = PairLoad.run(pair, "A") { $0.more(50) }
        func unflushed(_ node: Pair.Node) throws -> Int? { try node.client.get("/metrics").text.firstMatch(of: #/\ntill_hot_rows_unflushed ([0-9]+)/#).flatMap { Int($0.1) } }
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(try unflushed(leader)), 50)
        XCTAssertEqual(try till(pair, leader, ["transfer"]).status, 0)
        XCTAssertTrue(Patience.until { (try? unflushed(standby)) == 0 }, "\(String(describing: try? unflushed(standby)))")
        try PairLoad.check(pair, has: sent.acknowledged, "after a transfer")
    }

    /// An orderly stop hands over as well; a client of the node that has gone asks the other.
    func test_orderlyStop_underPosts_refusesNothing() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let sent = try PairLoad.run(pair, "A", workers: 16) { load in
            load.more(60)
            XCTAssertEqual(leader.stop(), 0, leader.logText.suffix(2_000).description)
            try leader.start()
            load.more(60)
        }
        XCTAssertEqual(sent.refusals, [])
        XCTAssertEqual(try pair.leader().name, standby.name)
        try PairLoad.check(pair, has: sent.acknowledged, "after an orderly stop")
    }

    /// A new version goes in by the standby, is compared, leads, and goes back out where it changes no file. `TILL_TEST_BEFORE` names the binary of a version before; without one another file of the same
    /// program takes its place.
    func test_anotherBinary_goesIn_andBackOut_underPosts() throws {
        let pair = try Pair(starts: false)
        defer { pair.remove() }
        let given = ProcessInfo.processInfo.environment["TILL_TEST_BEFORE"]
        let before = given.map { URL(fileURLWithPath: $0) } ?? pair.folder.appendingPathComponent("till-before")
        if given == nil { try FileManager.default.copyItem(at: TillServer.binary, to: before) }
        for node in pair.nodes {
            node.binary = before
            try node.start()
        }
        let (leader, standby) = try pair.begin()
        let goesBack = try given == nil || TillRun(["migrate", "--check", "--data", standby.data.path]).text.contains("nothing will change")
        func replace(_ node: Pair.Node, _ binary: URL) throws {
            XCTAssertEqual(node.stop(), 0, node.logText.suffix(2_000).description)
            node.binary = binary
            try node.start()
            try pair.waitUntilInSync()
        }
        var acknowledged: [String] = []
        for (prefix, binary) in [("A", TillServer.binary)] + (goesBack ? [("B", before)] : []) {
            let sent = try PairLoad.run(pair, prefix) { load in
                load.more(20)
                try replace(standby, binary)
                load.more(20)
            }
            XCTAssertEqual(sent.refusals, [])
            XCTAssertTrue(Patience.until { pair.digestsAgree }, pair.nodes.map { $0.ready?.text ?? "" }.joined(separator: "\n"))
            let more = try PairLoad.run(pair, prefix + "M") { load in
                load.more(20)
                _ = try till(pair, leader, ["transfer"])
                // A row with all that a later version's has.
                let put = try standby.client.put("/v1/contracts/\(prefix.lowercased())", #"{"access":"read","scope":"own"}"#)
                XCTAssertTrue([200, 201].contains(put.status), put.text)
                try replace(leader, binary)
                load.more(20)
                _ = try till(pair, leader, ["transfer"])
                load.more(20)
            }
            XCTAssertEqual(more.refusals, [])
            XCTAssertEqual(try pair.leader().name, leader.name)
            acknowledged += sent.acknowledged + more.acknowledged
        }
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        for prefix in goesBack ? ["a", "b"] : ["a"] { XCTAssertEqual(try leader.client.get("/v1/contracts/\(prefix)").status, 200, prefix) }
        try PairLoad.check(pair, has: acknowledged, "after there and back")
    }

    func test_transfer_nobodyInSync_isAnError_andALeaderStays() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertTrue(try till(pair, leader, ["transfer", "--to", leader.name], status: 1).error.contains("leads already"))
        XCTAssertTrue(try till(pair, leader, ["transfer", "--to", "z"], status: 1).error.contains("no node"))
        standby.kill()
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""degraded":true"#) == true }, leader.ready?.text ?? "")
        XCTAssertTrue(try till(pair, leader, ["transfer"], status: 1).error.contains("nobody can take over"))
        XCTAssertTrue(try till(pair, leader, ["transfer", "--to", standby.name], status: 1).error.contains("has not everything"))
        XCTAssertEqual(leader.ready?.status, 200)
    }

    func test_remove_keepsANodeAway_untilJoinLetsItIn_withAnEmptyDirectoryToo() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertTrue(try till(pair, leader, ["remove", leader.name], status: 1).error.contains("leads"))
        XCTAssertTrue(try till(pair, leader, ["remove", "z"], status: 1).error.contains("no node"))
        var acknowledged = try PairLoad.run(pair, "A") { load in
            load.more(20)
            _ = try till(pair, standby, ["remove", standby.name])
            load.more(20)
        }.acknowledged
        XCTAssertTrue(leader.ready?.text.contains(#""insync":["\#(leader.name)"],"removed":["\#(standby.name)"]"#) == true, leader.ready?.text ?? "")
        XCTAssertTrue(try till(pair, leader, ["status"]).text.contains("removed: \(standby.name)"))
        // Neither a start nor an empty directory lets it in.
        standby.kill()
        try FileManager.default.removeItem(at: standby.data)
        try standby.start()
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(#""removed":["\#(standby.name)"]"#) == true }, standby.ready?.text ?? "")
        acknowledged += PairLoad.run(pair, "B") { $0.more(20) }.acknowledged
        XCTAssertFalse(pair.isInSync)
        _ = try till(pair, standby, ["join", standby.name])
        try pair.waitUntilInSync()
        _ = try till(pair, standby, ["join", standby.name])
        acknowledged += PairLoad.run(pair, "C") { $0.more(20) }.acknowledged
        leader.kill()
        XCTAssertEqual(try pair.leader().name, standby.name)
        try PairLoad.check(pair, has: acknowledged, "the one that was let in has everything")
    }

    func test_remove_ofTheOnlyOther_isRefused_wherePairsDoNotDegrade() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        XCTAssertTrue(try till(pair, standby, ["remove", standby.name], status: 1).error.contains("cluster.degrade"))
        XCTAssertTrue(pair.isInSync)
        XCTAssertEqual(try leader.client.get("/v1/cluster").status, 200)
        let server = try TillServer()
        defer { server.remove() }
        let alone = try server.client().post("/v1/cluster/transfer", "{}")
        XCTAssertEqual(alone.status, 409, alone.text)
    }
}
