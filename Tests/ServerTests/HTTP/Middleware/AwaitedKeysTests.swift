import ColumnStore
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: a request whose token's key is being fetched is kept within bounds, and then served as any other. Method: an issuer that answers when the test says so.
final class AwaitedKeysTests: XCTestCase {
    /// The issuer's answer comes once `isHeld` is false.
    private final class Issuer: Sendable {
        let isHeld = Mutex(true)
    }

    private func serverAndToken(_ issuer: Issuer, _ routes: [Route], signer given: TokenKey? = nil) throws -> (server: TestServer, token: String) {
        let signer = try given ?? TokenKey(.p256)
        let set = "{\"keys\":[\(try signer.jwk(kid: "k"))]}"
        let door = TestHTTPServer { _ in
            Patience.until { issuer.isHeld.withLock { !$0 } }
            return .init(body: set)
        }
        addTeardownBlock { door.close() }
        var times = KeySetSource.Times()
        times.timeout = Patience.seconds
        let source = KeySetSource(
            .init("http://127.0.0.1:\(door.port)/jwks"), policy: try AddressPolicy(allow: ["127.0.0.1"]), times: times, log: Log(format: .json, level: .error, descriptor: -1))
        addTeardownBlock { source.stop() }
        try source.start()
        let server = try TestServer(extraRoutes: routes, tokens: TokenVerifier(source: source, rules: TokenRules(issuer: nil, audience: nil, claim: "client_id")))
        _ = try server.key("shop", .read, .all)
        return (server, try signer.token(kid: "k", claims: #"{"client_id":"shop","exp":4102444800}"#))
    }

    func test_longBody_isRefusedForAWhile_andTakenOnceTheKeysAreHere() throws {
        let issuer = Issuer()
        defer { issuer.isHeld.withLock { $0 = false } }
        let echo = Route(.post, "/test/length", access: .reader, body: .documents, operation: .undocumented("test")) { call in
            Response(status: 200, contentType: "text/plain", bytes: Array("\(call.request.body.count)".utf8))
        }
        let (server, token) = try serverAndToken(issuer, [echo])
        let client = server.client(key: token)
        let body = [UInt8](repeating: 0x61, count: 2 << 20)
        let announced = try client.call("POST", "/test/length", body: body)
        let head = "POST /test/length HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nTransfer-Encoding: chunked\r\n\r\n"
        try client.send(Array("\(head)\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8))
        for answer in [announced, try client.answer()] {
            XCTAssertEqual(answer.status, 503, answer.text)
            XCTAssertEqual(answer.headers["retry-after"], "1")
            XCTAssertTrue(answer.text.contains("/problems/overloaded"), answer.text)
        }
        let short = server.client(key: token)
        try short.send(Array("POST /test/length HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Length: 3\r\n\r\nabc".utf8))
        issuer.isHeld.withLock { $0 = false }
        XCTAssertEqual(try short.answer().text, "3")
        XCTAssertEqual(try client.call("POST", "/test/length", body: body).text, "\(body.count)")
    }

    /// Of two whose hang-ups are seen at once one waits for a commit: that it waits no more tells that both were. libmicrohttpd may read the end of what is sent before it sends an answer,
    /// and closes the connection then.
    func test_signIn_ofAClientThatOnlySendsNoMore_isASession() throws {
        let issuer = Issuer()
        defer { issuer.isHeld.withLock { $0 = false } }
        let (server, token) = try serverAndToken(issuer, [])
        let (signing, waiting) = (server.client(key: nil), server.client(key: nil))
        let body = #"{"key":"\#(token)"}"#
        try signing.send(Array("POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
        try waiting.send(Array("GET /v1/changes?after=0&wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until { server.listener.inFlightCount == 2 && server.engine.state.withLock { !$0.waiters.isEmpty } })
        for client in [signing, waiting] { client.finishSending() }
        if let answer = try? waiting.answer() { XCTAssertEqual(answer.status, 200) }
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.waiters.isEmpty } })
        issuer.isHeld.withLock { $0 = false }
        if let begun = try? signing.answer() {
            XCTAssertEqual(begun.status, 200, begun.text)
            XCTAssertNotNil(begun.headers["set-cookie"])
        }
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.sessions.count == 1 } }, "whatever came of the answer")
    }

    /// A start has no keys for a moment. A session whose key is withdrawn is not let in by that, and one whose key is there is not refused.
    func test_sessionOfAToken_waitsForTheFirstSet() throws {
        let issuer = Issuer()
        defer { issuer.isHeld.withLock { $0 = false } }
        let signer = try TokenKey(.p256)
        let (server, _) = try serverAndToken(issuer, [], signer: signer)
        let keys = try KeySet(Array("{\"keys\":[\(try signer.jwk(kid: "k"))]}".utf8)).candidates(kid: "k", .es256)
        let present = try XCTUnwrap(keys.first).thumbprint
        for (secret, key) in [("present", present), ("withdrawn", [UInt8](repeating: 7, count: 32))] {
            let session = BrowserSession(.token(clientID: "shop", expiresAt: .max, key: key), usedAt: CalendarText.now)
            server.engine.state.withLock { $0.sessions[APIKey.sha256(of: secret)] = session }
        }
        let clients = try ["present", "withdrawn"].map { secret in
            let client = server.client(key: nil)
            try client.send(Array("GET /v1/me HTTP/1.1\r\nHost: x\r\nCookie: till-session=\(secret)\r\n\r\n".utf8))
            return client
        }
        XCTAssertTrue(Patience.until { server.listener.inFlightCount == 2 }, "they wait")
        issuer.isHeld.withLock { $0 = false }
        XCTAssertEqual(try clients.map { try $0.answer().status }, [200, 401])
        XCTAssertNil(server.engine.state.withLock { $0.sessions[APIKey.sha256(of: "withdrawn")] }, "it is over for good")
    }

    /// The REST catalog's refusals read no body: one of somebody who is not known yet is bounded all the same.
    func test_bodyThatNobodyWants_isRefusedForAWhile_andReadPastOnceTheKeysAreHere() throws {
        let issuer = Issuer()
        defer { issuer.isHeld.withLock { $0 = false } }
        let (server, token) = try serverAndToken(issuer, IcebergRoutes.all)
        let client = server.client(key: token)
        let body = [UInt8](repeating: 0x61, count: 2 << 20)
        let path = "/iceberg/v1/namespaces"
        let early = try client.call("POST", path, body: body)
        XCTAssertEqual(early.status, 503, early.text)
        XCTAssertTrue(early.text.contains("ServiceUnavailableException"), early.text)
        let short = server.client(key: token)
        try short.send(Array("POST \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Length: 3\r\n\r\nabc".utf8))
        issuer.isHeld.withLock { $0 = false }
        XCTAssertEqual(try short.answer().status, 403)
        let late = try client.call("POST", path, body: body)
        XCTAssertEqual(late.status, 403, late.text)
        XCTAssertTrue(late.text.contains("ForbiddenException"), late.text)
    }

    /// Administration has four threads, and all who are nobody three of them; of reads one credential has six of eight.
    func test_callsThatHaveWaited_runWhereOthersOfTheirRouteRun() throws {
        let issuer = Issuer()
        let isRead = Mutex(false)
        let count = Atomic<Int>(0)
        defer {
            issuer.isHeld.withLock { $0 = false }
            isRead.withLock { $0 = true }
        }
        let held = Route(.get, "/test/held", access: .reader, place: .reads, operation: .undocumented("held")) { _ in
            count.add(1, ordering: .relaxed)
            Patience.until { isRead.withLock { $0 } }
            return Response(status: 200)
        }
        let (server, token) = try serverAndToken(issuer, [held])
        let clients = try (0..<5).map { _ in
            let client = server.client()
            try client.send(Array("GET /test/held HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8))
            return client
        }
        XCTAssertTrue(Patience.until { server.listener.inFlightCount == 5 })
        issuer.isHeld.withLock { $0 = false }
        XCTAssertTrue(Patience.until { count.load(ordering: .relaxed) == 5 }, "they hold up administration")
        XCTAssertEqual(try server.client().get("/v1/contracts").status, 200)
        isRead.withLock { $0 = true }
        for client in clients { XCTAssertEqual(try client.answer().status, 200) }
    }
}
