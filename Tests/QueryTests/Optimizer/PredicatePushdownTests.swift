import ColumnStore
import XCTest

@testable import Query

/// Goal: a condition goes where it leaves the answer as it was. Method: plans as EXPLAIN shows them, by how often they have the condition; answers are asked of PostgreSQL by the golden
/// statements.
final class PredicatePushdownTests: XCTestCase {
    private let fixture: QueryFixture = {
        let table = QueryFixture.table([Field("x", .int64), Field("f", .double)], [[.integer(1), .double(1)], [.integer(2), .double(0)]])
        return QueryFixture([("a", table), ("b", table)])
    }()

    /// How often the plan asks for `text` where it reads the column of both tables by the operation.
    private func count(_ text: String, _ operation: String, _ column: String, _ condition: String) throws -> Int {
        let plan = try fixture.rows("EXPLAIN SELECT * FROM (SELECT \(column) FROM a \(operation) SELECT \(column) FROM b) s WHERE \(condition)")
        return plan.ranges(of: text).count
    }

    func test_setOperations_takeWhatHoldsOfEqualRowsAlike() throws {
        for operation in ["UNION ALL", "UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"] {
            let isUnion = operation.hasPrefix("UNION")
            XCTAssertEqual(try count("= 1", operation, "x", "x = 1"), 2, operation)
            // Of doubles 0 and -0 are equal, and not the same.
            XCTAssertEqual(try count("= 1", operation, "f", "f = 1"), isUnion ? 2 : 1, operation)
            // Rows of the second table need not come out, and are not asked what may fail.
            XCTAssertEqual(try count("10 / ", operation, "x", "10 / x > 3"), isUnion ? 2 : 1, operation)
        }
    }

    func test_conditionsThatWouldGrowByMuch_stayAboveTheProjection() throws {
        let nested = String(repeating: "(SELECT a * 0 + a - a AS a FROM ", count: 10) + "(SELECT x AS a FROM a) z" + String(repeating: ") q", count: 10)
        let plan = try fixture.rows("EXPLAIN SELECT a FROM \(nested) WHERE a > 3")
        XCTAssertLessThan(plan.ranges(of: " 0)").count, 1_000)
        // A few levels are taken in.
        XCTAssertEqual(CopyAllowance().moved([condition(1)], through: [column: value(900)]).below.count, 1)
        XCTAssertEqual(CopyAllowance().moved([condition(1)], through: [column: value(1_100)]).below.count, 0)
        // Long of itself, it grows by no more than its columns are long.
        XCTAssertEqual(CopyAllowance().moved([condition(1_000)], through: [column: value(10)]).below.count, 1)
        // What it has grown by before counts, under whatever names of columns.
        let copies = CopyAllowance(), grown = condition(1_000), other = ColumnID(2)
        copies.note([grown], from: condition(1))
        XCTAssertEqual(copies.moved([grown], through: [column: value(10)]).below.count, 0)
        let renamed = grown.substituting([column: .column(other, .int64)])
        copies.note([renamed], from: grown)
        XCTAssertEqual(copies.moved([renamed], through: [other: value(10)]).below.count, 0)
    }

    func test_note_chargesItsWalks() {
        let work = PlanningWork()
        PlanningWork.$current.withValue(work) { CopyAllowance().note([condition(500), condition(400)], from: condition(500)) }
        XCTAssertGreaterThanOrEqual(work.stepCount, [500, 400, 500].reduce(0) { $0 + condition($1).measured.count })
    }

    /// A rename made another condition of it, as long as the one before: what it had grown by was forgotten.
    func test_growth_isRememberedThroughRenames() throws {
        let renames: [(String, (String) -> String)] = [
            ("columns", { "(SELECT b AS a FROM (SELECT a AS b FROM \($0)) r) r" }), ("a union", { "(SELECT a FROM \($0) UNION ALL SELECT x FROM b) r" }),
            ("a grouping", { "(SELECT a FROM \($0) GROUP BY a) r" }),
        ]
        for (name, rename) in renames {
            var inner = "(SELECT x AS a FROM a) z"
            for _ in 0..<8 { inner = "(SELECT a * 0 + a - a AS a FROM \(rename(inner))) q" }
            let plan = PredicatePushdown.rewrite(try bound("SELECT a FROM \(inner) WHERE a > 3"))
            let longest = filters(plan).joined().map { $0.measured.count }.max() ?? 0
            XCTAssertTrue((64...1_024).contains(longest), "\(name): \(longest)")
        }
    }

    /// All behind the condition that stays did stay, and no scan was pruned by them.
    func test_conditionsBehindOneThatWouldGrow_moveWhereTheyCannotFail() throws {
        let plan = PredicatePushdown.rewrite(try bound("SELECT * FROM (SELECT \(names) AS name, x AS d FROM a) s WHERE name = 'c7' AND d >= 5 AND 10 / d > 1 AND d < 9"))
        XCTAssertEqual(filters(plan).map(\.count), [2, 2])
        // In the other order nothing is before it that could stay.
        let other = PredicatePushdown.rewrite(try bound("SELECT * FROM (SELECT \(names) AS name, x AS d FROM a) s WHERE 10 / d > 1 AND name = 'c7'"))
        XCTAssertEqual(filters(other).map(\.count), [1, 1])
    }

    /// Left above a view's long CASE, a grouping would be answered by no rollup.
    func test_expressionsOfGroupings_areTakenThroughProjectionsHoweverTheyGrow() throws {
        XCTAssertEqual(CopyAllowance().movedCount(of: [condition(1)], through: [column: value(1_100)]), 1)
        let plan = try bound("SELECT \(names) AS name FROM a")
        XCTAssertNotNil(RollupShape(plan, plan.columns.map { Query.Expression.column($0) }))
    }

    /// Each level of groupings doubled the condition that moved through it, past all allowances.
    func test_conditionsThatDoubleAtEachGrouping_stayWhereTheyAre() throws {
        var inner = "(SELECT x AS a FROM a) z"
        for _ in 0..<18 { inner = "(SELECT a + a AS a FROM \(inner) GROUP BY a + a) q" }
        let plan = PredicatePushdown.rewrite(try bound("SELECT a FROM \(inner) WHERE a > 3"))
        XCTAssertLessThanOrEqual(filters(plan).joined().map { $0.measured.count }.max() ?? 0, SyntaxLimits.copiedNodeCountMax * 2)
    }

    // MARK: Plans

    private let column = ColumnID(1)

    private func condition(_ count: Int) -> Query.Expression {
        .call(.greater, [.coalesce((0..<count).map { _ in .column(column, .int64) }, type: .int64), .literal(.integer(3), .int64)], type: .boolean, position: nil)
    }

    private func value(_ count: Int) -> Query.Expression { .coalesce((0..<count).map { .literal(.integer(Int64($0)), .int64) }, type: .int64) }

    /// A CASE of more than a thousand nodes.
    private var names: String { "CASE x " + (0..<300).map { "WHEN \($0) THEN 'c\($0)'" }.joined(separator: " ") + " END" }

    private func bound(_ query: String) throws -> LogicalPlan {
        guard case .query(let bound) = try Binder.bind(query, in: QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: 0)) else { throw NoQuery() }
        return bound.plan
    }

    private struct NoQuery: Error {}

    /// The conditions of each filter, those above first.
    private func filters(_ plan: LogicalPlan) -> [[Query.Expression]] {
        var found: [[Query.Expression]] = []
        if case .filter(_, let conjuncts) = plan { found.append(conjuncts) }
        return plan.inputs.reduce(found) { $0 + filters($1) }
    }
}
