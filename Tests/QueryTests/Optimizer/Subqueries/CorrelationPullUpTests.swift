import ColumnStore
import XCTest

@testable import Query

/// Goal: what is lifted out of a subquery leaves its answer as it was. Method: small tables whose answers a LIMIT, a key without rows or a row of a key that nobody asks for decides.
/// PostgreSQL is asked by the golden statements.
final class CorrelationPullUpTests: XCTestCase {
    private static func table(_ names: [String], _ rows: [[Int64]]) -> MemoryTable {
        QueryFixture.table(names.map { Field($0, .int64) }, rows.map { row in row.map { Value.integer($0) } })
    }

    /// Nobody asks for key 9.
    private let fixture = QueryFixture([
        ("o", CorrelationPullUpTests.table(["k"], [[1], [2], [3]])),
        ("t", CorrelationPullUpTests.table(["k", "d", "x"], [[1, 1, 5], [1, 2, 7], [2, 1, 5], [9, 1, 0]])),
    ])

    private func check(_ query: String, _ expected: String, line: UInt = #line) throws { XCTAssertEqual(try fixture.rows(query), expected, query, line: line) }

    /// The last row of the key.
    private static let last = "SELECT * FROM t WHERE t.k = o.k ORDER BY d DESC LIMIT 1"

    func test_existence_ofRowsBelowALimit_isOfThoseThatItLeaves() throws {
        let last = Self.last
        try check("SELECT k, EXISTS (SELECT 1 FROM (\(last)) s WHERE s.x = 5) FROM o ORDER BY k", "1,false|2,true|3,false")
        try check("SELECT k FROM o WHERE EXISTS (SELECT 1 FROM (\(last)) s WHERE s.x = 5)", "2")
        try check("SELECT k FROM o WHERE NOT EXISTS (SELECT 1 FROM (\(last)) s WHERE s.x = 5) ORDER BY k", "1|3")
        try check("SELECT k FROM o WHERE EXISTS (SELECT 1 FROM (\(last)) s JOIN (VALUES (5::bigint)) v(x) ON v.x = s.x)", "2")
        try check("SELECT k FROM o WHERE EXISTS (SELECT 1 FROM (SELECT ARRAY[x] AS l FROM (\(last)) i) s, unnest(s.l) u WHERE u = 5)", "2")
        try check("SELECT count(*) FROM o WHERE EXISTS (SELECT 1 FROM (SELECT * FROM t WHERE t.k = o.k LIMIT 1) s GROUP BY s.k HAVING count(*) > 1)", "0")
        try check("SELECT count(*) FROM o WHERE EXISTS (SELECT 1 FROM t WHERE t.k = o.k ORDER BY d LIMIT 0)", "0")
    }

    func test_existence_underALimitAlone_isLifted() throws {
        let query = "SELECT k FROM o WHERE EXISTS (SELECT x + 1 FROM t WHERE t.k = o.k ORDER BY d LIMIT 1)"
        try check("\(query) ORDER BY k", "1|2")
        let plan = try fixture.rows("EXPLAIN \(query)")
        XCTAssertFalse(plan.contains("Window") || plan.contains("Shared"), plan)
    }

    /// Rows that are told apart by a value have it computed, which fails for a row of key 9.
    func test_existence_ofDifferentValues_computesThemOfRowsThatAreAskedFor() throws {
        try check("SELECT k, EXISTS (SELECT DISTINCT 10 / t.x FROM t WHERE t.k = o.k) FROM o ORDER BY k", "1,true|2,true|3,false")
        try check("SELECT k, EXISTS (SELECT 1 FROM t WHERE t.k = o.k GROUP BY 10 / t.x) FROM o ORDER BY k", "1,true|2,true|3,false")
    }

    /// What a key is computed from tells apart what is the same for the outer row.
    func test_distinctRows_ofComputedKeys_areThoseOfTheKey() throws {
        let rows = "SELECT DISTINCT x FROM t WHERE t.k / 5 = o.k / 5"
        try check("SELECT k, (SELECT count(*) FROM (\(rows)) s) FROM o ORDER BY k", "1,2|2,2|3,2")
        try check("SELECT k, (\(rows) AND t.x < 6) FROM o ORDER BY k", "1,5|2,5|3,5")
        try check("SELECT k FROM o WHERE EXISTS (\(rows)) ORDER BY k", "1|2|3")
    }

    /// The row of no rows has no list, and a list has as many rows as elements.
    func test_listsOfGroupings_areUnfoldedForEachRow() throws {
        let list = "SELECT 1 FROM (SELECT array_agg(t.x) AS a FROM t WHERE t.k = o.k) s, unnest(s.a) u"
        let elements = "SELECT unnest(array_agg(t.x)) FROM t WHERE t.k = o.k"
        try check("SELECT k, (\(list)), (\(elements)) FROM o WHERE k > 1 ORDER BY k", "2,1,5|3,,")
        XCTAssertEqual(fixture.error("SELECT k, (\(list)) FROM o")?.cause, .severalRows)
        XCTAssertEqual(fixture.error("SELECT k, (\(elements)) FROM o")?.cause, .severalRows)
    }
}
