/// From a bound plan to the one that runs: each rewrite in its turn.
///
/// Every rewrite keeps the answer; the order is that of what each needs: subqueries become joins before conditions move, conditions reach
/// the scans before joins are ordered by what is left, and columns are dropped when nothing moves any more.
package struct Optimizer {
    /// Evaluates constant expressions; without one they stay as they are.
    private let evaluator: ConstantFolding.Evaluate?
    private let isUTC: Bool

    package init(evaluator: ConstantFolding.Evaluate? = nil, timeZone: String = "UTC") {
        self.evaluator = evaluator
        isUTC = QueryContext(catalog: FixedCatalog([]), timeZone: timeZone, now: 0).isUTC
    }

    package func optimized(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
        try PlanSize.check(plan)
        var plan = folded(plan)
        try PlanningWork.check()
        plan = try SubqueryRemoval.rewrite(plan, ids: PlanIDs(after: plan))
        try PlanSize.check(plan)
        let passes: [(LogicalPlan) -> LogicalPlan] = [
            PredicatePushdown.rewrite, ProjectionRemoval.rewrite, ColumnPruning.rewrite, { ScanFilters.rewrite($0, isUTC: isUTC) },
            JoinOrder.rewrite, LimitPushdown.rewrite, DistinctAggregates.rewrite, ColumnTrimming.rewrite,
        ]
        for pass in passes {
            plan = pass(plan)
            // What a pass left undone because the work was over is not to be run.
            try PlanSize.check(plan)
        }
        return plan
    }

    private func folded(_ plan: LogicalPlan) -> LogicalPlan {
        if PlanningWork.isOver { return plan }
        return plan.withInputs(plan.inputs.map(folded)).mapExpressions { expression in
            ConstantFolding.folded(
                expression.rewritten { node in
                    guard case .subquery(var subquery) = node else { return node }
                    subquery.plan = folded(subquery.plan)
                    return .subquery(subquery)
                }, with: evaluator)
        }
    }
}
