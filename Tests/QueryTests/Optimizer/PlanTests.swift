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

    /// A session's forms decide about texts alone: sums answer what makes none in them.
    func test_plans_rollups_answerSessionsOfOtherForms_whichMakeNoSuchText() throws {
        let iso = ValueForms(intervals: .iso8601), german = ValueForms(dates: .german), digits = ValueForms(extraFloatDigits: 0)
        let sums = "select client_id, sum(total) from receipts_accepted group by 1", days = "select business_day::text, sum(total) from receipts_accepted group by 1"
        let floats = "select client_id, sum(total)::float8::text from receipts_accepted group by 1", joined = "select client_id, concat(sum(total)::float8, ' €') from receipts_accepted group by 1"
        let documents = "select client_id, json_build_object('sum', sum(total)::float8) from receipts_accepted group by 1"
        let answered: [(sql: String, forms: [ValueForms])] = [
            (sums, [.plain, iso, german, digits]), (days, [.plain, iso, digits]), (floats, [.plain, iso, german]), (joined, [.plain, iso, german]), (documents, [.plain, iso, german]),
        ]
        for (sql, forms) in answered {
            for own in [.plain, iso, german, digits] {
                var context = QueryContext(catalog: SummedTables(), now: TestTables.now)
                context.forms = own
                XCTAssertEqual(try plan(sql, context).contains("Rollup by_day"), forms.contains(own), "\(own): \(sql)")
            }
        }
    }

    /// By SQL's standard a text may say another interval than it said when sums were made.
    func test_plans_rollups_answerNoQuestionThatReadsIntervalsBySQLsStandard() throws {
        for (forms, isAnswered) in [(ValueForms.plain, true), (ValueForms(intervals: .iso8601), true), (ValueForms(intervals: .sqlStandard), false)] {
            var context = QueryContext(catalog: SummedTables(), now: TestTables.now)
            context.forms = forms
            XCTAssertEqual(try plan("select currency::interval, sum(total) from receipts_accepted group by currency", context).contains("Rollup by_day"), isAnswered, "\(forms)")
        }
    }

    /// All 22 queries of TPC-H, with joins ordered by the statistics of scale factor 1.
    func test_plans_TPCH_areAsWritten() throws {
        var golden = try GoldenFile("tpch.txt")
        XCTAssertEqual(golden.cases.count, 22)
        golden.check { try plan($0, QueryContext(catalog: TPCHTables.catalog, now: TestTables.now)) }
    }
}
