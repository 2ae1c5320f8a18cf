import Foundation
import TestSupport
import XCTest

/// Goal: nobody sees or changes another client's data, by any call. Method: the table "who may do what" cell by cell, over a store with
/// the receipts of two clients, hot and then cold.
final class AccessTests: XCTestCase {
    private struct Who {
        let name: String
        let key: String?
        let isOwn: Bool
        let writes: Bool
        let isAdmin: Bool
    }

    func test_whoMayDoWhat() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        _ = try server.key("own")
        _ = try server.key("other")
        var tickets: [String: String] = [:]
        for client in ["own", "other"] {
            for index in 0..<3 {
                let answer = try admin.post("/v1/receipts?client=\(client)", Receipts.pos("\(client)-\(index)"))
                XCTAssertEqual(answer.status, 201, answer.text)
                tickets["\(client)-\(index)"] = Receipts.member("ticket_id", of: answer.text)
            }
            XCTAssertEqual(try admin.post("/v1/receipts?client=\(client)", #"{"schema":"pos/1","id":"bad-\#(client)"}"#).status, 422)
        }
        // The contracts of one client, by access; and of a third, which sees all.
        let people = [
            Who(name: "own, read", key: try server.key("own", access: "read"), isOwn: true, writes: false, isAdmin: false),
            Who(name: "own, read-write", key: nil, isOwn: true, writes: true, isAdmin: false),
            Who(name: "all, read", key: nil, isOwn: false, writes: false, isAdmin: false),
            Who(name: "all, read-write", key: nil, isOwn: false, writes: true, isAdmin: false),
            Who(name: "admin", key: TillServer.adminKey, isOwn: false, writes: true, isAdmin: true),
        ]
        for person in people {
            var key = person.key ?? ""
            if !person.isAdmin {
                key = try server.key(
                    person.isOwn ? "own" : "observer", access: person.writes ? "read-write" : "read", scope: person.isOwn ? "own" : "all")
            }
            try check(person, server.client(key: key), tickets)
        }
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        let own = Who(name: "own, read, cold", key: nil, isOwn: true, writes: false, isAdmin: false)
        try check(own, server.client(key: try server.key("own", access: "read")), tickets)
    }

    private func check(_ who: Who, _ client: HTTPClient, _ tickets: [String: String]) throws {
        // Reading.
        XCTAssertEqual(try client.get("/v1/receipts/own-0?client=own").status, 200, who.name)
        let other = try client.get("/v1/receipts/other-0")
        XCTAssertEqual(other.status, who.isOwn ? 404 : 200, "\(who.name): \(other.text)")
        for (name, ticket) in tickets {
            let isVisible = !who.isOwn || name.hasPrefix("own")
            XCTAssertEqual(try client.get("/v1/tickets/\(ticket)").status, isVisible ? 200 : 404, "\(who.name) \(name)")
        }
        for (path, what) in [("/v1/receipts", "page"), ("/v1/changes?after=0", "changes"), ("/v1/quarantine", "quarantine")] {
            let answer = try client.get(path)
            XCTAssertEqual(answer.status, 200, "\(who.name) \(what): \(answer.text)")
            XCTAssertTrue(answer.text.contains("own"), "\(who.name) \(what)")
            XCTAssertEqual(answer.text.contains("other"), !who.isOwn, "\(who.name) \(what): \(answer.text)")
        }
        try checkSQL(who, client)
        for path in ["/v1/receipts?client=other", "/v1/receipts/other-0?client=other", "/v1/quarantine?client=other", "/v1/receipts?client=nobody"] {
            let answer = try client.get(path)
            XCTAssertEqual(answer.status, who.isOwn ? 403 : path.hasSuffix("nobody") ? 404 : 200, "\(who.name) \(path): \(answer.text)")
            if who.isOwn { XCTAssertTrue(answer.text.contains("/problems/wrong-client"), "\(who.name) \(path)") }
        }
        // Writing.
        let mine = try client.post("/v1/receipts?client=own", Receipts.pos("own-0"))
        XCTAssertEqual(mine.status, who.writes ? 200 : 403, "\(who.name): \(mine.text)")
        let theirs = try client.post("/v1/receipts?client=other", Receipts.pos("other-0"))
        XCTAssertEqual(theirs.status, !who.writes || who.isOwn ? 403 : 200, "\(who.name): \(theirs.text)")
        XCTAssertEqual(theirs.text.contains("/problems/read-only"), !who.writes, who.name)
        XCTAssertEqual(theirs.text.contains("/problems/wrong-client"), who.writes && who.isOwn, who.name)
        // Administration.
        XCTAssertEqual(try client.get("/v1/types").status, 200, who.name)
        XCTAssertEqual(try client.get("/v1/types/pos-receipt").status, 200, who.name)
        for (method, path) in [("GET", "/v1/contracts"), ("GET", "/v1/contracts/own/keys"), ("GET", "/metrics"), ("DELETE", "/v1/types/nothing")] {
            let answer = try client.call(method, path)
            XCTAssertEqual(answer.status == 403, !who.isAdmin, "\(who.name) \(path): \(answer.text)")
            XCTAssertEqual(answer.text.contains("/problems/admin-only"), !who.isAdmin, "\(who.name) \(path)")
        }
        for path in ["/healthz", "/readyz", "/openapi.json", "/problems/not-found"] { XCTAssertEqual(try client.get(path).status, 200, path) }
    }

    private func checkSQL(_ who: Who, _ client: HTTPClient) throws {
        let count = try client.post("/v1/sql", #"{"query":"SELECT count(*), count(DISTINCT client_id) FROM receipts"}"#)
        XCTAssertTrue(count.text.contains(who.isOwn ? #""rows":[[3,1]]"# : #""rows":[[6,2]]"#), "\(who.name): \(count.text)")
        if who.isOwn { XCTAssertEqual(Receipts.member("rows_scanned", of: count.text), "3", "\(who.name): \(count.text)") }
        // An expression that would fail on the other client's rows is never evaluated on them.
        let trap = try client.post("/v1/sql", #"{"query":"SELECT sum(1 / CASE WHEN client_id = 'other' THEN 0 ELSE 1 END) FROM receipts"}"#)
        XCTAssertEqual(trap.status, who.isOwn ? 200 : 422, "\(who.name): \(trap.text)")
        let named = try client.post("/v1/sql", #"{"query":"SELECT * FROM receipts WHERE client_id = 'other'"}"#)
        XCTAssertEqual(named.text.contains("other-0"), !who.isOwn, "\(who.name): \(named.text)")
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
}
