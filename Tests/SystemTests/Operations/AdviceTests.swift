import Foundation
import TestSupport
import XCTest

/// Goal: an administrator who asks Till what to sum gets a declaration that Till takes as it is, and the questions that led to it are answered from it from then on; who
/// asked them, and for what, is shown to nobody. Method: the real binary and its command line, killed in between.
final class AdviceTests: XCTestCase {
    private static let settings = ["TILL_LIMITS_STATEMENT_ROWS": "1", "TILL_COMPACT_INTERVAL": "1s"]
    private static let statements = [
        "SELECT payment_type, date_trunc('month', business_day) AS month, count(*), sum(total), avg(tax_total) FROM receipts_accepted WHERE payment_type <> 'secret' GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT payment_type, max(total) FROM receipts_accepted WHERE business_day >= DATE '2025-03-01' GROUP BY 1 ORDER BY 1",
        "SELECT l.category, l.name, sum(l.amount) FROM receipts_accepted r, UNNEST(r.lines) AS l WHERE l.name <> 'secret' GROUP BY 1, 2 ORDER BY 1, 2",
    ]

    private func ask(_ statement: String, _ client: HTTPClient, rollups: Bool = true) throws -> [[Any]] {
        let body = try JSONSerialization.data(withJSONObject: ["query": statement, "rollups": rollups])
        let answer = try client.post("/v1/sql", String(decoding: body, as: UTF8.self))
        XCTAssertEqual(answer.status, 200, answer.text)
        return try XCTUnwrap((try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["rows"] as? [[Any]])
    }

    private func plan(_ statement: String, _ client: HTTPClient) throws -> [String] {
        try ask("EXPLAIN \(statement)", client).map { "\($0[0])".trimmingCharacters(in: .whitespaces) }
    }

    private func advice(_ server: TillServer, _ arguments: [String] = ["--format", "json"]) throws -> (items: [[String: Any]], text: String) {
        let run = try TillRun(["advise", "--url", server.url] + arguments, environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertEqual(run.status, 0, run.error)
        return ((try? JSONSerialization.jsonObject(with: Data(run.text.utf8))) as? [[String: Any]] ?? [], run.text)
    }

    func test_advice_isTakenAsItIs_andAnswersWhatLedToIt() throws {
        let server = try TillServer(environment: Self.settings)
        defer { server.remove() }
        let key = try server.key("shop")
        var shop = server.client(key: key)
        let lines = (0..<120).map { Receipts.pos("R-\($0)", day: "2025-0\(1 + $0 % 8)-1\($0 % 9)", total: "\($0).25", name: "bread\($0 % 3)") }
        XCTAssertEqual(try shop.post("/v1/receipts", lines.joined(separator: "\n"), type: "application/x-ndjson").status, 200)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try advice(server).items.count, 0)
        var answers: [[[Any]]] = []
        for statement in Self.statements {
            for _ in 0..<2 { answers.append(try ask(statement, server.client())) }
            _ = try ask(statement, shop)
        }
        // Kept through a sudden end.
        server.kill()
        try server.start(environment: Self.settings)
        shop = server.client(key: key)
        let (items, text) = try advice(server)
        XCTAssertGreaterThanOrEqual(items.count, 2, text)
        for word in ["secret", "shop", "2025-03-01"] { XCTAssertFalse(text.contains(word), "\(word): \(text)") }
        XCTAssertTrue(text.contains("where payment_type <> ?"), text)
        let folder = try Project.temporaryFolder("till-advice")
        defer { XCTAssertNoThrow(try FileManager.default.removeItem(at: folder)) }
        for item in items {
            let name = try XCTUnwrap((item["rollup"] as? [String: Any])?["name"] as? String)
            XCTAssertGreaterThan(try XCTUnwrap(item["gain"] as? Int), 1)
            XCTAssertGreaterThan(try XCTUnwrap(item["rows_scanned"] as? Int), 0)
            let file = folder.appendingPathComponent("\(name).json")
            try advice(server, [name]).text.write(to: file, atomically: true, encoding: .utf8)
            let put = try TillRun(["rollup", "put", file.path, "--url", server.url], environment: ["TILL_KEY": TillServer.adminKey])
            XCTAssertEqual(put.status, 0, put.error)
            XCTAssertEqual(put.text, "added \(name)\n")
        }
        let names = items.compactMap { ($0["rollup"] as? [String: Any])?["name"] as? String }
        for name in names {
            XCTAssertTrue(try Patience.until { try server.client().get("/v1/rollups/\(name)").text.contains(#""state":"ready""#) }, name)
        }
        for (index, statement) in Self.statements.enumerated() {
            let plan = try plan(statement, server.client())
            XCTAssertTrue(names.contains { name in plan.contains { $0.hasPrefix("Rollup \(name) ") } }, plan.joined(separator: "\n"))
            XCTAssertEqual("\(try ask(statement, server.client()))", "\(answers[2 * index])")
            XCTAssertEqual("\(try ask(statement, server.client(), rollups: false))", "\(answers[2 * index])")
            // The contract of one client asks its own rows: of it too.
            let own = try self.plan(statement, shop)
            XCTAssertTrue(own.contains { $0.hasPrefix("Rollup ") }, own.joined(separator: "\n"))
        }
        XCTAssertEqual(try advice(server).items.count, 0, "what is declared is advised no more")
        let refused = try shop.get("/v1/admin/advice")
        XCTAssertEqual(refused.status, 403, refused.text)
    }
}
