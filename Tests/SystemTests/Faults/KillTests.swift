import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// The real server is killed at random moments while clients post and it compacts: `verify` finds nothing wrong each time, and what it had
/// acknowledged is there afterwards, once, with its hash.
///
/// `TILL_CRASH_ROUNDS` says how often.
final class KillTests: XCTestCase {
    private static func document(_ id: String) -> String {
        let number = id.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF
        return Receipts.pos(id).replacingOccurrences(of: "\"UAH\"", with: "\"UAH\",\"note\":\"\(String(repeating: "n", count: number % 900))\"")
    }

    func test_kill_underLoad_losesAndDoublesNothing() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 6
        let settings = ["TILL_COMPACT_INTERVAL": "1s", "TILL_LIMITS_MIN_FREE": "1MiB"]
        let server = try TillServer(environment: settings)
        defer { server.remove() }
        let key = try server.key("shop")
        var acknowledged: [String] = []
        for round in 0..<rounds {
            if round > 0 { try server.start(environment: settings) }
            acknowledged += try load(server, key, round)
            let verify = try TillRun(["verify", "--data", server.data.path])
            XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
            if round % 20 == 19 || round == rounds - 1 { try check(server, settings, acknowledged, round) }
            if testRun?.failureCount ?? 0 > 0 { break }
        }
        XCTAssertGreaterThan(acknowledged.count, rounds * 5)
        print("killed \(rounds) times, \(acknowledged.count) receipts acknowledged")
    }

    /// Posts from four connections, alone and in batches, and lets it compact; kills it.
    ///
    /// - Returns: what was acknowledged.
    private func load(_ server: TillServer, _ key: String, _ round: Int) throws -> [String] {
        let found = Mutex<[String]>([])
        let port = server.port
        let group = DispatchGroup()
        for client in 0..<4 {
            DispatchQueue.global().async(group: group) {
                let http = HTTPClient(port: port, key: key)
                for number in 0..<Int.max {
                    let ids = number % 4 == 3 ? (0..<30).map { "\(round)-\(client)-\(number)-\($0)" } : ["\(round)-\(client)-\(number)"]
                    // Whatever fails now was not acknowledged.
                    guard
                        let answer = try? ids.count == 1
                            ? http.post("/v1/receipts", Self.document(ids[0]))
                            : http.post("/v1/receipts", ids.map(Self.document).joined(separator: "\n"), type: "application/x-ndjson")
                    else { return }
                    if ids.count == 1 {
                        if answer.status == 201 { found.withLock { $0 += ids } }
                    } else if answer.status == 200 {
                        let lines = answer.text.split(separator: "\n")
                        found.withLock { found in for (id, line) in zip(ids, lines) where line.contains("\"status\":201") { found.append(id) } }
                    }
                }
            }
        }
        DispatchQueue.global().async(group: group) {
            let http = HTTPClient(port: port, key: TillServer.adminKey)
            while (try? http.call("POST", "/v1/admin/compact")) != nil { usleep(30_000) }
        }
        usleep(UInt32.random(in: 50_000...900_000))
        server.kill()
        group.wait()
        return found.withLock { $0 }
    }

    private func check(_ server: TillServer, _ settings: [String: String], _ acknowledged: [String], _ round: Int) throws {
        try server.start(environment: settings)
        let answer = try server.client().call(
            "POST", "/v1/sql", headers: [("Content-Type", "application/json"), ("Accept", "text/csv")],
            body: Array(#"{"query":"SELECT receipt_id, document_sha256 FROM receipts"}"#.utf8))
        XCTAssertEqual(answer.status, 200, answer.text)
        var hashes: [String: String] = [:]
        for line in answer.text.split(whereSeparator: \.isNewline).dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 2 else { return XCTFail("round \(round): \(line)") }
            XCTAssertNil(hashes.updateValue(cells[1], forKey: cells[0]), "round \(round): \(cells[0]) is there twice")
        }
        for id in acknowledged {
            let expected = Data(SHA256.hash(Array(Self.document(id).utf8))).base64EncodedString()
            XCTAssertEqual(hashes[id], expected, "round \(round): \(id)")
        }
        server.kill()
    }
}
