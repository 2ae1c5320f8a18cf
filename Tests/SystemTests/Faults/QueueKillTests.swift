import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: whatever dies and when, no acknowledged message is lost, none is completed by two workers, and none is with two at once. Method: the real server is
/// killed at random moments while senders and workers call it; workers note the answers they got.
///
/// `TILL_CRASH_ROUNDS` says how often.
final class QueueKillTests: XCTestCase {
    private static let settings = ["TILL_LIMITS_MIN_FREE": "1MiB"]
    private let callers = QueueCallers()

    func test_kill_losesNothing_andGivesNothingToTwo() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 4
        let server = try TillServer(environment: Self.settings)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/queues/jobs", #"{"lock":"1s","max_deliveries":1000000}"#).status, 201)
        for round in 0..<rounds {
            if round > 0 { try server.start(environment: Self.settings) }
            callers.load(server, round)
            let verify = try TillRun(["verify", "--data", server.data.path])
            XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
            if testRun?.failureCount ?? 0 > 0 { break }
        }
        try server.start(environment: Self.settings)
        try drain(server)
        let end = callers.seen.withLock { $0 }
        XCTAssertEqual(end.faults, [])
        XCTAssertGreaterThan(end.sent.count, rounds * 20)
        XCTAssertEqual(end.sent.subtracting(end.completed.keys).subtracting(end.uncertain), [], "lost")
        XCTAssertEqual(end.completed.filter { $0.value > 1 }, [:], "completed by two")
        print("killed \(rounds) times: \(end.sent.count) messages sent, \(end.completed.count) completed, \(end.uncertain.count) without an answer")
    }

    /// Completes what is left; ids without an answer may be among it.
    private func drain(_ server: TillServer) throws {
        let port = server.port
        let group = DispatchGroup()
        for worker in 0..<4 {
            DispatchQueue.global().async(group: group) { [callers] in callers.work(HTTPClient(port: port, key: TillServer.adminKey), worker, untilEmpty: true) }
        }
        group.wait()
        let answer = try server.client().get("/v1/queues/jobs")
        XCTAssertTrue(answer.text.contains(#""counts":{"active":0,"locked":0,"delayed":0,"dead":0},"bytes":0"#), answer.text)
    }
}

/// Senders and workers, and the answers they got.
private final class QueueCallers: Sendable {
    private static let header = [("Content-Type", "application/json")]

    /// The answers that callers got. An instant is one of a clock that all of them share.
    struct Seen {
        var sent: Set<String> = []
        /// Acknowledged completions.
        var completed: [String: Int] = [:]
        /// Sent completions without an answer: they may hold or not.
        var uncertain: Set<String> = []
        var held: [String: (until: Double, token: String)] = [:]
        var faults: [String] = []
    }
    let seen = Mutex(Seen())

    private static func post(_ http: HTTPClient, _ path: String, _ body: String) -> (status: Int, body: [String: Any])? {
        guard let answer = try? http.call("POST", path, headers: header, body: Array(body.utf8)) else { return nil }
        return (answer.status, (try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]) ?? [:])
    }

    func load(_ server: TillServer, _ round: Int) {
        let port = server.port
        let group = DispatchGroup()
        for sender in 0..<2 {
            DispatchQueue.global().async(group: group) { [self] in
                let http = HTTPClient(port: port, key: TillServer.adminKey)
                for number in 0..<Int.max {
                    let ids = (0...number % 4).map { "\(round)-\(sender)-\(number)-\($0)" }
                    let messages = ids.map { #"{"id":"\#($0)","body":"\#(String(repeating: "x", count: number % 3_000))"}"# }.joined(separator: ",")
                    guard let answer = Self.post(http, "/v1/queues/jobs/messages", #"{"messages":[\#(messages)]}"#), answer.status == 200 else { return }
                    seen.withLock { $0.sent.formUnion(ids) }
                }
            }
        }
        for worker in 0..<4 { DispatchQueue.global().async(group: group) { [self] in work(HTTPClient(port: port, key: TillServer.adminKey), worker) } }
        usleep(UInt32.random(in: 150_000...1_200_000))
        server.kill()
        group.wait()
    }

    /// Takes messages, and completes most, until the server is gone or has no more.
    func work(_ http: HTTPClient, _ worker: Int, untilEmpty: Bool = false) {
        for turn in 0..<Int.max {
            let asked = ProcessInfo.processInfo.systemUptime
            guard let answer = Self.post(http, "/v1/queues/jobs/receive", #"{"max":5,"wait":\#(untilEmpty ? 3 : 1)}"#), answer.status == 200 else { return }
            let messages = (answer.body["messages"] as? [[String: Any]] ?? []).compactMap { message -> (id: String, token: String)? in
                guard let id = message["message_id"] as? String, let token = message["lock_token"] as? String else { return nil }
                return (id, token)
            }
            if messages.isEmpty, untilEmpty { return }
            let now = ProcessInfo.processInfo.systemUptime
            seen.withLock { seen in
                for message in messages {
                    // A lock of a second that was given after `asked` has not ended before a second after it.
                    if let other = seen.held[message.id], now < other.until { seen.faults.append("\(message.id) is with two at once") }
                    if seen.completed[message.id] != nil { seen.faults.append("\(message.id) came again after it was complete") }
                    seen.held[message.id] = (asked + 1, message.token)
                }
            }
            // Some workers vanish with what they hold, some are too slow.
            if (turn + worker) % 7 == 0, !untilEmpty { continue }
            for message in messages {
                seen.withLock { _ = $0.uncertain.insert(message.id) }
                let end = Self.post(http, "/v1/queues/jobs/messages/\(message.id)/complete", #"{"lock_token":"\#(message.token)"}"#)
                guard let end else { return }
                seen.withLock { seen in
                    seen.uncertain.remove(message.id)
                    seen.held[message.id] = nil
                    if end.status == 204 { seen.completed[message.id, default: 0] += 1 } else if end.status != 409 { seen.faults.append("complete: \(end.status)") }
                }
            }
        }
    }
}
