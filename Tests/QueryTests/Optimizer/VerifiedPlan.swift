@testable import Query
import XCTest

/// Plans a statement and looks at what the binder and each pass made of it.
enum VerifiedPlan {
    /// - Parameter evaluator: of constants; nil where tables and plans count alone.
    static func make(_ sql: String, in context: QueryContext, evaluator: ConstantFolding.Evaluate? = nil) throws -> LogicalPlan {
        let query: BoundQuery
        switch try Binder.bind(sql, in: context) {
        case .query(let bound), .explain(let bound, _): query = bound
        }
        let rollups = RollupRewrite(context)
        let inspect: Optimizer.Inspector = { pass, bound, after in
            XCTAssertEqual(Optimizer.faults(after: pass, bound, after), [], "\(pass), of \(sql)")
        }
        let optimizer = Optimizer(evaluator: evaluator, timeZone: context.timeZone, inspect: inspect, rollups: { rollups.rewrite($0) })
        return try optimizer.optimized(query.plan)
    }
}
