import Foundation
import TestSupport
import XCTest

/// Goal: what the console asks for beside the lists: every version of a type, a contract's own figures and subscriptions, comments. Method: the real binary.
final class ConsoleCallsTests: XCTestCase {
    private var server: TillServer?
    private func running() throws -> TillServer { try XCTUnwrap(server) }

    override func setUpWithError() throws { server = try TillServer() }
    override func tearDown() { server?.remove() }

    private func object(_ answer: HTTPClient.Answer) throws -> [String: Any] {
        XCTAssertEqual(answer.status, 200, answer.text)
        return try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
    }

    private static func type(_ version: Int, _ description: String) -> String {
        #"{"name":"sale","version":\#(version),"format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/issued_at","time_zone":"UTC","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)","description":"\#(description)"}}}"#
    }

    func test_versionsOfAType_areAllThere_theNewestFirst_aPageAtATime() throws {
        let admin = try running().client()
        for version in 1...3 { XCTAssertTrue([200, 201].contains(try admin.put("/v1/types/sale", Self.type(version, "of \(version)")).status)) }
        let first = try object(try admin.get("/v1/types/sale/versions?limit=2"))
        let cursor = try XCTUnwrap(first["next_cursor"] as? String)
        let rest = try object(try admin.get("/v1/types/sale/versions?cursor=\(cursor)"))
        let all = try XCTUnwrap(first["versions"] as? [[String: Any]]) + (try XCTUnwrap(rest["versions"] as? [[String: Any]]))
        XCTAssertEqual(all.map { $0["version"] as? Int }, [3, 2, 1])
        XCTAssertEqual(all.map { ($0["type"] as? [String: Any])?["version"] as? Int }, [3, 2, 1], "each with its file as it was put")
        XCTAssertTrue(all.allSatisfy { $0["put_at"] is String })
        XCTAssertTrue(rest["next_cursor"] is NSNull)
        XCTAssertEqual(try admin.get("/v1/types/nothing/versions").status, 404)
        XCTAssertEqual(try admin.get("/v1/types/pos-receipt/versions?cursor=\(cursor)").status, 400, "a cursor of another type")
        let other = try running().client(key: try running().key("o", more: #","types":["pos-receipt"]"#))
        XCTAssertEqual(try other.get("/v1/types/sale/versions").status, 404, "a type that a contract may not post is none to it")
        XCTAssertEqual(try other.get("/v1/types/pos-receipt/versions").status, 200)
    }

    func test_tickets_areOfAllTables_andRefusedOnesAreFiltered() throws {
        let server = try running()
        let admin = server.client()
        for kind in ["bill", "note"] {
            let type = #"{"name":"\#(kind)","version":1,"format":"json","table":"\#(kind)s","match":{"/k":"\#(kind)"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"v":{"path":"/v","type":"INTEGER","required":true}}}"#
            XCTAssertEqual(try admin.put("/v1/types/\(kind)", type).status, 201)
        }
        let (one, other) = (server.client(key: try server.key("one")), server.client(key: try server.key("other")))
        func post(_ kind: String, _ id: String, _ value: String = "1", by client: HTTPClient) throws -> Int {
            try client.post("/v1/receipts", #"{"k":"\#(kind)","id":"\#(id)","at":"2026-11-20T10:00:00Z","v":\#(value)}"#).status
        }
        XCTAssertEqual(try post("bill", "B", by: one), 201)
        XCTAssertEqual(try one.post("/v1/receipts", Receipts.pos("R")).status, 201)
        XCTAssertEqual(try post("note", "N", by: other), 201)
        XCTAssertEqual(try post("bill", "B", #""x""#, by: one), 422)
        func found(_ query: String, by client: HTTPClient) throws -> [String] {
            var (ids, cursor): ([String], String?) = ([], nil)
            repeat {
                let page = try object(try client.get("/v1/tickets?limit=1\(query)" + (cursor.map { "&cursor=\($0)" } ?? "")))
                ids += try XCTUnwrap(page["tickets"] as? [[String: Any]]).map { $0["receipt_id"] as? String ?? "refused" }
                cursor = page["next_cursor"] as? String
            } while cursor != nil
            return ids
        }
        let (past, future) = ("2020-01-01", "2199-01-01T00:00:00Z")
        for (query, all, own) in [
            ("", ["N", "R", "B"], ["R", "B"]), ("&table=bills", ["B"], ["B"]), ("&table=receipts", ["R"], ["R"]), ("&receipt=N", ["N"], []), ("&state=COMPLETE", ["N", "R", "B"], ["R", "B"]),
            ("&from=\(past)&to=\(future)", ["N", "R", "B"], ["R", "B"]), ("&to=\(past)", [], []), ("&client=one", ["R", "B"], ["R", "B"]),
            ("&state=REFUSED", ["refused"], ["refused"]), ("&state=REFUSED&from=\(past)&to=\(future)", ["refused"], ["refused"]), ("&state=REFUSED&from=\(future)", [], []),
            ("&state=REFUSED&to=\(past)", [], []), ("&state=REFUSED&receipt=B", [], []),
        ] as [(String, [String], [String])] {
            XCTAssertEqual(try found(query, by: admin), all, query)
            XCTAssertEqual(try found(query, by: one), own, query)
        }
        XCTAssertEqual(try found("&state=REFUSED", by: other), [])
        XCTAssertEqual(try admin.get("/v1/tickets?state=REFUSED&table=bills").status, 400)
    }

    func test_pages_asArrowStreams() throws {
        let server = try running()
        let client = server.client(key: try server.key("one"))
        for number in 1...3 { XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("R-\(number)")).status, 201) }
        let arrow = ("Accept", "application/vnd.apache.arrow.stream")
        for compression in ["", "&compression=zstd", "&compression=lz4", "&compression=none"] {
            let page = try client.get("/v1/receipts?limit=2\(compression)", [arrow])
            XCTAssertEqual(page.status, 200, page.text)
            XCTAssertEqual(page.headers["content-type"], arrow.1)
            XCTAssertTrue(page.headers["link"]?.contains("cursor=") ?? false, "the cursor")
            XCTAssertEqual(Array(page.body.prefix(4)), [0xFF, 0xFF, 0xFF, 0xFF])
            XCTAssertEqual(Array(page.body.suffix(8)), [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], "its end")
        }
        XCTAssertEqual(try client.get("/v1/receipts?compression=brotli", [arrow]).status, 400)
        XCTAssertEqual(try client.get("/v1/receipts?compression=zstd").status, 400)
        XCTAssertEqual(try client.get("/v1/receipts?limit=1", [("Accept", "application/vnd.apache.parquet")]).status, 406)
    }

    func test_overview_ofAContract_hasItsOwnFigures() throws {
        let server = try running()
        let (one, other) = (server.client(key: try server.key("one")), server.client(key: try server.key("other")))
        for number in 1...3 { XCTAssertEqual(try one.post("/v1/receipts", Receipts.pos("R-\(number)")).status, 201) }
        func figures(_ client: HTTPClient) throws -> (posts: Int, median: Any?, rate: Double, store: Any?) {
            let overview = try object(try client.get("/v1/overview"))
            let promises = try XCTUnwrap(overview["promises"] as? [[String: Any]])
            let hour = try XCTUnwrap(promises.first { $0["name"] as? String == "post" }?["hour"] as? [String: Any])
            let rates = try XCTUnwrap(overview["rates"] as? [String: Any])
            return (try XCTUnwrap(hour["of"] as? Int), (overview["post_ms"] as? [String: Any])?["p50"], try XCTUnwrap(rates["receipts_per_second"] as? Double), overview["store"])
        }
        let (own, others) = (try figures(one), try figures(other))
        XCTAssertEqual(own.posts, 3)
        XCTAssertTrue(own.median is Double)
        XCTAssertEqual(own.rate, 0.05, accuracy: 0.001)
        XCTAssertTrue(own.store is NSNull)
        XCTAssertEqual(others.posts, 0)
        XCTAssertTrue(others.median is NSNull)
        XCTAssertEqual(others.rate, 0)
        let store = try XCTUnwrap(try object(try server.client().get("/v1/overview"))["store"] as? [String: Any])
        XCTAssertEqual(store["hot_days"] as? Int, 1)
        XCTAssertEqual(store["compaction_due_files"] as? Int, 0)
    }

    /// A type has a table of its own as often as not, and its registrar may be the one that is silent.
    func test_overview_looksAtTheReceiptsOfAllTables() throws {
        let server = try TillServer(environment: ["TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:9/receipts","secret":"s"}}"#, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#])
        defer { server.remove() }
        for (kind, register) in [("bill", #","register":[["tax"]]"#), ("note", "")] {
            let type = #"{"name":"\#(kind)","version":1,"format":"json","table":"\#(kind)s","match":{"/k":"\#(kind)"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"v":{"path":"/v","type":"INTEGER"}}\#(register)}"#
            XCTAssertEqual(try server.client().put("/v1/types/\(kind)", type).status, 201)
        }
        let (one, other) = (server.client(key: try server.key("one")), server.client(key: try server.key("other")))
        for client in [server.client(), one] { XCTAssertTrue(try object(try client.get("/v1/overview"))["oldest_unregistered_at"] is NSNull) }
        func post(_ kind: String) throws -> Int { try one.post("/v1/receipts", #"{"k":"\#(kind)","id":"1","at":"2026-11-20T10:00:00Z","v":1}"#).status }
        XCTAssertEqual(try post("note"), 201)
        XCTAssertEqual(try post("bill"), 202)
        for client in [server.client(), one] { XCTAssertTrue(try object(try client.get("/v1/overview"))["oldest_unregistered_at"] is String) }
        let (own, others) = (try object(try one.get("/v1/overview")), try object(try other.get("/v1/overview")))
        func rate(_ overview: [String: Any]) throws -> Double { try XCTUnwrap((overview["rates"] as? [String: Any])?["receipts_per_second"] as? Double) }
        XCTAssertEqual(try rate(own), 2.0 / 60, accuracy: 0.001)
        XCTAssertTrue(others["oldest_unregistered_at"] is NSNull)
        XCTAssertEqual(try rate(others), 0)
    }

    func test_me_saysSubscriptions_andWherePostgresClientsComeIn() throws {
        let server = try running()
        let client = server.client(key: try server.key("s", more: #","subscriptions":[{"from":"2024-01-01T00:00:00Z","to":"2090-01-01T00:00:00Z","plan":"gold"},{"from":"2090-01-01T00:00:00Z","plan":"silver"}]"#))
        let me = try object(try client.get("/v1/me"))
        XCTAssertEqual((me["subscriptions"] as? [[String: Any]])?.map { $0["plan"] as? String }, ["gold", "silver"])
        XCTAssertTrue(me["postgres"] is NSNull, "there is no such door")
        XCTAssertEqual((try object(try server.client().get("/v1/me"))["subscriptions"] as? [Any])?.count, 0)
    }

    func test_session_outlivesARestart_andEndsOnTheServer() throws {
        let server = try running()
        let key = try server.key("c1")
        let begun = try server.client(key: nil).post("/v1/session", #"{"key":"\#(key)"}"#)
        let cookie = try XCTUnwrap(begun.headers["set-cookie"]?.split(separator: ";").first).description
        let csrf = try XCTUnwrap(try object(begun)["csrf"] as? String)
        XCTAssertFalse(begun.headers["set-cookie"]?.contains("Secure") ?? true, "no cookie of a server without TLS would come back")
        XCTAssertEqual(server.stop(), 0)
        try server.start()
        let client = server.client(key: nil)
        XCTAssertEqual(try object(try client.get("/v1/session", [("Cookie", cookie)]))["csrf"] as? String, csrf)
        XCTAssertEqual(try client.call("DELETE", "/v1/session", headers: [("Cookie", cookie)]).status, 403)
        XCTAssertEqual(try client.call("DELETE", "/v1/session", headers: [("Cookie", cookie), ("Till-CSRF", csrf)]).status, 204)
        XCTAssertEqual(try client.get("/v1/session", [("Cookie", cookie)]).status, 401)
    }

    func test_cookie_isSecure_underTLS() throws {
        let folder = try TestCertificate.write()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TillServer(arguments: ["--tls-cert", folder.appendingPathComponent("cert.pem").path, "--tls-key", folder.appendingPathComponent("key.pem").path])
        defer { server.remove() }
        let run = try Subprocess(
            "/usr/bin/curl", ["-sk", "-D", "-", "-H", "Content-Type: application/json", "-d", #"{"key":"\#(TillServer.adminKey)"}"#, "https://127.0.0.1:\(server.port)/v1/session"])
        let field = try XCTUnwrap(run.all.split(separator: "\r\n").first { $0.lowercased().hasPrefix("set-cookie:") }, run.all)
        XCTAssertTrue(field.contains("; Secure") && field.contains("HttpOnly") && field.contains("SameSite=Strict"), String(field))
    }

    func test_query_isEndedByItsID_andItsCallerIsTold() throws {
        let server = try running()
        let ender = server.client()
        let asker = Process()
        asker.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        asker.arguments = [
            "-si", "-H", "Authorization: Bearer \(TillServer.adminKey)", "-H", "Content-Type: application/json",
            "-d", #"{"query":"SELECT count(*) FROM generate_series(1, 4000000000) AS g","query_id":"mine"}"#, "\(server.url)/v1/sql",
        ]
        let pipe = Pipe()
        asker.standardOutput = pipe
        try asker.run()
        XCTAssertTrue(try Patience.until { try ender.get("/v1/queries").text.contains(#""id":"mine""#) })
        let listed = try ender.get("/v1/queries").text
        for member in ["rows_scanned", "bytes_read", "files_pruned", "elapsed_ms"] { XCTAssertTrue(listed.contains("\"\(member)\""), listed) }
        XCTAssertEqual(try ender.call("DELETE", "/v1/queries/mine").status, 204)
        let answer = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        asker.waitForEnd()
        XCTAssertTrue(answer.hasPrefix("HTTP/1.1 409"), answer)
        for part in ["/problems/query-cancelled", "\"request_id\"", "X-Request-Id"] { XCTAssertTrue(answer.contains(part), answer) }
    }

    /// Also of an address that is too long to be read.
    func test_policy_isOnEveryAnswerUnderTheConsole() throws {
        let client = HTTPClient(port: try running().port)
        for (path, status) in [("/console/nothing", 200), ("/console/assets/gone.js", 404), ("/console/" + String(repeating: "a", count: 100_000), 414)] {
            let answer = try client.get(path)
            XCTAssertEqual(answer.status, status)
            XCTAssertTrue(answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self'") ?? false, "\(status)")
        }
    }

    func test_comments_areATableAtEveryDoor() throws {
        let server = try running()
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/sale", Self.type(1, "What the buyer''s hand pays")).status, 201)
        let own = server.client(key: try server.key("own", access: "read"))
        for client in [admin, own] {
            let answer = try client.post("/v1/sql", #"{"query":"SELECT column_name, comment FROM till.comments WHERE table_name = 'receipts' AND column_name IN ('total', 'client_id') ORDER BY 1"}"#)
            XCTAssertTrue(answer.text.contains(#"["total","What the buyer''s hand pays"]"#), answer.text)
            XCTAssertTrue(answer.text.contains(#"["client_id","Whose document it is: the contract's id."]"#), answer.text)
        }
    }
    /// As many tables and columns as types have: more words than a statement may be long.
    func test_comments_ofManyColumns_areAllThere() throws {
        let admin = try running().client()
        let columns = (0..<900).map { #""c\#($0)":{"path":"/c\#($0)","type":"VARCHAR","description":"\#(String(repeating: "w", count: 1_500))"}"# }.joined(separator: ",")
        let type = #"{"name":"wide","version":1,"table":"wide","format":"json","match":{"/schema":"wide/1"},"receipt_id":"/id","issued_at":"/issued_at","time_zone":"UTC","columns":{\#(columns)}}"#
        let put = try admin.put("/v1/types/wide", type)
        XCTAssertEqual(put.status, 201, put.text)
        let answer = try admin.post("/v1/sql", #"{"query":"SELECT count(*), sum(length(comment)) FROM till.comments WHERE table_name = 'wide' AND column_name LIKE 'c%' AND comment LIKE 'www%'"}"#)
        XCTAssertTrue(answer.text.contains(#""rows":[[900,1350000]]"#) || answer.text.contains(#""rows":[[900,"1350000"]]"#), answer.text)
    }
}
