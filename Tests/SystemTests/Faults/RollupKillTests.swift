import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: sums and the files that they are of are committed together, whenever the server dies. Method: the real server is killed at random moments while
/// receipts arrive, files move and merge, and rollups are declared, changed, filled and deleted; then every question has one answer, with sums and without,
/// and each sum is made again from its rows.
///
/// `TILL_CRASH_ROUNDS` says how often.
final class RollupKillTests: XCTestCase {
    private static let settings = ["TILL_COMPACT_INTERVAL": "1s", "TILL_LIMITS_MIN_FREE": "1MiB"]
    private static let questions = [
        "SELECT client_id, count(*), sum(total), sum(tax_total) FROM receipts_accepted GROUP BY 1 ORDER BY 1",
        "SELECT date_trunc('month', business_day) AS month, sum(total), approx_count_distinct(customer_id) FROM receipts_accepted GROUP BY 1 ORDER BY 1",
        "SELECT l.category, sum(l.amount), count(*) FROM receipts_accepted r, UNNEST(r.lines) AS l GROUP BY 1 ORDER BY 1",
        "SELECT l.product_code, sum(l.quantity) FROM receipts_accepted r, UNNEST(r.lines) AS l WHERE r.business_day < DATE '2026-01-01' GROUP BY 1 ORDER BY 1",
        "SELECT payment_type, min(total), max(total), count(*) FROM receipts GROUP BY 1 ORDER BY 1",
    ]

    func test_kill_whileFilesMoveAndSumsFill_leavesOneAnswer() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 4
        let server = try TillServer(environment: Self.settings)
        defer { server.remove() }
        for client in 0..<3 { _ = try server.key("c\(client)") }
        var used = 0
        for round in 0..<rounds {
            if round > 0 { try server.start(environment: Self.settings) }
            try load(server, round)
            let verify = try TillRun(["verify", "--full", "--data", server.data.path])
            XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
            try server.start(environment: Self.settings)
            used += try check(server, round)
            server.kill()
            if testRun?.failureCount ?? 0 > 0 { break }
        }
        print("killed \(rounds) times; sums answered \(used) questions")
        XCTAssertGreaterThanOrEqual(used, rounds)
    }

    private func load(_ server: TillServer, _ round: Int) throws {
        let port = server.port
        let group = DispatchGroup()
        // Whole moves, so that there are sums to lose.
        let moved = Mutex<Int>(0)
        DispatchQueue.global().async(group: group) {
            let http = HTTPClient(port: port, key: TillServer.adminKey)
            for number in 0..<Int.max {
                let documents = (0..<20).map { Receipts.pos("R-\(round)-\(number)-\($0)", day: "20\(24 + $0 % 3)-0\(1 + $0 % 9)-11", total: "\($0).50") }
                guard (try? http.post("/v1/receipts?client=c\(number % 3)", documents.joined(separator: "\n"), type: "application/x-ndjson")) != nil else { return }
                usleep(30_000)
            }
        }
        DispatchQueue.global().async(group: group) {
            let http = HTTPClient(port: port, key: TillServer.adminKey)
            while let answer = try? http.call("POST", "/v1/admin/compact") {
                if answer.status == 200 { moved.withLock { $0 += 1 } }
                usleep(20_000)
            }
        }
        DispatchQueue.global().async(group: group) {
            let http = HTTPClient(port: port, key: TillServer.adminKey)
            for number in 0..<Int.max {
                // Another measure each time: its sums are made anew.
                let body = #"{"name":"by_payment","table":"receipts","group_by":{"kind":"payment_type","month":"date_trunc('month', business_day)"},"measures":{"n":"count(*)","least":"min(total)","greatest":"max(total)","t\#(number % 4)":"sum(total)"}}"#
                guard (try? http.call("PUT", "/v1/rollups/by_payment", headers: [("Content-Type", "application/json")], body: Array(body.utf8))) != nil else { return }
                usleep(120_000)
                if number % 5 == 4, (try? http.call("DELETE", "/v1/rollups/by_payment")) == nil { return }
            }
        }
        XCTAssertTrue(Patience.until { moved.withLock { $0 > 0 } }, server.logText)
        usleep(UInt32.random(in: 0...700_000))
        server.kill()
        group.wait()
    }

    /// - Returns: how many questions sums answered.
    private func check(_ server: TillServer, _ round: Int) throws -> Int {
        let client = server.client()
        XCTAssertFalse(try client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts"}"#).text.contains(#""rows":[[0]]"#), "round \(round): nothing arrived")
        var used = 0
        for question in Self.questions {
            func ask(_ rollups: Bool, _ text: String) throws -> String {
                let answer = try client.post("/v1/sql", #"{"query":"\#(text)","rollups":\#(rollups)}"#)
                XCTAssertEqual(answer.status, 200, answer.text)
                return answer.text.components(separatedBy: #""statistics""#)[0]
            }
            XCTAssertEqual(try ask(true, question), try ask(false, question), "round \(round): \(question)")
            if try ask(true, "EXPLAIN \(question)").contains("Rollup ") { used += 1 }
        }
        return used
    }
}
