import Foundation
import TestSupport
import XCTest

/// Goal: queues by the contract of their calls, wrong ones among them, by contract, on the command line, and in a backup. Method: the real binary.
final class QueueCallsTests: XCTestCase {
    private var server: TillServer?
    private func running() throws -> TillServer { try XCTUnwrap(server) }

    override func setUpWithError() throws {
        let server = try TillServer()
        self.server = server
        XCTAssertEqual(try server.client().put("/v1/queues/jobs", #"{"lock":"30s"}"#).status, 201)
    }

    override func tearDown() { server?.remove() }

    private func object(_ answer: HTTPClient.Answer) throws -> [String: Any] {
        try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
    }

    private func receive(_ client: HTTPClient, _ body: String = #"{"max":10}"#) throws -> [[String: Any]] {
        let answer = try client.post("/v1/queues/jobs/receive", body)
        XCTAssertEqual(answer.status, 200, answer.text)
        return try XCTUnwrap(try object(answer)["messages"] as? [[String: Any]])
    }

    func test_aMessage_goesThroughItsLife() throws {
        let admin = try running().client()
        let sent = try admin.post("/v1/queues/jobs/messages", #"{"messages":[{"id":"a","body":{"n":1.10e2,"t":"х"}},{"body":[]},{"id":"a","body":1}]}"#)
        XCTAssertEqual(sent.status, 200)
        XCTAssertEqual((try object(sent)["results"] as? [[String: Any]])?.map { $0["status"] as? String }, ["queued", "queued", "duplicate"])
        let answer = try admin.post("/v1/queues/jobs/receive", #"{"max":1}"#)
        XCTAssertTrue(answer.text.contains(#""body":{"n":1.10e2,"t":"х"}"#), "bodies are as they came: \(answer.text)")
        let first = try XCTUnwrap((try object(answer)["messages"] as? [[String: Any]])?.first)
        let (id, token) = (try XCTUnwrap(first["message_id"] as? String), try XCTUnwrap(first["lock_token"] as? String))
        XCTAssertEqual(id, "a")
        for (verb, body, status) in [
            ("renew", #"{"lock_token":"\#(token)","lock":"1m"}"#, 204), ("renew", #"{"lock_token":"\#(token)","lock":"9999999d"}"#, 400),
            ("abandon", #"{"lock_token":"\#(token)x"}"#, 409), ("abandon", #"{"delay":"1s"}"#, 400), ("complete", #"{"lock_token":"\#(token)"}"#, 204),
            ("complete", #"{"lock_token":"\#(token)"}"#, 409), ("dead-letter", #"{"lock_token":"\#(token)","reason":"x"}"#, 409),
        ] {
            let answer = try admin.post("/v1/queues/jobs/messages/a/\(verb)", body)
            XCTAssertEqual(answer.status, status, "\(verb) \(body): \(answer.text)")
            if status == 409 { XCTAssertTrue(answer.text.contains("/problems/lock-lost"), answer.text) }
        }
        let second = try XCTUnwrap(try receive(admin).first)
        let items = try XCTUnwrap(second["message_id"] as? String)
        let done = try admin.post("/v1/queues/jobs/complete", #"{"items":[{"message_id":"\#(items)","lock_token":"\#(second["lock_token"] ?? "")"},{"message_id":"no","lock_token":""}]}"#)
        XCTAssertEqual(done.text, #"{"results":[{"message_id":"\#(items)","status":"completed"},{"message_id":"no","status":"lock-lost"}]}"#)
    }

    func test_wrongNumbers_areRefused() throws {
        let admin = try running().client()
        for body in [#"{"max":0}"#, #"{"max":-1}"#, #"{"max":9223372036854775808}"#, #"{"max":101}"#, #"{"wait":1000000000}"#, #"{"wait":-1}"#, #"{"max":1.5}"#, #"{"max":"1"}"#] {
            let answer = try admin.post("/v1/queues/jobs/receive", body)
            XCTAssertEqual(answer.status, 400, "\(body): \(answer.text)")
        }
        for body in [
            #"{"ttl":"0s"}"#, #"{"lock":"401d"}"#, #"{"lock":"-5m"}"#, #"{"max_deliveries":0}"#, #"{"max_deliveries":9223372036854775807}"#, #"{"max_bytes":0}"#,
            #"{"max_bytes":"9223372036854775807TiB"}"#, #"{"delay":"99999999999999999999d"}"#, #"{"dead_letter":1}"#,
        ] {
            let answer = try admin.put("/v1/queues/other", body)
            XCTAssertEqual(answer.status, 422, "\(body): \(answer.text)")
            XCTAssertTrue(answer.text.contains("/problems/invalid-queue"), answer.text)
        }
        let long = #"{"messages":[{"body":"\#(String(repeating: "x", count: 256 << 10))"}]}"#
        XCTAssertEqual(try admin.post("/v1/queues/jobs/messages", long).status, 413)
        for body in [#"{"messages":[]}"#, #"{"messages":[{}]}"#, #"{"messages":[{"body":1,"id":""}]}"#, #"{"messages":[{"body":1,"delay":"x"}]}"#, #"{"messages":[{"body":1,"x":1}]}"#] {
            XCTAssertEqual(try admin.post("/v1/queues/jobs/messages", body).status, 400, body)
        }
        XCTAssertEqual(try admin.post("/v1/queues/jobs/messages", #"{"messages":[{"body":{"a":1,"a":2}}]}"#).status, 400, "a name twice")
        XCTAssertEqual(try admin.put("/v1/queues/jobs", #"{"max_bytes":10}"#).status, 200)
        let full = try admin.post("/v1/queues/jobs/messages", #"{"messages":[{"body":"0123456789"}]}"#)
        XCTAssertEqual(full.status, 507, full.text)
        XCTAssertTrue(full.text.contains("/problems/queue-full"))
    }

    /// Looking takes nothing: what can be received, what a worker has, and what is delayed stay as they are.
    func test_messages_areLookedAt_andLeftWhereTheyAre() throws {
        let admin = try running().client()
        XCTAssertEqual(try admin.post("/v1/queues/jobs/messages", #"{"messages":[{"id":"a","body":{"n":1.10e2}},{"id":"b","body":2},{"id":"c","body":3,"delay":"1h"}]}"#).status, 200)
        XCTAssertEqual(try receive(admin, #"{"max":1}"#).count, 1)
        var seen: [String] = []
        var cursor = ""
        for _ in 0..<2 {
            let answer = try admin.get("/v1/queues/jobs/messages?limit=2" + (cursor.isEmpty ? "" : "&cursor=" + cursor))
            XCTAssertEqual(answer.status, 200, answer.text)
            let page = try object(answer)
            seen += (page["messages"] as? [[String: Any]] ?? []).map { "\($0["message_id"] ?? "") \($0["state"] ?? "") \($0["deliveries"] ?? "")" }
            cursor = page["next_cursor"] as? String ?? ""
        }
        XCTAssertEqual(seen, ["b active 0", "a locked 1", "c delayed 0"])
        XCTAssertEqual(cursor, "")
        XCTAssertTrue(try admin.get("/v1/queues/jobs/messages").text.contains(#""body":{"n":1.10e2}"#), "bodies are as they came")
        XCTAssertEqual(try receive(admin).count, 1, "what was looked at can be received")
        XCTAssertEqual(try admin.get("/v1/queues/jobs/messages?cursor=x").status, 400)
    }

    func test_contracts_seeWhatTheyUse_andNothingElse() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/queues/secret", "{}").status, 201)
        let worker = server.client(key: try server.key("w", more: #","uses":{"queues":["jobs"]}"#))
        let everyone = server.client(key: try server.key("e", access: "read", more: #","uses":{"queues":"*"}"#))
        let stranger = server.client(key: try server.key("s"))
        for (client, queue, status) in [(worker, "jobs", 200), (worker, "secret", 404), (everyone, "secret", 200), (stranger, "jobs", 404)] {
            XCTAssertEqual(try client.get("/v1/queues/\(queue)").status, status)
            XCTAssertEqual(try client.post("/v1/queues/\(queue)/messages", #"{"messages":[{"body":1}]}"#).status, status)
            XCTAssertEqual(try client.post("/v1/queues/\(queue)/receive", "{}").status, status)
            XCTAssertEqual(try client.get("/v1/queues/\(queue)/dead-letters").status, status)
            XCTAssertEqual(try client.get("/v1/queues/\(queue)/messages").status, status)
        }
        XCTAssertEqual(try worker.get("/v1/queues").text.components(separatedBy: #""name""#).count, 2)
        XCTAssertEqual(try worker.put("/v1/queues/jobs", "{}").status, 403)
        XCTAssertTrue(try server.client().get("/v1/contracts/e").text.contains(#""uses":{"queues":"*","topics":[],"processes":[]}"#))
        for uses in [#"{"queues":"some"}"#, #"{"queues":["a b"]}"#, #"{"queue":[]}"#, "[]", #"{"queues":[1]}"#] {
            let answer = try server.client().put("/v1/contracts/x", #"{"access":"read","scope":"own","uses":\#(uses)}"#)
            XCTAssertEqual(answer.status, 422, "\(uses): \(answer.text)")
        }
    }

    /// A worker that hangs up while it waits does not get what comes then.
    func test_aWorkerThatHangsUp_keepsNothing() throws {
        let server = try running()
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        worker.arguments = [
            "python3", "-c",
            "import socket,time\ns=socket.create_connection(('127.0.0.1',\(server.port)))\ns.sendall(b'POST /v1/queues/jobs/receive HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer \(TillServer.adminKey)\\r\\nContent-Type: application/json\\r\\nContent-Length: 11\\r\\n\\r\\n{\"wait\":20}')\ntime.sleep(1)",
        ]
        try worker.run()
        worker.waitForEnd()
        usleep(600_000)
        let admin = server.client()
        XCTAssertEqual(try admin.post("/v1/queues/jobs/messages", #"{"messages":[{"id":"m","body":1}]}"#).status, 200)
        XCTAssertEqual(try receive(admin).count, 1)
    }

    func test_backupAndCommands() throws {
        let server = try running()
        let folder = try Project.temporaryFolder("till-queue-backup")
        defer { try? FileManager.default.removeItem(at: folder) }
        func till(_ arguments: String...) throws -> String {
            let run = try TillRun(arguments)
            XCTAssertEqual(run.status, 0, "\(arguments): \(run.text)\(run.error)")
            return run.text
        }
        let data = server.data.path
        XCTAssertTrue(try till("queue", "put", "more", "--lock", "1m", "--max-deliveries", "1", "--data", data).contains("1m"))
        XCTAssertTrue(try till("queue", "send", "more", #"{"a":1}"#, "--id", "m1", "--data", data).contains("queued"))
        XCTAssertTrue(try till("queue", "send", "more", "1", "2", "--data", data).contains("queued"))
        _ = try till("backup", folder.appendingPathComponent("B").path, "--data", data)
        XCTAssertTrue(try till("queue", "receive", "more", "--max", "1", "--complete", "--data", data).contains(#""message_id":"m1""#))
        XCTAssertTrue(try till("queue", "list", "--data", data).contains("more"))
        _ = try till("queue", "purge", "more", "--data", data)
        XCTAssertTrue(try till("queue", "show", "more", "--data", data).contains(#""active":0"#))
        XCTAssertTrue(try till("queue", "redrive", "more", "--all", "--data", data).contains("0 dead letters"))
        _ = try till("queue", "dead-letters", "more", "--data", data)
        XCTAssertTrue(try till("queue", "discard", "more", "--all", "--data", data).contains("deleted 0 dead letters"))
        _ = try till("queue", "delete", "more", "--data", data)
        server.stop()
        let restored = folder.appendingPathComponent("R").path
        _ = try till("restore", folder.appendingPathComponent("B").path, "--data", restored)
        XCTAssertTrue(try till("verify", "--data", restored).contains("0"))
        XCTAssertTrue(try till("queue", "show", "more", "--data", restored).contains(#""active":3"#))
    }
}
