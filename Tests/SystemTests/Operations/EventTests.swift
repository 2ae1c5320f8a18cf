import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: events are delivered to whom they concern, signed, once if nothing fails, and in order for each subject, also when the server dies. Method: the real
/// binary; the reference package of CloudEvents makes events and reads them.
final class EventTests: XCTestCase {
    func test_events_byTheReferencePackage() throws {
        let server = try TillServer(environment: ["TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#])
        defer { server.remove() }
        let run = try PythonReader.run("SystemTests/Scripts/events.py", [server.url, TillServer.adminKey, Receipts.pos("R-1")])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(Patience.until { server.logText.contains(#""orders""#) }, "events of the target log are lines of the log")
        XCTAssertEqual(server.stop(), 0)
    }

    func test_whatHappensInTheStore_isTold() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        let run = try PythonReader.run("SystemTests/Scripts/store_events.py", [server.url, TillServer.adminKey])
        XCTAssertEqual(run.exitCode, 0, run.output)
        // The same calls from the command line.
        for (words, wanted) in [
            (["put", "lines"], "lines"), (["subscribe", "lines", "s", "--queue", "own", "--where", "type = 'x'"], "own"), (["subscriptions", "lines"], "type = 'x'"),
            (["publish", "lines", "--type", "x", "--id", "1", "--data-json", "[1]"], "accepted"), (["list"], "lines"), (["show", "lines"], "s"),
            (["dead-letters", "lines", "s"], "(0 rows)"), (["redrive", "lines", "s"], "0 events"), (["unsubscribe", "lines", "s"], "deleted"), (["delete", "lines"], "deleted"),
        ] {
            let run = try TillRun(["topic"] + words + ["--url", server.url], environment: ["TILL_KEY": TillServer.adminKey])
            XCTAssertEqual(run.status, 0, "\(words): \(run.error)")
            XCTAssertTrue(run.text.contains(wanted), "\(words): \(run.text)")
        }
    }

    /// Of a subscription and of a contract, over a restart: the receiver at the same URL changes over at leisure, and one at another URL never had the former secret.
    func test_secretsOfWebhooks_areReplacedWithoutAGap() throws {
        let told = Mutex<[TestHTTPServer.Request]>([])
        let receiver = TestHTTPServer { request in
            told.withLock { $0.append(request) }
            return .init(status: 204)
        }
        defer { receiver.close() }
        let settings = ["TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#]
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        func signers(at path: String) throws -> [String] {
            let request = try XCTUnwrap(Patience.value { told.withLock { told in told.firstIndex { $0.path == path }.map { told.remove(at: $0) } } }, path)
            return ["first", "second", "third"].filter { Signatures.isValid(request, secret: $0) }
        }
        let base = "http://127.0.0.1:\(receiver.port)"
        func subscribe(_ path: String, _ secret: String) throws {
            let answer = try server.client().put("/v1/topics/t/subscriptions/s", #"{"target":{"webhook":"\#(base)\#(path)","secret":"\#(secret)"}}"#)
            XCTAssertTrue([200, 201].contains(answer.status), answer.text)
            XCTAssertFalse(answer.text.contains(secret))
        }
        func publish(_ id: String) throws {
            let answer = try server.client().post("/v1/events?topic=t", #"{"specversion":"1.0","id":"\#(id)","type":"t","data":1}"#)
            XCTAssertEqual(answer.status, 202, answer.text)
        }
        func contract(_ path: String, _ secret: String) throws -> String {
            try server.key("c1", more: #","webhook":{"url":"\#(base)\#(path)","secret":"\#(secret)"},"callback_hosts":["127.0.0.1"]"#)
        }
        XCTAssertEqual(try server.client().put("/v1/topics/t", "{}").status, 201)
        try subscribe("/s", "first")
        try subscribe("/s", "second")
        _ = try contract("/c", "first")
        let key = try contract("/d", "second")
        server.kill()
        try server.start(environment: settings)
        try publish("1")
        XCTAssertEqual(try signers(at: "/s"), ["first", "second"])
        try subscribe("/moved", "third")
        try publish("2")
        XCTAssertEqual(try signers(at: "/moved"), ["third"])
        // The contract's secret signs for a document's own receiver, too, which has the former one by now.
        let answer = try server.client(key: key).call(
            "POST", "/v1/receipts", headers: [("Content-Type", "application/json"), ("Till-Callback-URL", base + "/mine")], body: Array(Receipts.pos("R-1").utf8))
        XCTAssertEqual(answer.status, 201, answer.text)
        XCTAssertEqual(try signers(at: "/d"), ["second"])
        XCTAssertEqual(try signers(at: "/mine"), ["first", "second"])
    }

    /// Each end is delivered once, whenever the server dies: into a queue it goes with the commit that takes it.
    func test_kill_losesNoEndOfAnExecution_andDoublesNone() throws {
        let settings = ["TILL_LIMITS_MIN_FREE": "1MiB"]
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        var admin = server.client()
        XCTAssertEqual(try admin.put("/v1/queues/ends", "{}").status, 201)
        XCTAssertEqual(try admin.put("/v1/topics/till/subscriptions/ends", #"{"where":"type LIKE 'process.%'","target":{"queue":"ends"}}"#).status, 201)
        let machine = #"{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.s","Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":50,"Next":"F"}],"Default":"S"},"F":{"Type":"Fail","Error":"E"},"S":{"Type":"Succeed"}}}"#
        XCTAssertEqual(try admin.put("/v1/processes/p", machine).status, 201)
        var ids: Set<String> = []
        for round in 0..<4 {
            for number in 0..<60 {
                let answer = try admin.post("/v1/processes/p/executions", #"{"input":{"s":\#(number % 3),"n":\#(number)}}"#)
                let object = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
                ids.insert(try XCTUnwrap(object["execution_id"] as? String))
            }
            usleep(UInt32(150_000 * round + 50_000))
            server.kill()
            try server.start(environment: settings)
            admin = server.client()
        }
        var told: [String: String] = [:]
        try Patience.until {
            let answer = try admin.post("/v1/queues/ends/receive", #"{"max":100,"wait":5}"#)
            let object = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            for message in object["messages"] as? [[String: Any]] ?? [] {
                let event = try XCTUnwrap(message["body"] as? [String: Any])
                let id = try XCTUnwrap((event["data"] as? [String: Any])?["execution_id"] as? String)
                XCTAssertNil(told.updateValue(try XCTUnwrap(event["type"] as? String), forKey: id), "\(id) was told twice")
            }
            return told.count >= ids.count
        }
        XCTAssertEqual(Set(told.keys), ids)
        XCTAssertEqual(told.values.count { $0 == "process.failed" }, 36)
        XCTAssertEqual(try TillRun(["topic", "subscriptions", "till", "--url", server.url], environment: ["TILL_KEY": TillServer.adminKey]).status, 0)
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
        try Patience.until {
            let answer = try admin.post("/v1/queues/q/receive", #"{"max":100,"wait":5}"#)
            let object = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            for message in object["messages"] as? [[String: Any]] ?? [] {
                let event = try XCTUnwrap(message["body"] as? [String: Any])
                orders[try XCTUnwrap(event["subject"] as? String), default: []].append(try XCTUnwrap(event["data"] as? Int))
            }
            return orders.values.reduce(0) { $0 + $1.count } >= 40
        }
        XCTAssertEqual(orders, ["s0": (0..<20).map { 2 * $0 }, "s1": (0..<20).map { 2 * $0 + 1 }])
    }
}
