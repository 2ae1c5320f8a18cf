import ColumnStore
import Documents
import Foundation
import Ingest
import Server
import TestSupport
import XCTest

/// Goal: the log and the figures name who asked for what, also of what was refused. Method: a listener whose log is a file.
final class RequestLogTests: XCTestCase {
    private func served() throws -> (server: TestServer, lines: () throws -> [JSONValue]) {
        let folder = try TemporaryDirectory()
        let file = URL(filePath: folder.path + "/log")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        let handle = try FileHandle(forWritingTo: file)
        addTeardownBlock { withExtendedLifetime(folder) {} }
        let server = try TestServer(log: Log(format: .json, level: .info, descriptor: dup(handle.fileDescriptor)))
        return (server, { try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map { try JSONParser.parse(Array($0)) } })
    }

    /// The line of a request is written after its answer.
    private func line(_ lines: () throws -> [JSONValue], _ method: String, _ path: String) throws -> JSONValue {
        let found = try Patience.value { try lines().last { $0["method"]?.text == method && $0["path"]?.text == path } }
        return try XCTUnwrap(found, "no line of \(method) \(path)")
    }

    func test_refusals_nameTheContract() throws {
        let (server, lines) = try served()
        let reader = try server.key("shop-1", .read, .own)
        let ended = try server.key("shop-2", .read, .own) { $0.validTo = 1 }
        let watcher = try server.key(.metrics)
        let calls: [(key: String, method: String, path: String, member: String, value: String?)] = [
            (reader, "POST", "/v1/receipts", "client_id", "shop-1"), (ended, "POST", "/v1/sql", "client_id", "shop-2"),
            (watcher, "GET", "/v1/types/x", "key_id", nil), (reader, "POST", "/v1/admin/compact", "client_id", "shop-1"),
        ]
        for call in calls {
            let answer = try server.client(key: call.key).call(call.method, call.path)
            XCTAssertEqual(answer.status, 403, answer.text)
            let line = try line(lines, call.method, call.path)
            XCTAssertNotNil(line[call.member]?.text, "\(line)")
            if let value = call.value { XCTAssertEqual(line[call.member]?.text, value) }
            XCTAssertEqual(line["status"]?.integer, 403)
            XCTAssertNotNil(line["problem"]?.text)
        }
        // Nobody in particular has no name.
        XCTAssertEqual(try server.client(key: "till_unknown").get("/v1/tickets/x").status, 401)
        XCTAssertNil(try line(lines, "GET", "/v1/tickets/x")["client_id"])
    }

    func test_methods_thatNoCallHas_areNamedWhereTheyAreKnownWords() throws {
        let (server, lines) = try served()
        for (method, name) in [("PATCH", "PATCH"), ("PROPFIND", "PROPFIND"), ("BREW", "?"), ("get", "?")] {
            XCTAssertEqual(try server.client().call(method, "/v1/receipts/\(method)").status, 405, method)
            _ = try line(lines, name, "/v1/receipts/\(method)")
        }
        // A path that is not there, with a method that others have; and a refusal, which counts for its route.
        XCTAssertEqual(try server.client().get("/nowhere").status, 404)
        XCTAssertEqual(try server.client(key: nil).get("/v1/types").status, 401)
        for sample in [
            #"{method="PATCH",route="",status="405"} 1"#, #"{method="PROPFIND",route="",status="405"} 1"#, #"{method="",route="",status="405"} 2"#,
            #"{method="GET",route="",status="404"} 1"#, #"{method="GET",route="/v1/types",status="401"} 1"#,
        ] {
            // As its line, a request is counted after its answer.
            var text = ""
            XCTAssertTrue(try Patience.until {
                text = try server.client().get("/metrics").text
                return text.contains("till_http_requests_total" + sample)
            }, sample + " is not in\n" + text)
        }
    }

    func test_everyStatusOfAProblem_isCountedAsItself() {
        for slug in Problem.Slug.allCases { XCTAssertTrue(HTTPMetrics.statuses.contains(slug.status), slug.rawValue) }
    }

    func test_unknownParametersAndMembers_nameANearOne() throws {
        let admin = try TestServer().client()
        func says(_ answer: HTTPClient.Answer, _ status: Int, _ text: String) { XCTAssertTrue(answer.status == status && answer.text.contains(text), answer.text) }
        says(try admin.get("/v1/receipts?limt=3"), 400, #"no parameter \"limt\"; did you mean limit?"#)
        says(try admin.get("/v1/receipts?limt=3"), 400, "not a parameter of this call; did you mean limit?")
        says(try admin.get("/healthz?limt=3"), 400, #"no parameter \"limt\"","#)
        says(try admin.post("/v1/sql", #"{"qwery":"SELECT 1"}"#), 400, "did you mean query?")
        says(try admin.put("/v1/contracts/c", #"{"acces":"read"}"#), 400, "did you mean access?")
        says(try admin.put("/v1/contracts/c", #"{"access":"read","scope":"own","webhook":{"urls":"http://x/","secret":"y"}}"#), 422, "did you mean url?")
    }
}
