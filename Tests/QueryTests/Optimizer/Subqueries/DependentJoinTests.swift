import ColumnStore
import XCTest

@testable import Query

/// Goal: a plan that is run for all outer values at a time answers as if it had been run for each row. Method: values that are equal and not the same, and what is of
/// chance, whose answers tell how often it was drawn.
final class DependentJoinTests: XCTestCase {
    private let fixture: QueryFixture = {
        let zeros: [[Value]] = [[.integer(1), .double(0)], [.integer(2), .double(-0.0)], [.integer(3), .double(.nan)]]
        let many: [[Value]] = (0..<100).map { [.integer(1), .integer($0)] }
        return QueryFixture([
            ("zeros", QueryFixture.table([Field("id", .int64), Field("f", .double)], zeros)),
            ("many", QueryFixture.table([Field("k", .int32), Field("x", .int64)], many, batchRowCount: 40)),
        ])
    }()

    private func check(_ query: String, _ expected: String, line: UInt = #line) throws { XCTAssertEqual(try fixture.rows(query), expected, query, line: line) }

    func test_outerValues_thatAreEqualAndNotTheSame_areEachTheirOwn() throws {
        let documents = "(VALUES (1, '1'::jsonb), (2, '1.0'::jsonb), (3, NULL)) o(id, j)"
        try check("SELECT id, (SELECT string_agg(j::text || v.x, ',') FROM (VALUES ('a')) v(x)) FROM \(documents) ORDER BY id", "1,1a|2,1.0a|3,")
        try check("SELECT o.id, s.x FROM \(documents) CROSS JOIN LATERAL (SELECT max(o.j::text || v.x) AS x FROM (VALUES ('a')) v(x)) s ORDER BY 1", "1,1a|2,1.0a|3,")
        try check(
            "SELECT id, (SELECT string_agg(o.i::text || v.x, ',') FROM (VALUES ('a')) v(x)) FROM (VALUES (1, interval '1 month'), (2, interval '30 days')) o(id, i) ORDER BY id",
            "1,1 mona|2,30 daysa")
        try check("SELECT id, (SELECT string_agg(z.f::text || v.x, ',') FROM (VALUES ('a')) v(x)) FROM zeros z ORDER BY id", "1,0a|2,-0a|3,NaNa")
    }

    /// One key of many rows: what is drawn for the key is one value.
    func test_whatIsOfChance_isDrawnForEachRow() throws {
        let rows = "(VALUES (1), (1), (1)) v(k)"
        func count(_ subquery: String) -> String { "SELECT count(DISTINCT r) FROM (SELECT (\(subquery)) AS r FROM \(rows)) x" }
        try check(count("SELECT gen_random_uuid() WHERE v.k IS NOT NULL"), "3")
        try check(count("SELECT s.r FROM (SELECT random() AS r) s WHERE s.r < v.k + 1"), "3")
        try check(count("SELECT max(random()) FROM many WHERE many.k = v.k"), "3")
        try check(count("SELECT s.r FROM (VALUES (1)) w(x) CROSS JOIN (SELECT random() AS r FROM many LIMIT 1) s WHERE w.x = v.k"), "3")
        try check("SELECT count(DISTINCT s.r) FROM \(rows), LATERAL (SELECT random() + v.k AS r) s", "3")
        // Of two hundred rows each takes one of a hundred.
        try check(
            "SELECT count(DISTINCT p) > 1 FROM (SELECT (SELECT m.x FROM many m WHERE m.k = v.k ORDER BY random() LIMIT 1) AS p FROM generate_series(1, 200) g, (VALUES (1)) v(k)) s",
            "true")
        try check(
            "SELECT count(DISTINCT s.x) > 1 FROM generate_series(1, 200) g CROSS JOIN (VALUES (1, 1000)) v(k, most), "
                + "LATERAL (SELECT m.x + floor(random() * 1000) AS x FROM many m WHERE m.k = v.k AND m.x <= v.most ORDER BY m.x DESC LIMIT 1) s", "true")
        try check(
            "SELECT count(*) BETWEEN 50 AND 150 FROM generate_series(1, 200) g CROSS JOIN (VALUES (1)) v(k) "
                + "WHERE EXISTS (SELECT 1 FROM many m WHERE m.k = v.k AND m.x = 1 AND random() < 0.5)", "true")
    }

    /// A table of WITH that does not look at the row is drawn once, as one for the whole statement.
    func test_commonTablesOfChance_areDrawnOnce() throws {
        let rows = "(VALUES (1), (1), (1)) v(k)"
        try check("WITH c AS (SELECT random() AS r) SELECT count(DISTINCT q) FROM (SELECT (SELECT c.r FROM c WHERE v.k = 1) AS q FROM \(rows)) x", "1")
        try check("WITH c AS (SELECT random() AS r) SELECT count(DISTINCT s.q) FROM \(rows), LATERAL (SELECT c.r + v.k AS q FROM c) s", "1")
        try check("SELECT count(DISTINCT q) FROM (SELECT (WITH c AS (SELECT random() + v.k AS r) SELECT c.r + d.r * 0 FROM c, c d) AS q FROM \(rows)) x", "3")
    }

    /// The first rows of a sorted subquery are the first in its order, as PostgreSQL has them.
    func test_limitsOverSortedRows_keepTheirOrder() throws {
        let sorted = "(SELECT m.x FROM many m WHERE m.k <> o.k ORDER BY m.x DESC) s"
        for (subquery, two) in [
            ("SELECT s.x FROM \(sorted) LIMIT 1", "99"), ("SELECT s.x FROM \(sorted) LIMIT 1 OFFSET 2", "97"), ("SELECT s.x FROM \(sorted) WHERE s.x < 50 LIMIT 1", "49"),
            ("SELECT q.x + 1 FROM (SELECT s.x FROM \(sorted)) q LIMIT 1", "100"),
            ("SELECT s.z FROM (SELECT -m.x AS z FROM many m WHERE m.k <> o.k ORDER BY m.x DESC) s LIMIT 1", "-99"),
            ("SELECT q.x FROM (SELECT s.x FROM \(sorted) LIMIT 10) q LIMIT 1", "99"), ("SELECT q.x FROM (SELECT s.x FROM \(sorted) LIMIT 10) q WHERE q.x < 95 LIMIT 1", "94"),
        ] {
            try check("SELECT o.k, (\(subquery)) FROM (VALUES (1), (2)) o(k) ORDER BY 1", "1,|2,\(two)")
        }
        try check("SELECT o.k, l.x FROM (VALUES (1), (2)) o(k), LATERAL (SELECT s.x FROM \(sorted) LIMIT 2) l ORDER BY 2", "2,98|2,99")
    }

    /// Lists without ORDER BY are of no order, and clients rely upon that of the rows beneath, which PostgreSQL keeps.
    func test_listsOfSortedRows_keepTheirOrder() throws {
        func sorted(_ condition: String, _ rest: String = "") -> String { "(SELECT m.x FROM many m WHERE \(condition) AND m.x < 4 ORDER BY m.x DESC\(rest)) s" }
        let list = "SELECT string_agg(s.x::text, '-')"
        try check("\(list) FROM (SELECT x FROM many WHERE x < 4 ORDER BY x DESC) s", "3-2-1-0")
        let cases: [(String, String, String)] = [
            ("\(list) FROM \(sorted("m.k = o.k"))", "3-2-1-0", ""), ("\(list) FROM \(sorted("m.k <= o.k"))", "3-2-1-0", "3-2-1-0"),
            ("\(list) FROM \(sorted("m.k = o.k", " LIMIT 3"))", "3-2-1", ""), ("\(list) FROM \(sorted("m.k = o.k")) WHERE s.x > 1", "3-2", ""),
            ("\(list) FROM (SELECT (m.x * 2) % 5 AS x FROM many m WHERE m.k = o.k AND m.x < 4 ORDER BY m.x DESC) s", "1-4-2-0", ""),
            ("SELECT string_agg(s.x::text, '-' ORDER BY s.x) FROM \(sorted("m.k = o.k"))", "0-1-2-3", ""),
            ("SELECT array_to_string(array_agg(s.x), '-') FROM \(sorted("m.k = o.k"))", "3-2-1-0", ""), ("SELECT jsonb_agg(s.x) ->> 0 FROM \(sorted("m.k = o.k"))", "3", ""),
            ("SELECT string_agg((s.x + o.k)::text, '-') FROM \(sorted("m.x > 1"))", "4-3", "5-4"),
            ("SELECT max(q.l) FROM (SELECT s.x % 2 AS g, string_agg(s.x::text, '-') AS l FROM \(sorted("m.k = o.k")) GROUP BY 1) q", "3-1", ""),
        ]
        for (subquery, one, two) in cases {
            try check("SELECT o.k, (\(subquery)) FROM (VALUES (1), (2)) o(k) ORDER BY 1", "1,\(one)|2,\(two)")
        }
        try check("SELECT o.k, a.l FROM (VALUES (1), (2)) o(k) CROSS JOIN LATERAL (\(list) AS l FROM \(sorted("m.k = o.k"))) a ORDER BY 1", "1,3-2-1-0|2,")
    }
}
