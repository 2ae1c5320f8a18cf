import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// The real server is killed at random moments while executions run: each goes on from where its last commit left it, every state is entered once,
/// every call is made under its one key, and nothing is stuck.
///
/// `TILL_CRASH_ROUNDS` says how often.
final class ExecutionKillTests: XCTestCase {
    private static let machine = """
        {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Task","Resource":"till:call:desk","ResultPath":"$.b","Next":"W"},
        "W":{"Type":"Wait","Seconds":1,"Next":"P"},
        "P":{"Type":"Parallel","ResultPath":"$.p","Branches":[{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"till:call:desk","End":true}}},
        {"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.i","MaxConcurrency":2,"ItemProcessor":{"StartAt":"N","States":{"N":{"Type":"Pass","End":true}}},"End":true}}}],"Next":"K"},
        "K":{"Type":"Task","Resource":"till:process:child","ResultPath":"$.k","End":true}}}
        """
    private static let states = ["A", "B", "C", "K", "M", "N", "N", "N", "P", "W"]

    /// Takes on one call in five, answers the others.
    private final class Desk: Sendable {
        let keys = Mutex<[String: Int]>([:])
        let tokens = Mutex<[String]>([])

        func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
            let count = keys.withLock { keys in
                keys[request.headers["idempotency-key"] ?? "", default: 0] += 1
                return keys.values.reduce(0, +)
            }
            if count % 7 == 0 { return .init(status: 503) }
            if count % 5 == 0, let token = (try? JSONParser.parse(request.body))?["task_token"]?.text {
                tokens.withLock { $0.append(token) }
                return .init(status: 202)
            }
            return .init(body: #"{"outcome":"accepted","output":1}"#)
        }
    }

    func test_kill_withManyRunning_losesAndDoublesNoTransition() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 4
        let desk = Desk()
        let endpoint = TestHTTPServer { desk.answer($0) }
        let folder = try TemporaryDirectory()
        let config = folder.path + "/till.json"
        try """
        {"endpoints":{"desk":{"url":"http://127.0.0.1:\(endpoint.port)/","secret":"s","lock":"2s","max_attempts":1000,"backoff_min":"50ms","backoff_max":"300ms"}},
        "outgoing":{"allow":["127.0.0.1"]},"limits":{"min_free":"1MiB"}}
        """.write(toFile: config, atomically: true, encoding: .utf8)
        let server = try TillServer(arguments: ["--config", config])
        defer { server.remove() }
        for (name, text) in [("child", #"{"StartAt":"CW","States":{"CW":{"Type":"Wait","Seconds":1,"End":true}}}"#), ("many", Self.machine)] {
            let answer = try server.client().call("PUT", "/v1/processes/\(name)", headers: [("Content-Type", "application/json")], body: Array(text.utf8))
            XCTAssertEqual(answer.status, 201, answer.text)
        }
        var ids: Set<String> = []
        for round in 0..<rounds {
            let client = server.client()
            for number in 0..<150 {
                let answer = try client.post("/v1/processes/many/executions", #"{"name":"\#(round) \#(number)","input":{"i":[1,2,3]}}"#)
                XCTAssertEqual(answer.status, 201, answer.text)
                ids.insert(try XCTUnwrap(try JSONParser.parse(answer.body)["execution_id"]?.text))
            }
            usleep(UInt32.random(in: 10_000...1_500_000))
            server.kill()
            let verify = try TillRun(["verify", "--data", server.data.path])
            XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
            try server.start(arguments: ["--config", config])
        }
        try finish(server, desk)
        for id in ids { try check(id, server) }
        XCTAssertEqual(Set(desk.keys.withLock { $0.keys }), Set(ids.flatMap { ["\($0):B:1", "\($0):C:1"] }))
    }

    /// Workers answer what they took on, until nothing runs.
    private func finish(_ server: TillServer, _ desk: Desk) throws {
        let client = server.client()
        let areEnded = try Patience.until(pauseMilliseconds: 100) {
            for token in desk.tokens.withLock({ tokens in
                defer { tokens = [] }
                return tokens
            }) {
                let answer = try client.post("/v1/tasks/\(token)/success", #"{"output":2}"#)
                XCTAssertTrue([204, 409].contains(answer.status), answer.text)
            }
            let left = try JSONParser.parse(try client.get("/v1/executions?state=RUNNING&limit=1").body)
            return left["executions"]?.array?.isEmpty == true
        }
        XCTAssertTrue(areEnded, "executions are stuck")
    }

    private func check(_ id: String, _ server: TillServer) throws {
        let client = server.client()
        let execution = try JSONParser.parse(try client.get("/v1/executions/\(id)").body)
        XCTAssertEqual(execution["state"]?.text, "SUCCEEDED", "\(execution)")
        let history = try JSONParser.parse(try client.get("/v1/executions/\(id)/history").body)
        for event in ["entered", "succeeded"] {
            let found = (history["events"]?.array ?? []).filter { $0["event"]?.text == event }
            XCTAssertEqual(found.map { $0["state"]?.text ?? "" }.sorted(), Self.states, "\(event) of \(id)")
            XCTAssertEqual(Set(found.map { "\($0["state"]?.text ?? "") \($0["visit"]?.integer ?? 0)" }).count, Self.states.count)
        }
    }
}
