import ColumnStore
import Documents
import Ingest
import Server
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
        "POST /v1/receipts": "w", "GET /v1/receipts": "rw", "GET /v1/receipts/{receipt_id}": "rw", "GET /v1/tickets/{ticket_id}": "rw",
        "GET /v1/changes": "rw", "POST /v1/sql": "rw", "GET /v1/dead-letters": "rw", "POST /v1/dead-letters/{id}/redrive": "w",
        "GET /v1/types": "rwa", "GET /v1/types/{name}": "rwa", "PUT /v1/types/{name}": "", "DELETE /v1/types/{name}": "",
        "GET /v1/quarantine": "rwa", "GET /v1/quarantine/{ticket_id}": "rwa",
        "GET /v1/contracts": "a", "GET /v1/contracts/{client_id}": "a", "PUT /v1/contracts/{client_id}": "", "DELETE /v1/contracts/{client_id}": "",
        "GET /v1/contracts/{client_id}/keys": "a", "POST /v1/contracts/{client_id}/keys": "", "DELETE /v1/contracts/{client_id}/keys/{id}": "",
        "GET /v1/admin/keys": "a", "POST /v1/admin/keys": "", "DELETE /v1/admin/keys/{id}": "",
        "GET /v1/audit": "a", "GET /v1/admin/audit": "a", "GET /metrics": "m",
        "POST /v1/admin/compact": "", "POST /v1/admin/backup": "", "POST /v1/admin/verify": "",
        "DELETE /v1/admin/quarantine": "", "DELETE /v1/admin/quarantine/{ticket_id}": "", "DELETE /v1/admin/dead-letters": "",
        "DELETE /v1/admin/dead-letters/{id}": "",
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
                case nil: XCTAssertFalse([401, 403].contains(answer.status) && decision != "signed", place)
                case let slug?:
                    XCTAssertEqual(answer.status, slug == "unauthenticated" || slug == "bad-signature" ? 401 : 403, place)
                    XCTAssertTrue(answer.text.contains("/problems/\(slug)"), place)
                    if slug == "unauthenticated" { XCTAssertEqual(answer.headers["www-authenticate"], "Bearer realm=\"till\"", place) }
                }
                if answer.status >= 400 { XCTAssertEqual(answer.headers["content-type"], "application/problem+json", place) }
            }
            let other = try answer(server.client(key: otherAdmin), route)
            XCTAssertFalse([401, 403].contains(other.status) && decision != "signed", "\(name) as another admin: \(other.text)")
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
        if decision == "signed" { return "bad-signature" }
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

    func test_keyRequests_everyFaultSaysWhatCame() throws {
        let server = try TestServer()
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/contracts/shop", #"{"access":"read","scope":"own"}"#).status, 201)
        let table: [(path: String, body: String, says: [String])] = [
            ("/v1/admin/keys", "{}", ["/role", "admin, auditor or metrics is wanted"]),
            ("/v1/admin/keys", #"{"role":"root"}"#, [#"admin, auditor or metrics is wanted, not \"root\""#]),
            ("/v1/admin/keys", #"{"role":"contract"}"#, [#"not \"contract\""#]),
            ("/v1/admin/keys", #"{"role":"admin","label":"","expires_at":"soon"}"#, ["/label", "/expires_at", #"not \"soon\""#]),
            ("/v1/admin/keys", #"{"role":"admin","expires_at":"2020-01-01"}"#, ["2020-01-01T00:00:00.000000Z is past"]),
            ("/v1/contracts/shop/keys", #"{"role":"admin"}"#, ["contract is wanted", "/v1/admin/keys"]),
            ("/v1/contracts/shop/keys", #"{"lable":"x"}"#, ["lable"]),
        ]
        for row in table {
            let answer = try admin.post(row.path, row.body)
            XCTAssertEqual(answer.status, 400, "\(row.body): \(answer.text)")
            for text in row.says { XCTAssertTrue(answer.text.contains(text), "\(row.body): \(answer.text)") }
        }
        XCTAssertEqual(try admin.call("POST", "/v1/contracts/shop/keys").status, 201)
        XCTAssertEqual(try admin.post("/v1/contracts/shop/keys", #"{"label":"till 7","role":"contract"}"#).status, 201)
    }

    func test_lists_comePageByPage() throws {
        let server = try TestServer()
        let admin = server.client()
        for number in 0..<25 { _ = try server.key("c\(number < 10 ? "0" : "")\(number)", .read, .own) }
        for _ in 0..<7 { XCTAssertEqual(try admin.call("POST", "/v1/contracts/c03/keys").status, 201) }
        for (path, member, count) in [("/v1/contracts", "contracts", 25), ("/v1/contracts/c03/keys", "keys", 8), ("/v1/types", "types", 1)] {
            var (seen, cursor, pages): (Set<String>, String?, Int) = ([], nil, 0)
            repeat {
                let page = try admin.get(path + "?limit=4" + (cursor.map { "&cursor=\($0)" } ?? ""))
                XCTAssertEqual(page.status, 200, page.text)
                let body = try JSONParser.parse(page.body)
                guard case .array(let items)? = body[member] else { return XCTFail(page.text) }
                XCTAssertLessThanOrEqual(items.count, 4)
                for item in items { XCTAssertTrue(seen.insert(item["client_id"]?.text ?? item["id"]?.text ?? item["name"]?.text ?? "").inserted) }
                cursor = body["next_cursor"]?.text
                pages += 1
            } while cursor != nil && pages < 20
            XCTAssertEqual(seen.count, count, path)
            XCTAssertEqual(try admin.get(path + "?cursor=AA").status, 400, path)
            XCTAssertEqual(try admin.get(path + "?limit=0").status, 400, path)
        }
        // A cursor of one contract's keys is none of another's.
        let page = try JSONParser.parse(try admin.get("/v1/contracts/c03/keys?limit=4").body)
        XCTAssertEqual(try admin.get("/v1/contracts/c04/keys?cursor=\(page["next_cursor"]?.text ?? "")").status, 400)
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

    func test_keys_areMadeShownOnceAndRevoked() throws {
        let server = try TestServer()
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/contracts/shop", #"{"access":"read","scope":"own"}"#).status, 201)
        let made = try admin.call("POST", "/v1/contracts/shop/keys")
        XCTAssertEqual(made.status, 201)
        let key = try JSONParser.parse(made.body)
        let text = try XCTUnwrap(key["key"]?.text)
        let id = try XCTUnwrap(key["id"]?.text)
        XCTAssertEqual(try server.client(key: text).get("/v1/types").status, 200)
        let list = try admin.get("/v1/contracts/shop/keys").text
        XCTAssertTrue(list.contains(id))
        XCTAssertFalse(list.contains(text))
        XCTAssertEqual(try admin.delete("/v1/contracts/shop/keys/\(id)").status, 204)
        XCTAssertEqual(try server.client(key: text).get("/v1/types").status, 401)
        XCTAssertEqual(try admin.delete("/v1/contracts/shop/keys/\(id)").status, 404)
        XCTAssertEqual(try admin.call("POST", "/v1/contracts/nobody/keys").status, 404)
    }

    func test_contract_everyFaultIsNamed() throws {
        let admin = try TestServer().client()
        let table: [(body: String, status: Int, slug: String, pointers: [String])] = [
            (#"{}"#, 422, "invalid-contract", ["/access", "/scope"]),
            (#"{"access":"write","scope":"some"}"#, 422, "invalid-contract", ["/access", "/scope"]),
            (#"{"access":"read","scope":"own","types":["a",1]}"#, 422, "invalid-contract", ["/types/1"]),
            (#"{"access":"read","scope":"own","valid_from":"yesterday"}"#, 422, "invalid-contract", ["/valid_from"]),
            (#"{"access":"read","scope":"own","valid_from":"2026-01-02","valid_to":"2026-01-01"}"#, 422, "invalid-contract", ["/valid_to"]),
            (#"{"access":"read","scope":"own","rate_per_second":0}"#, 422, "invalid-contract", ["/rate_per_second"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"ftp://x"}}"#, 422, "invalid-contract", ["/webhook/url", "/webhook/secret"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://me:word@shop.example/","secret":"s"}}"#, 422, "invalid-contract", ["/webhook/url"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://","secret":"whsec_no base64"}}"#, 422, "invalid-contract", ["/webhook/url", "/webhook/secret"]),
            (#"{"access":"read","scope":"own","colour":"red"}"#, 400, "bad-parameter", ["/colour"]),
            (#"{"access":"read","access":"read","scope":"own"}"#, 400, "bad-json", []),
            (#"[]"#, 400, "bad-parameter", []), ("", 400, "bad-json", []),
        ]
        for row in table {
            let answer = try admin.put("/v1/contracts/c", row.body)
            XCTAssertEqual(answer.status, row.status, row.body)
            XCTAssertTrue(answer.text.contains("/problems/\(row.slug)"), "\(row.body): \(answer.text)")
            for pointer in row.pointers { XCTAssertTrue(answer.text.contains(#""pointer":"\#(pointer)""#), "\(row.body): \(answer.text)") }
        }
        let whole = try admin.put("/v1/contracts/c", #"{"access":"read-write","scope":"all","valid_from":"2026-01-01","types":null}"#)
        XCTAssertEqual(whole.status, 201)
        XCTAssertTrue(whole.text.contains(#""valid_from":"2026-01-01T00:00:00.000000Z""#), whole.text)
        XCTAssertEqual(try admin.get("/v1/contracts/c").text, whole.text)
        XCTAssertEqual(try admin.put("/v1/contracts/" + String(repeating: "x", count: 201), #"{"access":"read","scope":"own"}"#).status, 400)
        XCTAssertEqual(try admin.put("/v1/contracts/a%0Ab", #"{"access":"read","scope":"own"}"#).status, 400)
    }
}
