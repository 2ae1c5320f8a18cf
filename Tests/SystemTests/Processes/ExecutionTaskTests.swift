import ColumnStore
import Foundation
import Synchronization
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
        let ended = try Patience.value {
            let execution = try JSONParser.parse(try client.get("/v1/executions/\(id)").body)
            return execution["state"]?.text != "RUNNING" ? execution : nil
        }
        return try XCTUnwrap(ended, "\(id) is stuck")
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

    /// An item has a member for each column, and is read again whatever dies.
    func test_rowsOfColumnsOfOneName_areItems_alsoAfterARestart() throws {
        let settings = ["TILL_LIMITS_MIN_FREE": "1MiB"]
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        var admin = server.client()
        XCTAssertEqual(try admin.put("/v1/queues/work", "{}").status, 201)
        try put(
            server, "each",
            #"{"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"till:sql","Parameters":{"query":"SELECT 1 AS a, 2 AS a"}},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"till:queue:work","End":true}}},"End":true}}}"#)
        let id = try start(admin, "each")
        let message = try XCTUnwrap(Patience.value { try JSONParser.parse(try admin.post("/v1/queues/work/receive", #"{"max":1,"wait":5}"#).body)["messages"]?.array?.first })
        XCTAssertEqual(message["body"]?["input"], .object([.init("a", .number("1")), .init("a_2", .number("2"))]))
        server.kill()
        try server.start(environment: settings)
        admin = server.client()
        XCTAssertEqual(try admin.post("/v1/tasks/\(message["body"]?["task_token"]?.text ?? "")/success", #"{"output":1}"#).status, 204)
        let ended = try end(admin, id)
        XCTAssertEqual(ended["state"]?.text, "SUCCEEDED", "\(ended)")
        XCTAssertEqual(ended["output"], .array([.number("1")]))
    }

    /// Nobody is left who could answer: the state fails, and what catches that goes on.
    func test_tasksWhoseMessagesAreLost_fail() throws {
        let settings = ["TILL_LIMITS_MIN_FREE": "1MiB"]
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        var admin = server.client()
        XCTAssertEqual(try admin.put("/v1/queues/work", #"{"max_deliveries":1}"#).status, 201)
        try put(server, "ask", #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:queue:work","End":true}}}"#)
        try put(
            server, "careful",
            #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:queue:work","Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"B"}],"End":true},"B":{"Type":"Pass","Result":"caught","End":true}}}"#)
        func message() throws -> JSONValue {
            try XCTUnwrap(Patience.value { try JSONParser.parse(try admin.post("/v1/queues/work/receive", #"{"max":1,"wait":5}"#).body)["messages"]?.array?.first })
        }
        func answer(_ message: JSONValue) throws -> Int {
            try admin.post("/v1/tasks/\(message["body"]?["task_token"]?.text ?? "")/success", #"{"output":1}"#).status
        }
        let dead = try start(admin, "ask", "1")
        let first = try message()
        let lock = #"{"lock_token":"\#(first["lock_token"]?.text ?? "")","reason":"no such order"}"#
        XCTAssertEqual(try admin.post("/v1/queues/work/messages/\(first["message_id"]?.text ?? "")/dead-letter", lock).status, 204)
        let ended = try end(admin, dead)
        XCTAssertEqual([ended["state"]?.text, ended["error"]?.text], ["FAILED", "States.TaskFailed"])
        XCTAssertEqual(ended["cause"]?.text?.contains("no such order"), true, "\(ended)")
        XCTAssertEqual(try answer(first), 409, "it has ended")
        // Purged, over a restart, with the worker who has it.
        let purged = try start(admin, "careful", "2")
        let second = try message()
        XCTAssertEqual(try admin.delete("/v1/queues/work/messages").status, 204)
        server.kill()
        try server.start(environment: settings)
        admin = server.client()
        let caught = try end(admin, purged)
        XCTAssertEqual([caught["state"]?.text, caught["output"]?.text], ["SUCCEEDED", "caught"])
        XCTAssertEqual(try answer(second), 409)
        // Put back, a dead letter is a message as any other, and its task stays what it is.
        XCTAssertEqual(try admin.post("/v1/queues/work/dead-letters/redrive", #"{"all":true}"#).status, 200)
        XCTAssertEqual(try answer(try message()), 409)
    }

    /// A child is a start as any other: only of what the contract may start by then.
    func test_children_areStartedAsWhoStarted() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        try put(server, "kid", #"{"StartAt":"K","States":{"K":{"Type":"Pass","Result":"kid","End":true}}}"#)
        try put(server, "parent", #"{"StartAt":"P","States":{"P":{"Type":"Task","Resource":"till:process:kid","End":true}}}"#)
        let both = server.client(key: try server.key("both", more: #","uses":{"processes":["parent","kid"]}"#))
        let one = server.client(key: try server.key("one", more: #","uses":{"processes":["parent"]}"#))
        for client in [server.client(), both] { XCTAssertEqual(try end(client, try start(client, "parent"))["output"]?.text, "kid") }
        let refused = try end(one, try start(one, "parent"))
        XCTAssertEqual(refused["error"]?.text, "Till.Rejected")
        XCTAssertEqual(refused["cause"]?.text?.contains("/problems/not-found"), true, "\(refused)")
        XCTAssertEqual(try JSONParser.parse(try one.get("/v1/executions").body)["executions"]?.array?.count, 1)
    }

    func test_workers_behindAQueue_whoVanishAndComeLate() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/queues/work", #"{"lock":"1s"}"#).status, 201)
        try put(server, "q", #"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:queue:work","Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":1}],"End":true}}}"#)
        let worker = server.client(key: try server.key("worker", access: "read", more: #","uses":{"queues":["work"]}"#))
        func receive() throws -> String {
            let answer = try JSONParser.parse(try worker.post("/v1/queues/work/receive", #"{"max":1,"wait":20}"#).body)
            return try XCTUnwrap(answer["messages"]?.array?.first?["body"]?["task_token"]?.text, "\(answer)")
        }
        let id = try start(admin, "q", #"{"n":1}"#)
        let first = try receive()
        // The first worker vanishes: its lock ends, and the second has the same task.
        XCTAssertEqual(try receive(), first)
        XCTAssertEqual(try worker.post("/v1/tasks/\(first)/failure", #"{"error":"Again"}"#).status, 204)
        XCTAssertEqual(try worker.post("/v1/tasks/\(first)/success", #"{"output":1}"#).status, 409)
        var second = try receive()
        while second == first { second = try receive() }
        XCTAssertEqual(try worker.post("/v1/tasks/\(second)/success", #"{"output":[2]}"#).status, 204)
        XCTAssertEqual(try end(admin, id)["output"], .array([.number("2")]))
        XCTAssertEqual(try worker.get("/v1/executions/\(id)").status, 404)
    }

    /// What could not be sent as an event is none of a task's either: it would be delivered to nobody, and hold back what comes after it.
    func test_publish_whatIsNoEvent_isRejected() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/topics/news", "{}").status, 201)
        XCTAssertEqual(try admin.put("/v1/queues/told", "{}").status, 201)
        XCTAssertEqual(try admin.put("/v1/topics/news/subscriptions/all", #"{"target":{"queue":"told"}}"#).status, 201)
        try put(server, "p", #"{"StartAt":"P","States":{"P":{"Type":"Task","Resource":"till:publish","End":true}}}"#)
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        let big = "\"" + String(repeating: "x", count: 262_144) + "\""
        for (event, problem) in [
            (#""type":"a","data":\#(big)"#, "too-large"), (#""type":"a","data":\#(deep)"#, "bad-json"), (#""type":"a\nb""#, "bad-parameter"), (#""type":"a","subject":"a\u0000""#, "bad-parameter"),
        ] {
            let id = try start(admin, "p", #"{"topic":"news",\#(event)}"#)
            // As text: such a depth is past what is read here, too.
            let execution = try Patience.value {
                let text = try admin.get("/v1/executions/\(id)").text
                return text.contains(#""state":"RUNNING""#) ? nil : text
            }
            XCTAssertEqual(execution?.contains(#""error":"Till.Rejected""#), true, "\(problem): \(execution?.suffix(300) ?? "")")
            XCTAssertEqual(execution?.contains(#"/problems/\#(problem)\""#), true, "\(problem): \(execution?.suffix(300) ?? "")")
        }
        XCTAssertEqual(try end(admin, try start(admin, "p", #"{"topic":"news","type":"a","subject":"s","data":[1]}"#))["state"]?.text, "SUCCEEDED")
        let told = try JSONParser.parse(try admin.post("/v1/queues/told/receive", #"{"max":10,"wait":20}"#).body)["messages"]?.array ?? []
        XCTAssertEqual(told.map { $0["body"]?["data"] }, [.array([.number("1")])])
    }

    /// An endpoint that answers later may do so more than once; what it says otherwise, or of a task that something else ended, counts no more.
    func test_callback_againIsTaken_otherwiseIsNot() throws {
        let tokens = Mutex<[String]>([])
        let endpoint = TestHTTPServer { request in
            let token = (try? JSONParser.parse(request.body))?["task_token"]?.text ?? ""
            tokens.withLock { $0.append(token) }
            return .init(status: 202)
        }
        defer { endpoint.close() }
        let folder = try TemporaryDirectory()
        let config = folder.path + "/till.json"
        try #"{"endpoints":{"desk":{"url":"http://127.0.0.1:\#(endpoint.port)/","secret":"s"},"other":{"url":"http://127.0.0.1:\#(endpoint.port)/","secret":"s"}},"outgoing":{"allow":["127.0.0.1"]},"limits":{"min_free":"1MiB"}}"#
            .write(toFile: config, atomically: true, encoding: .utf8)
        let server = try TillServer(arguments: ["--config", config])
        defer { server.remove() }
        func callback(_ text: String, from name: String = "desk") throws -> String {
            let timestamp = String(Int(Date().timeIntervalSince1970))
            let body = Array(text.utf8)
            let headers = [
                ("Content-Type", "application/json"), ("webhook-id", "m"), ("webhook-timestamp", timestamp),
                ("webhook-signature", Signatures.sign(id: "m", timestamp: timestamp, body: body, secret: "s")),
            ]
            let answer = try server.client(key: nil).call("POST", "/v1/callbacks/\(name)", headers: headers, body: body)
            return "\(answer.status)" + ((try? JSONParser.parse(answer.body))?["type"]?.text.map { " " + $0 } ?? "")
        }
        func token() throws -> String {
            try XCTUnwrap(Patience.value { tokens.withLock { $0.isEmpty ? nil : $0.removeFirst() } })
        }
        try put(server, "p", #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:call:desk","End":true}}}"#)
        var id = try start(server.client(), "p")
        var task = try token()
        XCTAssertEqual(try callback(#"{"task_token":"\#(task)","outcome":"accepted","output":[1]}"#, from: "other"), "404 /problems/not-found")
        for _ in 0..<2 { XCTAssertEqual(try callback(#"{"task_token":"\#(task)","outcome":"accepted","output":[1]}"#), "204") }
        XCTAssertEqual(try end(server.client(), id)["output"], .array([.number("1")]))
        XCTAssertEqual(try callback(#"{"output":[1], "outcome":"accepted","task_token":"\#(task)"}"#), "204")
        for text in [#""outcome":"accepted","output":[2]"#, #""outcome":"accepted""#, #""outcome":"rejected""#] {
            XCTAssertEqual(try callback(#"{"task_token":"\#(task)",\#(text)}"#), "409 /problems/contradicting-outcome", text)
        }
        XCTAssertEqual(try callback(#"{"task_token":"\#(task)0","outcome":"accepted","output":[1]}"#), "404 /problems/not-found")
        id = try start(server.client(), "p")
        task = try token()
        for reason in ["a", "b"] { XCTAssertEqual(try callback(#"{"task_token":"\#(task)","outcome":"rejected","errors":["\#(reason)"]}"#), "204") }
        XCTAssertEqual(try end(server.client(), id)["error"]?.text, "Till.Rejected")
        XCTAssertEqual(try callback(#"{"task_token":"\#(task)","outcome":"accepted"}"#), "409 /problems/contradicting-outcome")
        id = try start(server.client(), "p")
        task = try token()
        XCTAssertEqual(try server.client().post("/v1/tasks/\(task)/success", #"{"output":1}"#).status, 204)
        XCTAssertEqual(try callback(#"{"task_token":"\#(task)","outcome":"accepted","output":1}"#), "409 /problems/task-ended")
    }

    /// An endpoint with a `status_url` is asked before a call is repeated that may have arrived, and called again only where it never saw it.
    func test_statusURL_isAskedBeforeARepeat() throws {
        struct Seen: Sendable {
            var posts: [String: Int] = [:]
            var questions: [String: Int] = [:]
            var wrong: [String] = []
        }
        let seen = Mutex(Seen())
        let endpoint = TestHTTPServer { request in
            seen.withLock { seen in
                guard Signatures.isValid(request, secret: "s") else {
                    seen.wrong.append(request.path)
                    return .init(status: 401)
                }
                let isKnown: Bool
                let state: String
                if request.method == "GET" {
                    state = ["Known", "Lost"].first { request.path.contains("&state=\($0)&visit=1&task_token=") } ?? request.path
                    seen.questions[state, default: 0] += 1
                    isKnown = state == "Known"
                    return isKnown ? .init(body: #"{"outcome":"accepted","output":"asked"}"#) : .init(status: 404)
                }
                state = (try? JSONParser.parse(request.body))?["state"]?.text ?? ""
                seen.posts[state, default: 0] += 1
                return seen.posts[state] == 1 ? .init(status: 500) : .init(body: #"{"outcome":"accepted","output":"sent"}"#)
            }
        }
        defer { endpoint.close() }
        let folder = try TemporaryDirectory()
        let config = folder.path + "/till.json"
        let url = "http://127.0.0.1:\(endpoint.port)"
        try #"{"endpoints":{"desk":{"url":"\#(url)/","secret":"s","status_url":"\#(url)/status?v=1","backoff_min":"50ms","backoff_max":"100ms"}},"outgoing":{"allow":["127.0.0.1"]},"limits":{"min_free":"1MiB"}}"#
            .write(toFile: config, atomically: true, encoding: .utf8)
        let server = try TillServer(arguments: ["--config", config])
        defer { server.remove() }
        try put(
            server, "p",
            #"{"StartAt":"Known","States":{"Known":{"Type":"Task","Resource":"till:call:desk","ResultPath":"$.a","Next":"Lost"},"Lost":{"Type":"Task","Resource":"till:call:desk","ResultPath":"$.b","End":true}}}"#)
        let execution = try end(server.client(), try start(server.client(), "p"))
        XCTAssertEqual(execution["output"], .object(["a": .string("asked"), "b": .string("sent")]))
        let found = seen.withLock { $0 }
        XCTAssertEqual(found.posts, ["Known": 1, "Lost": 2])
        XCTAssertEqual(found.questions, ["Known": 1, "Lost": 1])
        XCTAssertEqual(found.wrong, [])
    }
}
