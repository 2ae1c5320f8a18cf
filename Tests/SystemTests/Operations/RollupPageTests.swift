import Foundation
import TestSupport
import XCTest

/// Goal: pages of a rollup's table have the sums of all that had come by the first of them, once. Method: the real binary; after each first page files move and merge, receipts
/// come, and rollups are changed, deleted and put again.
final class RollupPageTests: XCTestCase {
    private struct Page {
        let status: Int
        let text: String
        var rows: [[String]] = []
        var cursor: String?
    }

    private static let none = #"{"name":"by_none","table":"receipts","group_by":{},"measures":{"n":"count(*)","total":"sum(total)","ids":"approx_count_distinct(receipt_id)"#
    private static let day = #"{"name":"by_some_day","table":"receipts","group_by":{"day":"business_day"},"measures":{"n":"count(*)","total":"sum(total)","least":"min(total)"#
    private static let statements = [
        "SELECT n, total, approx FROM (SELECT n, total, ids IS NOT NULL AS approx FROM rollup_by_none) AS s", "SELECT n, total FROM rollup_by_none", "SELECT n, total, day FROM rollup_by_some_day",
        "SELECT n, total FROM rollup_by_some_day ORDER BY day DESC", "SELECT n, total, least FROM rollup_by_some_day ORDER BY total", "SELECT n, total FROM rollup_by_some_day WHERE n > 0 AND day IS NOT NULL",
        "SELECT sum(n), sum(total) FROM rollup_by_some_day GROUP BY day",
    ]

    private var number = 0

    private func page(_ client: HTTPClient, _ query: String, _ cursor: String?, limit: Int = 1) throws -> Page {
        var body: [String: Any] = ["query": query, "limit": limit]
        body["cursor"] = cursor
        let answer = try client.post("/v1/sql", String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self))
        var page = Page(status: answer.status, text: answer.text)
        guard answer.status == 200, let read = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] else { return page }
        page.rows = (read["rows"] as? [[Any]] ?? []).map { $0.map { "\($0)" } }
        page.cursor = read["next_cursor"] as? String
        return page
    }

    private func take(_ client: HTTPClient, _ count: Int) throws {
        let receipts = (0..<count).map { index in
            number += 1
            return Receipts.pos("R-\(number)", day: "2026-0\(1 + number % 4)-1\(index % 2)", total: "\(number).50")
        }
        XCTAssertEqual(try client.post("/v1/receipts?client=shop", receipts.joined(separator: "\n"), type: "application/x-ndjson").status, 200)
    }

    private func compact(_ client: HTTPClient) throws { XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200) }

    private func put(_ client: HTTPClient, _ body: String, _ status: Int) throws {
        let name = body.contains("by_none") ? "by_none" : "by_some_day"
        let answer = try client.put("/v1/rollups/\(name)", body)
        XCTAssertEqual(answer.status, status, answer.text)
    }

    private func served(_ body: (HTTPClient) throws -> Void) throws {
        let server = try TillServer(environment: ["TILL_COMPACT_INTERVAL": "12h", "TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        _ = try server.key("shop")
        let client = server.client()
        for rollup in [Self.none, Self.day] { try put(client, rollup + "\"}}", 201) }
        try take(client, 60)
        try compact(client)
        try body(client)
    }

    /// - Parameter meanwhile: after each page.
    private func check(_ statement: String, _ client: HTTPClient, _ message: String, meanwhile: () throws -> Void) throws {
        let wanted = try page(client, "SELECT count(*), sum(total) FROM receipts", nil).rows
        var rows: [[String]] = []
        var cursor: String?
        repeat {
            let page = try page(client, statement, cursor)
            XCTAssertEqual(page.status, 200, page.text)
            rows += page.rows
            cursor = page.cursor
            if cursor != nil || rows.count == 1 { try meanwhile() }
        } while cursor != nil && rows.count < 100
        let count = rows.reduce(0) { $0 + (Int($1[0]) ?? 0) }
        let total = rows.reduce(Decimal(0)) { $0 + (Decimal(string: $1[1]) ?? 0) }
        XCTAssertEqual([["\(count)"], ["\(total)"]], [[wanted[0][0]], ["\(Decimal(string: wanted[0][1]) ?? 0)"]], "\(message): \(statement): \(rows)")
    }

    func test_sums_areWholeOverPages_whileFilesMoveAndMerge() throws {
        try served { client in
            for statement in Self.statements {
                try take(client, 7)
                try check(statement, client, "a move after the first page") { try compact(client) }
                try take(client, 9)
                try check(statement, client, "receipts and moves after each page") {
                    try take(client, 3)
                    try compact(client)
                }
            }
        }
    }

    func test_sums_areWholeOverPages_whileTheRollupIsPutAnew() throws {
        try served { client in
            for statement in Self.statements {
                try take(client, 7)
                try check(statement, client, "deleted and put again") {
                    for (name, rollup) in [("by_none", Self.none), ("by_some_day", Self.day)] {
                        XCTAssertEqual(try client.delete("/v1/rollups/\(name)").status, 204)
                        try put(client, rollup + "\"}}", 201)
                    }
                    try compact(client)
                }
            }
        }
    }

    func test_pagesOfARollupThatIsAnother_areRefused() throws {
        try served { client in
            for statement in Self.statements where statement.contains("by_some_day") {
                let first = try page(client, statement, nil)
                let cursor = try XCTUnwrap(first.cursor, first.text)
                try put(client, Self.day + "\",\"greatest\":\"max(total)\"}}", 200)
                let changed = try page(client, statement, cursor)
                XCTAssertEqual(changed.status, 400, changed.text)
                XCTAssertTrue(changed.text.contains("bad-cursor"), changed.text)
                XCTAssertEqual(try client.delete("/v1/rollups/by_some_day").status, 204)
                let gone = try page(client, statement, cursor)
                XCTAssertEqual(gone.status, 400, gone.text)
                XCTAssertTrue(gone.text.contains("bad-sql") && gone.text.contains("there is no table"), gone.text)
                try put(client, Self.day + "\"}}", 201)
                XCTAssertEqual(try page(client, statement, cursor).status, 200, "the same as at first")
            }
        }
    }
}
