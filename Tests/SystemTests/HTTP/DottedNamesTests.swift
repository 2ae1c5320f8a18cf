import Foundation
import TestSupport
import XCTest

/// Goal: a receipt may be called `.` or `..`, which browsers, curl and many libraries take out of a path however they are escaped; all that can be asked of a
/// receipt can be asked of those. What people name themselves is never called so. Method: the real binary, by the parameter and by raw paths.
final class DottedNamesTests: XCTestCase {
    func test_receipts_areAskedForByParameter() throws {
        let server = try TillServer()
        defer { server.remove() }
        let shop = try server.client(key: server.key("shop")), other = try server.client(key: server.key("other", scope: "all"))
        for (name, total) in [(".", "1"), ("..", "2"), ("-", "3")] {
            XCTAssertEqual(try shop.post("/v1/receipts", Receipts.pos(name, total: total)).status, 201, name)
        }
        for cold in [false, true] {
            if cold { XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200) }
            for (query, total) in [("?receipt_id=.", "1"), ("?receipt_id=..", "2"), ("?receipt_id=%2E%2e", "2"), ("", "3"), ("?receipt_id=-", "3")] {
                let answer = try shop.get("/v1/receipts/-\(query)")
                XCTAssertEqual(answer.status, 200, answer.text)
                XCTAssertEqual(Receipts.member("total", of: answer.text), total, query)
            }
            XCTAssertTrue(try shop.get("/v1/receipts/-?receipt_id=..&raw=1").text.contains(#""id":".."#))
            // Who sends it as it stands is answered, too.
            XCTAssertEqual(Receipts.member("total", of: try shop.get("/v1/receipts/%2e%2e").text), "2")
        }
        XCTAssertEqual(try shop.get("/v1/receipts/-?receipt_id=...").status, 404)
        for query in ["", "x%00", String(repeating: "x", count: 201)] {
            let answer = try shop.get("/v1/receipts/-?receipt_id=\(query)")
            XCTAssertEqual(answer.status, 400, answer.text)
            XCTAssertTrue(answer.text.contains("bad-parameter"), answer.text)
        }
        let twice = try shop.get("/v1/receipts/R-1?receipt_id=..")
        XCTAssertEqual(twice.status, 400, twice.text)
        XCTAssertTrue(twice.text.contains("the path has -"), twice.text)
        XCTAssertEqual(try shop.get("/v1/tickets/-?receipt_id=..").status, 400, "of receipts alone")
        // Of several the choices lead back.
        XCTAssertEqual(try shop.post("/v1/receipts", Receipts.pos("..", day: "2026-11-18", total: "4")).status, 201)
        let choices = try other.get("/v1/receipts/-?receipt_id=..")
        XCTAssertEqual(choices.status, 300, choices.text)
        let urls = choices.text.matches(of: #/"url":"([^"]+)"/#).map { String($0.output.1) }
        XCTAssertEqual(try urls.map { Receipts.member("total", of: try other.get($0).text) ?? "" }.sorted(), ["2", "4"])
    }

    func test_versions_andRemoval() throws {
        let server = try TillServer()
        defer { server.remove() }
        let type = #"{"name":"person","version":1,"table":"people","format":"json","match":{"/person":true},"on_repeat":"replace","receipt_id":"/id","columns":{"name":{"path":"/name","type":"VARCHAR"}}}"#
        XCTAssertEqual(try server.client().put("/v1/types/person", type).status, 201)
        let shop = try server.client(key: server.key("shop"))
        for name in ["Ann", "Ann Lee"] { XCTAssertLessThan(try shop.post("/v1/receipts", #"{"person":true,"id":"..","name":"\#(name)"}"#).status, 300) }
        let versions = try shop.get("/v1/receipts/-/versions?receipt_id=..&table=people")
        XCTAssertEqual(versions.status, 200, versions.text)
        XCTAssertEqual(versions.text.components(separatedBy: "\"version\":").count - 1, 2, versions.text)
        XCTAssertEqual(try shop.delete("/v1/receipts/-?receipt_id=..&table=people").status, 204)
        XCTAssertEqual(try shop.get("/v1/receipts/-?receipt_id=..&table=people").status, 404)
    }

    /// What somebody names by a PUT could not be asked for, changed or deleted from a browser.
    func test_whatPeopleName_isNotCalledSo() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        for path in ["types/%2e", "contracts/%2E%2e", "contracts/..", "queues/..", "topics/%2e", "processes/..", "views/..", "rollups/.", "topics/till/subscriptions/.."] {
            let answer = try admin.put("/v1/\(path)", "{}")
            XCTAssertEqual(answer.status, 400, "\(path): \(answer.text)")
            XCTAssertTrue(answer.text.contains("take it out of a path"), "\(path): \(answer.text)")
        }
    }
}
