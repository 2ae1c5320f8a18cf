import ColumnStore
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: neither a connection's thread that works long nor a client that takes nothing keeps the server from others. Method: real sockets, every thread held up
/// by a route of the test's own, or an answer that nobody reads.
final class HeldUpTests: XCTestCase {
    private static func route(_ path: String, _ handle: @escaping @Sendable (Call) throws -> Response?) -> Route {
        Route(.get, path, access: .open, operation: Operation("test", "", answers: []), handle: handle)
    }

    /// Both threads of connections are held up until somebody was answered who asked later.
    func test_connections_whileEveryThreadIsHeldUp_areServedByTheStandIn() throws {
        let isAnswered = Mutex(false)
        let heldCount = Atomic<Int>(0)
        let held = Self.route("/test/held") { _ in
            heldCount.add(1, ordering: .relaxed)
            Patience.until { isAnswered.withLock({ $0 }) }
            return Response(status: 200, contentType: "text/plain", bytes: Array((isAnswered.withLock { $0 } ? "free" : "held").utf8))
        }
        let server = try TestServer(extraRoutes: [held])
        var clients: [HTTPClient] = []
        // One after another, until each thread has one: which takes a connection is by chance.
        try Patience.until(pauseMilliseconds: 50) {
            if heldCount.load(ordering: .relaxed) >= 2 { return true }
            let client = server.client()
            try client.send(Array("GET /test/held HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            clients.append(client)
            return false
        }
        XCTAssertGreaterThanOrEqual(heldCount.load(ordering: .relaxed), 2, "no second thread was held up")
        XCTAssertEqual(try server.client().get("/healthz").status, 200)
        isAnswered.withLock { $0 = true }
        for client in clients { XCTAssertEqual(try client.answer().text, "free", "the held threads gave up before anybody else was answered") }
    }

    /// One key has more calls under way than administration has threads and places for anybody: whoever would revoke it is served.
    func test_administration_whileOneKeyAsksForAllOfIt_isServed() throws {
        let isAnswered = Mutex(false)
        let heldCount = Atomic<Int>(0)
        let held = Route(.get, "/test/held", access: .reader, place: .control, operation: Operation("test", "", answers: [])) { _ in
            heldCount.add(1, ordering: .relaxed)
            Patience.until { isAnswered.withLock({ $0 }) }
            return Response(status: 200, contentType: "text/plain", bytes: Array((isAnswered.withLock { $0 } ? "free" : "held").utf8))
        }
        let server = try TestServer(extraRoutes: [held])
        let key = try server.key("c1", .read, .own)
        let clients = try (0..<80).map { _ in
            let client = server.client()
            try client.send(Array("GET /test/held HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8))
            return client
        }
        XCTAssertTrue(Patience.until(pauseMilliseconds: 50) { heldCount.load(ordering: .relaxed) >= 3 })
        let answer = try server.client().get("/v1/contracts")
        XCTAssertEqual(answer.status, 200, answer.text)
        isAnswered.withLock { $0 = true }
        for client in clients { XCTAssertEqual(try client.answer().text, "free") }
    }

    /// Whoever has as many under way as may be hears when to ask again, as whoever is over the contract's rate does.
    func test_requestBeyondThoseUnderWay_isToldWhenToComeAgain() throws {
        var limits = DoorLimits()
        limits.memory.requestCount = 1
        let server = try TestServer(limits: limits)
        let key = try server.key("c1", .read, .own)
        let waiting = server.client()
        try waiting.send(Array("GET /v1/changes?after=5&wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until { server.engine.state.withLock { !$0.waiters.isEmpty } })
        let refused = try server.client(key: key).get("/v1/changes?after=5")
        XCTAssertEqual(refused.status, 429, refused.text)
        XCTAssertEqual(refused.headers["retry-after"], "1")
        server.engine.commit(6)
        XCTAssertEqual(try waiting.answer().status, 200)
    }

    /// Pieces that are slow stand for a client that takes them slowly, which the count does not tell apart: the limit is one for all of them.
    func test_answerThatIsMadeAsItIsSent_hasOneTimeForAllOfIt() throws {
        let began = SteadyClock.seconds()
        let route = Self.route("/test/pieces") { _ in
            Response(status: 200, contentType: "text/plain", stream: ResponseStream {
                usleep(10_000)
                // It ends where nobody ends it.
                return SteadyClock.seconds() - began > 60 ? nil : [UInt8](repeating: 0x61, count: 1_000)
            })
        }
        let server = try TestServer(extraRoutes: [route], idleTimeout: 600, slowSeconds: 0.5, byteRate: 1e12)
        let client = server.client()
        try client.send(Array("GET /test/pieces HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        XCTAssertTrue((try? client.answer().isCut) ?? true)
        XCTAssertTrue(Patience.until { server.listener.inFlightCount == 0 })
    }

    /// A page lies ready; the client takes none of it. Its connection ends, and with it what the answer holds.
    func test_answer_thatNobodyTakes_endsItsConnection() throws {
        let isAsked = Atomic<Bool>(false)
        let route = Self.route("/test/large") { _ in
            isAsked.store(true, ordering: .relaxed)
            return Response(status: 200, contentType: "text/plain", bytes: [UInt8](repeating: 0x61, count: 48 << 20))
        }
        let server = try TestServer(extraRoutes: [route], idleTimeout: 600, slowSeconds: 0.5, byteRate: 1e9)
        let client = server.client()
        try client.send(Array("GET /test/large HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until(pauseMilliseconds: 1) { isAsked.load(ordering: .relaxed) })
        XCTAssertTrue(Patience.until(pauseMilliseconds: 20) { server.listener.inFlightCount == 0 }, "an answer that nobody takes is kept")
        // Some of it lay in the system's buffers, and the rest never comes.
        XCTAssertTrue((try? client.answer().isCut) ?? true)
        XCTAssertEqual(try server.client().get("/healthz").status, 200)
    }
}
