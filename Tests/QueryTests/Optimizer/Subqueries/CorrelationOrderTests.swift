import ColumnStore
import XCTest

@testable import Query

/// Goal: a condition that refuses values is asked only of rows that what stands before it has left, and so are differences of times. Method: tables whose other rows have values that fail.
/// The answers are PostgreSQL's.
final class CorrelationOrderTests: XCTestCase {
    private let fixture: QueryFixture = {
        let values: [[Value]] = [
            [.string("qty"), .string("7"), .integer(1)], [.string("qty"), .string("3"), .integer(2)], [.string("qty"), .string("8"), .integer(5)],
            [.string("colour"), .string("red"), .integer(0)],
        ]
        return QueryFixture([
            ("a", QueryFixture.table([Field("name", .string), Field("value", .string), Field("n", .int64)], values)),
            ("o", QueryFixture.table([Field("name", .string), Field("n", .int64)], [[.string("qty"), .integer(4)]])),
        ])
    }()

    private func check(_ query: String, _ expected: String, line: UInt = #line) throws { XCTAssertEqual(try fixture.rows(query), expected, query, line: line) }

    private static let large = "a.name = o.name AND a.value::int > 5"

    func test_values_areOfRowsThatTheOuterRowAsksFor() throws {
        let large = Self.large
        try check("SELECT (SELECT count(*) FROM a WHERE \(large)) FROM o", "2")
        try check("SELECT (SELECT max(a.value) FROM a WHERE \(large) AND a.n < 5) FROM o", "7")
        try check("SELECT (SELECT a.value FROM a WHERE \(large) AND a.n < 5) FROM o", "7")
        try check("SELECT (SELECT a.value FROM a WHERE \(large) ORDER BY a.n DESC LIMIT 1) FROM o", "8")
        try check("SELECT (SELECT count(*) FROM a WHERE a.name = o.name AND 10 / a.n > 4) FROM o", "2")
        try check("SELECT s.c FROM o, LATERAL (SELECT count(*) AS c FROM a WHERE \(large)) s", "2")
    }

    func test_existence_isOfRowsThatTheOuterRowAsksFor() throws {
        let large = Self.large
        try check("SELECT name FROM o WHERE EXISTS (SELECT 1 FROM a WHERE \(large))", "qty")
        try check("SELECT count(*) FROM o WHERE NOT EXISTS (SELECT 1 FROM a WHERE \(large))", "0")
        try check("SELECT EXISTS (SELECT 1 FROM a WHERE \(large)) FROM o", "true")
    }

    /// The row before `o.n` is looked for in an order of both tables.
    func test_nearestRows_areOfRowsThatTheOuterRowAsksFor() throws {
        try check("SELECT (SELECT a.value FROM a WHERE a.name = o.name AND a.n <= o.n AND a.value::int > 5 ORDER BY a.n DESC LIMIT 1) FROM o", "7")
    }

    func test_conditionsAboveTheCorrelatedOne_areBehindIt() throws {
        try check("SELECT (SELECT count(*) FROM (SELECT * FROM a WHERE a.name = o.name) s WHERE s.value::int > 5) FROM o", "2")
        try check("SELECT (SELECT count(*) FROM (SELECT a.name AS m, a.value AS v FROM a WHERE a.name = o.name) s WHERE s.v::int > 5) FROM o", "2")
    }

    /// A value that is refused in a row of the outer row's own fails as before.
    func test_valuesOfAskedRows_stillFail() {
        for query in [
            "SELECT (SELECT count(*) FROM a WHERE a.name = o.name AND (a.value || 'x')::int > 5) FROM o",
            "SELECT name FROM o WHERE EXISTS (SELECT 1 FROM a WHERE a.name = o.name AND (a.value || 'x')::int > 5)",
        ] { XCTAssertEqual(fixture.error(query)?.cause, .invalidText, query) }
    }

    /// Conditions that refuse nothing go to their table, and the subquery is run once for all keys.
    func test_otherConditions_areLiftedAsBefore() throws {
        for condition in ["a.n + 1 > 1", "a.n / 2 >= 0", "a.n % 2 < 2", "substring(a.value, 1, 1) > '0'", "a.value ~ '^[0-9]'", "a.n * 1.5 > 0.25", "a.n::numeric(38, 4) > 0"] {
            let query = "SELECT (SELECT count(*) FROM a WHERE a.name = o.name AND \(condition)) FROM o"
            try check(query, "3")
            let plan = try fixture.rows("EXPLAIN \(query)")
            XCTAssertFalse(plan.contains("Shared"), "\(query): \(plan)")
        }
    }

    /// A condition of chance may not wait, and what stands before it keeps values from it all the same.
    func test_conditionsThatMayNotWait_areBehindThoseThatDo() throws {
        try check("SELECT (SELECT count(*) FROM a WHERE a.name = o.name AND a.value::int <> 0 AND 10 / a.value::int > random() - 1) FROM o", "3")
        let key = OutputColumn(id: ColumnID(1), name: "k", type: .int64), text = OutputColumn(id: ColumnID(2), name: "t", type: .string)
        func comparison(_ function: ScalarFunction, _ one: Query.Expression, _ other: Query.Expression) -> Query.Expression { .call(function, [one, other], type: .boolean, position: nil) }
        let asked = comparison(.equal, .column(key), .column(ColumnID(9), .int64))
        let waiting = comparison(.greater, .cast(.column(text), to: .int64, position: nil), .literal(.integer(0), .int64))
        let drawn = comparison(.greater, .cast(.column(text), to: .double, position: nil), .call(.random, [], type: .double, position: nil))
        let kept = CorrelationOrder.kept([asked, waiting, drawn], over: .values(columns: [key, text], rows: []), outer: [ColumnID(9)])
        XCTAssertEqual(kept.count, 3)
        XCTAssertEqual(kept.first, asked)
        XCTAssertFalse(kept.contains(waiting), "it waits")
        XCTAssertEqual(kept.last, drawn)
    }

    /// Each that waits has those before it within: of many the later ones stay where they are.
    func test_conditionsInTurn_copyNoMoreThanMayBe() throws {
        let conditions = (1...1_500).map { "a.n < o.n + \($0) AND \($0) / (a.n + 1) >= 0" }.joined(separator: " AND ")
        let query = "SELECT name FROM o WHERE EXISTS (SELECT 1 FROM a WHERE \(conditions))"
        XCTAssertLessThan(try fixture.rows("EXPLAIN \(query)").utf8.count, 4 << 20)
        try check(query, "qty")
    }

    // MARK: Differences of times

    func test_differencesOfInfiniteTimes_areOfRowsThatTheOuterRowAsksFor() throws {
        let outer = "(VALUES (1)) o(k)"
        let days = "(VALUES (1, DATE '2026-01-05'), (2, DATE 'infinity')) t(k, valid_to)"
        try check("SELECT (SELECT max(t.valid_to - DATE '2026-01-01') FROM \(days) WHERE t.k = o.k) FROM \(outer)", "4")
        try check("SELECT (SELECT t.valid_to - DATE '2026-01-01' FROM \(days) WHERE t.k = o.k) FROM \(outer)", "4")
        try check("SELECT (SELECT count(*) FROM \(days) WHERE t.k = o.k AND t.valid_to - DATE '2026-01-01' > 3) FROM \(outer)", "1")
        let times = "(VALUES (1, TIMESTAMP '2026-01-05'), (2, TIMESTAMP 'infinity')) t(k, valid_to)"
        try check("SELECT (SELECT max(t.valid_to - TIMESTAMP '2026-01-01') FROM \(times) WHERE t.k = o.k)::text FROM \(outer)", "4 days")
        XCTAssertNotNil(fixture.error("SELECT (SELECT max(t.valid_to - DATE '2026-01-01') FROM \(days) WHERE t.k = o.k) FROM (VALUES (2)) o(k)"))
    }
}
