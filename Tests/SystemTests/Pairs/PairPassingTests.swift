import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: clients may ask any node of a pair. Method: the same requests at both, as they are and with what may not be passed on; then without a leader; with one that loses
/// what proves that it leads, or stands still, while requests wait at it.
final class PairPassingTests: XCTestCase {
    private func begin(_ pair: Pair) throws -> (leader: Pair.Node, standby: Pair.Node) {
        let leader = try pair.leader()
        try pair.waitUntilInSync()
        let standby = pair.other(than: leader)
        let made = try standby.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        XCTAssertTrue([200, 201].contains(made.status), made.text)
        return (leader, standby)
    }

    func test_standby_passesRequestsOn_asTheyAre() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try begin(pair)
        let (near, far) = (leader.client, standby.client)
        let posted = try far.post("/v1/receipts?client=c1", Receipts.pos("A-1-1"), [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
        XCTAssertTrue([200, 201].contains(posted.status), posted.text)
        XCTAssertEqual(posted.headers["via"], "1.1 \(standby.name)")
        XCTAssertEqual(posted.headers["x-request-id"], "0af7651916cd43dd8448eb211c80319c")
        // The same bytes, types and statuses; of those that are long, too.
        for path in ["/openapi.json", "/v1/receipts/A-1-1?client=c1", "/v1/receipts/nobody?client=c1", "/v1/contracts/c1", "/v1/nothing%2Fthere?a=%20b", "/console/"] {
            let (one, other) = (try near.get(path), try far.get(path))
            XCTAssertEqual(other.status, one.status, path)
            XCTAssertEqual(other.headers["content-type"], one.headers["content-type"], path)
            XCTAssertEqual(other.headers["content-length"], one.headers["content-length"], path)
            if one.status == 200 { XCTAssertTrue(other.body == one.body, path) }
            let (head, otherHead) = (try near.call("HEAD", path), try far.call("HEAD", path))
            XCTAssertEqual(otherHead.status, head.status, path)
        }
        let none = HTTPClient(port: standby.port)
        XCTAssertEqual(try none.get("/v1/contracts/c1").status, 401)
        XCTAssertEqual(try far.delete("/v1/contracts/nobody").status, try near.delete("/v1/contracts/nobody").status)
        // Longer than is kept in memory, with a length and in chunks.
        let long = Receipts.pos("A-1-2", extra: #","note":"\#(String(repeating: "x", count: 300_000))""#)
        let whole = try far.post("/v1/receipts?client=c1", long)
        let direct = try near.post("/v1/receipts?client=c1", long)
        XCTAssertEqual(direct.status, 200, "the second time it is known: \(direct.text.prefix(300))")
        XCTAssertTrue([200, 201].contains(whole.status), whole.text)
        let chunked = HTTPClient(port: standby.port)
        let document = Array(Receipts.pos("A-1-3").utf8)
        try chunked.send(Array("POST /v1/receipts?client=c1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(TillServer.adminKey)\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: X-Mine\r\nX-Mine: 1\r\n\r\n".utf8))
        for piece in [document.prefix(100), document.dropFirst(100)] { try chunked.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)) }
        try chunked.send(Array("0\r\n\r\n".utf8))
        XCTAssertTrue([200, 201].contains(try chunked.answer().status))
        try PairLoad.check(pair, has: ["A-1-1", "A-1-2", "A-1-3"], "through the standby")
    }

    func test_standby_answersForItself_whatIsItsOwn_andPassesNothingOnTwice() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try begin(pair)
        XCTAssertEqual(try standby.client.get("/healthz").status, 200)
        let figures = try standby.client.get("/metrics")
        XCTAssertEqual(figures.status, 200, figures.text)
        for name in ["process_resident_memory_bytes", "till_build_info", "till_cluster_record", "till_cluster_records_bytes", "till_cluster_checkpoint_failing"] {
            XCTAssertTrue(figures.text.contains("\n# TYPE \(name) gauge\n\(name)"), "\(name): \(figures.text)")
        }
        XCTAssertFalse(figures.text.contains("till_ready"), "nothing is the matter with a standby")
        for key in ["Bearer nobody", ""] { XCTAssertEqual(try standby.client.get("/metrics", [("Authorization", key)]).status, 401, key) }
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(#""role":"standby""#) == true }, standby.ready?.text ?? "")
        XCTAssertEqual(standby.ready?.status, 503)
        func checkHeads(_ node: Pair.Node, ready: Int) throws {
            for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/readyz", ready)] {
                XCTAssertEqual(try node.client.get(path).status, status, "\(node.name) \(path)")
                let head = try node.client.call("HEAD", path)
                XCTAssertEqual(head.status, status, "HEAD \(node.name) \(path)")
                XCTAssertEqual(head.body, [])
            }
        }
        try checkHeads(standby, ready: 503)
        try checkHeads(leader, ready: 200)
        // A leader that waits for its standby.
        standby.kill()
        XCTAssertTrue(Patience.until { leader.ready?.status == 503 }, leader.ready?.text ?? "")
        try checkHeads(leader, ready: 503)
        try standby.start()
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(#""role":"standby""#) == true }, standby.ready?.text ?? "")
        let marked = try standby.client.post("/v1/receipts?client=c1", Receipts.pos("A-1-1"), [("Till-Passed", "x")])
        XCTAssertEqual(marked.status, 503)
        XCTAssertTrue(marked.text.contains("not-leader"), marked.text)
        XCTAssertEqual(marked.headers["till-passed"], "refused")
        XCTAssertEqual(marked.headers["till-leader"], "http://127.0.0.1:\(leader.port)")
        // Neither is there anybody to lead once the leader is gone, and the standby began anew: it cannot know that it has everything.
        leader.kill()
        standby.kill()
        try standby.start()
        XCTAssertTrue(Patience.until { standby.ready?.text.contains(#""leader":"\#(leader.name)""#) == true }, standby.ready?.text ?? "")
        let alone = try standby.client.post("/v1/receipts?client=c1", Receipts.pos("A-1-1"))
        XCTAssertEqual(alone.status, 503)
        XCTAssertTrue(alone.text.contains("not-leader"), alone.text)
        XCTAssertEqual(alone.headers["retry-after"], "1")
    }

    /// What comes while nobody leads waits for who will, and what was under way is sent again.
    func test_leader_killed_requestsAtTheStandby_waitForIt() throws {
        let pair = try Pair(degrades: true)
        defer { pair.remove() }
        let (leader, standby) = try begin(pair)
        let sent = try PairLoad.run(pair, "A") { load in
            load.more(40)
            leader.kill()
            XCTAssertEqual(try pair.leader().name, standby.name)
            load.more(40)
            try leader.start()
            try pair.waitUntilInSync()
            load.more(40)
        }
        try PairLoad.check(pair, has: sent.acknowledged, "after a kill")
    }

    /// As a read does: what the node refuses that is about to lead no more is no answer to it.
    func test_lead_moves_questionsWithoutABodyWaitForIt() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try begin(pair)
        let asked = Mutex((count: 0, refusals: 0, isOver: false))
        let (done, port) = (DispatchGroup(), standby.port)
        done.enter()
        Thread.detachNewThread {
            let client = HTTPClient(port: port)
            while !asked.withLock({ $0.isOver }) {
                // One that this node gives itself, where nobody came to lead for long, bears no such field.
                let answer = try? client.call("HEAD", "/openapi.json")
                asked.withLock { asked in
                    asked.count += 1
                    if let answer, answer.status == 503, answer.headers["via"] != nil { asked.refusals += 1 }
                }
                usleep(1_000)
            }
            done.leave()
        }
        defer { asked.withLock { $0.isOver = true } }
        XCTAssertTrue(Patience.until { asked.withLock { $0.count >= 20 } })
        for next in [standby, leader] { XCTAssertTrue(pair.transfer(to: next)) }
        asked.withLock { $0.isOver = true }
        XCTAssertTrue(done.waitPatiently())
        XCTAssertEqual(asked.withLock { $0.refusals }, 0)
    }

    // MARK: Who leads no more

    private typealias Answer = (status: Int, text: String, leader: String?)

    /// Requests that go on while a test does, by a connection of their own each.
    private final class Waiting: Sendable {
        private let answers = Mutex<[Answer]>([])
        private let ended = Mutex(0)
        private let done = DispatchGroup()

        func ask(_ body: @escaping @Sendable () throws -> HTTPClient.Answer) {
            done.enter()
            Thread.detachNewThread { [self] in
                defer {
                    ended.withLock { $0 += 1 }
                    done.leave()
                }
                guard let answer = try? body() else { return }
                answers.withLock { $0.append((answer.status, answer.text, answer.headers["till-leader"])) }
            }
        }

        /// Those that have ended, answered or not.
        var endedCount: Int { ended.withLock { $0 } }

        func wait() -> [Answer] {
            XCTAssertTrue(done.waitPatiently())
            return answers.withLock { $0 }
        }
    }

    private func post(_ node: Pair.Node, _ id: String) -> @Sendable () throws -> HTTPClient.Answer {
        let port = node.port
        return { try HTTPClient(port: port, key: TillServer.adminKey).post("/v1/receipts?client=c1", Receipts.pos(id)) }
    }

    /// Neither the standby nor the object can be heard: its lease ends while a document and a question wait.
    func test_leader_whoseLeaseEnds_refusesWhatWaits_asNotLeader() throws {
        let pair = try Pair()
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        let stillness = Stillness()
        pair.killWitness()
        standby.send(SIGSTOP)
        XCTAssertTrue(Patience.until { !leader.isRunning || leader.ready?.status == 503 }, leader.ready?.text ?? "no answer")
        let (documents, questions, port) = (Waiting(), Waiting(), leader.port)
        documents.ask(post(leader, "A-1-1"))
        // It is answered as long as that is proven.
        questions.ask { try Self.askUntilRefused { try HTTPClient(port: port, key: TillServer.adminKey).get("/v1/contracts/c1") } }
        XCTAssertEqual(leader.waitForEnd(), 75, leader.logText.suffix(2_000).description)
        let (document, question) = (documents.wait(), questions.wait())
        let isEnded = document.allSatisfy { $0.text.contains("/not-leader") && $0.text.contains("may be stored") }
        for answer in document { XCTAssertTrue(answer.status == 503 && answer.text.contains(#""outcome":"unknown""#), answer.text) }
        // A query gets the answer at once that nobody is heard who could prove it, or that the lease is over.
        for answer in question { XCTAssertTrue(answer.status == 503 && (answer.text.contains("/not-leader") || answer.text.contains("cannot prove that it leads")), answer.text) }
        // On a busy machine they may have come too late, and the document have waited for longer than a call does before the lease was over.
        if stillness.wasShort() {
            XCTAssertEqual([document.count, question.count], [1, 1])
            XCTAssertTrue(isEnded, "\(document)")
        }
    }

    /// - Returns: the first answer that is a refusal, or the one that came as it was over.
    private static func askUntilRefused(until isOver: () -> Bool = { false }, _ ask: () throws -> HTTPClient.Answer) throws -> HTTPClient.Answer {
        while true {
            let answer = try ask()
            if answer.status >= 300 || isOver() { return answer }
        }
    }

    /// Longer than the lease: what came meanwhile is nobody's to be acknowledged by, and gets an answer that says who leads once that is known.
    func test_leader_thatStoodStill_tellsWhatCameMeanwhileWhoLeads_andFollows() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        leader.send(SIGSTOP)
        let waiting = Waiting()
        for number in 0..<4 { waiting.ask(post(leader, "A-\(number)-1")) }
        XCTAssertEqual(try pair.leader(other: leader).name, standby.name)
        let sent = PairLoad.acknowledged(pair, "B") { load in
            load.more(20)
            leader.send(SIGCONT)
        }
        for answer in waiting.wait() {
            // Whoever came late enough is passed on.
            if [200, 201].contains(answer.status) { continue }
            XCTAssertEqual(answer.status, 503, answer.text)
            XCTAssertTrue(answer.text.contains("/not-leader"), answer.text)
        }
        XCTAssertEqual(leader.waitForEnd(), 75, leader.logText.suffix(2_000).description)
        XCTAssertTrue(Patience.until { leader.logText.contains("leads no more") }, leader.logText.suffix(2_000).description)
        try leader.start()
        try pair.waitUntilInSync()
        try PairLoad.check(pair, has: sent, "after a leader stood still")
    }

    /// What was passed on to it and may not be asked twice: nobody knows, and the description says which problem that is.
    func test_leaderThatStandsStill_withWhatWasPassedOn_isLost_andNobodyKnows() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let leader = try pair.begin().leader
        XCTAssertEqual(try leader.client.put("/v1/queues/q1", "{}").status, 201)
        let described = try JSONSerialization.jsonObject(with: Data(leader.client.get("/openapi.json").body)) as? [String: Any]
        let path = (described?["paths"] as? [String: [String: [String: Any]]])?["/v1/queues/{name}/messages"]
        let refusal = (path?["post"]?["responses"] as? [String: [String: Any]])?["503"]
        XCTAssertEqual((refusal?["description"] as? String)?.contains("storage-unavailable, not-leader"), true)
        XCTAssertNotNil((refusal?["headers"] as? [String: Any])?["Till-Leader"])
        // On a busy machine the lead may have moved, or nothing be under way, at the moment when the leader stops.
        var refusals: [Answer] = []
        let isLost = try (0..<10).contains { _ in
            refusals += try refusalsOfWhatWasPassedOn(pair)
            return refusals.contains { $0.text.contains("nobody knows whether it did") }
        }
        XCTAssertTrue(isLost, "\(refusals)")
        for answer in refusals { XCTAssertTrue(answer.status == 503 && answer.text.contains("/not-leader"), "\(answer)") }
    }

    /// Sends messages through the standby all the time, and stops the leader under them until the standby leads.
    private func refusalsOfWhatWasPassedOn(_ pair: Pair) throws -> [Answer] {
        let (leader, standby) = try pair.begin()
        let (waiting, port, workerCount) = (Waiting(), standby.port, 4)
        let answered = Mutex((count: 0, isOver: false))
        for _ in 0..<workerCount {
            waiting.ask {
                try Self.askUntilRefused(until: { answered.withLock { $0.isOver } }) {
                    defer { answered.withLock { $0.count += 1 } }
                    return try HTTPClient(port: port, key: TillServer.adminKey).post("/v1/queues/q1/messages", #"{"messages":[{"body":{"a":1}}]}"#)
                }
            }
        }
        defer { answered.withLock { $0.isOver = true } }
        // Unless all have ended before.
        XCTAssertTrue(Patience.until { answered.withLock { $0.count >= 2 * workerCount } || waiting.endedCount == workerCount })
        leader.send(SIGSTOP)
        XCTAssertEqual(try pair.leader(other: leader).name, standby.name)
        answered.withLock { $0.isOver = true }
        let answers = waiting.wait()
        leader.send(SIGCONT)
        try pair.waitUntilInSync()
        return answers.filter { $0.status >= 300 }
    }

    /// A standby that stood still is let in again, and has what was acknowledged without it.
    func test_standby_thatStoodStill_comesBack_andHasAll() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        standby.send(SIGSTOP)
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""mode":"log""#) == true && leader.ready?.status == 200 }, leader.ready?.text ?? "no answer")
        let sent = PairLoad.acknowledged(pair, "C") { load in
            load.more(20)
            standby.send(SIGCONT)
        }
        try pair.waitUntilInSync()
        XCTAssertTrue(Patience.until { pair.digestsAgree })
        try PairLoad.check(pair, has: sent, "after a standby stood still")
    }
}
