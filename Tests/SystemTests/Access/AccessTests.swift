import Foundation
import TestSupport
import XCTest

/// Goal: nobody sees or changes another client's data, by any call. Method: the table "who may do what" cell by cell, over a store with
/// the receipts of two clients, hot and then cold, each cell with an API key and with a token.
final class AccessTests: XCTestCase {
    private struct Who {
        let name: String
        let isOwn: Bool
        let writes: Bool
        var isAdmin = false
        var client: String { isOwn ? "own" : "observer" }
    }

    private static let people = [
        Who(name: "own, read", isOwn: true, writes: false), Who(name: "own, read-write", isOwn: true, writes: true),
        Who(name: "all, read", isOwn: false, writes: false), Who(name: "all, read-write", isOwn: false, writes: true),
    ]

    /// What there is of each of two clients.
    private struct Stock {
        var tickets: [String: String] = [:]
        /// By client.
        var refused: [String: String] = [:]
        var deadLetters: [String: String] = [:]
    }

    func test_deletedContract_itsReceiptsStay_andAnUnknownClientIsNone() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("gone")
        XCTAssertEqual(try server.client(key: key).post("/v1/receipts", Receipts.pos("G-1")).status, 201)
        XCTAssertEqual(try server.client(key: key).post("/v1/receipts", Receipts.pos("G-2", total: "x")).status, 400)
        let admin = server.client()
        XCTAssertEqual(try admin.call("DELETE", "/v1/contracts/gone").status, 204)
        XCTAssertEqual(try server.client(key: key).get("/v1/receipts").status, 401)
        XCTAssertEqual(try admin.get("/v1/receipts/G-1?client=gone").status, 200)
        XCTAssertTrue(try admin.get("/v1/receipts?client=gone").text.contains("G-1"))
        XCTAssertTrue(try admin.get("/v1/quarantine?client=gone").text.contains("bad-json"))
        XCTAssertEqual(try admin.post("/v1/receipts?client=gone", Receipts.pos("G-3")).status, 404)
        for path in ["receipts/G-1?client=nobody", "receipts?client=nobody", "quarantine?client=nobody"] {
            XCTAssertEqual(try admin.get("/v1/\(path)").status, 404, path)
        }
    }

    func test_whoMayDoWhat() throws {
        let folder = try Project.temporaryFolder("till-access")
        defer { try? FileManager.default.removeItem(at: folder) }
        let issuer = try TokenKey(.p256)
        let jwks = folder.appendingPathComponent("keys.json")
        try Data("{\"keys\":[\(try issuer.jwk(kid: "k"))]}".utf8).write(to: jwks)
        let tax = TestHTTPServer { _ in .init(status: 503) }
        defer { tax.close() }
        let server = try TillServer(environment: [
            "TILL_JWT_JWKS": jwks.path, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(tax.port)/","secret":"t","max_attempts":1}}"#,
        ])
        defer { server.remove() }
        let stock = try fill(server)
        let expiry = Int(Date().timeIntervalSince1970) + 3_600
        for person in Self.people {
            let key = try server.key(person.client, access: person.writes ? "read-write" : "read", scope: person.isOwn ? "own" : "all")
            // A token is worth what its contract is, to the letter.
            let token = try issuer.token(kid: "k", claims: #"{"client_id":"\#(person.client)","exp":\#(expiry)}"#)
            for (kind, credential) in [("key", key), ("token", token)] {
                try check(person, "\(person.name), \(kind)", server, credential, stock)
            }
        }
        try check(Who(name: "admin", isOwn: false, writes: true, isAdmin: true), "admin", server, TillServer.adminKey, stock)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        let cold = try server.key("own", access: "read")
        try checkReading(Self.people[0], "own, read, cold", server.client(key: cold), stock)
        for path in ["/healthz", "/readyz", "/openapi.json", "/problems/not-found"] { XCTAssertEqual(try server.client(key: nil).get(path).status, 200, path) }
    }

    private func fill(_ server: TillServer) throws -> Stock {
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)).status, 201)
        var stock = Stock()
        for client in ["own", "other"] {
            _ = try server.key(client)
            for index in 0..<3 {
                let answer = try admin.post("/v1/receipts?client=\(client)", Receipts.pos("\(client)-\(index)"))
                XCTAssertEqual(answer.status, 201, answer.text)
                stock.tickets["\(client)-\(index)"] = Receipts.member("ticket_id", of: answer.text)
            }
            let refused = try admin.post("/v1/receipts?client=\(client)", #"{"schema":"pos/1","id":"bad-\#(client)"}"#)
            XCTAssertEqual(refused.status, 422)
            stock.refused[client] = try XCTUnwrap(Receipts.member("ticket_id", of: refused.text))
            let dead = try admin.post("/v1/receipts?client=\(client)", RegistrationTests.sale("dead-\(client)"), [("Prefer", "wait=10")])
            XCTAssertEqual(Receipts.member("state", of: dead.text), "FAILED", dead.text)
            stock.deadLetters[client] = try XCTUnwrap(Receipts.member("id", of: try admin.get("/v1/dead-letters?client=\(client)").text))
        }
        return stock
    }

    private func check(_ who: Who, _ name: String, _ server: TillServer, _ credential: String, _ stock: Stock) throws {
        let client = server.client(key: credential)
        try checkReading(who, name, client, stock)
        try checkWriting(who, name, client)
        try checkRedrive(who, name, server, client, stock)
        // Types are everybody's who may see any.
        XCTAssertEqual(try client.get("/v1/types").status, 200, name)
        XCTAssertEqual(try client.get("/v1/types/pos-receipt").status, 200, name)
        let administration = [
            ("GET", "/v1/contracts", ""), ("GET", "/v1/contracts/own", ""), ("PUT", "/v1/contracts/own", "{}"), ("DELETE", "/v1/contracts/nobody", ""),
            ("GET", "/v1/contracts/own/keys", ""), ("POST", "/v1/contracts/nobody/keys", ""), ("DELETE", "/v1/contracts/own/keys/none", ""),
            ("PUT", "/v1/types/nothing", "{}"), ("DELETE", "/v1/types/nothing", ""), ("POST", "/v1/admin/compact", #"{"before":"2020-01-01"}"#),
            ("POST", "/v1/admin/backup", #"{"destination":"relative"}"#), ("GET", "/v1/admin/audit", ""), ("GET", "/metrics", ""),
        ]
        for (method, path, body) in administration {
            let headers = body.isEmpty ? [] : [("Content-Type", "application/json")]
            let answer = try client.call(method, path, headers: headers, body: body.isEmpty ? nil : Array(body.utf8))
            XCTAssertEqual(answer.status == 403, !who.isAdmin, "\(name) \(method) \(path): \(answer.text)")
            XCTAssertNotEqual(answer.status, 401, "\(name) \(method) \(path)")
            XCTAssertEqual(answer.text.contains("/problems/admin-only"), !who.isAdmin, "\(name) \(method) \(path)")
        }
    }

    private func checkReading(_ who: Who, _ name: String, _ client: HTTPClient, _ stock: Stock) throws {
        XCTAssertEqual(try client.get("/v1/receipts/own-0?client=own").status, 200, name)
        let other = try client.get("/v1/receipts/other-0")
        XCTAssertEqual(other.status, who.isOwn ? 404 : 200, "\(name): \(other.text)")
        for (receipt, ticket) in stock.tickets {
            let isVisible = !who.isOwn || receipt.hasPrefix("own")
            XCTAssertEqual(try client.get("/v1/tickets/\(ticket)").status, isVisible ? 200 : 404, "\(name) \(receipt)")
        }
        for (owner, ticket) in stock.refused {
            for path in ["/v1/tickets/\(ticket)", "/v1/quarantine/\(ticket)"] {
                XCTAssertEqual(try client.get(path).status, !who.isOwn || owner == "own" ? 200 : 404, "\(name) \(path) of \(owner)")
            }
        }
        for path in ["/v1/receipts", "/v1/changes?after=0", "/v1/quarantine", "/v1/dead-letters"] {
            let answer = try client.get(path)
            XCTAssertEqual(answer.status, 200, "\(name) \(path): \(answer.text)")
            XCTAssertTrue(answer.text.contains("own"), "\(name) \(path): \(answer.text)")
            XCTAssertEqual(answer.text.contains("other"), !who.isOwn, "\(name) \(path): \(answer.text)")
        }
        try checkSQL(who, name, client)
        let named = ["/v1/receipts?client=", "/v1/receipts/other-0?client=", "/v1/quarantine?client=", "/v1/dead-letters?client="]
        for path in named {
            for owner in ["other", "nobody"] {
                let answer = try client.get(path + owner)
                XCTAssertEqual(answer.status, who.isOwn ? 403 : owner == "nobody" ? 404 : 200, "\(name) \(path)\(owner): \(answer.text)")
                // Whether there is such a client, an own key does not learn.
                if who.isOwn { XCTAssertTrue(answer.text.contains("/problems/wrong-client"), "\(name) \(path)\(owner)") }
            }
        }
    }

    private func checkWriting(_ who: Who, _ name: String, _ client: HTTPClient) throws {
        let mine = try client.post("/v1/receipts?client=own", Receipts.pos("own-0"))
        XCTAssertEqual(mine.status, who.writes ? 200 : 403, "\(name): \(mine.text)")
        for (owner, found) in [("other", 200), ("nobody", 404)] {
            let theirs = try client.post("/v1/receipts?client=\(owner)", Receipts.pos("\(owner)-0"))
            XCTAssertEqual(theirs.status, !who.writes || who.isOwn ? 403 : found, "\(name) \(owner): \(theirs.text)")
            XCTAssertEqual(theirs.text.contains("/problems/read-only"), !who.writes, name)
            XCTAssertEqual(theirs.text.contains("/problems/wrong-client"), who.writes && who.isOwn, name)
        }
        guard who.writes else { return }
        // Without a client it is the contract's own; the administrator has none.
        let plain = try client.post("/v1/receipts", Receipts.pos("\(who.client)-0"))
        XCTAssertEqual(plain.status, who.isAdmin ? 400 : who.isOwn ? 200 : plain.status, "\(name): \(plain.text)")
        if !who.isAdmin { XCTAssertEqual(Receipts.member("client_id", of: plain.text), who.client, "\(name): \(plain.text)") }
    }

    private func checkRedrive(_ who: Who, _ name: String, _ server: TillServer, _ client: HTTPClient, _ stock: Stock) throws {
        for (owner, letter) in stock.deadLetters {
            let answer = try client.call("POST", "/v1/dead-letters/\(letter)/redrive")
            let isTheirs = !who.isOwn || owner == "own"
            XCTAssertEqual(answer.status, !who.writes ? 403 : isTheirs ? 202 : 404, "\(name) \(owner): \(answer.text)")
            XCTAssertEqual(answer.text.contains("/problems/read-only"), !who.writes, name)
            // It is tried in vain, and dead again.
            try Patience.until { try server.client().get("/v1/dead-letters").text.contains(letter) }
        }
    }

    private func checkSQL(_ who: Who, _ name: String, _ client: HTTPClient) throws {
        let count = try client.post("/v1/sql", #"{"query":"SELECT count(*), count(DISTINCT client_id) FROM receipts WHERE client_id <> 'observer'"}"#)
        XCTAssertTrue(count.text.contains(who.isOwn ? #""rows":[[4,1]]"# : #""rows":[[8,2]]"#), "\(name): \(count.text)")
        if who.isOwn { XCTAssertEqual(Receipts.member("rows_scanned", of: count.text), "4", "\(name): \(count.text)") }
        // An expression that would fail on the other client's rows is never evaluated on them.
        let trap = try client.post("/v1/sql", #"{"query":"SELECT sum(1 / CASE WHEN client_id = 'other' THEN 0 ELSE 1 END) FROM receipts"}"#)
        XCTAssertEqual(trap.status, who.isOwn ? 200 : 422, "\(name): \(trap.text)")
        let named = try client.post("/v1/sql", #"{"query":"SELECT * FROM receipts WHERE client_id = 'other'"}"#)
        XCTAssertEqual(named.text.contains("other-0"), !who.isOwn, "\(name): \(named.text)")
    }

    func test_types_limitPostingAndSeeing() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("shop", more: #","types":["gobl-envelope"]"#)
        let client = server.client(key: key)
        let answer = try client.post("/v1/receipts", Receipts.pos("R-1"))
        XCTAssertEqual(answer.status, 403, answer.text)
        XCTAssertTrue(answer.text.contains("/problems/type-not-allowed"), answer.text)
        XCTAssertEqual(try client.post("/v1/receipts?type=pos-receipt", Receipts.pos("R-1")).status, 403)
        XCTAssertEqual(try client.get("/v1/types/pos-receipt").status, 404)
        XCTAssertEqual(try client.get("/v1/receipts").status, 200)
    }

    /// An auditor learns who was refused what, and where, and not a byte of it; over a restart too.
    func test_auditor_seesWhatWasRefused_withoutItsBytes() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let secret = "4111-1111-1111-1111"
        let document = Receipts.pos("Q-1").replacingOccurrences(of: "\"total\":65.00", with: "\"total\":\"\(secret)\"")
        XCTAssertTrue(document.contains(secret), document)
        let refused = try server.client().post("/v1/receipts?client=shop", document)
        XCTAssertEqual(refused.status, 422, refused.text)
        let ticket = try XCTUnwrap(Receipts.member("ticket_id", of: refused.text))
        let made = try server.client().post("/v1/admin/keys", #"{"role":"auditor","label":"audit of 2026"}"#)
        XCTAssertEqual(made.status, 201, made.text)
        let key = try XCTUnwrap(Receipts.member("key", of: made.text))
        server.kill()
        try server.start()
        let auditor = server.client(key: key)
        XCTAssertTrue(try server.client().get("/v1/quarantine/\(ticket)").text.contains(secret))
        for path in ["/v1/quarantine", "/v1/quarantine?client=shop", "/v1/quarantine/\(ticket)"] {
            let answer = try auditor.get(path)
            XCTAssertEqual(answer.status, 200, "\(path): \(answer.text)")
            XCTAssertTrue(answer.text.contains(ticket) && answer.text.contains(#""pointer":"/total""#), "\(path): \(answer.text)")
            XCTAssertFalse(answer.text.contains(secret) || answer.text.contains("document\":"), "\(path): \(answer.text)")
        }
        XCTAssertEqual(try auditor.get("/v1/quarantine?client=nobody").status, 404)
        for path in ["/v1/receipts", "/v1/receipts/Q-1", "/v1/tickets/\(ticket)", "/v1/changes", "/v1/dead-letters", "/metrics"] {
            XCTAssertEqual(try auditor.get(path).status, 403, path)
        }
        XCTAssertEqual(try auditor.post("/v1/sql", #"{"query":"SELECT 1"}"#).status, 403)
        let audit = try auditor.get("/v1/audit").text
        XCTAssertTrue(audit.contains("makeOperatorKey") && audit.contains("audit of 2026") && !audit.contains(key), audit)
    }

    func test_keys_withoutDowntimeAndRevoked() throws {
        let server = try TillServer()
        defer { server.remove() }
        let first = try server.key("shop")
        let second = try server.key("shop")
        XCTAssertEqual(try server.client(key: first).get("/v1/receipts").status, 200)
        XCTAssertEqual(try server.client(key: second).get("/v1/receipts").status, 200)
        XCTAssertEqual(try server.client().delete("/v1/contracts/shop").status, 204)
        for key in [first, second] {
            let answer = try server.client(key: key).get("/v1/receipts")
            XCTAssertEqual(answer.status, 401)
            XCTAssertNotNil(answer.headers["www-authenticate"])
        }
        server.kill()
        try server.start()
        XCTAssertEqual(try server.client(key: first).get("/v1/receipts").status, 401)
    }

    func test_lastUsedAt_saysWhichKeyMayGo_overARestart() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let used = try server.key("shop")
        func lastUsed() throws -> [String?] {
            let answer = try server.client().get("/v1/contracts/shop/keys")
            let body = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
            return (body["keys"] as? [[String: Any]] ?? []).map { $0["last_used_at"] as? String }
        }
        func now() -> String {
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            return formatter.string(from: Date())
        }
        XCTAssertEqual(try lastUsed(), [nil, nil])
        let before = now()
        XCTAssertEqual(try server.client(key: used).get("/v1/receipts").status, 200)
        let first = try lastUsed()
        XCTAssertEqual(first.compactMap { $0 }.count, 1, "the other key was not used: \(first)")
        let time = try XCTUnwrap(first.compactMap { $0 }.first)
        XCTAssertTrue(before.dropLast() <= time.dropLast() && time.dropLast(4) <= now().dropLast(), "\(before) \(time) \(now())")
        // A refusal is a use too: whoever holds the key is still there.
        usleep(2_000)
        XCTAssertEqual(try server.client(key: used).get("/v1/contracts").status, 403)
        let second = try lastUsed()
        XCTAssertEqual(second.map { $0 == nil }, first.map { $0 == nil })
        XCTAssertGreaterThan(try XCTUnwrap(second.compactMap { $0 }.first), time)
        XCTAssertEqual(server.stop(), 0)
        try server.start()
        XCTAssertEqual(try lastUsed(), second)
    }
}
