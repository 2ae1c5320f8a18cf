import Foundation
import TestSupport
import XCTest

/// Goal: a file that was made of a column while that was open is nobody's who may not see it, once it is sensitive, also after a restart, or once its contract sees less. Method: exports of two contracts
/// and the administrator, the type's next version, and the contract put anew.
final class HiddenSinceTests: XCTestCase {
    private func type(_ version: Int, _ option: String) -> String {
        #"{"name":"w","version":\#(version),"table":"ws","format":"json","match":{"/k":"w"},"receipt_id":"/id","issued_at":"/at","columns":{"a":{"path":"/a","type":"VARCHAR"\#(option)}}}"#
    }

    private func made(_ client: HTTPClient) throws -> (id: String, link: String) {
        let begun = try client.post("/v1/exports", #"{"query":"SELECT a FROM ws","format":"csv"}"#)
        XCTAssertEqual(begun.status, 202, begun.text)
        let id = try XCTUnwrap(Receipts.member("export_id", of: begun.text))
        var text = ""
        XCTAssertTrue(try Patience.until {
            text = try client.get("/v1/exports/\(id)").text
            return Receipts.member("state", of: text) == "DONE"
        }, text)
        return (id, try XCTUnwrap(Receipts.member("url", of: text)?.replacingOccurrences(of: "\\/", with: "/")))
    }

    func test_exportsOfBefore_areOver_whereTheirOwnerMayNotSeeWhatTheyHold() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/w", type(1, "")).status, 201)
        let keys = [try server.key("c1"), try server.key("c2", more: #","sensitive":true"#), TillServer.adminKey]
        XCTAssertEqual(try server.client(key: keys[0]).post("/v1/receipts", #"{"k":"w","id":"1","at":"2026-01-02T03:04:05Z","a":"SEC1"}"#).status, 201)
        let exports = try keys.map { try made(server.client(key: $0)) }
        func file(_ export: (id: String, link: String)) throws -> HTTPClient.Answer {
            let path = try XCTUnwrap(export.link.range(of: "/v1/")).lowerBound
            return try server.client(key: nil).get(String(export.link[path...]))
        }
        XCTAssertTrue(try file(exports[0]).text.contains("SEC1"))
        XCTAssertEqual(try server.client().put("/v1/types/w", type(2, #","sensitive":true"#)).status, 200)
        for round in 0..<2 {
            for (key, export) in zip(keys, exports) {
                let isOver = key == keys[0]
                XCTAssertEqual(try file(export).status, isOver ? 410 : 200, "\(round)")
                let shown = try server.client(key: key).get("/v1/exports/\(export.id)").text
                XCTAssertEqual(Receipts.member("state", of: shown), isOver ? "EXPIRED" : "DONE")
                XCTAssertEqual(shown.contains(#""url":null"#), isOver, shown)
            }
            server.kill()
            try server.start()
        }
        // What is made from now on has it no more, and stays; a further version that hides nothing more ends nothing.
        let next = try made(server.client(key: keys[0]))
        XCTAssertEqual(try server.client().put("/v1/types/w", type(3, #","sensitive":true,"bloom":true"#)).status, 200)
        XCTAssertEqual(try file(next).status, 200)
        XCTAssertFalse(try file(next).text.contains("SEC1"))
    }

    /// A link that was given away, and any further one, are good while the contract sees what the file holds.
    func test_exportsOfAContract_areOver_onceItSeesLess() throws {
        let server = try TillServer()
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/w", type(1, #","sensitive":true"#)).status, 201)
        func rights(_ text: String) throws { XCTAssertEqual(try server.client().put("/v1/contracts/c1", "{\"access\":\"read-write\",\(text)}").status, 200) }
        let key = try server.key("c1", scope: "all", more: #","sensitive":true"#)
        XCTAssertEqual(try server.client(key: key).post("/v1/receipts", #"{"k":"w","id":"1","at":"2026-01-02T03:04:05Z","a":"SEC1"}"#).status, 201)
        let export = try made(server.client(key: key))
        let link = String(export.link[try XCTUnwrap(export.link.range(of: "/v1/")).lowerBound...])
        let whole = #""scope":"all","sensitive":true"#
        for text in [#""scope":"all","sensitive":false"#, #""scope":"own","sensitive":true"#, #""scope":"own","sensitive":false"#, whole] {
            try rights(text)
            let isOver = text != whole
            XCTAssertEqual(try server.client(key: nil).get(link).status, isOver ? 410 : 200, text)
            let shown = try server.client(key: key).get("/v1/exports/\(export.id)").text
            XCTAssertEqual(Receipts.member("state", of: shown), isOver ? "EXPIRED" : "DONE", text)
            XCTAssertEqual(shown.contains(#""url":null"#), isOver, shown)
        }
        XCTAssertTrue(try server.client(key: nil).get(link).text.contains("SEC1"))
    }
}
