import Foundation
import TestSupport
import XCTest

/// Goal: events are told to whom they concern, signed, once if nothing fails, and in order for each subject, also when the server dies. Method: the real
/// binary; the reference package of CloudEvents makes events and reads them.
final class EventTests: XCTestCase {
    func test_events_byTheReferencePackage() throws {
        let server = try TillServer(environment: ["TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#])
        defer { server.remove() }
        let run = try PythonReader.run("SystemTests/Scripts/events.py", [server.url, TillServer.adminKey, Receipts.pos("R-1")])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(server.logText.contains(#""orders""#), "events of the target log are lines of the log")
        XCTAssertEqual(server.stop(), 0)
    }

    func test_kill_losesNoEvent_andKeepsTheirOrder() throws {
        let settings = ["TILL_LIMITS_MIN_FREE": "1MiB"]
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        var admin = server.client()
        XCTAssertEqual(try admin.put("/v1/topics/t", "{}").status, 201)
        // Full for the first: what comes waits for it.
        XCTAssertEqual(try admin.put("/v1/queues/q", #"{"max_bytes":10}"#).status, 201)
        XCTAssertEqual(try admin.put("/v1/topics/t/subscriptions/s", #"{"target":{"queue":"q"}}"#).status, 201)
        for number in 0..<40 {
            let answer = try admin.post("/v1/events?topic=t", #"{"specversion":"1.0","id":"e\#(number)","type":"t","subject":"s\#(number % 2)","data":\#(number)}"#)
            XCTAssertEqual(answer.status, 202, answer.text)
            if number % 13 == 12 {
                server.kill()
                try server.start(environment: settings)
                admin = server.client()
            }
        }
        XCTAssertTrue(try admin.get("/v1/topics/t/subscriptions/s").text.contains(#""pending":40"#))
        XCTAssertEqual(try admin.put("/v1/queues/q", "{}").status, 200)
        var orders: [String: [Int]] = [:]
        for _ in 0..<200 where orders.values.reduce(0, { $0 + $1.count }) < 40 {
            let answer = try admin.post("/v1/queues/q/receive", #"{"max":100,"wait":5}"#)
            let object = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            for message in object["messages"] as? [[String: Any]] ?? [] {
                let event = try XCTUnwrap(message["body"] as? [String: Any])
                orders[try XCTUnwrap(event["subject"] as? String), default: []].append(try XCTUnwrap(event["data"] as? Int))
            }
        }
        XCTAssertEqual(orders, ["s0": (0..<20).map { 2 * $0 }, "s1": (0..<20).map { 2 * $0 + 1 }])
    }
}
