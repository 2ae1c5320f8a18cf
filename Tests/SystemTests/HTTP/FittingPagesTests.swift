import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: a list of what never fits into `limits.request_memory` together is had all the same, page by page. Method: the real binary with as little of it as may be set.
final class FittingPagesTests: XCTestCase {
    func test_lists_leadToAllTheirMembers_whateverThoseTakeTogether() throws {
        // One credential has 8 MiB.
        let server = try TillServer(environment: ["TILL_LIMITS_REQUEST_MEMORY": "16MiB", "TILL_LIMITS_BODY": "1MiB", "TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        let admin = server.client()
        func call(_ path: String) throws -> HTTPClient.Answer {
            // What the answer before it held is given back a moment after that was read.
            try XCTUnwrap(
                Patience.value {
                    let answer = try admin.get(path)
                    return answer.status == 503 ? nil : answer
                })
        }
        XCTAssertEqual(try admin.put("/v1/processes/p", #"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#).status, 201)
        let input = String(repeating: "a", count: 100_000)
        var started: Set<String> = []
        for number in 0..<60 {
            let answer = try admin.post("/v1/processes/p/executions", #"{"input":{"n":\#(number),"text":"\#(input)"}}"#)
            started.insert(try XCTUnwrap(JSONParser.parse(answer.body)["execution_id"]?.text, answer.text))
        }
        var (found, path, pageCount): ([String], String?, Int) = ([], "/v1/executions", 0)
        while let next = path {
            let answer = try call(next)
            XCTAssertEqual(answer.status, 200, String(answer.text.prefix(500)))
            let body = try JSONParser.parse(answer.body)
            found += body["executions"]?.array?.compactMap { $0["execution_id"]?.text } ?? []
            path = body["next_cursor"]?.text.map { "/v1/executions?cursor=\($0)" }
            pageCount += 1
        }
        XCTAssertEqual(found.count, 60)
        XCTAssertEqual(Set(found), started)
        XCTAssertGreaterThan(pageCount, 1)

        // More than 8 MiB are asked for before a message is looked at.
        XCTAssertEqual(try admin.put("/v1/queues/q", "{}").status, 201)
        XCTAssertEqual(try admin.post("/v1/queues/q/messages", #"{"messages":[{"body":1},{"body":2}]}"#).status, 200)
        for list in ["messages", "dead-letters"] {
            let answer = try call("/v1/queues/q/\(list)?limit=10000")
            XCTAssertEqual(answer.status, 200, answer.text)
        }
    }
}
