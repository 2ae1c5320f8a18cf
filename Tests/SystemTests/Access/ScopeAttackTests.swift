import Foundation
import TestSupport
import XCTest

/// Goal: no query tells a client whether other clients' rows exist, let alone what they hold. Method: two stores that hold the same receipts
/// of one client, the second also those of another, whose values provoke errors and lie outside the first's bounds. Every answer to the
/// first client must be the same in both, to the byte but for times: rows, errors, plans and statistics, hot and cold.
final class ScopeAttackTests: XCTestCase {
    private static let numbers = "(VALUES \((0..<20).map { "(\($0))" }.joined(separator: ", "))) g (n)"

    private static let queries = [
        // Values that only the other client has, in arithmetic, casts and functions that fail on them.
        "SELECT 1 / (total - 666) FROM receipts ORDER BY 1", "SELECT sum(1 / (total - 666)) FROM receipts WHERE client_id = 'other'",
        "SELECT receipt_id FROM receipts WHERE 1 / (total - 666) > 0 OR client_id = 'other' ORDER BY 1",
        "SELECT receipt_id FROM receipts WHERE CASE WHEN client_id = 'other' THEN 1 / 0 ELSE 1 END = 1 ORDER BY 1",
        "SELECT count(*) FROM receipts WHERE client_id = 'own' OR 1 / (total - 666) = 0", "SELECT sum(customer_id::bigint) FROM receipts",
        "SELECT receipt_id FROM receipts WHERE customer_id::integer > 0 ORDER BY 1", "SELECT customer_id::date FROM receipts",
        "SELECT total * 100000000000000000000000000000 FROM receipts ORDER BY 1", "SELECT sum(total * 1000000000000000000000000000) FROM receipts",
        "SELECT sqrt(667 - total) FROM receipts ORDER BY 1", "SELECT left(customer_id, (500 - total)::integer) FROM receipts ORDER BY 1",
        "SELECT sum(1 / (l.amount - 666)) FROM receipts r, UNNEST(r.lines) AS l", "SELECT sum(1 / (list_max(lines.amount) - 666)) FROM receipts",
        // Patterns, ranges and points.
        "SELECT count(*) FROM receipts WHERE customer_id LIKE '%other%' OR customer_id ~ 'o.h' OR customer_id ILIKE 'OTHER%'",
        "SELECT count(*) FROM receipts WHERE total BETWEEN 600 AND 700", "SELECT receipt_id FROM receipts WHERE total > 100",
        "SELECT receipt_id FROM receipts WHERE receipt_id = 'other-1'", "SELECT receipt_id FROM receipts WHERE business_day = DATE '2026-11-20'",
        "SELECT * FROM receipts_accepted WHERE client_id = 'other'", "SELECT count(*) FROM receipts WHERE client_id IS DISTINCT FROM 'own'",
        // Extremes, estimates, orders and limits.
        "SELECT count(*), min(total), max(total), sum(total), avg(total), min(client_id), max(client_id) FROM receipts",
        "SELECT min(business_day), max(business_day), min(sequence), max(receipt_id) FROM receipts",
        "SELECT approx_count_distinct(customer_id), count(DISTINCT receipt_id), stddev(total) FROM receipts",
        "SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY customer_id) FROM receipts",
        "SELECT receipt_id FROM receipts ORDER BY total DESC LIMIT 1", "SELECT receipt_id FROM receipts LIMIT 20", "SELECT receipt_id FROM receipts OFFSET 4",
        "SELECT receipt_id, rank() OVER (ORDER BY total), lead(total) OVER (ORDER BY total, receipt_id), count(*) OVER () FROM receipts ORDER BY 1",
        "SELECT client_id, count(*) FROM receipts GROUP BY ROLLUP (client_id) ORDER BY 1", "SELECT DISTINCT customer_id FROM receipts ORDER BY 1",
        "SELECT string_agg(customer_id, ',' ORDER BY receipt_id) FROM receipts",
        // Subqueries and joins, with filters that the build side hands to the probing scan.
        "SELECT (SELECT total FROM receipts WHERE total = 666)", "SELECT EXISTS (SELECT 1 FROM receipts WHERE client_id = 'other')",
        "SELECT count(*) FROM receipts WHERE receipt_id IN (SELECT receipt_id FROM receipts WHERE client_id <> 'own')",
        "SELECT receipt_id FROM receipts WHERE total NOT IN (SELECT total FROM receipts WHERE client_id = 'other') ORDER BY 1",
        "SELECT a.receipt_id, (SELECT count(*) FROM receipts b WHERE b.customer_id = a.customer_id AND 1 / (b.total - 666) < 2) FROM receipts a ORDER BY 1",
        "SELECT count(*) FROM receipts a JOIN receipts b ON a.customer_id = b.customer_id WHERE a.total > 5",
        "SELECT count(*) FROM (VALUES ('other-1'), ('own-1')) v (id) JOIN receipts r ON r.receipt_id = v.id",
        "SELECT count(*) FROM receipts a FULL JOIN receipts b ON a.receipt_id = b.receipt_id WHERE a.client_id = 'other' OR b.client_id = 'other'",
        "SELECT receipt_id FROM receipts EXCEPT SELECT receipt_id FROM receipts WHERE client_id = 'own'",
        "WITH r AS MATERIALIZED (SELECT * FROM receipts) SELECT count(*), max(a.total) FROM r a, r b",
        "SELECT max(g) FROM generate_series(1, 100) g JOIN receipts r ON r.total = g",
        // Words of errors, tables about tables, plans and their figures.
        "SELECT other FROM receipts", "SELECT count(*) FROM recepts", "SHOW TABLES", "DESCRIBE receipts",
        "SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2", "EXPLAIN SELECT count(*) FROM receipts WHERE total > 100",
        "EXPLAIN SELECT * FROM receipts WHERE receipt_id = 'other-1'", "EXPLAIN SELECT min(total), max(total), count(*) FROM receipts",
        "EXPLAIN SELECT 1 FROM receipts a JOIN receipts b ON a.customer_id = b.customer_id WHERE a.total > 500 AND b.total > 0.5",
        // The smaller side is built: 9 receipts alone, 49 in all.
        "EXPLAIN SELECT 1 FROM receipts a JOIN \(numbers) ON a.total = g.n", "EXPLAIN SELECT 1 FROM receipts a JOIN \(numbers) ON a.total = g.n WHERE a.total < 22",
        "EXPLAIN SELECT 1 FROM receipts a JOIN receipts b ON a.customer_id = b.customer_id JOIN \(numbers) ON a.total = g.n WHERE b.total < 22",
        "EXPLAIN ANALYZE SELECT count(*), sum(total) FROM receipts WHERE total > 100",
        "EXPLAIN ANALYZE SELECT a.receipt_id FROM receipts a JOIN receipts b ON a.customer_id = b.customer_id WHERE b.total >= 666",
        "EXPLAIN ANALYZE SELECT * FROM receipts WHERE receipt_id = 'other-1'", "EXPLAIN ANALYZE SELECT l.name FROM receipts r, UNNEST(r.lines) AS l WHERE l.amount = 666",
        "EXPLAIN ANALYZE SELECT min(total), max(client_id), count(*) FROM receipts", "EXPLAIN ANALYZE SELECT * FROM receipts WHERE business_day = DATE '2026-11-20'",
    ]

    /// What the store knows of itself: each relation that a contract has, and those that it has not, which say nothing of what is in them.
    private static let ofItself = [
        "tickets", "steps", "attempts", "quarantine", "dead_letters", "uploads", "upload_errors", "executions", "usage", "queues", "contracts", "types", "files", "snapshots",
        "compactions", "metrics", "audit", "quarantine rows", "contracts rows",
    ].flatMap { name in
        ["SELECT * FROM till.\"\(name)\" ORDER BY 1, 2", "SELECT count(*) FROM till.\"\(name)\"", "EXPLAIN ANALYZE SELECT * FROM till.\"\(name)\""]
    } + [
        "SELECT count(*) FROM till.tickets WHERE client_id <> 'own'", "SELECT receipt_id FROM till.tickets WHERE 1 / (sequence - 11) > 0 ORDER BY 1",
        "SELECT count(*), max(document) FROM till.quarantine WHERE client_id = 'other' OR document LIKE '%other%'",
        "SELECT count(*) FROM till.queries WHERE client_id IS DISTINCT FROM 'own'", "SELECT DISTINCT client_id FROM till.usage",
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'till' ORDER BY 1, 2, 3",
    ]

    /// Ids of one millisecond come in any order, and what is ordered by them.
    private static func inAnyOrder(_ answer: String) -> [String] {
        guard var members = (try? JSONSerialization.jsonObject(with: Data(answer.utf8))) as? [String: Any], let rows = members["rows"] as? [Any] else { return [answer] }
        members["rows"] = nil
        return ([members] + rows).map { item in
            (try? JSONSerialization.data(withJSONObject: item, options: .sortedKeys)).map { String(decoding: $0, as: UTF8.self) } ?? answer
        }.sorted()
    }

    func test_answersToOneClient_areTheSameWithAndWithoutAnother() throws {
        let alone = try TillServer(), shared = try TillServer()
        defer {
            alone.remove()
            shared.remove()
        }
        var clients: [HTTPClient] = []
        for (server, count) in [(alone, 0), (shared, 40)] {
            clients.append(server.client(key: try server.key("own", access: "read")))
            _ = try server.key("other")
            // The client's receipts come first: their numbers are the same in both.
            for index in 0..<9 { try post(server, "own", index, total: "\(10 + index).00", customer: "\(1_000 + index % 3)", day: index % 5 + 1) }
            XCTAssertEqual(try server.client().post("/v1/receipts?client=own", #"{"a":"own"}"#).status, 422)
            if count > 0 { XCTAssertEqual(try server.client().post("/v1/receipts?client=other", #"{"a":"other"}"#).status, 422) }
            for index in 0..<count {
                try post(server, "other", index, total: index % 2 == 0 ? "666.00" : "9999999.99", customer: "other\(index)", day: index % 20 + 1)
            }
        }
        for state in ["hot", "cold"] {
            for query in Self.queries + Self.ofItself {
                let answers = try clients.map { client -> String in
                    let body = try JSONSerialization.data(withJSONObject: ["query": query])
                    return Self.timeless(try client.post("/v1/sql", String(decoding: body, as: UTF8.self)).text)
                }
                let shown = query.contains("till.") ? answers.map(Self.inAnyOrder) : answers.map { [$0] }
                XCTAssertEqual(shown[0], shown[1], "\(state): \(query)")
            }
            for server in [alone, shared] { XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200) }
        }
        // An admin's statistics do tell what was read.
        let told = try shared.client().post("/v1/sql", #"{"query":"SELECT sum(total) FROM receipts"}"#).text
        XCTAssertEqual(Receipts.member("rows_scanned", of: told), "49")
        XCTAssertGreaterThan(Int(Receipts.member("bytes_read", of: told) ?? "") ?? 0, 0, told)
    }

    private func post(_ server: TillServer, _ client: String, _ index: Int, total: String, customer: String, day: Int) throws {
        let document = Receipts.pos("\(client)-\(index)", day: "2026-11-\(day < 10 ? "0" : "")\(day)", total: total, name: "\(client) bread")
            .replacingOccurrences(of: "U0001234", with: customer)
        let answer = try server.client().post("/v1/receipts?client=\(client)", document)
        XCTAssertEqual(answer.status, 201, answer.text)
    }

    /// An answer without how long anything took, and without the names that each store makes up.
    private static func timeless(_ text: String) -> String {
        var text = text
        for (pattern, replacement) in [
            (#""elapsed_ms":[0-9]+"#, #""elapsed_ms":0"#), (#""request_id":"[^"]*""#, #""request_id":"""#), ("[0-9.]+ ms", "0 ms"), ("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "time"), ("[0-9A-HJKMNP-TV-Z]{26}", "ticket"),
        ] { text = text.replacingOccurrences(of: pattern, with: replacement, options: .regularExpression) }
        return text
    }
}
