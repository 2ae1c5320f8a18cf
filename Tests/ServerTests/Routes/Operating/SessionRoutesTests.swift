import ColumnStore
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: a browser's session is worth its key and no more: it ends with it, and no other page can use it. Method: sign in over HTTP, then send the cookie
/// with and without what belongs to it.
final class SessionRoutesTests: XCTestCase {
    private func signIn(_ server: TestServer, _ key: String) throws -> (cookie: String, csrf: String, body: JSONValue) {
        let answer = try server.client(key: nil).post("/v1/session", #"{"key":"\#(key)"}"#)
        XCTAssertEqual(answer.status, 200, answer.text)
        let field = try XCTUnwrap(answer.headers["set-cookie"])
        XCTAssertTrue(field.contains("HttpOnly") && field.contains("SameSite=Strict") && field.contains("Path=/"), field)
        let body = try JSONParser.parse(answer.body)
        return (String(field.prefix { $0 != ";" }), try XCTUnwrap(body["csrf"]?.text), body)
    }

    func test_session_standsForItsKey_andEndsOnTheServer() throws {
        let server = try TestServer()
        let key = try server.key("c1", .readWrite, .own)
        let (cookie, csrf, body) = try signIn(server, key)
        XCTAssertEqual(body["client_id"]?.text, "c1")
        XCTAssertEqual(body["admin"], nil)
        XCTAssertFalse(cookie.contains(key))
        let client = server.client(key: nil)
        let again = try client.get("/v1/session", [("Cookie", "other=1; \(cookie)")])
        XCTAssertEqual(try JSONParser.parse(again.body)["csrf"]?.text, csrf)
        XCTAssertEqual(try JSONParser.parse(try client.get("/v1/me", [("Cookie", cookie)]).body)["access"]?.text, "read-write")
        XCTAssertEqual(try client.get("/v1/contracts", [("Cookie", cookie)]).status, 403)
        XCTAssertEqual(try client.call("DELETE", "/v1/session", headers: [("Cookie", cookie), ("Till-CSRF", csrf)]).status, 204)
        XCTAssertEqual(try client.get("/v1/me", [("Cookie", cookie)]).status, 401)
    }

    /// By TLS of its own, or of another that stands before it.
    func test_cookie_goesOverTLSAlone_whereTheServerIsReachedByIt() throws {
        for isBehindTLS in [false, true] {
            let server = try TestServer(isBehindTLS: isBehindTLS)
            let begun = try server.client(key: nil).post("/v1/session", #"{"key":"\#(TestServer.adminKey)"}"#)
            let field = try XCTUnwrap(begun.headers["set-cookie"])
            XCTAssertEqual(field.hasSuffix("; Secure"), isBehindTLS, field)
            let csrf = try XCTUnwrap(try JSONParser.parse(begun.body)["csrf"]?.text)
            let ended = try server.client(key: nil).call("DELETE", "/v1/session", headers: [("Cookie", String(field.prefix { $0 != ";" })), ("Till-CSRF", csrf)])
            XCTAssertEqual(ended.headers["set-cookie"]?.hasSuffix("; Secure"), isBehindTLS, ended.text)
        }
    }

    func test_changes_needTheToken() throws {
        let server = try TestServer()
        let (cookie, csrf, body) = try signIn(server, TestServer.adminKey)
        XCTAssertEqual(body["admin"], .boolean(true))
        XCTAssertEqual(body["client_id"], .null)
        let client = server.client(key: nil)
        for token in ["", "0", String(csrf.dropLast()), csrf + "0"] {
            let answer = try client.call("PUT", "/v1/contracts/c9", headers: [("Cookie", cookie), ("Till-CSRF", token), ("Content-Type", "application/json")], body: Array(#"{"access":"read","scope":"own"}"#.utf8))
            XCTAssertEqual(answer.status, 403, token)
            XCTAssertTrue(answer.text.contains("/problems/csrf"), answer.text)
        }
        let done = try client.call("PUT", "/v1/contracts/c9", headers: [("Cookie", cookie), ("Till-CSRF", csrf), ("Content-Type", "application/json")], body: Array(#"{"access":"read","scope":"own"}"#.utf8))
        XCTAssertEqual(done.status, 201, done.text)
    }

    func test_revokedKey_endsItsSessions_andUnknownOnesAreNone() throws {
        let server = try TestServer()
        let key = try server.key("c1", .read, .all)
        let (cookie, _, _) = try signIn(server, key)
        server.engine.state.withLock { $0.keys = [:] }
        XCTAssertEqual(try server.client(key: nil).get("/v1/me", [("Cookie", cookie)]).status, 401)
        XCTAssertEqual(try server.client(key: nil).get("/v1/me", [("Cookie", "till-session=zzz")]).status, 401)
        XCTAssertEqual(try server.client(key: nil).post("/v1/session", #"{"key":"nothing"}"#).status, 401)
        XCTAssertEqual(try server.client(key: nil).post("/v1/session", #"{"key":7}"#).status, 400)
    }

    /// Whatever became of the contract or the key: who has the cookie and its token can end the session, and nobody without them.
    func test_session_ends_thoughItsContractIsOver() throws {
        let server = try TestServer()
        let client = server.client(key: nil)
        let over = try server.key("over", .read, .own)
        let revoked = try server.key("revoked", .read, .own)
        let sessions = [try signIn(server, over), try signIn(server, revoked)]
        server.engine.state.withLock { state in
            state.contracts["over"]?.validTo = CalendarText.now - 1
            state.keys = state.keys.filter { $0.value.owner != .client("revoked") }
        }
        XCTAssertEqual(try client.get("/v1/session", [("Cookie", sessions[0].cookie)]).status, 403)
        for (cookie, csrf, _) in sessions {
            XCTAssertEqual(try client.call("DELETE", "/v1/session", headers: [("Cookie", cookie)]).status, 403, "another page may not end it")
            let ended = try client.call("DELETE", "/v1/session", headers: [("Cookie", cookie), ("Till-CSRF", csrf)])
            XCTAssertEqual(ended.status, 204, ended.text)
            XCTAssertEqual(ended.headers["set-cookie"]?.contains("Max-Age=0"), true)
            XCTAssertEqual(try client.call("DELETE", "/v1/session", headers: [("Cookie", cookie), ("Till-CSRF", csrf)]).status, 401)
        }
        XCTAssertEqual(try client.call("DELETE", "/v1/session").status, 404)
    }

    /// The issuer has another key since its set was fetched: who signs in with a token of it waits for the new set, as every other call does.
    func test_tokenOfAKeyThatIsNew_beginsASession() throws {
        let (old, new) = (try TokenKey(.p256), try TokenKey(.p256))
        let answer = Mutex((text: "{\"keys\":[\(try old.jwk(kid: "old"))]}", count: 0))
        let issuer = TestHTTPServer { _ in
            answer.withLock { answer in
                answer.count += 1
                return .init(headers: [("Cache-Control", "max-age=600")], body: answer.text)
            }
        }
        defer { issuer.close() }
        var times = KeySetSource.Times()
        times.unknown = 1e9
        let source = KeySetSource(
            .init("http://127.0.0.1:\(issuer.port)/jwks"), policy: try AddressPolicy(allow: ["127.0.0.1"]), times: times, log: Log(format: .json, level: .error, descriptor: -1))
        defer { source.stop() }
        try source.start()
        let done = DispatchSemaphore(value: 0)
        XCTAssertTrue(source.whenFetched { done.signal() })
        XCTAssertEqual(done.wait(timeout: .now() + Patience.seconds), .success)
        let server = try TestServer(tokens: TokenVerifier(source: source, rules: TokenRules(issuer: nil, audience: nil, claim: "client_id")))
        _ = try server.key("shop", .read, .all)
        try answer.withLock { $0.text = "{\"keys\":[\(try new.jwk(kid: "new"))]}" }
        let (cookie, _, body) = try signIn(server, try new.token(kid: "new", claims: #"{"client_id":"shop","exp":4102444800}"#))
        XCTAssertEqual(body["client_id"]?.text, "shop")
        XCTAssertEqual(try server.client(key: nil).get("/v1/me", [("Cookie", cookie)]).status, 200)
        XCTAssertEqual(answer.withLock { $0.count }, 2)
        let unknown = try new.token(kid: "unknown", claims: #"{"client_id":"shop","exp":4102444800}"#)
        XCTAssertEqual(try server.client(key: nil).post("/v1/session", #"{"key":"\#(unknown)"}"#).status, 401)
        XCTAssertEqual(answer.withLock { $0.count }, 2, "made-up names do not make us call")
    }

    func test_me_saysWhatEachRoleMay() throws {
        let server = try TestServer()
        for role in [Principal.Role.auditor, .metrics] {
            let answer = try JSONParser.parse(try server.client(key: try server.key(role)).get("/v1/me").body)
            XCTAssertEqual(answer["role"]?.text, role.rawValue)
            XCTAssertNil(answer["admin"])
        }
        XCTAssertEqual(try server.client(key: nil).get("/v1/me").status, 401)
    }
}
