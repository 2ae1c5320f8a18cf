import ColumnStore
@testable import Query
import XCTest

/// Plans after all rewrites, as EXPLAIN shows them.
final class PlanTests: XCTestCase {
    private func plan(_ sql: String, _ context: QueryContext = TestTables.context()) throws -> String {
        // Constants by the executor's own evaluator, as the engine has it.
        let evaluator: ConstantFolding.Evaluate = { expression in
            let evaluator = try Evaluator(expression, layout: [:], context: EvaluationContext(timeZone: .utc))
            return try evaluator.evaluate(ColumnBatch(rowCount: 1, columns: [])).value(at: 0)
        }
        return Explain.text(try VerifiedPlan.make(sql, in: context, evaluator: evaluator))
    }

    func test_plans_rewrites_areAsWritten() throws {
        var golden = try GoldenFile("plans.txt")
        golden.check { try plan($0) }
    }

    /// Groupings that are answered from sums, and such as are not.
    func test_plans_rollups_areAsWritten() throws {
        var golden = try GoldenFile("rollups.txt")
        golden.check { try plan($0, QueryContext(catalog: SummedTables(), now: TestTables.now)) }
    }

    /// All 22 queries of TPC-H, with joins ordered by the statistics of scale factor 1.
    func test_plans_TPCH_areAsWritten() throws {
        var golden = try GoldenFile("tpch.txt")
        XCTAssertEqual(golden.cases.count, 22)
        golden.check { try plan($0, QueryContext(catalog: TPCHTables.catalog, now: TestTables.now)) }
    }
}
