import Foundation
import TestSupport
import XCTest

/// Goal: views and the schema `till` do at the doors what docs/connect.md says. Method: the real binary: its API, its command line, a kill in between.
final class ViewTests: XCTestCase {
    private func put(_ client: HTTPClient, _ name: String, _ query: String) throws -> HTTPClient.Answer {
        let body = try JSONSerialization.data(withJSONObject: ["query": query, "description": "of a test"])
        return try client.put("/v1/views/\(name)", String(decoding: body, as: UTF8.self))
    }

    private func rows(_ client: HTTPClient, _ query: String) throws -> String {
        let body = try JSONSerialization.data(withJSONObject: ["query": query])
        let answer = try client.post("/v1/sql", String(decoding: body, as: UTF8.self))
        guard answer.status == 200 else { return "\(answer.status) \(answer.text)" }
        let rows = (try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["rows"] as Any
        return String(decoding: try JSONSerialization.data(withJSONObject: rows), as: UTF8.self)
    }

    func test_views_arePut_read_listed_andDeleted_andOutliveAKill() throws {
        var server = try TillServer()
        let data = server.data
        defer { server.remove() }
        let one = try server.key("one"), other = try server.key("other"), reader = try server.key("reader", access: "read")
        for (key, total) in [(one, "1.50"), (other, "2.50")] { XCTAssertEqual(try server.client(key: key).post("/v1/receipts", Receipts.pos("R-1", total: total, name: "bread")).status, 201) }
        let made = try put(server.client(), "sums", "SELECT client_id, sum(total) AS total FROM receipts GROUP BY 1")
        XCTAssertEqual(made.status, 201, made.text)
        XCTAssertTrue(made.text.contains(#"{"name":"total","type":"DECIMAL(38,4)"}"#), made.text)
        XCTAssertEqual(try put(server.client(), "sums", "SELECT client_id, sum(total) AS total FROM receipts GROUP BY 1").status, 200)
        XCTAssertEqual(try put(server.client(), "above", "SELECT total FROM sums WHERE total > 2;").status, 201)
        server.kill()
        server = try TillServer(data: data)
        XCTAssertEqual(try rows(server.client(), "SELECT client_id FROM sums ORDER BY 1"), #"[["one"],["other"]]"#)
        for (key, wanted) in [(one, #"[["one","1.5000"]]"#), (other, #"[["other","2.5000"]]"#), (reader, "[]")] {
            XCTAssertEqual(try rows(server.client(key: key), "SELECT * FROM sums"), wanted)
            XCTAssertEqual(try server.client(key: key).get("/v1/views/sums").status, 200)
            XCTAssertEqual(try put(server.client(key: key), "sums", "SELECT 1 AS one").status, 403)
        }
        XCTAssertEqual(try rows(server.client(key: one), "SELECT table_type FROM information_schema.tables WHERE table_name = 'above'"), #"[["VIEW"]]"#)
        let kept = try server.client().delete("/v1/views/sums")
        XCTAssertEqual(kept.status, 409, kept.text)
        XCTAssertTrue(kept.text.contains("view-in-use"), kept.text)
        XCTAssertEqual(try TillRun(["view", "delete", "above", "--url", server.url], environment: ["TILL_KEY": TillServer.adminKey]).status, 0)
        XCTAssertEqual(try server.client().delete("/v1/views/sums").status, 204)
        XCTAssertEqual(try server.client().get("/v1/views/sums").status, 404)
    }

    func test_viewsThatCannotBe_areRefused_withTheirPlace() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(try put(server.client(), "a", "SELECT receipt_id FROM receipts").status, 201)
        XCTAssertEqual(try put(server.client(), "b", "SELECT receipt_id FROM a").status, 201)
        for (name, query, word) in [
            ("a", "SELECT receipt_id FROM b", "reads itself"), ("c", "SELECT receipt_id FROM c", "there is no table"), ("c", "SELECT total, total FROM receipts", "two columns"),
            ("c", "SELECT $1 AS one", "parameter"), ("c", "SHOW TABLES", "a view is a SELECT"), ("c", "EXPLAIN SELECT 1", "a view is a SELECT"), ("c", "SELECT 1 AS one; SELECT 2 AS two", "position"),
            ("receipts", "SELECT 1 AS one", "name-taken"), ("receipts_lines", "SELECT 1 AS one", "name-taken"), ("Upper", "SELECT 1 AS one", "format"), ("c", "SELECT nothing FROM receipts", #""position":8"#),
        ] {
            let answer = try put(server.client(), name, query)
            XCTAssertEqual(answer.status, 422, "\(query): \(answer.text)")
            XCTAssertTrue(answer.text.contains("invalid-view") && answer.text.contains(word), "\(query): \(answer.text)")
        }
        XCTAssertEqual(try server.client().get("/v1/views").text.components(separatedBy: #""name":"#).count - 1, 4, "two views of one column each")
    }

    func test_aViewOverWhatIsGone_saysSo() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(try put(server.client(), "days", "SELECT * FROM rollup_receipts_by_day").status, 201)
        XCTAssertEqual(try server.client().delete("/v1/rollups/receipts_by_day").status, 204)
        XCTAssertTrue(try server.client().get("/v1/views/days").text.contains("there is no table"))
        XCTAssertTrue(try rows(server.client(), "SELECT * FROM days").hasPrefix("400"))
    }

    func test_whatTheStoreKnowsOfItself_isWhatTheAPISays() throws {
        let server = try TillServer()
        defer { server.remove() }
        let one = server.client(key: try server.key("one")), whole = server.client(key: try server.key("whole", access: "read", scope: "all"))
        XCTAssertEqual(try one.post("/v1/receipts", Receipts.pos("R-1", total: "1.50", name: "bread")).status, 201)
        XCTAssertEqual(try one.post("/v1/receipts", #"{"a":"refused"}"#).status, 422)
        XCTAssertEqual(try rows(one, "SELECT receipt_id, state FROM till.tickets ORDER BY state"), #"[["R-1","COMPLETE"],[null,"REFUSED"]]"#)
        XCTAssertEqual(try rows(one, "SELECT document::jsonb ->> 'a', problem ->> 'status' FROM till.quarantine"), #"[["refused","422"]]"#)
        XCTAssertEqual(try rows(one, "SELECT receipts FROM till.usage"), "[[1]]")
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try rows(whole, #"SELECT tier, rows FROM till.files WHERE "table" = 'receipts'"#), #"[["cold",1]]"#)
        XCTAssertEqual(try rows(whole, "SELECT rows_moved, requested FROM till.compactions"), "[[1,true]]")
        XCTAssertEqual(try rows(whole, "SELECT operation FROM till.snapshots WHERE \"table\" = 'receipts'"), #"[["append"]]"#)
        XCTAssertEqual(try rows(whole, "SELECT client_id, scope FROM till.contracts ORDER BY 1"), #"[["one","own"],["whole","all"]]"#)
        XCTAssertEqual(try rows(whole, "SELECT count(*) > 0 FROM till.audit WHERE action = 'putContract'"), "[[true]]")
        XCTAssertEqual(try rows(one, "SELECT DISTINCT client_id FROM till.queries"), #"[["one"]]"#)
        XCTAssertTrue(try rows(one, "SELECT * FROM till.contracts").hasPrefix("400"))
    }

    /// A walk is over one definition: rows of another follow none of the one before, whatever their types are.
    func test_cursor_ofAViewThatWasPutAgain_isRefused() throws {
        let server = try TillServer()
        defer { server.remove() }
        let reader = server.client(key: try server.key("one"))
        for number in 1...3 { XCTAssertEqual(try reader.post("/v1/receipts", Receipts.pos("R-\(number)", total: "1.50", name: "bread")).status, 201) }
        func page(_ cursor: String?) throws -> HTTPClient.Answer {
            var body: [String: Any] = ["query": "SELECT a FROM v ORDER BY a", "limit": 1]
            if let cursor { body["cursor"] = cursor }
            return try reader.post("/v1/sql", String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self))
        }
        let own = "SELECT sequence AS a FROM receipts"
        XCTAssertEqual(try put(server.client(), "v", own).status, 201)
        let first = try page(nil)
        let cursor = try XCTUnwrap((try JSONSerialization.jsonObject(with: Data(first.body)) as? [String: Any])?["next_cursor"] as? String, first.text)
        XCTAssertEqual(try put(server.client(), "other", "SELECT 1 AS a").status, 201)
        XCTAssertEqual(try put(server.client(), "v", own).status, 200)
        XCTAssertEqual(try page(cursor).status, 200)
        for query in ["SELECT sequence::text AS a FROM receipts", "SELECT -sequence AS a FROM receipts"] {
            XCTAssertEqual(try put(server.client(), "v", query).status, 200)
            let answer = try page(cursor)
            XCTAssertEqual(answer.status, 400, "\(query): \(answer.text)")
            XCTAssertTrue(answer.text.contains("bad-cursor"), answer.text)
            XCTAssertEqual(try page(nil).status, 200, query)
        }
    }

    /// Tables come before views: a view whose name a rollup took since says so.
    func test_nameThatIsTakenSince_isTold() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/views/rollup_x", #"{"query":"SELECT 1 AS a"}"#).status, 201)
        XCTAssertTrue(try admin.get("/v1/views/rollup_x").text.contains(#""fault":null"#))
        let rollup = #"{"name":"x","table":"receipts","where":null,"unnest":null,"group_by":{"day":"business_day"},"measures":{"n":"count(*)"}}"#
        XCTAssertEqual(try admin.put("/v1/rollups/x", rollup).status, 201)
        XCTAssertTrue(try admin.get("/v1/views/rollup_x").text.contains("a table of this name comes before it"))
        XCTAssertEqual(try admin.delete("/v1/views/rollup_x").status, 204)
    }
}
