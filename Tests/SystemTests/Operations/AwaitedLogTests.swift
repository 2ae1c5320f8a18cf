import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: with `log.ack: sync` no answer tells of what the log lacks: whatever the bucket does, and whenever the machine is lost or the log taken over, all that
/// was acknowledged is in the store that is made of the log, once. Method: the real binary, a bucket that fails in every way, several clients at once.
final class AwaitedLogTests: XCTestCase {
    private var folder: URL?

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-awaited") }
    override func tearDown() { if let folder { try? FileManager.default.removeItem(at: folder) } }

    private func path(_ name: String) throws -> String { try XCTUnwrap(folder).appendingPathComponent(name).path }

    private func environment(_ bucket: BucketDouble) -> [String: String] {
        [
            "TILL_LOG_URL": "s3://receipts/log", "TILL_LOG_ACK": "sync", "TILL_STORAGE_ENDPOINT": bucket.endpoint, "TILL_STORAGE_REGION": "eu-central-1",
            "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#, "TILL_LIMITS_MIN_FREE": "1MiB",
        ]
    }

    private struct Sent: Sendable {
        var acknowledged: [(id: String, at: Date)] = []
        var statuses: [Int: Int] = [:]
        var isOver = false
    }

    /// Posts from several threads until `body` returns.
    private func load(_ server: TillServer, _ prefix: String, _ body: () throws -> Void) throws -> Sent {
        let sent = Mutex(Sent())
        let done = DispatchGroup()
        for worker in 0..<4 {
            // Used by the one thread alone.
            nonisolated(unsafe) let client = server.client()
            DispatchQueue.global().async(group: done) {
                var number = 0
                while !sent.withLock({ $0.isOver }) {
                    number += 1
                    let id = "\(prefix)-\(worker)-\(number)"
                    guard let answer = try? client.post("/v1/receipts?client=c1", Receipts.pos(id)) else { continue }
                    sent.withLock { sent in
                        sent.statuses[answer.status, default: 0] += 1
                        if answer.status == 200 || answer.status == 201 { sent.acknowledged.append((id, Date())) }
                    }
                }
            }
        }
        defer {
            sent.withLock { $0.isOver = true }
            done.wait()
        }
        try body()
        sent.withLock { $0.isOver = true }
        done.wait()
        return sent.withLock { $0 }
    }

    private func restored(_ bucket: BucketDouble, _ name: String, to instant: Date? = nil, _ environment: [String: String]) throws -> [String] {
        let data = try path(name)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let run = try TillRun(["restore", "--from-log", "s3://receipts/log", "--data", data] + (instant.map { ["--to", formatter.string(from: $0)] } ?? []), environment: environment)
        XCTAssertEqual(run.status, 0, run.error)
        let verified = try TillRun(["verify", "--data", data])
        XCTAssertEqual(verified.status, 0, verified.text)
        let rows = try TillRun(["sql", "SELECT receipt_id FROM receipts", "--data", data, "--format", "csv"])
        XCTAssertEqual(rows.status, 0, rows.error)
        return rows.text.split(whereSeparator: \.isNewline).dropFirst().map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"\r")) }
    }

    private func check(_ found: [String], has sent: [String], _ message: String) {
        XCTAssertEqual(Set(found).count, found.count, "\(message): twice")
        XCTAssertEqual(Set(sent).subtracting(found).sorted(), [], "\(message): acknowledged, and lost")
    }

    func test_acknowledged_isInTheLog_whateverTheBucketDoes_andWheneverTheMachineIsLost() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket)
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        bucket.fail { _ in
            Int.random(in: 0..<9) == 0
                ? [.answer(status: 503, code: "SlowDown"), .drop, .dropAfter, .answerAfter(status: 500, code: "InternalError"), .torn, .delay(milliseconds: 200)].randomElement() : nil
        }
        var half = Date()
        var count = 0
        let sent = try load(server, "A") {
            XCTAssertTrue(try Patience.until { count = try acknowledgedCount(server.client()); return count > 60 })
            half = Date()
            XCTAssertTrue(try Patience.until { try acknowledgedCount(server.client()) > count + 60 })
            server.kill()
        }
        bucket.fail(nil)
        XCTAssertGreaterThan(sent.acknowledged.count, 60, "\(sent.statuses)")
        // All that was answered by then; a millisecond for the text of the instant.
        check(try restored(bucket, "HALF", to: half, environment), has: sent.acknowledged.filter { $0.at < half.addingTimeInterval(-0.002) }.map(\.id), "at an instant")
        check(try restored(bucket, "END", environment), has: sent.acknowledged.map(\.id), "at the end")
    }

    private func acknowledgedCount(_ client: HTTPClient) throws -> Int {
        let text = try client.post("/v1/sql", #"{"query":"SELECT count(*) AS n FROM receipts"}"#).text
        return Int(text.range(of: #""rows":\[\[(\d+)\]\]"#, options: .regularExpression).map { text[$0].filter(\.isNumber) } ?? "") ?? 0
    }

    /// The one who restores does not wait for the writer to stop.
    func test_takenOver_whileItIsWritten_leavesNothingAcknowledgedBehind() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let environment = environment(bucket)
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        var found: [String] = []
        let sent = try load(server, "B") {
            XCTAssertTrue(try Patience.until { try acknowledgedCount(server.client()) > 30 })
            found = try restored(bucket, "TAKEN", environment)
            XCTAssertTrue(Patience.until { !server.isRunning })
        }
        XCTAssertEqual(server.stop(), 75, server.logText)
        check(found, has: sent.acknowledged.map(\.id), "taken over")
    }

    /// Down: callers that wait get that answer in the end, callers that come then at once, with nothing done; once it is back all goes on, and a repeat is answered.
    func test_placeIsGone_isSaid_andAnsweredOnceItIsBack() throws {
        let bucket = BucketDouble()
        defer { bucket.close() }
        let server = try TillServer(environment: environment(bucket))
        defer { server.remove() }
        _ = try server.key("c1")
        let client = server.client()
        XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("C-1")).status, 201)
        bucket.fail { _ in .drop }
        let late = try client.post("/v1/receipts?client=c1", Receipts.pos("C-2"))
        XCTAssertEqual(late.status, 503, late.text)
        XCTAssertTrue(late.text.contains("storage-unavailable") && late.text.contains("not in the log yet"), late.text)
        XCTAssertEqual(late.headers["retry-after"], "1")
        let refused = try client.post("/v1/receipts?client=c1", Receipts.pos("C-3"))
        XCTAssertEqual(refused.status, 503, refused.text)
        XCTAssertTrue(refused.text.contains("nothing was done"), refused.text)
        // Questions go on.
        XCTAssertEqual(try acknowledgedCount(client), 2)
        let ready = try client.get("/readyz")
        XCTAssertEqual(ready.status, 503, "what changes the store is refused")
        XCTAssertTrue(ready.text.contains("answers wait for the log in vain"), ready.text)
        bucket.fail(nil)
        XCTAssertTrue(try Patience.until(pauseMilliseconds: 100) { try client.post("/v1/receipts?client=c1", Receipts.pos("C-2")).status == 200 })
        XCTAssertEqual(try client.post("/v1/receipts?client=c1", Receipts.pos("C-3")).status, 201)
        XCTAssertEqual(try client.get("/readyz").status, 200)
        XCTAssertEqual(server.stop(), 0)
    }
}
