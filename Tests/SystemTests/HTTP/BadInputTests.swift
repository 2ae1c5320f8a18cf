import Foundation
import TestSupport
import XCTest

/// Goal: bad input of any kind gets an answer that says what and where, and hurts nothing. Method: tables of requests to the real
/// binary; between them the server must live, and a receipt acknowledged at the start must be there at the end.
final class BadInputTests: XCTestCase {
    private struct Row {
        let name: String
        let body: [UInt8]
        var type = "application/json"
        var path = "/v1/receipts?client=shop"
        let status: Int
        let slug: String
        /// Each must be among the pointers of `errors`.
        var pointers: [String] = []

        init(
            _ name: String, _ body: String, type: String = "application/json", path: String = "/v1/receipts?client=shop", _ status: Int,
            _ slug: String, pointers: [String] = []
        ) {
            self.init(name, bytes: Array(body.utf8), type: type, path: path, status, slug, pointers: pointers)
        }

        init(
            _ name: String, bytes: [UInt8], type: String = "application/json", path: String = "/v1/receipts?client=shop", _ status: Int,
            _ slug: String, pointers: [String] = []
        ) {
            (self.name, body, self.type, self.path, self.status, self.slug) = (name, bytes, type, path, status, slug)
            self.pointers = pointers
        }
    }

    private static let good = Receipts.pos("good")
    private static let xmlHead = #"<?xml version="1.0" encoding="UTF-8"?>"#

    private static let documents: [Row] = [
        Row("empty body", "", 400, "bad-json"),
        Row("malformed", "{\"schema\":", 400, "bad-json"),
        Row("truncated", String(good.dropLast(20)), 400, "bad-json"),
        Row("text after the value", good + "x", 400, "bad-json"),
        Row("single quotes", "{'schema':'pos/1'}", 400, "bad-json"),
        Row("duplicate members", good.replacingOccurrences(of: #""currency":"UAH""#, with: #""currency":"UAH","currency":"EUR""#), 400, "bad-json"),
        Row("lone surrogate", Receipts.pos("x", name: "\\ud800"), 400, "bad-json"),
        Row("raw control byte", Receipts.pos("x", name: "a\u{1}b"), 400, "bad-json"),
        Row("raw NUL", bytes: Array(good.utf8.dropLast()) + [0x00, 0x7D], 400, "bad-json"),
        Row("not UTF-8", bytes: Array(Receipts.pos("x", name: "?").utf8).map { $0 == UInt8(ascii: "?") ? 0xE9 : $0 }, 400, "bad-json"),
        Row("NUL in a mapped column", Receipts.pos("x", name: "a\\u0000b"), 422, "invalid-document"),
        Row("NUL in the id", Receipts.pos("x\\u0000y"), 422, "invalid-document"),
        Row("deeply nested", String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000), 400, "bad-json"),
        Row("nested past the limit", Receipts.pos("x", extra: ",\"deep\":" + String(repeating: "[", count: 200) + String(repeating: "]", count: 200)), 400, "bad-json"),
        Row("400 digits", Receipts.pos("x", total: String(repeating: "9", count: 400)), 422, "invalid-document", pointers: ["/total"]),
        Row("exponent of 400", Receipts.pos("x", total: "1e400"), 422, "invalid-document", pointers: ["/total"]),
        Row("too many decimals", Receipts.pos("x", total: "1.000001"), 422, "invalid-document", pointers: ["/total"]),
        Row("day in year 0", Receipts.pos("x", day: "0000-01-01"), 422, "invalid-document", pointers: ["/issued_at"]),
        Row("day in year 9999", Receipts.pos("x", day: "9999-12-31"), 422, "invalid-document", pointers: ["/issued_at"]),
        Row("day that is none", Receipts.pos("x", day: "2026-02-30"), 422, "invalid-document", pointers: ["/issued_at"]),
        Row("empty id", Receipts.pos(""), 422, "invalid-document", pointers: ["/id"]),
        Row("long id", Receipts.pos(String(repeating: "x", count: 201)), 422, "invalid-document", pointers: ["/id"]),
        Row("unknown shape", #"{"hello":"world"}"#, 422, "unknown-type"),
        Row("a number", "7", 422, "unknown-type"),
        Row("unknown type named", good, path: "/v1/receipts?client=shop&type=nothing", 422, "unknown-type"),
        Row("unknown parameter", good, path: "/v1/receipts?client=shop&tipe=pos-receipt", 400, "unknown-parameter"),
        Row("unknown client", good, path: "/v1/receipts?client=nobody", 404, "not-found"),
        Row("no client", good, path: "/v1/receipts", 400, "bad-parameter"),
        Row("over the document limit", Receipts.pos("x", extra: ",\"pad\":\"" + String(repeating: "a", count: 1 << 20) + "\""), 413, "too-large"),
        Row("50 MB", Receipts.pos("x", extra: ",\"pad\":\"" + String(repeating: "a", count: 50_000_000) + "\""), 413, "too-large"),
        Row("70 MB", bytes: [UInt8](repeating: 0x61, count: 70_000_000), 413, "too-large"),
        Row("101 in an array", "[" + (0..<101).map { Receipts.pos("r\($0)") }.joined(separator: ",") + "]", 413, "too-large"),
        Row("an id twice in an array", "[\(good),\(good.replacingOccurrences(of: "card", with: "cash"))]", 422, "invalid-document"),
        Row("wrong content type", good, type: "text/plain", 415, "unsupported-media-type"),
        Row("no content type", good, type: "", 415, "unsupported-media-type"),
        Row("malformed XML", "\(xmlHead)<a><b></a>", type: "application/xml", 400, "bad-xml"),
        Row("empty XML", "", type: "application/xml", 400, "bad-xml"),
        Row("JSON as XML", good, type: "application/xml", 400, "bad-xml"),
        Row("entity bomb", "\(xmlHead)<!DOCTYPE a [<!ENTITY b \"x\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>", type: "application/xml", 400, "bad-xml"),
        Row("external entity", "\(xmlHead)<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", type: "application/xml", 400, "bad-xml"),
        Row("external DTD", "\(xmlHead)<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>", type: "application/xml", 400, "bad-xml"),
        Row("deep XML", xmlHead + String(repeating: "<a>", count: 100_000) + String(repeating: "</a>", count: 100_000), type: "application/xml", 400, "bad-xml"),
        Row("BOM against the declaration", bytes: [0xFF, 0xFE] + Array("\(xmlHead)<a/>".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, type: "application/xml", 400, "bad-encoding"),
        Row("bytes outside the encoding", bytes: Array("\(xmlHead)<a>".utf8) + [0xE9] + Array("</a>".utf8), type: "application/xml", 400, "bad-encoding"),
        Row("unknown XML", "\(xmlHead)<hello/>", type: "application/xml", 422, "unknown-type"),
    ]

    func test_documents() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let client = server.client()
        let first = try client.post("/v1/receipts?client=shop", Self.good)
        XCTAssertEqual(first.status, 201, first.text)
        for row in Self.documents {
            let headers = row.type.isEmpty ? [] : [("Content-Type", row.type)]
            let answer = try client.call("POST", row.path, headers: headers, body: row.body)
            check(answer, row.status, row.slug, row.pointers, row.name)
            XCTAssertEqual(try client.get("/healthz").status, 200, "after \(row.name)")
        }
        let kept = try client.get("/v1/receipts/good?client=shop&raw=1")
        XCTAssertEqual(kept.text, Self.good)
        let again = try client.post("/v1/receipts?client=shop", Self.good)
        XCTAssertEqual(again.status, 200)
        XCTAssertEqual(Receipts.member("ticket_id", of: again.text), Receipts.member("ticket_id", of: first.text))
    }

    private func check(_ answer: HTTPClient.Answer, _ status: Int, _ slug: String, _ pointers: [String], _ name: String) {
        let text = String(answer.text.prefix(600))
        XCTAssertEqual(answer.status, status, "\(name): \(text)")
        XCTAssertEqual(answer.headers["content-type"], "application/problem+json", name)
        XCTAssertTrue(answer.text.contains(#""type":"/problems/\#(slug)""#), "\(name): \(text)")
        for pointer in pointers { XCTAssertTrue(answer.text.contains(#""pointer":"\#(pointer)""#), "\(name): \(text)") }
    }

    func test_calls() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("shop")
        _ = try server.key("other")
        let admin = server.client()
        XCTAssertEqual(try admin.post("/v1/receipts?client=other", Receipts.pos("theirs")).status, 201)
        let table: [(name: String, method: String, path: String, body: String?, status: Int, slug: String, pointers: [String])] = [
            ("bad cursor", "GET", "/v1/receipts?cursor=abc", nil, 400, "bad-cursor", []),
            ("limit 0", "GET", "/v1/receipts?limit=0", nil, 400, "bad-parameter", ["/limit"]),
            ("limit 10,001", "GET", "/v1/receipts?limit=10001", nil, 400, "bad-parameter", ["/limit"]),
            ("limit that is none", "GET", "/v1/receipts?limit=ten", nil, 400, "bad-parameter", ["/limit"]),
            ("day that is none", "GET", "/v1/receipts?from=2026-02-30", nil, 400, "bad-parameter", ["/from"]),
            ("day and instant", "GET", "/v1/receipts?from=2026-01-01&to=2026-02-01T00:00:00Z", nil, 400, "bad-parameter", ["/to"]),
            ("unknown field", "GET", "/v1/receipts?fields=colour", nil, 400, "bad-parameter", ["/fields"]),
            ("unknown state", "GET", "/v1/receipts?state=DONE", nil, 400, "bad-parameter", ["/state"]),
            ("unknown table", "GET", "/v1/receipts?table=nothing", nil, 404, "not-found", []),
            ("another client's receipt", "GET", "/v1/receipts/theirs", nil, 404, "not-found", []),
            ("another client by name", "GET", "/v1/receipts/theirs?client=other", nil, 403, "wrong-client", []),
            ("no receipt", "GET", "/v1/receipts/nothing", nil, 404, "not-found", []),
            ("no ticket", "GET", "/v1/tickets/01JDABCDEFGHJKMNPQRSTVWXYZ", nil, 404, "not-found", []),
            ("ticket that is none", "GET", "/v1/tickets/x", nil, 404, "not-found", []),
            ("wrong method", "PUT", "/v1/receipts", "{}", 405, "method-not-allowed", []),
            ("no such call", "GET", "/v1/nothing", nil, 404, "not-found", []),
            ("no such problem", "GET", "/problems/nothing", nil, 404, "not-found", []),
            ("unknown registrar", "POST", "/v1/callbacks/tax", "{}", 401, "bad-signature", []),
            ("SQL without query", "POST", "/v1/sql", "{}", 400, "bad-parameter", ["/query"]),
            ("SQL with an unknown member", "POST", "/v1/sql", #"{"query":"SELECT 1","qery":1}"#, 400, "bad-parameter", ["/qery"]),
            ("SQL that is none", "POST", "/v1/sql", #"{"query":"SELEC 1"}"#, 400, "bad-sql", []),
            ("SQL that writes", "POST", "/v1/sql", #"{"query":"DELETE FROM receipts"}"#, 400, "unsupported-sql", []),
            ("SQL of an unknown column", "POST", "/v1/sql", #"{"query":"SELECT nothing FROM receipts"}"#, 400, "bad-sql", []),
            ("SQL of an unknown table", "POST", "/v1/sql", #"{"query":"SELECT 1 FROM nothing"}"#, 400, "bad-sql", []),
            ("SQL limit 0", "POST", "/v1/sql", #"{"query":"SELECT 1","limit":0}"#, 400, "bad-parameter", ["/limit"]),
            ("SQL limit 10,001", "POST", "/v1/sql", #"{"query":"SELECT 1","limit":10001}"#, 400, "bad-parameter", ["/limit"]),
            ("SQL with a LIMIT past BIGINT", "POST", "/v1/sql", #"{"query":"SELECT 1 LIMIT 9223372036854775808"}"#, 422, "numeric-overflow", []),
            ("SQL time zone", "POST", "/v1/sql", #"{"query":"SELECT 1","time_zone":"Mars/Olympus"}"#, 400, "bad-parameter", ["/time_zone"]),
            ("SQL cursor", "POST", "/v1/sql", #"{"query":"SELECT 1","cursor":"abc"}"#, 400, "bad-cursor", []),
            ("SQL division by zero", "POST", "/v1/sql", #"{"query":"SELECT 1/0"}"#, 422, "data-error", []),
            ("SQL that is no JSON", "POST", "/v1/sql", "SELECT 1", 400, "bad-json", []),
        ]
        let client = server.client(key: key)
        for row in table {
            let headers = row.body == nil ? [] : [("Content-Type", "application/json")]
            let answer = try client.call(row.method, row.path, headers: headers, body: row.body.map { Array($0.utf8) })
            check(answer, row.status, row.slug, row.pointers, row.name)
        }
        // Where nothing is and where nothing may be seen, the same words.
        func words(_ answer: HTTPClient.Answer) throws -> String {
            let id = try XCTUnwrap(answer.headers["x-request-id"])
            XCTAssertTrue(answer.text.contains(#""request_id":"\#(id)""#), answer.text)
            return answer.text.replacingOccurrences(of: id, with: "").replacingOccurrences(of: "theirs", with: "nothing")
        }
        XCTAssertEqual(try words(client.get("/v1/receipts/theirs")), try words(client.get("/v1/receipts/nothing")))
        let position = try client.post("/v1/sql", #"{"query":"SELECT 'é', nothing FROM receipts"}"#)
        XCTAssertEqual(Receipts.member("position", of: position.text), "13", position.text)
        XCTAssertEqual(try client.post("/v1/sql", #"{"query":"SELECT 1","limit":null,"cursor":null,"params":null,"time_zone":null}"#).status, 200)
        XCTAssertEqual(try server.client(key: nil).get("/v1/receipts").status, 401)
        XCTAssertEqual(try server.client(key: "till_wrong").get("/v1/receipts").status, 401)
        XCTAssertEqual(try client.get("/v1/receipts", [("Accept", "image/png")]).status, 406)
        XCTAssertEqual(try client.post("/v1/receipts", Receipts.pos("mine")).status, 201)
        XCTAssertEqual(try client.get("/v1/receipts/mine", [("Accept", "application/json")]).text, Receipts.pos("mine"))
        XCTAssertEqual(try client.get("/v1/receipts/mine", [("Accept", "application/json;q=0")]).status, 406)
        // Beside another form it asks for the receipt, in JSON.
        XCTAssertTrue(try client.get("/v1/receipts/mine", [("Accept", "application/json;charset=utf-8, text/plain, */*")]).text.hasPrefix(#"{"client_id":"#))
        // A ticket of what was refused has its reasons, also where there is no place to point to.
        let refused = try client.post("/v1/receipts", "{bad")
        let ticket = try client.get("/v1/tickets/\(Receipts.member("ticket_id", of: refused.text) ?? "")")
        XCTAssertTrue(ticket.text.contains(#""state":"REFUSED""#) && ticket.text.contains(#""code":"bad-json""#), ticket.text)
        // A body that is not whole in its coding is kept as it came.
        let torn: [UInt8] = [0x1F, 0x8B, 0x08, 0x00, 0xFF]
        let coded = try client.call("POST", "/v1/receipts", headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], body: torn)
        check(coded, 400, "bad-encoding", [], "torn gzip")
        let kept = try client.get("/v1/quarantine/\(Receipts.member("ticket_id", of: coded.text) ?? "")")
        XCTAssertEqual(Receipts.member("document_base64", of: kept.text), Data(torn).base64EncodedString(), kept.text)
        check(
            try client.call("POST", "/v1/sql", headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], body: torn), 400, "bad-encoding", [],
            "torn gzip of a question")
    }

    func test_typeFiles() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        let bodies = [
            "{}", "[]", "{\"name\":\"x\"}", #"{"name":"other","version":1,"format":"json"}"#,
            #"{"name":"x","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/t","type":"MONEY"}}}"#,
            #"{"name":"x","version":1,"format":"json","receipt_id":"id","issued_at":"/at","columns":{}}"#,
            #"{"name":"x","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","columns":{},"register":[["tax"]]}"#,
            #"{"name":"x","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","columns":{},"colour":"red"}"#,
        ]
        for body in bodies {
            let answer = try admin.put("/v1/types/x", body)
            check(answer, 422, "invalid-type", [], body)
            XCTAssertTrue(answer.text.contains(#""pointer":"#), body)
        }
        let wrong = try admin.put(
            "/v1/types/x",
            #"{"name":"y","version":0,"colour":1,"format":"json","receipt_id":"/id","issued_at":"/at","rules":[{"name":"r","check":"none","message":"m"}],"register":[["tax"]]}"#)
        for pointer in ["/version", "/colour", "/name", "/register/0/0", "/rules/0/check"] { XCTAssertTrue(wrong.text.contains(#""pointer":"\#(pointer)""#), wrong.text) }
        check(try admin.put("/v1/types/x", "{"), 400, "bad-json", [], "no JSON")
        XCTAssertEqual(try admin.get("/v1/types/x").status, 404)
        XCTAssertEqual(try admin.get("/v1/types/pos-receipt").status, 200)
        // The present file again, however it is written.
        let file = #"{"name":"x","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","columns":{}}"#
        XCTAssertEqual(try admin.put("/v1/types/x", file).status, 201)
        XCTAssertEqual(try admin.put("/v1/types/x", #"{"version" : 1.0, "name":"\u0078","format":"json","columns":{},"receipt_id":"/id","issued_at":"/at"}"#).status, 200)
        XCTAssertEqual(try admin.get("/v1/types/x").text, file)
        check(try admin.put("/v1/types/x", file.replacingOccurrences(of: "/at", with: "/on")), 409, "version-conflict", [], "another file")
    }
}
