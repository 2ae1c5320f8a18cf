/// From a bound plan to the one that runs: each rewrite in its turn.
///
/// Every rewrite keeps the answer; the order is that of what each needs: subqueries become joins before conditions move, conditions reach
/// the scans before joins are ordered by what is left, and columns are dropped when nothing moves any more.
///
/// What planning may cost is counted by the `PlanningWork` of the statement.
package struct Optimizer {
    /// Evaluates constant expressions; without one they stay as they are.
    private let evaluator: ConstantFolding.Evaluate?
    /// Whether days of the session begin where those of UTC do: then casts between instants and local times keep the order, and scans may be pruned
    /// by them.
    private let isUTC: Bool
    private let inspect: Inspector?
    private let rollups: (LogicalPlan) -> LogicalPlan

    /// Looks at what a pass made: its name, the plan as it was bound and the plan after the pass.
    package typealias Inspector = (_ pass: String, _ bound: LogicalPlan, _ after: LogicalPlan) -> Void

    /// - Parameter inspect: nil in a release, which looks at nothing.
    /// - Parameter rollups: answers groupings from sums that are there already.
    package init(
        evaluator: ConstantFolding.Evaluate? = nil, timeZone: String = "UTC", inspect: Inspector? = Self.verification,
        rollups: @escaping (LogicalPlan) -> LogicalPlan = { $0 }
    ) {
        self.evaluator = evaluator
        self.rollups = rollups
        self.inspect = inspect
        isUTC = QueryContext(catalog: FixedCatalog([]), timeZone: timeZone, now: 0).isUTC
    }

    /// - Parameter bound: as the binder made it, subqueries and all.
    /// - Returns: a plan for the executor: no subqueries, and the very columns of `bound`.
    /// - Throws: unsupported-sql for a plan that is too large or takes too long to plan, and for subqueries in places that have no join; cancelled
    ///   and query-timeout.
    package func optimized(_ bound: LogicalPlan) throws(QueryError) -> LogicalPlan {
        try PlanSize.check(bound, isBound: true)
        inspect?(Self.binding, bound, bound)
        let foldedPlan = folded(bound)
        inspect?(Self.folding, bound, foldedPlan)
        try PlanningWork.check()
        var plan = try SubqueryRemoval.rewrite(foldedPlan, ids: PlanIDs(after: foldedPlan))
        inspect?("SubqueryRemoval", bound, plan)
        let size = try PlanSize.check(plan)
        for pass in passes(hasWindows: size.hasWindows) {
            plan = pass.rewrite(plan)
            inspect?(pass.name, bound, plan)
            // What a pass left undone because the work was over is not to be run.
            try PlanSize.check(plan)
        }
        return plan
    }

    private static let binding = "the binder", folding = "ConstantFolding"

    /// What `PlanVerifier` finds in what a pass made.
    package static func faults(after pass: String, _ bound: LogicalPlan, _ after: LogicalPlan) -> [String] {
        PlanVerifier.faults(in: after, allowsSubqueries: pass == binding || pass == folding) + PlanVerifier.faults(from: bound, to: after)
    }

    /// Where assertions are on no plan is run that a pass has broken, in whatever test or server it happens: in debug builds, and in the optimised one
    /// that CI tests, which has assertions on and no `DEBUG`. Nil in a release.
    package static var verification: Inspector? {
        var areAssertionsOn = false
        // Only where they are is this said.
        assert({ areAssertionsOn = true; return true }())
        guard areAssertionsOn else { return nil }
        return { pass, bound, after in
            // A pass stops in the middle when the statement's work is over; that plan is refused.
            if PlanningWork.isOver { return }
            let found = faults(after: pass, bound, after)
            precondition(found.isEmpty, "\(pass): \(found.joined(separator: "; "))")
        }
    }

    /// Once no subquery is left. A new rule is a line here.
    ///
    /// - `ProjectionRemoval` before `Rollups` and the rules of groupings: they look at columns of tables under their own ids;
    /// - `ColumnPruning` before `ScanFilters`, whose conditions still stand above the scans and count as readers;
    /// - `JoinOrder` after both: it reckons with the filters that scans have got;
    /// - `ColumnTrimming` when each condition has found its place;
    /// - `WindowOrder` last: between windows that share a sort nothing may come any more. A plan without windows is not walked once more for it.
    private func passes(hasWindows: Bool) -> [(name: String, rewrite: (LogicalPlan) -> LogicalPlan)] {
        let last: [(name: String, rewrite: (LogicalPlan) -> LogicalPlan)] = hasWindows ? [("WindowOrder", WindowOrder.rewrite)] : []
        return [
            ("PredicatePushdown", PredicatePushdown.rewrite), ("ProjectionRemoval", ProjectionRemoval.rewrite),
            ("Rollups", rollups), ("SharedConditions", SharedConditions.rewrite), ("ShiftedSums", ShiftedSums.rewrite), ("DependentKeys", DependentKeys.rewrite),
            ("ColumnPruning", ColumnPruning.rewrite), ("ScanFilters", { ScanFilters.rewrite($0, isUTC: isUTC) }),
            ("JoinOrder", JoinOrder.rewrite), ("LimitPushdown", LimitPushdown.rewrite),
            ("DistinctAggregates", DistinctAggregates.rewrite), ("ColumnTrimming", ColumnTrimming.rewrite),
        ] + last
    }

    /// A plan without subqueries in the form in which rollups and queries are compared: conditions where they are asked, no columns renamed.
    package func normalized(_ bound: LogicalPlan) throws(QueryError) -> LogicalPlan {
        ProjectionRemoval.rewrite(PredicatePushdown.rewrite(folded(bound)))
    }

    /// Constants in every node, plans of subqueries first: one of those may become a constant by it.
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
