import ColumnStore
import XCTest

@testable import Query

/// Goal: a key or a condition of a join that refuses some values is no error where another condition leaves out their rows, as in PostgreSQL. Method: rows whose texts are no numbers and whose
/// divisors are 0, beside columns that tell them; each answer, and each error, is PostgreSQL's (15) for tables of these rows.
final class RefusingConditionsTests: XCTestCase {
    private static let aRows: [[Value]] = [
        [.integer(1), .string("n"), .string("1"), .integer(10), .integer(0)],
        [.integer(2), .string("n"), .string("2"), .integer(20), .integer(1)],
        [.integer(3), .string("t"), .string("x"), .integer(30), .integer(1)],
        [.integer(4), .string("t"), .string("y"), .integer(40), .integer(0)],
        [.integer(5), .null, .string("z"), .integer(50), .integer(1)],
    ]
    private static let bRows: [[Value]] = [
        [.integer(1), .string("n"), .integer(10), .integer(0), .integer(1)],
        [.integer(2), .string("n"), .integer(20), .integer(2), .integer(1)],
        [.integer(3), .string("t"), .integer(30), .integer(0), .integer(0)],
    ]
    private static let aFields = [Field("id", .int32), Field("kind", .string), Field("k", .string), Field("x", .int32), Field("y", .int32)]
    private static let bFields = [Field("k", .int32), Field("kind", .string), Field("v", .int32), Field("y", .int32), Field("id", .int32)]

    private let fixture = QueryFixture([
        ("a", QueryFixture.table(RefusingConditionsTests.aFields, RefusingConditionsTests.aRows)),
        ("b", QueryFixture.table(RefusingConditionsTests.bFields, RefusingConditionsTests.bRows)),
    ])

    private func check(_ from: String, _ expected: Int, line: UInt = #line) throws {
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM \(from)"), "\(expected)", from, line: line)
    }

    /// A side's keys are computed of the rows that its own conditions leave.
    func test_keys_areComputedOfTheRowsThatPassTheirSide() throws {
        for on in ["a.k::int = b.k AND a.kind = 'n'", "a.kind = 'n' AND a.k::int = b.k", "a.k::int = b.k AND lower(a.kind) = 'n'", "a.k::int = b.k AND a.k ~ '^[0-9]+$'"] {
            try check("a JOIN b ON \(on)", 2)
            try check("b JOIN a ON \(on)", 2)
            try check("a, b WHERE \(on)", 2)
            try check("b LEFT JOIN a ON \(on)", 3)
            try check("a RIGHT JOIN b ON \(on)", 3)
        }
        for join in ["JOIN", "LEFT JOIN", "FULL JOIN"] { try check("a \(join) b ON a.k::int = b.k WHERE a.kind = 'n'", 2) }
        try check("(SELECT k::int AS n, kind FROM a) s JOIN b ON s.n = b.k WHERE s.kind = 'n'", 2)
        try check("a JOIN b ON a.x / a.y = b.v AND a.y <> 0", 2)
    }

    /// What a subquery says of the outer row and a constant was one key more, computed beside those that refuse values.
    func test_semiJoins_askTheOuterRowFirst() throws {
        try check("a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k::int AND a.kind = 'n')", 2)
        try check("a WHERE EXISTS (SELECT 1 FROM b WHERE 'n' = a.kind AND b.k = a.k::int)", 2)
        try check("a WHERE a.k::int IN (SELECT b.k FROM b WHERE a.kind = 'n')", 2)
        try check("a WHERE a.k::int IN (SELECT k FROM b) AND kind = 'n'", 2)
        try check("a WHERE EXISTS (SELECT 1 FROM b WHERE a.kind = 'n')", 2)
        try check("a WHERE NOT EXISTS (SELECT 1 FROM b WHERE a.kind = 'n')", 3)
        try check("a WHERE (SELECT count(*) FROM b WHERE b.k = a.id AND a.kind = 'n') = 1", 2)
        try check("a WHERE EXISTS (SELECT 1 FROM b WHERE a.k::int = 1 AND a.kind = 'n')", 1)
        // An error of PostgreSQL's: what refuses values itself is not asked before what other joins leave out.
        try check("a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.id AND b.kind = 'n') AND EXISTS (SELECT 1 FROM b WHERE a.k::int = 1)", 1)
        let plan = try fixture.rows("EXPLAIN SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.id AND a.kind = 'n')")
        XCTAssertTrue(plan.contains("filter: kind = 'n'"), plan)
    }

    /// They were asked in the order in which they are written.
    func test_plainComparisons_areAskedBeforeWhatRefusesValues() throws {
        try check("a JOIN b ON a.x / b.y = b.v AND b.y > a.y", 1)
        try check("a JOIN b ON a.x / b.y = 10 AND b.y > a.y", 1)
        try check("a JOIN b ON a.x / b.y = 10 AND a.id = b.id AND b.y > a.y", 0)
        try check("a JOIN b ON b.v / (a.y - b.id) > 0 AND NOT (a.y = b.id)", 3)
        try check("a LEFT JOIN b ON a.x / a.y = 10 AND a.y <> 0", 5)
        try check("a LEFT JOIN b ON a.id = b.k AND a.k::int > 0 AND a.kind = 'n'", 5)
        try check("a FULL JOIN b ON a.id = b.k AND a.k::int > 0 AND a.kind = 'n'", 6)
        try check("a WHERE a.x / a.y > 0 AND a.y > a.id", 0)
        try check("(SELECT kind FROM a GROUP BY kind HAVING sum(x) / min(y) > 0 AND min(y) > 0) s", 1)
    }

    /// No condition leaves out the rows before: here PostgreSQL has an error, too.
    func test_rowsThatNothingLeavesOut_areAnError() {
        for from in [
            "a JOIN b ON a.k::int = b.k", "a LEFT JOIN b ON a.k::int = b.k AND a.kind = 'n'", "a FULL JOIN b ON a.k::int = b.k AND a.kind = 'n'",
            "a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k::int AND a.kind = 'n')", "a JOIN b ON a.x / b.y = 10",
            "a JOIN b ON b.v / a.y > 0 AND (a.y > b.y OR a.y > b.id)",
        ] {
            XCTAssertEqual(fixture.error("SELECT count(*) FROM \(from)")?.slug, .dataError, from)
        }
    }
}
