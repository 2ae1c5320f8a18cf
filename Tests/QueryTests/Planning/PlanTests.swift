@testable import Query
import XCTest

/// Plans after all rewrites, as EXPLAIN shows them.
final class PlanTests: XCTestCase {
    private func plan(_ sql: String) throws -> String {
        guard case .query(let query) = try Binder.bind(sql, in: TestTables.context()) else { return "no query" }
        return Explain.text(try Optimizer().optimized(query.plan))
    }

    func test_plans_rewrites_areAsWritten() throws {
        var golden = try GoldenFile("plans.txt")
        golden.check { try plan($0) }
    }
}
