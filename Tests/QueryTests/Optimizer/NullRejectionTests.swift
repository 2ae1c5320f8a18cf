import ColumnStore
import XCTest

@testable import Query

/// Every condition of a few operators over two columns, down to two levels: what is said of it holds for every value of the column that is not NULL. A claim that
/// were false would make an inner join of an outer one.
final class NullRejectionTests: XCTestCase {
    private typealias Expression = Query.Expression

    private static let (padded, other) = (ColumnID(1), ColumnID(2))

    private static let leaves: [Expression] = [
        .column(padded, .boolean), .column(other, .boolean), .literal(.boolean(true), .boolean), .literal(.boolean(false), .boolean), .literal(.null, .boolean),
    ]

    private static func above(_ parts: [Expression]) -> [Expression] {
        let single = parts.flatMap { part -> [Expression] in
            [.not(part), .isNull(part), .cast(.cast(part, to: .string, position: nil), to: .boolean, position: nil)]
        }
        let pairs = parts.flatMap { one in
            parts.flatMap { two -> [Expression] in
                [
                    .and([one, two]), .or([one, two]), .coalesce([one, two], type: .boolean), .isDistinct(one, two, isNegated: false), .isDistinct(one, two, isNegated: true),
                    .inList(one, [two], isNegated: false), .inList(one, [two], isNegated: true), .call(.equal, [one, two], type: .boolean, position: nil),
                    .conditional(branches: [.init(condition: one, result: two)], otherwise: one, type: .boolean),
                ]
            }
        }
        return single + pairs
    }

    func test_whatIsSaid_holdsForEveryValueOfTheOtherColumn() throws {
        let first = Self.above(Self.leaves)
        // Of the second level all that stand on one leaf, and each operator over the other's.
        let second = first.flatMap { one in
            Self.leaves.prefix(2).flatMap { leaf -> [Expression] in [.not(one), .isNull(one), .and([one, leaf]), .or([one, leaf]), .coalesce([one, leaf], type: .boolean), .isDistinct(one, leaf, isNegated: true)] }
        }
        let columns: Set<ColumnID> = [Self.padded]
        var builder = ColumnBuilder(type: .boolean)
        for value in [Value.boolean(true), .boolean(false), .null] { builder.append(value) }
        let batch = ColumnBatch(rowCount: 3, columns: [.constant(.null, type: .boolean, count: 3), builder.finish()])
        var (rejecting, null) = (0, 0)
        for condition in Self.leaves + first + second {
            let values = try Evaluator(condition, layout: [Self.padded: 0, Self.other: 1], context: EvaluationContext()).evaluate(batch)
            let found = (0..<3).map { values.value(at: $0) }
            if NullRejection.isNull(condition, columns) {
                null += 1
                XCTAssertEqual(found, [.null, .null, .null], "\(condition)")
            }
            if NullRejection.rejects(condition, nulls: columns) {
                rejecting += 1
                XCTAssertFalse(found.contains(.boolean(true)), "\(condition)")
            }
        }
        XCTAssertGreaterThan(rejecting, null)
        XCTAssertGreaterThan(null, 20)
    }

    /// What queries write: these must be seen, or outer joins stay that could be inner ones.
    func test_usualConditions_areSeen() {
        let number = Expression.column(Self.padded, .int64), one = Expression.literal(.integer(1), .int64), columns: Set<ColumnID> = [Self.padded]
        let less = Expression.call(.less, [number, one], type: .boolean, position: nil)
        XCTAssertTrue(NullRejection.rejects(less, nulls: columns))
        XCTAssertTrue(NullRejection.rejects(.not(less), nulls: columns))
        XCTAssertTrue(NullRejection.rejects(.not(.isNull(number)), nulls: columns))
        XCTAssertFalse(NullRejection.rejects(.isNull(number), nulls: columns))
        XCTAssertTrue(NullRejection.rejects(.and([.isNull(.column(Self.other, .int64)), less]), nulls: columns))
        XCTAssertFalse(NullRejection.rejects(.or([.isNull(number), less]), nulls: columns))
        XCTAssertTrue(NullRejection.rejects(.inList(number, [one], isNegated: false), nulls: columns))
    }

    // MARK: Joins above

    /// Of four rows two have matches: one of one, one of two, of which one has none above.
    private static let tables = "WITH a(i, x) AS (VALUES (1, 10), (2, 20), (3, 30), (4, NULL)), b(y, z) AS (VALUES (10, 100), (20, 200), (20, NULL), (50, 300)), c(w) AS (VALUES (100), (200), (300))"

    private func plan(_ text: String) throws -> String {
        Explain.text(try VerifiedPlan.make(text, in: QueryContext(catalog: TPCHTables.catalog, now: TestTables.now)))
    }

    /// A row that an outer join adds finds no match in the join above it.
    func test_joinAbove_makesAnInnerJoinOfAnOuterOne() throws {
        let orders = "lineitem LEFT JOIN orders ON l_orderkey = o_orderkey"
        for text in [
            "SELECT count(*) FROM \(orders) JOIN customer ON o_custkey = c_custkey", "SELECT count(*) FROM \(orders), customer WHERE o_custkey = c_custkey",
            "SELECT count(*) FROM customer JOIN (SELECT o_custkey AS k FROM \(orders)) AS o ON k = c_custkey", "SELECT count(*) FROM \(orders) JOIN customer ON o_totalprice < c_acctbal",
            "SELECT count(*) FROM orders FULL JOIN lineitem ON l_orderkey = o_orderkey JOIN customer ON o_custkey = c_custkey JOIN part ON l_partkey = p_partkey",
        ] {
            let shown = try plan(text)
            for kind in ["Left join", "Right join", "Full join"] { XCTAssertFalse(shown.contains(kind), "\(text): \(shown)") }
        }
        for text in [
            "SELECT count(*) FROM \(orders) JOIN part ON l_partkey = p_partkey", "SELECT count(*) FROM \(orders) JOIN customer ON o_custkey IS NOT DISTINCT FROM c_custkey",
            "SELECT count(*) FROM \(orders) LEFT JOIN customer ON o_custkey = c_custkey", "SELECT count(*) FROM \(orders) JOIN customer ON coalesce(o_custkey, 1) = c_custkey",
        ] {
            let shown = try plan(text)
            XCTAssertTrue(shown.contains("Left join") || shown.contains("Right join"), "\(text): \(shown)")
        }
    }

    func test_answersOfOuterJoins_belowOthers() throws {
        let fixture = QueryFixture()
        for (join, answer) in [
            ("a LEFT JOIN b ON x = y JOIN c ON z = w", "1,10,100|2,20,200"), ("a LEFT JOIN b ON x = y JOIN c ON coalesce(z, 100) = w", "1,10,100|2,20,100|2,20,200|3,,100|4,,100"),
            ("a FULL JOIN b ON x = y JOIN c ON z = w", "1,10,100|2,20,200|,50,300"), ("b RIGHT JOIN a ON x = y JOIN c ON z = w", "1,10,100|2,20,200"),
            ("a FULL JOIN b ON x = y JOIN (SELECT i AS j, 7 AS w FROM a) AS s ON i = j", "1,10,7|2,20,7|2,20,7|3,,7|4,,7"),
            ("a FULL JOIN b ON x = y JOIN c ON z = w JOIN (SELECT i AS j FROM a) AS s ON i = j", "1,10,100|2,20,200"),
        ] {
            XCTAssertEqual(try fixture.rows("\(Self.tables) SELECT i, y, w FROM \(join) ORDER BY 1 NULLS LAST, 3"), answer, join)
        }
    }
}
