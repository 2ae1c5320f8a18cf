import ColumnStore
import XCTest

@testable import Query

/// Goal: a subquery in a branch that a row does not reach makes no error of that row, and one that is read still does. Method: branches whose subqueries fail for the
/// other rows, in each way in which they become joins. PostgreSQL is asked by the golden statements.
final class SubqueryRemovalTests: XCTestCase {
    private let fixture: QueryFixture = {
        let rows: [[Value]] = [[.integer(0), .integer(5)], [.integer(2), .integer(7)]]
        return QueryFixture([("v", QueryFixture.table([Field("x", .int32), Field("y", .int32)], rows, batchRowCount: 1))])
    }()

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
}
