import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: with ten thousand executions under way the server may die at any instant: each transition happens once, each call is made under its one key, and nothing is stuck.
/// Method: the real server is killed while executions are started, called for and on their way to their table; SQL counts what they went through.
///
/// `TILL_CRASH_EXECUTIONS` says how many, `TILL_CRASH_ROUNDS` how often.
final class ManyExecutionsKillTests: XCTestCase {
    private static let machine = """
        {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"W"},"W":{"Type":"Wait","Seconds":2,"Next":"T"},
        "T":{"Type":"Task","Resource":"till:call:desk","ResultPath":"$.t","Next":"C"},
        "C":{"Type":"Choice","Choices":[{"Variable":"$.t","NumericEquals":1,"Next":"S"}],"Default":"F"},"S":{"Type":"Succeed"},"F":{"Type":"Fail"}}}
        """

    /// What the desk and the callers saw.
    private final class Books: Sendable {
        /// How often each key came.
        let keys = Mutex<[String: Int]>([:])
        /// Ids of executions by their names.
        let names = Mutex<[String: String]>([:])

        func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
            let place = keys.withLock { keys in
                keys[request.headers["idempotency-key"] ?? "", default: 0] += 1
                return keys.count
            }
            return place % 97 == 0 ? .init(status: 503) : .init(body: #"{"outcome":"accepted","output":1}"#)
        }
    }
    private let books = Books()

    private static func number(_ name: String, _ usual: Int) -> Int { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual }

    func test_kill_withTenThousandUnderWay_losesAndDoublesNothing() throws {
        let (count, rounds) = (Self.number("TILL_CRASH_EXECUTIONS", 10_000), Self.number("TILL_CRASH_ROUNDS", 3))
        let desk = TestHTTPServer { [books] in books.answer($0) }
        defer { desk.close() }
        let folder = try TemporaryDirectory()
        let config = folder.path + "/till.json"
        try """
        {"endpoints":{"desk":{"url":"http://127.0.0.1:\(desk.port)/","secret":"s","max_attempts":1000,"backoff_min":"50ms","backoff_max":"300ms"}},
        "outgoing":{"allow":["127.0.0.1"]},"limits":{"min_free":"1MiB"},"execution_days":0}
        """.write(toFile: config, atomically: true, encoding: .utf8)
        let server = try TillServer(arguments: ["--config", config])
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/processes/many", Self.machine).status, 201)
        for round in 0..<rounds {
            start(server.port, (count * round / rounds)..<(count * (round + 1) / rounds), whileKilled: { usleep(UInt32.random(in: 200_000...2_500_000)); server.kill() })
            let verify = try TillRun(["verify", "--data", server.data.path])
            XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
            try server.start(arguments: ["--config", config])
        }
        // Whoever had no answer asks again, by name.
        start(server.port, 0..<count, whileKilled: {})
        let ids = books.names.withLock { $0 }
        XCTAssertEqual(ids.count, count)
        try drain(server)
        try check(server, count, ids)
    }

    /// Eight callers, until all are started or the server is gone.
    private func start(_ port: UInt16, _ numbers: Range<Int>, whileKilled kill: () -> Void) {
        let group = DispatchGroup()
        for caller in 0..<8 {
            DispatchQueue.global().async(group: group) { [books] in
                let http = HTTPClient(port: port, key: TillServer.adminKey)
                for number in numbers where number % 8 == caller && books.names.withLock({ $0["\(number)"] }) == nil {
                    let answer = try? http.call(
                        "POST", "/v1/processes/many/executions", headers: [("Content-Type", "application/json")], body: Array(#"{"name":"\#(number)","input":{}}"#.utf8))
                    guard let answer else { return }
                    guard [200, 201].contains(answer.status), let id = (try? JSONParser.parse(answer.body))?["execution_id"]?.text else {
                        XCTFail("\(answer.status) \(answer.text)")
                        return
                    }
                    books.names.withLock { $0["\(number)"] = id }
                }
            }
        }
        kill()
        group.wait()
    }

    private func rows(_ server: TillServer, _ query: String) throws -> [[JSONValue]] {
        var (rows, cursor): ([[JSONValue]], JSONValue) = ([], .null)
        repeat {
            let answer = try server.client().post("/v1/sql", String(decoding: JSONValue.object(["query": .string(query), "cursor": cursor]).serialized, as: UTF8.self))
            XCTAssertEqual(answer.status, 200, answer.text)
            let page = try JSONParser.parse(answer.body)
            rows += (page["rows"]?.array ?? []).map { $0.array ?? [] }
            cursor = page["next_cursor"] ?? .null
        } while cursor != .null
        return rows
    }

    private func drain(_ server: TillServer) throws {
        // Each has ended, and gone to its table.
        let areGone = try Patience.until(pauseMilliseconds: 100) {
            try JSONParser.parse(try server.client().get("/v1/executions?limit=1").body)["executions"]?.array?.isEmpty == true
        }
        if !areGone { XCTFail("executions are stuck: \(try server.client().get("/v1/executions?limit=3").text)") }
    }

    private func check(_ server: TillServer, _ count: Int, _ ids: [String: String]) throws {
        let all = JSONValue.number("\(count)")
        // A name whose first execution had ended and gone may have started another: what counts is each execution.
        let found = try rows(server, "SELECT count(*), count(DISTINCT execution_id), count(*) FILTER (WHERE execution_state = 'SUCCEEDED') FROM executions")
        XCTAssertEqual(Set((found.first ?? []).map { $0.integer ?? -1 }).count, 1, "\(found)")
        let events = try rows(server, "SELECT e.event, e.state, e.visit, count(*), count(DISTINCT x.execution_id) FROM executions x, UNNEST(x.events) AS e GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
        let total = found.first?.first ?? all
        XCTAssertEqual(events.map { "\($0[0].text ?? "") \($0[1].text ?? "") \($0[2].integer ?? 0)" }, ["entered", "succeeded"].flatMap { event in ["A", "C", "S", "T", "W"].map { "\(event) \($0) 1" } })
        for row in events { XCTAssertEqual([row[3], row[4]], [total, total], "\(row)") }
        let known = Set(try rows(server, "SELECT execution_id FROM executions").compactMap { $0.first?.text })
        XCTAssertEqual(Set(ids.values).subtracting(known), [], "lost")
        XCTAssertEqual(Set(books.keys.withLock { $0.keys }), Set(known.map { "\($0):T:1" }), "calls")
        let repeated = books.keys.withLock { $0.values.reduce(0) { $0 + ($1 > 1 ? 1 : 0) } }
        print("\(known.count) executions, each of 5 transitions once; \(repeated) of the calls were made again under their keys")
    }
}
