import ColumnStore

/// Takes out projections that only rename or leave out columns: what stands above names the columns beneath itself.
///
/// They stay where columns are read by place: at the root, under set operations and DISTINCT, in shared tables.
///
/// `strip` takes a projection away and says what each of its columns is called below; the node above replaces the names in its own expressions, and
/// hands on those that pass it.
struct ProjectionRemoval {
    private let definitions = SharedWalk()

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { ProjectionRemoval().shaped(plan) }

    /// The plan with exactly its columns, under their ids.
    private func shaped(_ plan: LogicalPlan) -> LogicalPlan { shaped(plan, strip(plan)) }

    private func shaped(_ plan: LogicalPlan, _ stripped: (LogicalPlan, [ColumnID: Expression])) -> LogicalPlan {
        let columns = plan.columns, (inner, map) = stripped
        if inner.columns.map(\.id) == columns.map(\.id) { return inner }
        return .project(input: inner, columns: columns.map { ProjectedColumn($0, map[$0.id] ?? .column($0)) })
    }

    /// Also gives what stands for the columns that are gone.
    private func strip(_ plan: LogicalPlan) -> (LogicalPlan, [ColumnID: Expression]) {
        if PlanningWork.isOver { return (plan, [:]) }
        switch plan {
        case .setOperation, .distinct, .shared: return (definitions.rewriting(inputsOf: plan, shaped), [:])
        default: break
        }
        var map: [ColumnID: Expression] = [:]
        var inputs: [LogicalPlan] = []
        let sides = plan.inputs
        var stripped = sides.map(strip)
        // Copies of one subquery are told apart by such a projection alone, which stays then.
        if case .join = plan, !Set(stripped[0].0.columnIDs).isDisjoint(with: stripped[1].0.columnIDs) {
            stripped = sides.indices.map { (shaped(sides[$0], stripped[$0]), [:]) }
        }
        for (inner, renamed) in stripped {
            inputs.append(inner)
            // Sides of a join have different ids: their names do not meet.
            map.merge(renamed) { first, _ in first }
        }
        var node = plan.withInputs(inputs)
        if !map.isEmpty { node = node.mapExpressions { $0.substituting(map) } }
        // A right side that unfolds a list of the left one names its column.
        if !map.isEmpty, case .join(var join) = node, !join.right.freeColumns.isEmpty {
            join.right = join.right.substituting(map)
            node = .join(join)
        }
        switch node {
        case .project(let input, let columns):
            guard columns.allSatisfy({ if case .column = $0.expression { true } else { false } }) else { return (node, [:]) }
            let own = columns.filter { $0.expression != .column($0.column) }
            return (input, Dictionary(own.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first }))
        // What a grouping puts out are columns of its own.
        case .aggregate: return (node, [:])
        case .unnest(var unnest):
            var passed: [OutputColumn] = []
            for column in unnest.passed {
                var inner = column
                if case .column(let id, let type)? = map[column.id] { inner = OutputColumn(id: id, name: column.name, type: type) }
                // Two names of one column are one column, whatever it is called.
                if !passed.contains(where: { $0.id == inner.id }) { passed.append(inner) }
            }
            unnest.passed = passed
            return (.unnest(unnest), map)
        case .join:
            // What a side's columns were called ends with them: another copy of the same subquery, joined above, has its own.
            let seen = node.columnIDs
            return (node, map.filter { $0.value.columnIDs.isSubset(of: seen) })
        default: return (node, map)
        }
    }
}
