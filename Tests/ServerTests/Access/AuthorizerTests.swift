import ColumnStore
import Documents
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: the table "who may do what", as far as the server decides it. Method: every call with every kind of credential, over HTTP.
final class AuthorizerTests: XCTestCase {
    private enum Who: String, CaseIterable { case nobody, stranger, ownRead, ownWrite, allRead, allWrite, metrics, auditor, admin }

    /// Who may make each call, decided here and not in the sources: a call that is missing has not been thought about.
    ///
    /// `open`, `signed`; else the first letters of those let in: contracts `r`eading, contracts `w`riting, `m`etrics, `a`uditors. The
    /// administrator always.
    private static let decisions: [String: String] = [
        "GET /healthz": "open", "GET /readyz": "open", "GET /openapi.json": "open", "GET /problems/{slug}": "open",
        "POST /v1/callbacks/{registrar}": "signed",
        "POST /v1/receipts": "w", "GET /v1/receipts": "rw", "GET /v1/receipts/{receipt_id}": "rw",
        "GET /v1/receipts/{receipt_id}/versions": "rw", "DELETE /v1/receipts/{receipt_id}": "w",
        "POST /v1/exports": "rw", "GET /v1/exports": "rw", "GET /v1/exports/{id}": "rw", "DELETE /v1/exports/{id}": "rw", "GET /v1/exports/{id}/file": "link", "GET /v1/tickets/{ticket_id}": "rw",
        "POST /v1/uploads": "w", "GET /v1/uploads": "rw", "GET /v1/uploads/{id}": "rw", "GET /v1/uploads/{id}/errors": "rw", "DELETE /v1/uploads/{id}": "w",
        "POST /v1/uploads/{id}/revert": "w", "PUT /v1/uploads/{id}/file": "link", "HEAD /v1/uploads/{id}/file": "link", "PATCH /v1/uploads/{id}/file": "link",
        "POST /v1/uploads/{id}/file": "link", "OPTIONS /v1/uploads/{id}/file": "open",
        "GET /v1/changes": "rw", "POST /v1/sql": "rw", "GET /v1/dead-letters": "rw", "POST /v1/dead-letters/{id}/redrive": "w",
        "GET /v1/types": "rwa", "GET /v1/types/{name}": "rwa", "GET /v1/types/{name}/versions": "rwa", "PUT /v1/types/{name}": "", "DELETE /v1/types/{name}": "",
        "GET /v1/rollups": "rwa", "GET /v1/rollups/{name}": "rwa", "PUT /v1/rollups/{name}": "", "DELETE /v1/rollups/{name}": "", "GET /v1/admin/advice": "",
        "GET /v1/views": "rw", "GET /v1/views/{name}": "rw", "PUT /v1/views/{name}": "", "DELETE /v1/views/{name}": "",
        "GET /v1/quarantine": "rwa", "GET /v1/quarantine/{ticket_id}": "rwa",
        "GET /v1/contracts": "a", "GET /v1/contracts/{client_id}": "a", "PUT /v1/contracts/{client_id}": "", "DELETE /v1/contracts/{client_id}": "", "GET /v1/contracts/{client_id}/usage": "rw",
        "GET /v1/contracts/{client_id}/keys": "a", "POST /v1/contracts/{client_id}/keys": "", "DELETE /v1/contracts/{client_id}/keys/{id}": "",
        "GET /v1/admin/keys": "a", "POST /v1/admin/keys": "", "DELETE /v1/admin/keys/{id}": "",
        "GET /v1/cluster": "a", "POST /v1/cluster/transfer": "", "POST /v1/cluster/found": "", "DELETE /v1/cluster/nodes/{name}": "", "PUT /v1/cluster/nodes/{name}": "",
        "GET /v1/audit": "a", "GET /v1/admin/audit": "a", "GET /metrics": "m",
        "POST /v1/admin/compact": "", "POST /v1/admin/backup": "", "POST /v1/admin/verify": "", "POST /v1/admin/move": "", "POST /v1/admin/rebuild": "",
        "DELETE /v1/admin/quarantine": "", "DELETE /v1/admin/quarantine/{ticket_id}": "", "DELETE /v1/admin/dead-letters": "",
        "DELETE /v1/admin/dead-letters/{id}": "",
        "GET /v1/processes": "a", "GET /v1/processes/{name}": "a", "PUT /v1/processes/{name}": "", "DELETE /v1/processes/{name}": "",
        "POST /v1/processes/{name}/executions": "w", "GET /v1/executions": "rw", "GET /v1/executions/{execution_id}": "rw",
        "GET /v1/executions/{execution_id}/history": "rw", "POST /v1/executions/{execution_id}/abort": "w", "POST /v1/executions/{execution_id}/redrive": "w",
        "POST /v1/tasks/{token}/success": "rw", "POST /v1/tasks/{token}/failure": "rw", "POST /v1/tasks/{token}/heartbeat": "rw",
        "GET /v1/me": "rwma", "GET /v1/session": "rwma", "POST /v1/session": "open", "DELETE /v1/session": "open",
        "GET /v1/overview": "rw", "GET /v1/queries": "rw", "DELETE /v1/queries/{id}": "rw", "GET /v1/tickets": "rw",
        "POST /v1/dead-letters/redrive": "w", "POST /v1/types/check": "",
        "GET /v1/queues": "rw", "GET /v1/queues/{name}": "rw", "PUT /v1/queues/{name}": "", "DELETE /v1/queues/{name}": "",
        "GET /v1/queues/{name}/dead-letters": "rw", "POST /v1/queues/{name}/dead-letters/redrive": "rw", "DELETE /v1/queues/{name}/dead-letters": "rw",
        "DELETE /v1/queues/{name}/dead-letters/{id}": "rw", "DELETE /v1/queues/{name}/messages": "rw", "GET /v1/queues/{name}/messages": "rw",
        "POST /v1/queues/{name}/messages": "rw", "POST /v1/queues/{name}/receive": "rw", "POST /v1/queues/{name}/complete": "rw",
        "POST /v1/queues/{name}/messages/{id}/complete": "rw", "POST /v1/queues/{name}/messages/{id}/abandon": "rw",
        "POST /v1/queues/{name}/messages/{id}/renew": "rw", "POST /v1/queues/{name}/messages/{id}/dead-letter": "rw",
        "POST /v1/events": "rw", "GET /v1/topics": "rw", "GET /v1/topics/{name}": "rw", "PUT /v1/topics/{name}": "", "DELETE /v1/topics/{name}": "",
        "GET /v1/topics/{name}/subscriptions": "", "GET /v1/topics/{name}/subscriptions/{subscription}": "", "PUT /v1/topics/{name}/subscriptions/{subscription}": "",
        "DELETE /v1/topics/{name}/subscriptions/{subscription}": "", "GET /v1/topics/{name}/subscriptions/{subscription}/dead-letters": "",
        "POST /v1/topics/{name}/subscriptions/{subscription}/dead-letters/redrive": "",
        "GET /v1/admin/jobs": "", "GET /v1/admin/jobs/{id}": "", "DELETE /v1/admin/jobs/{id}": "",
    ]

    func test_everyCall_withEveryCredential() throws {
        let server = try TestServer()
        let keys: [Who: String] = [
            .stranger: "till_unknown", .ownRead: try server.key("a", .read, .own), .ownWrite: try server.key("b", .readWrite, .own),
            .allRead: try server.key("c", .read, .all), .allWrite: try server.key("d", .readWrite, .all), .metrics: try server.key(.metrics),
            .auditor: try server.key(.auditor), .admin: TestServer.adminKey,
        ]
        let otherAdmin = try server.key(.admin)
        for route in APIRoutes.all {
            let name = "\(route.method.rawValue) \(route.path)"
            guard let decision = Self.decisions[name] else { XCTFail("nobody has decided who may make the call \(name)"); continue }
            for who in Who.allCases {
                let answer = try self.answer(server.client(key: keys[who]), route)
                let place = "\(name) as \(who.rawValue): \(answer.text)"
                switch Self.expected(decision, who) {
                case nil: XCTAssertFalse([401, 403].contains(answer.status) && !["signed", "link"].contains(decision), place)
                case let slug?:
                    XCTAssertEqual(answer.status, slug == "unauthenticated" || (slug == "bad-signature" && decision == "signed") ? 401 : 403, place)
                    // An answer to HEAD has no body that could say it.
                    if route.method != .head { XCTAssertTrue(answer.text.contains("/problems/\(slug)"), place) }
                    if slug == "unauthenticated" { XCTAssertEqual(answer.headers["www-authenticate"], "Bearer realm=\"till\"", place) }
                }
                if answer.status >= 400 { XCTAssertEqual(answer.headers["content-type"], "application/problem+json", place) }
            }
            let other = try answer(server.client(key: otherAdmin), route)
            XCTAssertFalse([401, 403].contains(other.status) && !["signed", "link"].contains(decision), "\(name) as another admin: \(other.text)")
        }
        XCTAssertEqual(Set(Self.decisions.keys).subtracting(APIRoutes.all.map { "\($0.method.rawValue) \($0.path)" }), [], "decided, but no call")
    }

    private func answer(_ client: HTTPClient, _ route: Route) throws -> HTTPClient.Answer {
        let path = route.path.replacing("{", with: "").replacing("}", with: "")
        let isPost = route.method != .get
        return try client.call(
            route.method.rawValue, path, headers: isPost ? [("Content-Type", "application/json")] : [], body: isPost ? Array("{}".utf8) : nil)
    }

    /// The slug of the refusal; nil where the call is let in.
    private static func expected(_ decision: String, _ who: Who) -> String? {
        if decision == "open" { return nil }
        if ["signed", "link"].contains(decision) { return "bad-signature" }
        let (letter, isContract): (Character, Bool)
        switch who {
        case .nobody, .stranger: return "unauthenticated"
        case .admin: return nil
        case .ownRead, .allRead: (letter, isContract) = ("r", true)
        case .ownWrite, .allWrite: (letter, isContract) = ("w", true)
        case .metrics: (letter, isContract) = ("m", false)
        case .auditor: (letter, isContract) = ("a", false)
        }
        if decision.contains(letter) { return nil }
        if decision.contains("w") { return isContract ? "read-only" : "role-not-allowed" }
        return isContract || decision.isEmpty ? "admin-only" : "role-not-allowed"
    }

    func test_keys_expire_andSayWhatTheyAreFor() throws {
        let server = try TestServer()
        let now = CalendarText.now
        for (role, path) in [(Principal.Role.metrics, "/metrics"), (.auditor, "/v1/audit"), (.admin, "/v1/contracts")] {
            XCTAssertEqual(try server.client(key: try server.key(role, expiresAt: now + 60_000_000)).get(path).status, 200)
            let late = try server.client(key: try server.key(role, expiresAt: now)).get(path)
            XCTAssertEqual(late.status, 401, late.text)
            XCTAssertTrue(late.text.contains("expired at"), late.text)
        }
        let admin = server.client()
        let made = try admin.post("/v1/admin/keys", #"{"role":"metrics","label":"Prometheus","expires_at":"2100-01-01"}"#)
        XCTAssertEqual(made.status, 201, made.text)
        let key = try JSONParser.parse(made.body)
        XCTAssertEqual(key["role"]?.text, "metrics")
        XCTAssertEqual(key["expires_at"]?.text, "2100-01-01T00:00:00.000000Z")
        let text = try XCTUnwrap(key["key"]?.text)
        XCTAssertEqual(try server.client(key: text).get("/metrics").status, 200)
        XCTAssertEqual(try server.client(key: text).get("/v1/types").status, 403)
        let list = try admin.get("/v1/admin/keys").text
        XCTAssertTrue(list.contains("Prometheus") && !list.contains(text), list)
        let id = try XCTUnwrap(key["id"]?.text)
        XCTAssertEqual(try admin.delete("/v1/admin/keys/\(id)").status, 204)
        XCTAssertEqual(try admin.delete("/v1/admin/keys/\(id)").status, 404)
        XCTAssertEqual(try server.client(key: text).get("/metrics").status, 401)
    }

    func test_validity_rateAndSchemes() throws {
        let server = try TestServer()
        let now = CalendarText.now
        let early = try server.key("early", .read, .own) { $0.validFrom = now + 3_600_000_000 }
        let late = try server.key("late", .read, .own) { $0.validTo = now - 1 }
        let slow = try server.key("slow", .read, .own) { $0.ratePerSecond = 2 }
        for key in [early, late] {
            let answer = try server.client(key: key).get("/v1/types")
            XCTAssertEqual(answer.status, 403)
            XCTAssertTrue(answer.text.contains("contract-not-valid"))
        }
        let client = server.client(key: slow)
        let statuses = try (0..<4).map { _ in try client.get("/v1/types").status }
        XCTAssertEqual(statuses, [200, 200, 429, 429])
        let refused = try client.get("/v1/types")
        XCTAssertEqual(refused.headers["retry-after"], "1")
        XCTAssertEqual(refused.headers["ratelimit-policy"], #""contract";q=2;w=1"#)
        XCTAssertEqual(refused.headers["ratelimit"], #""contract";r=0;t=1"#)
        // What is left stands on every answer of a contract that has a rate: successes, and what is refused for another reason.
        let left = try server.key("left", .read, .own) { $0.ratePerSecond = 100 }
        let path: [(method: String, path: String, status: Int)] = [("GET", "/v1/types", 200), ("GET", "/v1/contracts", 403), ("POST", "/v1/receipts", 403)]
        for (index, call) in path.enumerated() {
            let answer = try server.client(key: left).call(call.method, call.path)
            XCTAssertEqual(answer.status, call.status)
            XCTAssertEqual(answer.headers["ratelimit-policy"], #""contract";q=100;w=1"#, call.path)
            // It fills by one in ten milliseconds.
            let expected = (99 - index)...99
            XCTAssertTrue(expected.contains { answer.headers["ratelimit"] == #""contract";r=\#($0);t=1"# }, "\(call.path): \(answer.headers)")
        }
        XCTAssertNil(try server.client().get("/v1/types").headers["ratelimit"])
        for header in ["Basic YTpi", "Bearer", "Bearer ", TestServer.adminKey] {
            XCTAssertEqual(try server.client(key: nil).get("/v1/types", [("Authorization", header)]).status, 401, header)
        }
        XCTAssertEqual(try server.client(key: nil).get("/v1/types", [("Authorization", "bearer \(TestServer.adminKey)")]).status, 200)
        // Another client's id: refused before it is looked up.
        let own = try server.key("own", .readWrite, .own)
        let other = try server.client(key: own).get("/v1/receipts?client=somebody")
        XCTAssertEqual(other.status, 403)
        XCTAssertTrue(other.text.contains("wrong-client"))
    }

    /// For whoever waits: hundreds of looks are no calls.
    func test_principal_askedAnew_isOfNow_andTakesNothingOfTheRate() throws {
        let server = try TestServer()
        let credential = Credential(try server.key("c", .readWrite, .all) { $0.ratePerSecond = 0.001 })
        let authorizer = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey)
        func slug(_ access: AccessRule) -> Problem.Slug? {
            do {
                _ = try authorizer.principal(of: credential, for: access)
                return nil
            } catch { return (error as? Denial)?.problem.slug }
        }
        for _ in 0..<10 { XCTAssertEqual(try authorizer.principal(of: credential, for: .writer).access, .readWrite) }
        XCTAssertNotNil(try authorizer.authorize(credential, for: .writer).standing, "its first call")
        XCTAssertThrowsError(try authorizer.authorize(credential, for: .writer)) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .rateLimited) }
        XCTAssertNil(slug(.writer))
        _ = server.engine.state.withLock { $0.contracts["c"]?.access = .read }
        XCTAssertEqual(slug(.writer), .readOnly)
        XCTAssertNil(slug(.reader))
        _ = server.engine.state.withLock { $0.contracts["c"]?.validTo = 1 }
        XCTAssertEqual(slug(.reader), .contractNotValid)
        server.engine.state.withLock { $0.keys = [:] }
        XCTAssertEqual(slug(.reader), .unauthenticated)
    }

    func test_passes_standForTheirKey_untilTheyEnd() throws {
        let server = try TestServer()
        let key = try server.key("c", .read, .all)
        let authorizer = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey, passes: server.engine)
        let credential = Credential(key)
        let pass = try XCTUnwrap(authorizer.pass(for: credential, until: CalendarText.now + 3_600_000_000)).text
        XCTAssertNotEqual(pass, key)
        XCTAssertEqual(try authorizer.authorize(Credential(pass), for: .reader).principal.identity.client?.text, "c")
        // What streams goes on when its pass is over, but not when its key is revoked.
        let over = try XCTUnwrap(authorizer.pass(for: credential, until: CalendarText.now)).text, short = Credential(over)
        XCTAssertThrowsError(try authorizer.principal(of: short, for: .reader))
        XCTAssertEqual(try authorizer.principal(of: short, for: .reader, letInAt: CalendarText.now - 60_000_000).identity.client?.text, "c")
        let keys = server.engine.state.withLock { $0.keys }
        server.engine.state.withLock { $0.keys = [:] }
        XCTAssertThrowsError(try authorizer.principal(of: short, for: .reader, letInAt: CalendarText.now - 60_000_000))
        server.engine.state.withLock { $0.keys = keys }
        // Of a pass none is made, nor of what is no key.
        for secret in [pass, "till_unknown", "a.b.c"] { XCTAssertNil(authorizer.pass(for: Credential(secret), until: .max), secret) }
        let without = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey)
        // A cursor of the first version never ends, and a field of it may be taken for its binding.
        let first = "till-pass.v1\(pass.dropFirst("till-pass.".count))"
        for (bad, asked) in [(over, authorizer), (String(pass.dropLast(4)), authorizer), ("till-pass.", authorizer), (pass, without), (first, authorizer)] {
            XCTAssertThrowsError(try asked.authorize(Credential(bad), for: .reader)) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .unauthenticated) }
        }
    }

    /// What goes on when its call is answered outlasts a pass and a session, and neither their key nor a right that is taken away.
    func test_lastingRights_endWithTheKey_andNotWithWhatStandsForIt() throws {
        let server = try TestServer()
        let authorizer = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey, passes: server.engine)
        let credential = Credential(try server.key("c", .readWrite, .all))
        let principal = try authorizer.principal(of: credential, for: .writer)
        let pass = Credential(try XCTUnwrap(authorizer.pass(for: credential, until: CalendarText.now + 3_600_000_000)).text)
        let session = Credential(try authorizer.beginSession(for: credential, of: principal), isSession: true)
        let rights = try [credential, pass, session].map { try authorizer.lastingRights(of: $0, of: principal, for: .writer) }
        XCTAssertTrue(try authorizer.end(session: session))
        XCTAssertThrowsError(try authorizer.lastingRights(of: session, of: principal, for: .writer))
        for right in rights { XCTAssertEqual(try right().identity.client?.text, "c") }
        _ = server.engine.state.withLock { $0.contracts["c"]?.access = .read }
        for right in rights { XCTAssertThrowsError(try right()) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .readOnly) } }
        _ = server.engine.state.withLock { $0.contracts["c"]?.access = .readWrite }
        server.engine.state.withLock { $0.keys = [:] }
        for right in rights { XCTAssertThrowsError(try right()) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .unauthenticated) } }
        let admin = Credential(TestServer.adminKey)
        XCTAssertTrue(try authorizer.lastingRights(of: admin, of: .admin, for: .writer)().isAdmin)
    }

    /// What it has begun ends as it is revoked: it is the key's own, whatever stood for it. The key of the settings is in no list.
    func test_revocableKey_isThatBehindAPassOrASession_andNoneOfTheSettings() throws {
        let server = try TestServer()
        let authorizer = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey, passes: server.engine)
        let (key, own) = (try server.key("c", .read, .all), try server.key(.admin))
        let credential = Credential(key)
        let principal = try authorizer.principal(of: credential, for: .reader)
        let pass = Credential(try XCTUnwrap(authorizer.pass(for: credential, until: CalendarText.now + 3_600_000_000)).text)
        let session = Credential(try authorizer.beginSession(for: credential, of: principal), isSession: true)
        for known in [credential, pass, session] { XCTAssertEqual(try authorizer.revocableKey(behind: known, of: principal), APIKey.sha256(of: key)) }
        let operators = try authorizer.principal(of: Credential(own), for: .reader)
        XCTAssertEqual(try authorizer.revocableKey(behind: Credential(own), of: operators), APIKey.sha256(of: own))
        XCTAssertNil(try authorizer.revocableKey(behind: Credential(TestServer.adminKey), of: .admin))
        // Each export says by which it was asked for.
        let body = #"{"query":"SELECT 1 AS x","format":"csv"}"#
        for (secret, hash) in [(key, APIKey.sha256(of: key)), (own, APIKey.sha256(of: own)), (TestServer.adminKey, nil)] as [(String, [UInt8]?)] {
            let answer = try server.client(key: secret).post("/v1/exports", body)
            XCTAssertEqual(answer.status, 202, answer.text)
            let asked = server.engine.state.withLock { state in
                defer { state.exports = [:] }
                return state.exports.values.map(\.keySHA256)
            }
            XCTAssertEqual(asked, [hash])
        }
        server.engine.state.withLock { $0.keys = [:] }
        XCTAssertThrowsError(try authorizer.revocableKey(behind: credential, of: principal)) { XCTAssertEqual(($0 as? Problem)?.slug, .unauthenticated) }
    }
}
