import ColumnStore

/// Grouping keys that follow from others, `GROUP BY x, x - 1, x - 2`: rows are grouped by `x`, and the rest is computed once a group.
///
/// Of integers and decimals alone, where equal keys are the same value, and of sums and differences with constants, which fail for a group where they would for its rows.
///
/// What depends on what is exact here: `x - 1` of a group's `x` is the one value that all of its rows have. Of doubles -0 and 0 are one key and two
/// values.
struct DependentKeys {
    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { rewrite(plan, SharedWalk()) }

    private static func rewrite(_ plan: LogicalPlan, _ definitions: SharedWalk) -> LogicalPlan {
        let plan = definitions.rewriting(inputsOf: plan) { rewrite($0, definitions) }
        guard case .aggregate(let node) = plan else { return plan }
        return reduced(node) ?? plan
    }

    /// Nil where no key follows from another one. Grouping sets stay: a key that is left out of a set is NULL in it, and what follows from it too.
    private static func reduced(_ node: AggregateNode) -> LogicalPlan? {
        guard node.groupingSets == nil else { return nil }
        var keys: [ColumnID: OutputColumn] = [:]
        // The first group that is a plain column of an exact type stands for that column; other mentions of it are repeats.
        for group in node.groups { if case .column(let id, let type) = group.expression, isExact(type), keys[id] == nil { keys[id] = group.column } }
        let computed = node.groups.map { follows($0.expression, from: keys) }
        guard computed.contains(where: { $0 != nil }) else { return nil }
        var node = node
        var columns: [ProjectedColumn] = []
        for (group, expression) in zip(node.groups, computed) { columns.append(ProjectedColumn(group.column, expression ?? .column(group.column))) }
        node.groups = zip(node.groups, computed).filter { $1 == nil }.map { $0.0 }
        columns += node.aggregates.map { ProjectedColumn($0.column, .column($0.column)) }
        return .project(input: .aggregate(node), columns: columns)
    }

    private static func isExact(_ type: ColumnType) -> Bool {
        switch type {
        case .int32, .int64, .decimal: true
        default: false
        }
    }

    /// The expression over the keys' columns; nil for one that is a key itself, or does not follow from them.
    private static func follows(_ expression: Expression, from keys: [ColumnID: OutputColumn]) -> Expression? {
        guard case .call(let function, let arguments, let type, let position) = expression, function == .add || function == .subtract, isExact(type), arguments.count == 2 else { return nil }
        var replaced: [Expression] = []
        for argument in arguments {
            switch argument {
            case .literal: replaced.append(argument)
            case .column(let id, _):
                guard let key = keys[id] else { return nil }
                replaced.append(.column(key))
            default:
                guard let inner = follows(argument, from: keys) else { return nil }
                replaced.append(inner)
            }
        }
        return .call(function, replaced, type: type, position: position)
    }
}
