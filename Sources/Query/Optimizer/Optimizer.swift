internal import Glibc

/// From a bound plan to the one that runs: each rewrite in its turn.
///
/// Every rewrite keeps the answer; the order is that of what each needs: subqueries become joins before conditions move, conditions reach
/// the scans before joins are ordered by what is left, and columns are dropped when nothing moves any more.
package struct Optimizer {
    /// Evaluates constant expressions; without one they stay as they are.
    private let evaluator: ConstantFolding.Evaluate?
    private let isUTC: Bool
    private let inspect: Inspector?

    /// Looks at what a pass made: its name, the plan before and the plan after it.
    package typealias Inspector = (_ pass: String, _ before: LogicalPlan, _ after: LogicalPlan) -> Void

    /// - Parameter inspect: for tests: `PlanVerifier` after each pass.
    package init(evaluator: ConstantFolding.Evaluate? = nil, timeZone: String = "UTC", inspect: Inspector? = nil) {
        self.evaluator = evaluator
        self.inspect = inspect
        isUTC = QueryContext(catalog: FixedCatalog([]), timeZone: timeZone, now: 0).isUTC
    }

    package func optimized(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
        try PlanSize.check(plan)
        look("the binder", plan, plan, allowsSubqueries: true)
        let foldedPlan = folded(plan)
        look("ConstantFolding", plan, foldedPlan, allowsSubqueries: true)
        try PlanningWork.check()
        var plan = try SubqueryRemoval.rewrite(foldedPlan, ids: PlanIDs(after: foldedPlan))
        look("SubqueryRemoval", foldedPlan, plan)
        try PlanSize.check(plan)
        for pass in passes {
            let before = plan
            plan = pass.rewrite(before)
            look(pass.name, before, plan)
            // What a pass left undone because the work was over is not to be run.
            try PlanSize.check(plan)
        }
        return plan
    }

    /// A debug build does not run a plan that a pass has broken, in whatever test or server it happens.
    private func look(_ pass: String, _ before: LogicalPlan, _ after: LogicalPlan, allowsSubqueries: Bool = false) {
        inspect?(pass, before, after)
        #if DEBUG
            // A pass stops in the middle when the statement's work is over; that plan is refused.
            if PlanningWork.isOver || !Self.isVerifying { return }
            let faults = PlanVerifier.faults(in: after, allowsSubqueries: allowsSubqueries) + PlanVerifier.faults(from: before, to: after)
            precondition(faults.isEmpty, "\(pass): \(faults.joined(separator: "; "))")
        #endif
    }

    #if DEBUG
        /// The verifier's rule of orders knows plans without rows only in part: it is asked for by name.
        private static let isVerifying = getenv("TILL_VERIFY_PLANS") != nil
    #endif

    /// Once no subquery is left. A new rule is a line here.
    private var passes: [(name: String, rewrite: (LogicalPlan) -> LogicalPlan)] {
        [
            ("PredicatePushdown", PredicatePushdown.rewrite), ("ProjectionRemoval", ProjectionRemoval.rewrite),
            ("ColumnPruning", ColumnPruning.rewrite), ("ScanFilters", { ScanFilters.rewrite($0, isUTC: isUTC) }),
            ("JoinOrder", JoinOrder.rewrite), ("LimitPushdown", LimitPushdown.rewrite),
            ("DistinctAggregates", DistinctAggregates.rewrite), ("ColumnTrimming", ColumnTrimming.rewrite),
        ]
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
