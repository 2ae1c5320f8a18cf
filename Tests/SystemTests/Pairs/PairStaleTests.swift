import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: reads marked `Till-Read: stale` are answered by a standby itself, whatever became of the leader, with the rights that contracts have, and nothing of it writes or delays a
/// takeover. Method: the same reads at both, then with a leader that stands still and nobody who could make another one, then while one is killed.
final class PairStaleTests: XCTestCase {
    private static let stale = [("Till-Read", "stale")]

    private func key(_ client: HTTPClient, _ name: String) throws -> String {
        let made = try client.post("/v1/contracts/\(name)/keys", "{}")
        return try XCTUnwrap(made.text.firstMatch(of: #/"key":"([^"]+)"/#).map { String($0.1) }, made.text)
    }

    private func sql(_ client: HTTPClient, _ query: String) throws -> HTTPClient.Answer { try client.post("/v1/sql", #"{"query":"\#(query)"}"#, Self.stale) }

    /// Of `Till-Stale`.
    private func number(_ name: String, _ answer: HTTPClient.Answer) -> Double? {
        answer.headers["till-stale"]?.split(separator: ",").compactMap { part -> Double? in
            let pair = part.trimmingCharacters(in: .whitespaces).split(separator: "=")
            return pair.first.map(String.init) == name ? pair.last.flatMap { Double($0) } : nil
        }.first
    }

    func test_standby_answersStaleReads_whileTheLeaderStandsStill() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        for name in ["c1", "c2"] {
            let made = try leader.client.put("/v1/contracts/\(name)", #"{"access":"read-write","scope":"own"}"#)
            XCTAssertTrue([200, 201].contains(made.status), made.text)
        }
        var tickets: [String: String] = [:]
        for (id, client) in [("A-1", "c1"), ("A-2", "c1"), ("B-1", "c2"), ("B-2", "c2"), ("B-3", "c2")] {
            let posted = try leader.client.post("/v1/receipts?client=\(client)", Receipts.pos(id))
            XCTAssertTrue([200, 201].contains(posted.status), posted.text)
            tickets[id] = try XCTUnwrap(Receipts.member("ticket_id", of: posted.text))
        }
        let secret = try key(leader.client, "c1")
        let (one, two) = (HTTPClient(port: standby.port, key: secret), HTTPClient(port: standby.port, key: try key(leader.client, "c2")))
        // Without the mark the leader answers.
        XCTAssertNil(try one.get("/v1/receipts/A-1").headers["till-stale"])
        // The first one has a copy made, which has all once it is young enough.
        XCTAssertTrue(Patience.until { (try? two.get("/v1/receipts/B-3", Self.stale)).map { $0.status == 200 && $0.headers["till-stale"] != nil } ?? false }, standby.logText)

        // Nobody could lead now, and the one who does answers nobody.
        pair.killWitness()
        leader.send(SIGSTOP)
        let first = try one.get("/v1/receipts/A-1", Self.stale)
        XCTAssertEqual(first.status, 200, first.text)
        XCTAssertTrue(first.text.contains(#""receipt_id":"A-1""#), first.text)
        XCTAssertTrue(try XCTUnwrap(first.headers["till-stale"]).hasPrefix("node=\(standby.name), record="), "\(first.headers)")
        XCTAssertGreaterThan(try XCTUnwrap(number("record", first)), 0)
        XCTAssertEqual(first.headers["via"], nil)
        // However long it stands still.
        XCTAssertTrue(Patience.until(pauseMilliseconds: 200) { (try? one.get("/v1/receipts/A-1", Self.stale)).flatMap { number("seconds", $0) } ?? 0 > 6 })
        XCTAssertNotEqual(standby.ready?.status, 200)
        let before = try files(standby)
        let ticket = try one.get("/v1/tickets/\(tickets["A-2"] ?? "")", Self.stale)
        XCTAssertEqual(ticket.status, 200, ticket.text)
        XCTAssertTrue(ticket.text.contains(#""state":"COMPLETE""#), ticket.text)
        // Nobody else's.
        for path in ["/v1/receipts/B-1", "/v1/tickets/\(tickets["B-1"] ?? "")"] {
            let other = try one.get(path, Self.stale)
            XCTAssertEqual(other.status, 404, "\(path): \(other.text)")
            XCTAssertNotNil(other.headers["till-stale"])
        }
        XCTAssertEqual(try one.get("/v1/receipts/B-1?client=c2", Self.stale).status, 403)
        let page = try one.get("/v1/receipts?fields=receipt_id,client_id&limit=1", Self.stale)
        XCTAssertEqual(page.status, 200, page.text)
        XCTAssertTrue(page.text.contains("A-1") && !page.text.contains("B-"), page.text)
        let further = try one.get("/v1/receipts?fields=receipt_id,client_id&limit=1&cursor=\(Receipts.member("next_cursor", of: page.text) ?? "")", Self.stale)
        XCTAssertTrue(further.text.contains("A-2"), further.text)
        for (client, count) in [(one, 2), (two, 3), (standby.client, 5)] {
            let counted = try sql(client, "SELECT count(*) AS n, min(receipt_id) AS least FROM receipts")
            XCTAssertEqual(counted.status, 200, counted.text)
            XCTAssertTrue(counted.text.contains("\(count)"), counted.text)
            XCTAssertNotNil(counted.headers["till-stale"])
        }
        XCTAssertFalse(try sql(two, "SELECT * FROM receipts").text.contains("A-1"))
        XCTAssertEqual(try sql(one, "SELECT * FROM till.jobs").status, 400)
        XCTAssertEqual(try HTTPClient(port: standby.port, key: "till_nobody_knows_this_key_at_all").get("/v1/receipts", Self.stale).status, 401)
        XCTAssertEqual(try files(standby), before, "a read writes nothing")

        // It goes on, and so do the copies, at whichever follows then: one that led and was replaced ends, and its unit starts it anew.
        try pair.startWitness()
        leader.send(SIGCONT)
        var next = leader
        XCTAssertTrue(Patience.until(pauseMilliseconds: 100) {
            pair.revive()
            guard pair.isInSync, let leads = try? pair.leader() else { return false }
            next = leads
            return (try? next.client.post("/v1/receipts?client=c1", Receipts.pos("A-3")).status).map { [200, 201].contains($0) } ?? false
        }, "\(leader.logText.suffix(1_000))\n\(standby.logText.suffix(1_000))")
        let follower = HTTPClient(port: pair.other(than: next).port, key: secret)
        XCTAssertTrue(Patience.until { (try? follower.get("/v1/receipts/A-3", Self.stale)).map { $0.status == 200 && $0.headers["till-stale"] != nil } ?? false })
        XCTAssertTrue(Patience.until { pair.digestsAgree })
    }

    func test_standby_knowsTheSchemaTill_andRollups_asTheLeaderDoes() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        for name in ["c1", "c2"] { XCTAssertTrue([200, 201].contains(try leader.client.put("/v1/contracts/\(name)", #"{"access":"read-write","scope":"own"}"#).status)) }
        for (id, client) in [("A-1", "c1"), ("A-2", "c1"), ("B-1", "c2")] { XCTAssertEqual(try leader.client.post("/v1/receipts?client=\(client)", Receipts.pos(id)).status, 201) }
        XCTAssertEqual(try leader.client.post("/v1/receipts?client=c1", #"{"no":"receipt"}"#).status, 422)
        let rollup = #"{"table":"receipts","group_by":{"client_id":"client_id","day":"business_day"},"measures":{"n":"count(*)"}}"#
        let put = try leader.client.put("/v1/rollups/receipts_of_days", rollup)
        XCTAssertEqual(put.status, 201, put.text)
        let secret = try key(leader.client, "c1")
        let (one, leading) = (HTTPClient(port: standby.port, key: secret), HTTPClient(port: leader.port, key: secret))
        XCTAssertTrue(Patience.until { (try? sql(standby.client, "SELECT count(*) FROM rollup_receipts_of_days")).map { $0.status == 200 && $0.headers["till-stale"] != nil } ?? false })
        // What the leader says without the mark.
        func both(_ client: HTTPClient, _ leading: HTTPClient, _ query: String) throws {
            func rows(_ answer: HTTPClient.Answer) -> String? { answer.text.firstMatch(of: #/"rows":(\[.*\])/#).map { String($0.1) } }
            let wanted = try leading.post("/v1/sql", #"{"query":"\#(query)"}"#)
            XCTAssertEqual(wanted.status, 200, "\(query): \(wanted.text)")
            XCTAssertNotNil(rows(wanted), wanted.text)
            // A copy may be some seconds old.
            var own = try sql(client, query)
            XCTAssertTrue(Patience.until {
                own = (try? sql(client, query)) ?? own
                return own.headers["till-stale"] != nil && rows(own) == rows(wanted)
            }, "\(query): \(own.text), not \(wanted.text)")
        }
        let queries = [
            "SELECT client_id, sum(n) AS n FROM rollup_receipts_of_days GROUP BY client_id ORDER BY client_id", "SELECT client_id, state FROM till.tickets ORDER BY ticket_id",
            "SELECT name, state FROM till.steps ORDER BY 1, 2", "SELECT client_id, type FROM till.quarantine", "SELECT count(*) FROM till.dead_letters", "SELECT count(*) FROM till.uploads",
            "SELECT count(*) FROM till.upload_errors", "SELECT count(*) FROM till.executions", "SELECT count(*) > 5 FROM till.comments",
        ]
        for query in queries {
            try both(standby.client, leader.client, query)
            try both(one, leading, query)
        }
        for query in [
            "SELECT client_id, access FROM till.contracts ORDER BY 1", "SELECT name, version FROM till.types ORDER BY 1", "SELECT tier, rows FROM till.files", "SELECT count(*) FROM till.snapshots",
            "SELECT action, outcome FROM till.audit WHERE action <> 'sql' ORDER BY id",
        ] {
            try both(standby.client, leader.client, query)
            XCTAssertEqual(try sql(one, query).status, 400, query)
        }
        XCTAssertEqual(try sql(standby.client, "SELECT state FROM till.queries WHERE state = 'RUNNING'").status, 200)
        // A server that leads counts these, and a copy has no such server.
        for name in ["queues", "usage", "compactions", "metrics"] { XCTAssertEqual(try sql(standby.client, "SELECT * FROM till.\(name)").status, 400, name) }
    }

    func test_keyOfNobody_hasNoCopyMade() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        XCTAssertTrue([200, 201].contains(try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#).status))
        XCTAssertEqual(try leader.client.post("/v1/receipts?client=c1", Receipts.pos("A-1")).status, 201)
        let secret = try key(leader.client, "c1")
        let nobody = HTTPClient(port: standby.port, key: "till_nobody_knows_this_key_at_all")
        for _ in 0..<10 {
            for answer in [try nobody.get("/v1/receipts", Self.stale), try sql(nobody, "SELECT 1")] {
                XCTAssertEqual(answer.status, 401, answer.text)
                // The leader says so: nothing was made here.
                XCTAssertNil(answer.headers["till-stale"])
                XCTAssertEqual(answer.headers["via"], "1.1 \(standby.name)")
            }
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: standby.data.appendingPathComponent("cluster/versions.sqlite").path))
        // A contract's key is known before there is any copy.
        let one = HTTPClient(port: standby.port, key: secret)
        XCTAssertTrue(Patience.until { (try? one.get("/v1/receipts/A-1", Self.stale)).map { $0.status == 200 && $0.headers["till-stale"] != nil } ?? false })
        // By it nobody is refused, too.
        XCTAssertNotNil(try nobody.get("/v1/receipts", Self.stale).headers["till-stale"])
    }

    func test_takeover_beneathReaders_losesNothing_andEndsTheirCopy() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        _ = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        let isOver = Mutex(false)
        let counts = Mutex([String: Int]())
        let port = standby.port
        let done = DispatchGroup()
        for worker in 0..<4 {
            done.enter()
            Thread.detachNewThread {
                let client = HTTPClient(port: port, key: TillServer.adminKey)
                while !isOver.withLock({ $0 }) {
                    let answer = worker % 2 == 0 ? try? client.get("/v1/receipts?limit=50&fields=*", Self.stale) : try? client.post("/v1/sql", #"{"query":"SELECT client_id, count(*), sum(total) FROM receipts GROUP BY 1"}"#, Self.stale)
                    guard let answer else { continue }
                    counts.withLock { $0["\(answer.status)\(answer.headers["till-stale"] == nil ? "" : " stale")", default: 0] += 1 }
                }
                done.leave()
            }
        }
        defer { isOver.withLock { $0 = true } }
        let sent = try PairLoad.run(pair, "A") { load in
            load.more(40)
            XCTAssertTrue(Patience.until { counts.withLock { $0["200 stale"] ?? 0 } > 20 }, "\(counts.withLock { $0 })\n\(standby.logText)")
            leader.kill()
            XCTAssertEqual(try pair.leader().name, standby.name)
            load.more(40)
            XCTAssertNil(try standby.client.get("/v1/receipts?limit=1", Self.stale).headers["till-stale"], "who leads answers for the store")
            try leader.start()
            try pair.waitUntilInSync()
            load.more(20)
        }
        isOver.withLock { $0 = true }
        done.wait()
        XCTAssertEqual(counts.withLock { $0 }.keys.filter { !["200", "200 stale", "503", "503 stale"].contains($0) }, [], "\(counts.withLock { $0 })\n\(standby.logText.suffix(3_000))")
        try PairLoad.check(pair, has: sent.acknowledged, "beneath readers")
    }

    /// The bytes of the store's own files: not what readers of SQLite share, and not what belongs to the pair.
    private func files(_ node: Pair.Node) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: node.data.path) where !name.hasSuffix("-shm") && !name.hasPrefix("cluster") && name != "LOCK" {
            if let data = try? Data(contentsOf: node.data.appendingPathComponent(name)), !data.isEmpty { found[name] = data }
        }
        return found
    }
}
