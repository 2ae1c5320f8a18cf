import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: every event that was acknowledged is delivered at least once, signed; of one subject in the order of commits, a later one never before an earlier one was taken; whatever
/// dies. Method: histories at random: callers publish, a webhook fails, hangs up and loses its answers, and the real server is killed at random moments.
///
/// `TILL_CRASH_ROUNDS` says how often.
final class TopicKillTests: XCTestCase {
    private static let settings = ["TILL_LIMITS_MIN_FREE": "1MiB", "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#]
    private static let subjectCount = 12

    private let books = EventBooks()

    func test_kill_losesNoEvent_andKeepsEachSubjectsOrder() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 4
        let receiver = TestHTTPServer { [books] in books.hook($0) }
        defer { receiver.close() }
        let server = try TillServer(environment: Self.settings)
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/topics/t", "{}").status, 201)
        XCTAssertEqual(try admin.put("/v1/queues/all", "{}").status, 201)
        let target = #"{"target":{"webhook":"http://127.0.0.1:\#(receiver.port)/","secret":"whsec_c2VjcmV0"}}"#
        XCTAssertEqual(try admin.put("/v1/topics/t/subscriptions/hook", target).status, 201)
        XCTAssertEqual(try admin.put("/v1/topics/t/subscriptions/all", #"{"target":{"queue":"all"}}"#).status, 201)
        for round in 0..<rounds {
            publish(server.port) {
                usleep(UInt32.random(in: 100_000...1_200_000))
                server.kill()
            }
            let verify = try TillRun(["verify", "--data", server.data.path])
            XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
            try server.start(environment: Self.settings)
        }
        try drain(server)
        let (wanted, found) = (books.sent.withLock { $0 }, books.seen.withLock { $0 })
        XCTAssertEqual(found.faults, [])
        for (subject, count) in wanted { XCTAssertTrue(found.taken[subject, default: []].isSuperset(of: 0..<count), "\(subject) lost some of \(count)") }
        try checkQueue(server, wanted)
        print("killed \(rounds) times: \(wanted.values.reduce(0, +)) events of \(wanted.count) subjects, \(found.repeats) told again")
    }

    /// A caller for each subject, which sends its events one by one, until the server is gone; what had no answer is sent again, under its id.
    private func publish(_ port: UInt16, _ kill: () -> Void) {
        let group = DispatchGroup()
        for number in 0..<Self.subjectCount {
            DispatchQueue.global().async(group: group) { [books] in
                let (subject, http) = ("s\(number)", HTTPClient(port: port, key: TillServer.adminKey))
                for _ in 0..<60 {
                    let next = books.sent.withLock { $0[subject, default: 0] }
                    let event = #"{"specversion":"1.0","id":"\#(subject)-\#(next)","type":"t","subject":"\#(subject)","data":{"n":\#(next)}}"#
                    let answer = try? http.call("POST", "/v1/events?topic=t", headers: [("Content-Type", "application/cloudevents+json")], body: Array(event.utf8))
                    guard let answer, answer.status == 202 else { return }
                    books.sent.withLock { $0[subject] = next + 1 }
                    usleep(UInt32.random(in: 0...20_000))
                }
            }
        }
        kill()
        group.wait()
    }

    private func drain(_ server: TillServer) throws {
        let isDrained = try Patience.until { try server.client().get("/v1/topics/t/subscriptions/hook").text.contains(#""counts":{"pending":0,"dead":0}"#) }
        if !isDrained { XCTFail("events are stuck: \(try server.client().get("/v1/topics/t/subscriptions/hook").text)") }
    }

    /// Into a queue each goes once, with the commit that takes it.
    private func checkQueue(_ server: TillServer, _ wanted: [String: Int]) throws {
        var counts: [String: Int] = [:]
        while true {
            let answer = try JSONParser.parse(try server.client().post("/v1/queues/all/receive", #"{"max":100,"wait":0}"#).body)
            guard let messages = answer["messages"]?.array, !messages.isEmpty else { break }
            for message in messages { counts[message["body"]?["id"]?.text ?? "", default: 0] += 1 }
        }
        XCTAssertEqual(counts.filter { $0.value > 1 }, [:], "told twice")
        for (subject, count) in wanted { for number in 0..<count { XCTAssertEqual(counts["\(subject)-\(number)"], 1, "\(subject)-\(number)") } }
    }
}

/// What callers were answered, and what the webhook got.
private final class EventBooks: Sendable {
    struct Seen: Sendable {
        /// Of each subject, the numbers that were taken.
        var taken: [String: Set<Int>] = [:]
        var repeats = 0
        var faults: [String] = []
    }
    let seen = Mutex(Seen())
    /// Of each subject, how many were acknowledged.
    let sent = Mutex<[String: Int]>([:])

    func hook(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        seen.withLock { seen in
            guard Signatures.isValid(request, secret: "whsec_c2VjcmV0") else {
                seen.faults.append("a wrong signature")
                return .init(status: 401)
            }
            guard let event = try? JSONParser.parse(request.body), let subject = event["subject"]?.text, let number = event["data"]?["n"]?.integer else {
                seen.faults.append("no event: \(String(decoding: request.body, as: UTF8.self))")
                return .init(status: 204)
            }
            let earlier = seen.taken[subject, default: []]
            if number > 0, !earlier.contains(number - 1) { seen.faults.append("\(subject): \(number) before \(number - 1)") }
            switch Int.random(in: 0..<100) {
            case 0..<5: return .init(status: 500)
            case 5..<8: return .init(drops: true)
            default: break
            }
            if earlier.contains(number) { seen.repeats += 1 }
            seen.taken[subject, default: []].insert(number)
            // Its answer may be lost.
            return Int.random(in: 0..<100) < 3 ? .init(drops: true) : .init(status: 204)
        }
    }
}
