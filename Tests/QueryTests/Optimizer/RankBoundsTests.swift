import ColumnStore
@testable import Query
import XCTest

/// Goal: conditions on a rank tell the window beneath how many rows of each partition are wanted, and only where no other row can tell.
///
/// Method: the window of planned statements.
final class RankBoundsTests: XCTestCase {
    private func first(_ condition: String, _ calls: String = "rank() OVER w AS r, row_number() OVER w AS n") throws -> String {
        let sql = "SELECT * FROM (SELECT *, -r AS minus FROM (SELECT s, l, i, \(calls) FROM t WINDOW w AS (PARTITION BY s ORDER BY l)) a) b WHERE \(condition)"
        let evaluator: ConstantFolding.Evaluate = { expression in
            let evaluator = try Evaluator(expression, layout: [:], context: EvaluationContext(timeZone: .utc))
            return try evaluator.evaluate(ColumnBatch(rowCount: 1, columns: [])).value(at: 0)
        }
        let plan = try VerifiedPlan.make(sql, in: TestTables.context([.number("5")]), evaluator: evaluator)
        var node = plan
        while true {
            if case .window(let window) = node { return window.first.map { "\($0.function) \($0.count)" } ?? "all" }
            node = try XCTUnwrap(node.inputs.first, sql)
        }
    }

    func test_conditions_thatBoundARank() throws {
        for (condition, expected) in [
            ("r <= 3", "rank 3"), ("r < 3", "rank 2"), ("3 >= r", "rank 3"), ("r = 4", "rank 4"), ("r BETWEEN 2 AND 6", "rank 6"), ("r IN (1, 5, NULL)", "rank 5"), ("r <= $1", "rank 5"),
            ("r <= 7 AND n <= 4", "rowNumber 4"), ("n <= 7 AND r <= 4", "rank 4"), ("r = 1 OR r = 3 AND l > 0", "rank 3"), ("l > 5 AND r <= 2", "rank 2"), ("r <= 0", "rank 0"), ("r < '-9223372036854775808'::bigint", "rank 0"),
            ("NOT r > 8", "rank 8"), ("r <= 50000", "rank 50000"),
        ] {
            XCTAssertEqual(try first(condition), expected, condition)
        }
    }

    func test_conditions_thatBoundNone() throws {
        for condition in ["r >= 3", "r <> 3", "r <= l", "r + 1 <= 3", "r <= 3 OR l = 4", "r <= 50001", "r <= 2147483648", "1 / i > 0 AND r <= 3", "r NOT IN (1, 2)", "minus >= 3"] {
            XCTAssertEqual(try first(condition), "all", condition)
        }
    }

    /// A sum over the whole partition, and a rank behind the row that is tested, look at rows that follow.
    func test_windows_thatLookAtAllRows_keepAll() throws {
        for calls in ["rank() OVER w AS r, count(*) OVER w AS n", "percent_rank() OVER w AS r, 1 AS n", "ntile(4) OVER w AS r, 1 AS n", "rank() OVER w AS r, lead(l) OVER w AS n"] {
            XCTAssertEqual(try first("r <= 3", calls), "all", calls)
        }
    }
}
