import ColumnStore
import Foundation
import XCTest

@testable import Query

/// Goal: a subquery in a branch that a row does not reach makes no error of that row, and one that is read still does. Method: branches whose subqueries fail for the
/// other rows, in each way in which they become joins. PostgreSQL is asked by the golden statements.
final class SubqueryRemovalTests: XCTestCase {
    private let fixture = SubqueryRemovalTests.fixture()

    private static func fixture(_ settings: QueryEngine.Settings? = nil) -> QueryFixture {
        let rows: [[Value]] = [[.integer(0), .integer(5)], [.integer(2), .integer(7)]]
        return QueryFixture([("v", QueryFixture.table([Field("x", .int32), Field("y", .int32)], rows, batchRowCount: 1))], settings: settings)
    }

    private func check(_ query: String, _ expected: String, line: UInt = #line) throws { XCTAssertEqual(try fixture.rows(query), expected, query, line: line) }

    func test_values_ofBranchesThatNoRowReaches_doNotFail() throws {
        for (value, two) in [
            ("SELECT 10 / v.x", "5"), ("SELECT 10 / v.x WHERE v.y > 0", "5"), ("VALUES (10 / v.x)", "5"), ("SELECT 10 / v.x LIMIT 1", "5"),
            ("SELECT g / v.x FROM generate_series(10, 10) g", "5"), ("SELECT sum(g / v.x) FROM generate_series(10, 10) g", "5"),
            ("SELECT g FROM generate_series(1, 9) g WHERE g = 10 / v.x", "5"), ("SELECT max(g) FROM generate_series(1, 9) g WHERE g = 10 / v.x", "5"),
            ("SELECT (SELECT 10 / v.x)", "5"), ("SELECT (SELECT max(g / v.x) FROM generate_series(10, 10) g WHERE v.y > 0)", "5"),
        ] {
            try check("SELECT x, CASE WHEN x = 0 THEN 0 ELSE (\(value)) END FROM v ORDER BY x", "0,0|2,\(two)")
            try check("SELECT x, CASE WHEN x = 0 THEN 0 WHEN x < 0 THEN 1 WHEN x > 1 THEN (\(value)) END FROM v ORDER BY x", "0,0|2,\(two)")
            try check("SELECT x, coalesce(nullif(x, 2), (\(value))) FROM v ORDER BY x", "0,0|2,\(two)")
            try check("SELECT x FROM v WHERE x = 0 OR (\(value)) = 5 ORDER BY x", "0|2")
            try check("SELECT x, NOT (x <> 0 AND (\(value)) = 5) FROM v ORDER BY x", "0,true|2,false")
            XCTAssertEqual(fixture.error("SELECT CASE WHEN x = 2 THEN 0 ELSE (\(value)) END FROM v")?.cause, .divisionByZero, value)
        }
    }

    func test_tests_inBranchesThatNoRowReaches_doNotFail() throws {
        for test in [
            "EXISTS (SELECT 1 FROM generate_series(1, 9) g WHERE g = 10 / v.x)", "EXISTS (SELECT 1 FROM generate_series(1, 9) g WHERE g < 10 / v.x LIMIT 1)",
            "10 / v.x IN (SELECT g FROM generate_series(1, 9) g)", "10 / v.x IN (SELECT g FROM generate_series(1, 9) g WHERE g < v.y)",
            "4 < ANY (SELECT g / v.x FROM generate_series(10, 11) g)",
            "EXISTS (SELECT 1 FROM unnest(ARRAY[10 / v.x, v.y]) u WHERE u = 5)",
        ] {
            try check("SELECT x, CASE WHEN x <> 0 THEN \(test) END FROM v ORDER BY x", "0,|2,true")
            try check("SELECT x FROM v WHERE x = 0 OR \(test) ORDER BY x", "0|2")
            XCTAssertEqual(fixture.error("SELECT CASE WHEN x = 0 THEN \(test) END FROM v")?.cause, .divisionByZero, test)
        }
    }

    func test_severalRows_areAnErrorWhereTheirValueIsRead() throws {
        for value in [
            "SELECT g FROM generate_series(1, 2) g", "SELECT g FROM generate_series(1, 2) g WHERE g <= v.x",
            "SELECT g FROM generate_series(1, 2) g, generate_series(2, 2) h WHERE h = v.x",
            "SELECT NULL::int FROM generate_series(1, 2) g", "SELECT g + v.x FROM generate_series(1, 2) g",
        ] {
            try check("SELECT CASE WHEN x < 0 THEN (\(value)) ELSE x END FROM v ORDER BY 1", "0|2")
            try check("SELECT coalesce(x, (\(value))) FROM v ORDER BY 1", "0|2")
            for query in ["SELECT (\(value)) FROM v", "SELECT CASE WHEN x = 2 THEN (\(value)) END FROM v", "SELECT coalesce(nullif(x, 2), (\(value))) FROM v"] {
                XCTAssertEqual(fixture.error(query)?.cause, .severalRows, query)
            }
        }
        try check("SELECT x, CASE WHEN x = 2 THEN (SELECT g FROM generate_series(1, 2) g WHERE g > 1) END FROM v ORDER BY x", "0,|2,2")
    }

    /// What is asked a second time has to answer as it did: what is of chance is asked once, and so is what may fail. A copy of a subquery that other rows reach is
    /// joined for those.
    func test_branches_behindTestsThatAreAskedOnce_areReached() throws {
        try check("SELECT x, CASE WHEN random() < 0 THEN 0 WHEN x = 0 THEN 1 ELSE (SELECT g + v.x FROM generate_series(1, 1) g) END FROM v ORDER BY x", "0,1|2,3")
        try check("SELECT x, CASE WHEN 10 / y > 100 THEN 0 ELSE (SELECT g + v.x FROM generate_series(1, 1) g) END FROM v ORDER BY x", "0,1|2,3")
        let sum = "(SELECT g + v.x FROM generate_series(1, 1) g)"
        try check("SELECT x, CASE WHEN x = 0 THEN nullif(\(sum), 2) ELSE nullif(\(sum), 4) END FROM v ORDER BY x", "0,1|2,3")
        try check("SELECT x, \(sum) BETWEEN 2 AND 3 FROM v ORDER BY x", "0,false|2,true")
    }

    // MARK: Subqueries that look at no row

    func test_valuesOfNoRow_thatNoRowReaches_doNotFail() throws {
        let values: [(text: String, slug: QueryError.Slug, cause: QueryError.Cause?)] = [
            ("SELECT 10 / (g - 1) FROM generate_series(1, 1) g", .dataError, .divisionByZero),
            ("SELECT max(10 / (g - 1)) FROM generate_series(1, 2) g", .dataError, .divisionByZero),
            ("SELECT g FROM generate_series(1, 2) g", .dataError, .severalRows), ("SELECT ('x' || g)::int FROM generate_series(1, 1) g", .dataError, .invalidText),
            ("SELECT 9223372036854775807 + g FROM generate_series(1, 1) g", .numericOverflow, nil),
            ("SELECT x / (x - x) FROM v LIMIT 1", .dataError, .divisionByZero), ("SELECT x FROM v WHERE 10 / y > 0", .dataError, .severalRows),
        ]
        for (value, slug, cause) in values {
            try check("SELECT x, CASE WHEN x > 2 THEN (\(value)) ELSE x END FROM v ORDER BY 1", "0,0|2,2")
            try check("SELECT coalesce(x, (\(value))) FROM v ORDER BY 1", "0|2")
            try check("SELECT x FROM v WHERE x >= 0 OR (\(value)) = 5 ORDER BY x", "0|2")
            try check("SELECT x, x > 2 AND (\(value)) = 5 FROM v ORDER BY x", "0,false|2,false")
            for query in [
                "SELECT CASE WHEN x = 2 THEN (\(value)) END FROM v", "SELECT coalesce(nullif(x, 2), (\(value))) FROM v", "SELECT x FROM v WHERE x = 0 OR (\(value)) = 5",
                "SELECT x >= 0 AND (\(value)) = 5 FROM v",
            ] {
                let error = fixture.error(query)
                XCTAssertEqual(error?.slug, slug, query)
                XCTAssertEqual(error?.cause, cause, query)
            }
        }
        try check("SELECT x, CASE WHEN x = 2 THEN (SELECT max(10 / g) FROM generate_series(1, 2) g) END FROM v ORDER BY x", "0,|2,10")
        try check("SELECT x, CASE WHEN x = 2 THEN (SELECT 10 / g FROM generate_series(1, 2) g WHERE g > 2) END FROM v ORDER BY x", "0,|2,")
    }

    /// PostgreSQL runs such a subquery when the first row asks: without a row nobody does, wherever it stands.
    func test_subqueriesOfNoRow_doNotFail_whereThereIsNoRow() throws {
        let values: [(text: String, slug: QueryError.Slug)] = [
            ("SELECT y FROM v", .dataError), ("SELECT 10 / (g - 1) FROM generate_series(1, 1) g", .dataError),
            ("SELECT sum(10 / (g - 1)) FROM generate_series(1, 2) g", .dataError), ("SELECT 9223372036854775807 + g FROM generate_series(1, 1) g", .numericOverflow),
        ]
        for (value, slug) in values {
            for query in [
                "SELECT x, (\(value)) FROM v WHERE x = 999", "SELECT x FROM v WHERE x = 999 AND y > (\(value))", "SELECT x FROM v WHERE x = 999 AND y = (\(value))",
                "SELECT x FROM v WHERE (\(value)) > 3 AND x = 999", "SELECT a.x FROM v a JOIN v b ON a.x = b.x AND b.y > (\(value)) WHERE a.x = 999",
                "SELECT a.x, b.y FROM v a LEFT JOIN v b ON b.y > (\(value)) WHERE a.x = 999",
                "SELECT a.x, b.y FROM v a LEFT JOIN v b ON a.y > (\(value)) WHERE a.x = 999",
                "SELECT x FROM v WHERE x = 999 AND y IN (\(value) LIMIT 3)", "SELECT x FROM v WHERE x = 999 AND y > (\(value)) AND y < (\(value))",
                "SELECT x, sum(y + (\(value))) FROM v WHERE x = 999 GROUP BY x", "SELECT x FROM (SELECT x, (\(value)) AS s FROM v WHERE x = 999) q ORDER BY s LIMIT 3",
            ] {
                try check(query, "")
            }
            for query in [
                "SELECT x, (\(value)) FROM v WHERE x = 2", "SELECT x FROM v WHERE x = 2 AND y > (\(value))", "SELECT x FROM v WHERE x = 2 AND y = (\(value))",
                "SELECT a.x FROM v a JOIN v b ON a.x = b.x AND b.y > (\(value)) WHERE a.x = 2",
                "SELECT a.x, b.y FROM v a LEFT JOIN v b ON b.y > (\(value)) WHERE a.x = 2",
                "SELECT count(*), (\(value)) FROM v WHERE x = 999",
            ] {
                XCTAssertEqual(fixture.error(query)?.slug, slug, query)
            }
        }
    }

    // MARK: Whether there is a row, and which

    /// The first row tells: what would come behind it has no end, and is an error.
    func test_existence_isToldByTheFirstRow() throws {
        let endless = "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT 1 FROM r WHERE n > 3)"
        try check("SELECT EXISTS \(endless), NOT EXISTS \(endless)", "true,false")
        try check("SELECT x FROM v WHERE EXISTS \(endless) ORDER BY x", "0|2")
        try check("SELECT x FROM v WHERE NOT EXISTS \(endless)", "")
        try check("SELECT x, CASE WHEN x = 2 THEN EXISTS \(endless) END FROM v ORDER BY x", "0,|2,true")
        func exists(_ column: String, above least: Int) -> String { "EXISTS (SELECT \(column) FROM v w WHERE w.y > \(least))" }
        try check(
            "SELECT x, \(exists("1", above: 6)), \(exists("1", above: 7)), \(exists("max(y)", above: 7)) FROM v ORDER BY x", "0,true,false,true|2,true,false,true")
    }

    /// NULL is told from false by one join, which looks at pairs of rows only where there are NULLs.
    func test_rowsAmongThoseOfASubquery_asValues() throws {
        func test(_ row: String, _ rows: String) -> String {
            let query = "(SELECT a, b FROM (VALUES \(rows)) w(a, b))"
            return "SELECT x, \(row) IN \(query), \(row) NOT IN \(query) FROM v ORDER BY x"
        }
        try check(test("(x, y)", "(2, 7), (2, 8), (1, 5)"), "0,false,true|2,true,false")
        try check(test("(x, y)", "(0, NULL::int), (NULL::int, 9), (2, NULL), (2, 7)"), "0,,|2,true,false")
        try check(test("(x, y)", "(NULL::int, 9), (3, NULL::int)"), "0,false,true|2,false,true")
        try check(test("(x, y)", "(NULL::int, NULL::int)"), "0,,|2,,")
        try check(test("(nullif(x, 0), y)", "(9, 5), (2, 7)"), "0,,|2,true,false")
        try check(test("(nullif(x, 0), y)", "(9, 6), (2, 8)"), "0,false,true|2,false,true")
        try check("SELECT x, (nullif(x, 0), y) IN (SELECT x, y FROM v WHERE x > 99) FROM v ORDER BY x", "0,false|2,false")
        let plan = Explain.text(try VerifiedPlan.make("SELECT (x, y) IN (SELECT x, y FROM v) FROM v", in: QueryContext(catalog: fixture.catalog, now: fixture.now)))
        XCTAssertTrue(plan.contains("Null-aware mark join"), plan)
        XCTAssertEqual(plan.components(separatedBy: "join").count, 2, plan)
    }

    // MARK: Subqueries that not all rows reach

    func test_testsOfNoRow_thatNoRowReaches_doNotFail() throws {
        for test in [
            "EXISTS (SELECT 1 FROM generate_series(1, 9) g WHERE g = 10 / (g - 1))", "NOT EXISTS (SELECT 1 FROM generate_series(1, 9) g WHERE g = 10 / (g - 1))",
            "x IN (SELECT 10 / (g - 1) FROM generate_series(1, 9) g)", "x NOT IN (SELECT 10 / (g - 1) FROM generate_series(1, 9) g)",
            "(x, y) IN (SELECT 10 / (g - 1), g FROM generate_series(1, 9) g)", "3 < ANY (SELECT 10 / (g - 1) FROM generate_series(1, 9) g)",
        ] {
            try check("SELECT x, CASE WHEN x > 2 THEN \(test) END FROM v ORDER BY x", "0,|2,")
            try check("SELECT coalesce(x >= 0, \(test)) FROM v", "true|true")
            try check("SELECT x FROM v WHERE x >= 0 OR \(test) ORDER BY x", "0|2")
            try check("SELECT x, x > 2 AND \(test) FROM v ORDER BY x", "0,false|2,false")
            for query in ["SELECT CASE WHEN x = 2 THEN \(test) END FROM v", "SELECT x FROM v WHERE x = 0 OR \(test)"] {
                XCTAssertEqual(fixture.error(query)?.cause, .divisionByZero, query)
            }
        }
        try check("SELECT x, CASE WHEN x = 2 THEN x IN (SELECT 10 / g FROM generate_series(1, 9) g) END FROM v ORDER BY x", "0,|2,true")
        try check("SELECT x, CASE WHEN x = 2 THEN EXISTS (SELECT 1 FROM generate_series(1, 9) g WHERE g = 100 / g) END FROM v ORDER BY x", "0,|2,false")
    }

    /// A table of WITH is computed once: who needs its rows has its error, whoever was there before.
    func test_sharedRows_thatFailed_areAnErrorOfWhoReadsThem() throws {
        let shared = "WITH c AS (SELECT 10 / (g - 1) AS n FROM generate_series(1, 3) g)"
        let branch = "CASE WHEN x > 2 THEN (SELECT max(n) FROM c) END", read = "(SELECT count(n) FROM c)"
        try check("\(shared) SELECT x, \(branch), CASE WHEN x > 2 THEN (SELECT min(n) FROM c) END FROM v ORDER BY x", "0,,|2,,")
        for columns in ["\(branch), \(read)", "\(read), \(branch)"] {
            XCTAssertEqual(fixture.error("\(shared) SELECT \(columns) FROM v")?.cause, .divisionByZero, columns)
        }
    }

    func test_branches_withinSubqueriesThatLookAtTheRow() throws {
        let value = "(SELECT 1 / (h - 1) FROM generate_series(1, 1) h)"
        try check("SELECT x, (SELECT max(CASE WHEN g > 9 THEN \(value) ELSE g END) FROM generate_series(1, 3) g WHERE g <= v.x) FROM v ORDER BY x", "0,|2,2")
        XCTAssertEqual(
            fixture.error("SELECT (SELECT max(CASE WHEN g > 1 THEN \(value) ELSE g END) FROM generate_series(1, 3) g WHERE g <= v.x) FROM v")?.cause, .divisionByZero)
    }

    /// What is of chance is drawn for the rows that ask, and fails for no other.
    func test_subqueriesOfChance_thatNoRowReaches_doNotFail() throws {
        let none = "floor(random() * 0)::int"
        for value in ["SELECT 10 / \(none)", "SELECT max(10 / (g - g + \(none))) FROM generate_series(1, 3) g"] {
            try check("SELECT x, CASE WHEN x > 2 THEN (\(value)) END FROM v ORDER BY x", "0,|2,")
            try check("SELECT coalesce(x, (\(value))) FROM v ORDER BY 1", "0|2")
            XCTAssertEqual(fixture.error("SELECT CASE WHEN x = 2 THEN (\(value)) END FROM v")?.cause, .divisionByZero, value)
        }
        for value in ["SELECT 10 / (v.x + \(none))", "SELECT max(g / (v.x + \(none))) FROM generate_series(10, 10) g", "SELECT g / (v.x + \(none)) FROM generate_series(10, 10) g"] {
            try check("SELECT x, CASE WHEN x = 0 THEN 0 ELSE (\(value)) END FROM v ORDER BY x", "0,0|2,5")
            XCTAssertEqual(fixture.error("SELECT CASE WHEN x = 2 THEN 0 ELSE (\(value)) END FROM v")?.cause, .divisionByZero, value)
        }
    }

    /// Each comparison has a column of its own for it.
    func test_subqueryInARow_thatIsComparedWithSeveralRows() throws {
        let value = "(SELECT max(b) FROM (VALUES (1), (2)) u(b) WHERE u.b = t.k)"
        try check("SELECT (t.a, \(value)) IN ((t.a, t.g), (1, t.k)) FROM (VALUES (1, 2, 2), (2, 1, 7), (3, 1, 1)) t(a, k, g)", "true|false|true")
    }

    func test_memoryThatASubqueryLacks_endsTheStatement() {
        let narrow = Self.fixture(
            QueryEngine.Settings(
                threadCount: 2, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 1 << 20, spillDirectory: FileManager.default.temporaryDirectory.path))
        let lists = "SELECT array_agg(g) OVER (ORDER BY g) a FROM generate_series(1, 16000) s(g)"
        XCTAssertEqual(narrow.error("SELECT CASE WHEN x > 2 THEN (SELECT count(a) FROM (\(lists)) q) END FROM v")?.slug, .spillFull)
    }
}
