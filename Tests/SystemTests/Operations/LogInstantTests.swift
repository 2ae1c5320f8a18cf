import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a store restored to an instant has what was acknowledged by then, and nothing that was sent after it. Method: clients that post side by side through a kill and a compaction, and note by the
/// clock when they sent and when they were answered; instants drawn from that time, and those around the log's end.
final class LogInstantTests: XCTestCase {
    private struct Posted: Sendable {
        let id: String
        let sent: Double
        let answered: Double
    }

    private var folder: URL?

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-instant") }
    override func tearDown() { if let folder { try? FileManager.default.removeItem(at: folder) } }

    private func path(_ name: String) throws -> String { try XCTUnwrap(folder).appendingPathComponent(name).path }

    /// In whole microseconds, as the log counts.
    private static func text(_ instant: Double) -> String {
        let microseconds = Int64(instant * 1e6)
        let formatter = ISO8601DateFormatter()
        let fraction = String(microseconds % 1_000_000)
        return formatter.string(from: Date(timeIntervalSince1970: Double(microseconds / 1_000_000))).dropLast() + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
    }

    private func figure(_ name: String, _ client: HTTPClient) throws -> Double {
        let line = try client.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix("till_log_\(name) ") }
        return Double(line?.split(separator: " ").last ?? "") ?? -1
    }

    /// Posts side by side until `body` returns; who is not answered sends the same again, as the same receipt.
    private func posting(_ server: TillServer, _ seed: UInt64, _ body: () throws -> Void) throws -> [Posted] {
        let posted = Mutex<[Posted]>([])
        // Another after each start.
        let port = Mutex(server.port)
        let isOver = Atomic<Bool>(false)
        let done = DispatchGroup()
        for worker in 0..<4 {
            done.enter()
            Thread.detachNewThread {
                var random = SplitMix64(state: seed &+ UInt64(worker))
                var number = 0
                while !isOver.load(ordering: .relaxed) {
                    // A try that is repeated is the same document.
                    let (id, document) = ("W\(worker)-\(number)", Receipts.pos("W\(worker)-\(number)", day: "2026-0\(Int.random(in: 1...9, using: &random))-10"))
                    let sent = Date().timeIntervalSince1970
                    var status: Int?
                    while status != 200, status != 201, !isOver.load(ordering: .relaxed) {
                        status = try? HTTPClient(port: port.withLock { $0 }, key: TillServer.adminKey).post("/v1/receipts?client=c1", document).status
                    }
                    let answered = status == 200 || status == 201 ? Date().timeIntervalSince1970 : .infinity
                    posted.withLock { $0.append(Posted(id: id, sent: sent, answered: answered)) }
                    number += 1
                    usleep(UInt32.random(in: 0...20_000, using: &random))
                }
                done.leave()
            }
        }
        defer {
            isOver.store(true, ordering: .relaxed)
            done.wait()
        }
        func more(_ count: Int) { XCTAssertTrue(Patience.until { posted.withLock { $0.count } >= count }) }
        more(60)
        try body()
        port.withLock { $0 = server.port }
        let before = posted.withLock { $0.count }
        more(before + 60)
        isOver.store(true, ordering: .relaxed)
        done.wait()
        return posted.withLock { $0 }
    }

    private func restore(_ log: String, to instant: String) throws -> (run: TillRun, data: String) {
        let (copy, data) = (try path("LOG-\(UInt64.random(in: 0 ... .max))"), try path("DATA-\(UInt64.random(in: 0 ... .max))"))
        try FileManager.default.copyItem(atPath: log, toPath: copy)
        let run = try TillRun(["restore", "--from-log", "file://\(copy)", "--to", instant, "--data", data])
        if run.status != 0 { XCTAssertFalse(FileManager.default.fileExists(atPath: data + "/FORMAT"), "\(instant): something was made") }
        return (run, data)
    }

    func test_instant_hasWhatWasAnsweredByThen_andNothingSentAfter_andTheEndIsExact() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let log = try path("LOG")
        let environment = ["TILL_LOG_URL": "file://\(log)", "TILL_LOG_SEGMENT": "200ms", "TILL_COMPACT_INTERVAL": "1h", "TILL_HOT_DAYS": "0", "TILL_LIMITS_MIN_FREE": "1MiB"]
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        _ = try server.key("c1")
        XCTAssertTrue(try Patience.until { try figure("checkpoints_total", server.client()) >= 1 })
        let began = Date().timeIntervalSince1970
        let posted = try posting(server, seed) {
            XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
            server.kill()
            try server.start(environment: environment)
        }
        let ended = Date().timeIntervalSince1970
        XCTAssertEqual(server.stop(), 0)
        var random = SplitMix64(state: seed)
        var instants = (0..<4).map { _ in Double.random(in: began...ended, using: &random) }
        // To the microsecond: the very moment of an answer.
        if let one = posted.filter({ $0.answered.isFinite }).randomElement(using: &random) { instants.append(one.answered) }
        for instant in instants {
            let (run, data) = try restore(log, to: Self.text(instant))
            XCTAssertEqual(run.status, 0, "seed \(seed), \(Self.text(instant)): \(run.error)")
            let rows = try TillRun(["sql", "--data", data, "--format", "csv", "SELECT receipt_id FROM receipts"])
            let found = rows.text.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
            XCTAssertEqual(Set(found).count, found.count, "seed \(seed), \(Self.text(instant)): one is there twice")
            let lacking = posted.filter { $0.answered < instant && !found.contains($0.id) }.map(\.id)
            XCTAssertEqual(lacking, [], "seed \(seed), \(Self.text(instant)): acknowledged by then, and not there")
            let early = Set(posted.filter { $0.sent > instant }.map(\.id)).intersection(found)
            XCTAssertEqual(early, [], "seed \(seed), \(Self.text(instant)): sent after it, and there")
        }
        try checkEnd(log, posted)
    }

    /// What the log tells ends at an instant: that one can be restored, and the next microsecond cannot.
    private func checkEnd(_ log: String, _ posted: [Posted]) throws {
        let (future, _) = try restore(log, to: "2999-01-01T00:00:00Z")
        XCTAssertEqual(future.status, 1, future.error)
        let match = try XCTUnwrap(future.error.firstMatch(of: #/up to ([0-9T:-]+)\.([0-9]{6})Z/#), future.error)
        let (second, fraction) = (String(match.1), try XCTUnwrap(Int(match.2)))
        let (last, data) = try restore(log, to: "\(second).\(match.2)Z")
        XCTAssertEqual(last.status, 0, last.error)
        let count = try TillRun(["sql", "--data", data, "--format", "csv", "SELECT count(DISTINCT receipt_id) FROM receipts"])
        XCTAssertGreaterThanOrEqual(count.text.split(whereSeparator: \.isNewline).last.flatMap { Int($0) } ?? 0, posted.filter { $0.answered.isFinite }.count)
        guard fraction < 999_999 else { return }
        let next = String(fraction + 1)
        let (behind, _) = try restore(log, to: "\(second).\(String(repeating: "0", count: 6 - next.count))\(next)Z")
        XCTAssertEqual(behind.status, 1, behind.error)
        XCTAssertTrue(behind.error.contains("after the end of the log"), behind.error)
    }
}
