package import ColumnStore

/// A node's place in a plan, parents before their inputs and left before right: as EXPLAIN shows them, and as figures of a run are kept.
struct PlanNodeID: Hashable, Sendable {
    /// From 0 at the root.
    let rawValue: Int
    init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// Fresh ids for the nodes that rewrites add to a plan.
///
/// Of one planning, on one thread. Two of them made for the same plan would give the same ids twice: a pass that calls another hands its own on.
package final class PlanIDs {
    /// Invariant: no column of the plan, or made here, has a greater one.
    private var lastColumn = 0
    private var lastShared = 0
    /// Shared tables whose definitions have been looked at.
    private var seen: Set<Int> = []

    /// - Complexity: the whole plan, plans of subqueries included.
    package init(after plan: LogicalPlan) { visit(plan) }

    private func visit(_ plan: LogicalPlan) {
        for column in plan.columns { lastColumn = max(lastColumn, column.id.rawValue) }
        if case .shared(let id, _, _) = plan {
            lastShared = max(lastShared, id)
            guard seen.insert(id).inserted else { return }
        }
        for input in plan.inputs { visit(input) }
        for expression in plan.expressions { visit(expression) }
    }

    private func visit(_ expression: Expression) {
        if case .subquery(let subquery) = expression { visit(subquery.plan) }
        for child in expression.children { visit(child) }
    }

    /// - Parameter name: for EXPLAIN; empty for what nobody named.
    package func newColumn(_ name: String, _ type: ColumnType) -> OutputColumn {
        lastColumn += 1
        return OutputColumn(id: ColumnID(lastColumn), name: name, type: type)
    }

    /// The id of a shared table that a pass makes.
    package func newShared() -> Int {
        lastShared += 1
        return lastShared
    }
}
