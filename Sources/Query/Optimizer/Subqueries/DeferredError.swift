import ColumnStore

/// The error of a subquery that looks at no row of the query around it, and that not all of its rows ask for: it is theirs who do.
///
/// The subquery is run once, before the first row is there to ask. PostgreSQL runs it when the first one asks, and never where none does.
struct DeferredError {
    private let number: Int

    /// Nil where each row asks, where there will be no error, and for a subquery of a further query around.
    init?(of plan: LogicalPlan, _ reach: Reach, _ ids: PlanIDs) {
        guard !reach.isSure, plan.mayFail, plan.freeColumns.isEmpty else { return nil }
        number = ids.newShared()
    }

    /// The plan, whose error waits.
    func deferring(_ plan: LogicalPlan) -> LogicalPlan { .deferring(input: plan, number: number) }

    /// What has come of the plan, or the error. It stands above the join to the plan, which has been read by then.
    func asked(with value: Expression, at position: Int?) -> Expression {
        .call(.deferred, [value, .literal(.integer(Int64(number)), .int64)], type: value.type, position: position)
    }
}

extension LogicalPlan {
    /// Whether data can make an error of it. What is not known to be safe may fail, overflow included.
    fileprivate var mayFail: Bool {
        var seen: Set<Int> = []
        return hasRisk(&seen)
    }

    /// - Parameter seen: shared tables that cannot fail.
    private func hasRisk(_ seen: inout Set<Int>) -> Bool {
        if PlanningWork.isOver { return false }
        if case .shared(let id, _, _) = self, !seen.insert(id).inserted { return false }
        if expressions.contains(where: ConstantFolding.canFail) { return true }
        switch self {
        // A step of 0, rows that are too many, a number of places.
        case .series, .singleRow, .window: return true
        case .scan(let node) where node.table.source is RecursiveTable: return true
        case .aggregate(let node) where node.aggregates.contains(where: { !Self.isSafe($0.function) }): return true
        default: break
        }
        for input in inputs {
            if input.hasRisk(&seen) { return true }
        }
        return false
    }

    private static func isSafe(_ function: AggregateFunction) -> Bool {
        switch function {
        case .countRows, .count, .min, .max, .boolAnd, .boolOr, .anyValue: true
        default: false
        }
    }
}
