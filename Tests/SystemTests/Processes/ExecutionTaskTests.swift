import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: each kind of task does what it says, with the rights of whoever started its execution. Method: the real server and real workers.
final class ExecutionTaskTests: XCTestCase {
    private func put(_ server: TillServer, _ name: String, _ text: String) throws {
        let answer = try server.client().call("PUT", "/v1/processes/\(name)", headers: [("Content-Type", "application/json")], body: Array(text.utf8))
        XCTAssertTrue([200, 201].contains(answer.status), answer.text)
    }

    private func start(_ client: HTTPClient, _ process: String, _ input: String = "{}") throws -> String {
        let answer = try client.post("/v1/processes/\(process)/executions", "{\"input\":\(input)}")
        XCTAssertEqual(answer.status, 201, answer.text)
        return try XCTUnwrap(try JSONParser.parse(answer.body)["execution_id"]?.text)
    }

    private func end(_ client: HTTPClient, _ id: String) throws -> JSONValue {
        for _ in 0..<400 {
            let execution = try JSONParser.parse(try client.get("/v1/executions/\(id)").body)
            if execution["state"]?.text != "RUNNING" { return execution }
            usleep(50_000)
        }
        XCTFail("\(id) is stuck")
        return .null
    }

    func test_receiptsQuestionsAndExports_areDoneAsWhoStarted() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        try put(
            server, "flow",
            """
            {"StartAt":"Post","States":{"Post":{"Type":"Task","Resource":"till:post","Parameters":{"type":"pos-receipt","document.$":"$"},"ResultPath":"$.receipt","Next":"Ask"},
            "Ask":{"Type":"Task","Resource":"till:sql","Parameters":{"query":"SELECT receipt_id FROM receipts"},"ResultPath":"$.answer","Next":"Export"},
            "Export":{"Type":"Task","Resource":"till:export","Parameters":{"query":"SELECT receipt_id FROM receipts","format":"csv"},"ResultPath":"$.export","Next":"Map"},
            "Map":{"Type":"Map","ItemReader":{"Resource":"till:sql","Parameters":{"query":"SELECT v FROM generate_series(1, 2500) AS t(v) ORDER BY v"}},
            "ItemBatcher":{"MaxItemsPerBatch":1000},"MaxConcurrency":1,"ResultPath":"$.items",
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Parameters":{"first.$":"$.Items[0].v"},"End":true}}},"End":true}}}
            """)
        let one = server.client(key: try server.key("one", more: #","uses":{"processes":["flow"]}"#))
        let other = server.client(key: try server.key("two", more: #","uses":{"processes":["flow"]}"#))
        for (client, receipt) in [(one, "R-1"), (other, "R-2"), (other, "R-2")] {
            let execution = try end(client, try start(client, "flow", Receipts.pos(receipt)))
            XCTAssertEqual(execution["state"]?.text, "SUCCEEDED", "\(execution["error"] ?? .null) \(execution["cause"] ?? .null)")
            let output = execution["output"] ?? .null
            XCTAssertEqual(output["receipt"]?["receipt_id"]?.text, receipt)
            XCTAssertEqual(output["answer"]?["rows"], .array([.array([.string(receipt)])]))
            XCTAssertEqual(output["export"]?["rows"]?.integer, 1)
            XCTAssertEqual(output["items"]?.array?.map { $0["first"]?.integer ?? 0 }, [1, 1_001, 2_001])
        }
        XCTAssertEqual(try JSONParser.parse(try one.get("/v1/executions").body)["executions"]?.array?.count, 1)
    }
}
