import ColumnStore
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: what a call has waited for is nobody's who may not have it by then. Method: calls of each kind that wait, whose key or contract goes before what they wait for comes.
final class WaitingCallsTests: XCTestCase {
    private enum Loss { case none, key, contract }

    private func head(_ line: String, _ key: String, _ more: String = "") -> [UInt8] {
        Array("\(line) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\(more)\r\n".utf8)
    }

    private func lose(_ loss: Loss, _ server: TestServer) {
        server.engine.state.withLock { state in
            if loss == .key { state.keys = [:] }
            if loss == .contract { state.contracts["c"]?.validTo = 1 }
        }
    }

    private func waitForWaiter(_ server: TestServer) { XCTAssertTrue(Patience.until { server.engine.state.withLock { !$0.waiters.isEmpty } }) }

    func test_changes_areOfWhoMayHaveThemByThen() throws {
        for (loss, status) in [(.none, 200), (.key, 401), (.contract, 403)] as [(Loss, Int)] {
            let server = try TestServer()
            let client = server.client()
            try client.send(head("GET /v1/changes?after=5&wait=60", try server.key("c", .read, .own)))
            waitForWaiter(server)
            lose(loss, server)
            server.engine.commit(6)
            let answer = try client.answer()
            XCTAssertEqual(answer.status, status, answer.text)
            XCTAssertEqual(answer.text.contains(#""sequence":6"#), loss == .none, answer.text)
        }
    }

    /// Whoever has ended the sending side alone reads what is answered: nothing new, and not that it was done.
    func test_changes_ofAClientThatOnlySendsNoMore_areThoseUntilThen() throws {
        let server = try TestServer()
        let client = server.client()
        try client.send(head("GET /v1/changes?after=5&wait=60", try server.key("c", .read, .own)))
        waitForWaiter(server)
        client.finishSending()
        // libmicrohttpd may read the end of what is sent before it sends the answer, and closes the connection then.
        if let answer = try? client.answer() {
            XCTAssertEqual(answer.status, 200, answer.text)
            XCTAssertTrue(answer.text.contains(#""next_after":5"#), answer.text)
        }
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.waiters.isEmpty } })
        // 0 of one whose answer did not go out.
        var figures = ""
        let isCounted = try Patience.until {
            figures = try server.client().get("/metrics").text
            return ["200", "0"].contains { figures.contains(#"till_http_requests_total{method="GET",route="/v1/changes",status="\#($0)"} 1"#) }
        }
        XCTAssertTrue(isCounted, figures)
        XCTAssertEqual(server.engine.state.withLock { $0.askedAfter }, [5], "nobody looks once more for who has gone")
    }

    /// A commit of others' has nothing read anew that was read before, but for whoever may see more rows by then.
    func test_changes_areLookedForBehindWhatWasLookedAt() throws {
        let server = try TestServer()
        let client = server.client()
        server.engine.state.withLock { $0.changesAreOthers = true }
        server.engine.commit(5)
        func waitForWaiter(beyond sequence: Int64) {
            XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.waiters.values.contains { $0.sequence == sequence } } })
        }
        try client.send(head("GET /v1/changes?after=1&wait=60", try server.key("c", .read, .own)))
        waitForWaiter(beyond: 5)
        server.engine.commit(6)
        waitForWaiter(beyond: 6)
        server.engine.state.withLock { state in
            state.changesAreOthers = false
            state.contracts["c"]?.scope = .all
        }
        server.engine.commit(7)
        let answer = try client.answer()
        XCTAssertEqual(answer.status, 200, answer.text)
        for sequence in 5...7 { XCTAssertTrue(answer.text.contains(#""sequence":\#(sequence)"#), answer.text) }
        XCTAssertEqual(server.engine.state.withLock { $0.askedAfter }, [1, 5, 1])
    }

    /// It was taken, whoever may hear what became of it: a refusal would have it sent again.
    func test_outcome_isOfWhoMayHearItByThen() throws {
        for loss in [Loss.key, .contract] {
            let server = try TestServer()
            server.engine.state.withLock { $0.outcome = .one(Accepted(summary: FakeEngine.summary(state: .processing), isRepeat: false)) }
            let client = server.client()
            let more = "Prefer: wait=60\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
            try client.send(head("POST /v1/receipts", try server.key("c", .readWrite, .own), more) + Array(#"{"a":1}"#.utf8))
            waitForWaiter(server)
            lose(loss, server)
            server.engine.commit(6)
            let answer = try client.answer()
            XCTAssertEqual(answer.status, 202, answer.text)
            XCTAssertTrue(answer.text.contains("PROCESSING"), answer.text)
        }
    }

    func test_messages_goBackToOthers() throws {
        for (loss, status) in [(.none, 200), (.key, 401), (.contract, 403)] as [(Loss, Int)] {
            let server = try TestServer()
            let queues = server.engine.fakeQueues
            queues.state.withLock { $0.holdsReceivers = true }
            let client = server.client()
            let key = try server.key("c", .read, .own) { $0.uses = .all }
            let body = #"{"wait":20}"#
            try client.send(head("POST /v1/queues/q/receive", key, "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n") + Array(body.utf8))
            XCTAssertTrue(Patience.until { queues.state.withLock { !$0.receivers.isEmpty } })
            lose(loss, server)
            let receivers = queues.state.withLock { $0.receivers }
            for answer in receivers { answer(.success([ReceivedMessage(id: "m", token: "t", body: Array(#""of others""#.utf8), deliveries: 1, enqueuedAt: 0, lockedUntil: 1)])) }
            let answer = try client.answer()
            XCTAssertEqual(answer.status, status, answer.text)
            XCTAssertEqual(answer.text.contains("of others"), loss == .none, answer.text)
            XCTAssertEqual(queues.state.withLock { $0.abandoned }, loss == .none ? [] : ["t"])
        }
    }

    /// A worker that has ended its sending side alone is not told that there was none, and of its messages nobody waits for the end of their locks.
    func test_messages_ofAWorkerThatOnlySendsNoMore_goBackToOthers() throws {
        let server = try TestServer()
        let queues = server.engine.fakeQueues
        queues.state.withLock { $0.holdsReceivers = true }
        let client = server.client()
        let body = #"{"wait":20}"#
        let key = try server.key("c", .read, .own) { $0.uses = .all }
        try client.send(head("POST /v1/queues/q/receive", key, "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n") + Array(body.utf8))
        XCTAssertTrue(Patience.until { queues.state.withLock { !$0.receivers.isEmpty } })
        client.finishSending()
        XCTAssertTrue(Patience.until { queues.state.withLock { $0.cancelCount > 0 } })
        let receivers = queues.state.withLock { $0.receivers }
        for answer in receivers { answer(.success([ReceivedMessage(id: "m", token: "t", body: Array(#""of nobody""#.utf8), deliveries: 1, enqueuedAt: 0, lockedUntil: 1)])) }
        XCTAssertEqual(queues.state.withLock { $0.abandoned }, ["t"])
        // libmicrohttpd may read the end of what is sent before it sends the answer, and closes the connection then.
        if let answer = try? client.answer() {
            XCTAssertEqual(answer.status, 503, answer.text)
            XCTAssertTrue(answer.text.contains("no message was kept for this call"), answer.text)
            XCTAssertFalse(answer.text.contains("turn"), answer.text)
        }
        var figures = ""
        let isCounted = try Patience.until {
            figures = try server.client().get("/metrics").text
            return figures.contains(#"till_http_requests_total{method="POST",route="/v1/queues/{name}/receive",status="0"} 1"#)
        }
        XCTAssertTrue(isCounted, figures)
    }

    func test_queue_thatTheContractMayNotUseAnyMore_isNotThere() throws {
        let server = try TestServer()
        let queues = server.engine.fakeQueues
        queues.state.withLock { $0.holdsReceivers = true }
        let client = server.client()
        let body = #"{"wait":20}"#
        let key = try server.key("c", .read, .own) { $0.uses = .all }
        try client.send(head("POST /v1/queues/q/receive", key, "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n") + Array(body.utf8))
        XCTAssertTrue(Patience.until { queues.state.withLock { !$0.receivers.isEmpty } })
        _ = server.engine.state.withLock { $0.contracts["c"]?.uses = Contract.Uses.none }
        let receivers = queues.state.withLock { $0.receivers }
        for answer in receivers { answer(.success([ReceivedMessage(id: "m", token: "t", body: Array(#""of others""#.utf8), deliveries: 1, enqueuedAt: 0, lockedUntil: 1)])) }
        XCTAssertEqual(try client.answer().status, 404)
        XCTAssertEqual(queues.state.withLock { $0.abandoned }, ["t"])
    }

    /// One owner has six of the eight threads for reads: the seventh call waits for one of them.
    func test_turn_isOfWhoMayHaveItByThen() throws {
        for (loss, status) in [(.none, 200), (.key, 401), (.contract, 403)] as [(Loss, Int)] {
            let isHeld = Mutex(true)
            let count = Mutex(0)
            let held = Route(.get, "/test/held", access: .reader, place: .reads, operation: .undocumented("held")) { _ in
                count.withLock { $0 += 1 }
                Patience.until { isHeld.withLock { !$0 } }
                return Response(status: 200)
            }
            let next = Route(.get, "/test/next", access: .reader, place: .reads, operation: .undocumented("next")) { _ in Response(status: 200) }
            let server = try TestServer(extraRoutes: [held, next])
            let key = try server.key("c", .read, .own)
            let clients = (0..<7).map { _ in server.client() }
            for client in clients.dropLast() { try client.send(head("GET /test/held", key)) }
            XCTAssertTrue(Patience.until { count.withLock { $0 } == 6 })
            try clients[6].send(head("GET /test/next", key))
            let admin = server.client()
            XCTAssertTrue(try Patience.until { try admin.get("/metrics").text.contains(#"till_pool_jobs{pool="read",state="waiting"} 1\#n"#) })
            // Longer than a turn that nobody is asked for anew, counted from where it waits.
            let began = SteadyClock.seconds()
            Patience.until { SteadyClock.seconds() - began > 1.5 }
            lose(loss, server)
            isHeld.withLock { $0 = false }
            XCTAssertEqual(try clients[6].answer().status, status)
            for client in clients.dropLast() { XCTAssertEqual(try client.answer().status, 200) }
        }
    }

    func test_job_isToldToAKeyThatCounts() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.isVerifyHeld = true }
        let key = try server.key(.admin)
        let (starting, waiting) = (server.client(), server.client())
        try starting.send(head("POST /v1/admin/verify?wait=600", key))
        let admin = server.client()
        let id = try XCTUnwrap(try Patience.value { try admin.get("/v1/admin/jobs").text.firstMatch(of: #/"id":"(j_[^"]+)"/#).map { String($0.1) } })
        try waiting.send(head("GET /v1/admin/jobs/\(id)?wait=600", key))
        // Who was let in and finds the job over does not wait, and is not asked anew.
        XCTAssertTrue(Patience.until { server.context.jobs.job(id)?.waiterCount == 2 })
        lose(.key, server)
        server.engine.state.withLock { $0.isVerifyHeld = false }
        for client in [starting, waiting] {
            let answer = try client.answer()
            XCTAssertEqual(answer.status, 401, answer.text)
        }
    }
}
