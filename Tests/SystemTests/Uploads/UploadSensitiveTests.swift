import Foundation
import TestSupport
import XCTest

/// Goal: what became sensitive since is shown by no feedback of an earlier upload, in any of its forms, also after a restart. Method: a file with faults, and the type's next version, and another that hides more.
final class UploadSensitiveTests: UploadFixture {
    private func type(_ version: Int, sensitive: Set<String>) -> String {
        let columns = [("a", "BIGINT"), ("b", "VARCHAR"), ("n", "INTEGER")].map { name, type in
            #""\#(name)":{"path":"/\#(name)","type":"\#(type)"\#(sensitive.contains(name) ? #","sensitive":true"# : "")}"#
        }
        return #"{"name":"w","version":\#(version),"table":"ws","format":"json","on_repeat":"replace","match":{"/k":"w"},"receipt_id":"/id","columns":{\#(columns.joined(separator: ","))}}"#
    }

    private func told(_ id: String, _ client: HTTPClient) throws -> String {
        let forms = try ["application/json", "application/x-ndjson", "text/csv"].map { try client.get("/v1/uploads/\(id)/errors", [("Accept", $0)]).text }
        return try (forms + [client.post("/v1/sql", #"{"query":"SELECT * FROM till.upload_errors"}"#).text]).joined(separator: "\n")
    }

    func test_feedbackOfEarlierUploads_hasNothingOfWhatBecameSensitive() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/w", type(1, sensitive: [])).status, 201)
        let key = try server.key("c1")
        var one = server.client(key: key)
        let first = try upload(#"{"k":"w","id":"1","a":"777110001x","b":"SEC777","n":-1}"# + "\n", one, name: "a.ndjson", type: "w")
        let firstID = try XCTUnwrap(first["upload_id"] as? String)
        XCTAssertEqual(counts(first).last, 1)
        let open = try told(firstID, one)
        for value in ["777110001x", "SEC777"] { XCTAssertEqual(open.components(separatedBy: value).count - 1, 4, "\(value) in \(open)") }
        XCTAssertEqual(try server.client().put("/v1/types/w", type(2, sensitive: ["a"])).status, 200)
        // Its values may stand under any name.
        for value in ["777110001x", "SEC777"] { XCTAssertFalse(try told(firstID, one).contains(value), value) }
        XCTAssertTrue(try told(firstID, server.client()).contains("SEC777"), "the administrator sees it")
        let second = try upload(#"{"k":"w","id":"2","a":"888x","b":"SEC888","n":-1}"# + "\n", one, name: "a.ndjson", type: "w")
        let secondID = try XCTUnwrap(second["upload_id"] as? String)
        XCTAssertFalse(try told(secondID, one).contains("888x"))
        XCTAssertTrue(try told(secondID, one).contains("SEC888"))
        XCTAssertEqual(try server.client().put("/v1/types/w", type(3, sensitive: ["a", "b"])).status, 200)
        server.kill()
        try server.start()
        one = server.client(key: key)
        for id in [firstID, secondID] {
            let text = try told(id, one)
            for value in ["777110001x", "SEC777", "888x", "SEC888"] { XCTAssertFalse(text.contains(value), "\(value) in \(text)") }
        }
        XCTAssertTrue(try told(secondID, one).contains(#""n":-1"#), "what anybody may see stays")
    }
}
