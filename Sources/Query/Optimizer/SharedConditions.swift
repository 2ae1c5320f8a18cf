import ColumnStore

/// Gives a table that is shared the conditions of those that read it: a row that none of them wants is not made.
///
/// `WITH t AS (…) SELECT … FROM t a, t b WHERE a.month = 1 AND b.month = 2` runs `t` for `month = 1 OR month = 2`; each reading keeps its own condition.
/// A table that one of them reads whole stays as it is. What can fail, or is of chance, is asked where it stands and nowhere else.
struct SharedConditions {
    /// Of each reading of one shared table what it asks of a row, in the columns of the table's definition; nil where it takes each row.
    private typealias Readings = [[Expression]?]

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
        var result = plan
        // What is pushed into one table may be a condition of another that it reads: that one comes later.
        for id in order(of: plan) {
            if PlanningWork.isOver { return result }
            var readings: Readings = []
            var seen: Set<Int> = []
            collect(id, in: result, [], into: &readings, &seen)
            guard let condition = anyOf(readings) else { continue }
            result = give(condition, to: id, in: result, SharedWalk())
        }
        return result
    }

    /// Shared tables, each before those that it reads.
    private static func order(of plan: LogicalPlan) -> [Int] {
        var within: [Int: Set<Int>] = [:]
        func visit(_ plan: LogicalPlan) -> Set<Int> {
            if case .shared(let id, let definition, _) = plan {
                if let known = within[id] { return known.union([id]) }
                let inner = visit(definition)
                within[id] = inner
                return inner.union([id])
            }
            return plan.inputs.reduce(into: []) { $0.formUnion(visit($1)) }
        }
        _ = visit(plan)
        return within.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map(\.key)
    }

    /// Adds what each reading of the table asks, from the filter that stands directly on it.
    private static func collect(_ wanted: Int, in plan: LogicalPlan, _ conditions: [Expression], into readings: inout Readings, _ seen: inout Set<Int>) {
        PlanningWork.charge(1)
        if case .shared(let id, let definition, let columns) = plan, id == wanted {
            let map = Dictionary(zip(columns, definition.columns).map { ($0.id, Expression.column($1)) }, uniquingKeysWith: { first, _ in first })
            let asked = conditions.filter { condition in
                let used = condition.columnIDs
                return !used.isEmpty && used.allSatisfy { map[$0] != nil } && !condition.isVolatile && !ConstantFolding.canFail(condition)
            }
            readings.append(asked.isEmpty ? nil : asked.map { $0.substituting(map) })
            return
        }
        // What reads it within another shared table is there once.
        if case .shared(let id, _, _) = plan, !seen.insert(id).inserted { return }
        if case .filter(let input, let conjuncts) = plan { return collect(wanted, in: input, conjuncts, into: &readings, &seen) }
        for input in plan.inputs { collect(wanted, in: input, [], into: &readings, &seen) }
    }

    /// What holds for each row that some reading wants; nil where one wants all.
    private static func anyOf(_ readings: Readings) -> Expression? {
        var branches: [Expression] = []
        var known: Set<ExpressionIdentity> = []
        for reading in readings {
            guard let reading else { return nil }
            let branch = Expression.conjunction(reading)
            if known.insert(ExpressionIdentity(branch)).inserted { branches.append(branch) }
        }
        guard let first = branches.first else { return nil }
        let size = branches.reduce(0) { $0 + $1.measured.count }
        PlanningWork.charge(size)
        guard size <= nodeCountMax else { return nil }
        return branches.count == 1 ? first : .or(branches)
    }

    /// A condition of more parts costs more to ask than it is likely to spare.
    private static let nodeCountMax = 500

    /// Narrows every mention alike: they are one definition, and must stay equal.
    private static func give(_ condition: Expression, to wanted: Int, in plan: LogicalPlan, _ definitions: SharedWalk) -> LogicalPlan {
        if case .shared(let id, let definition, let columns) = plan, id == wanted {
            let narrowed = definitions.once(id) { PredicatePushdown.rewrite(.filter(input: definition, conjuncts: [condition])) }
            return .shared(id: id, definition: narrowed, columns: columns)
        }
        return definitions.rewriting(inputsOf: plan) { give(condition, to: wanted, in: $0, definitions) }
    }
}
