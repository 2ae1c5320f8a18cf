import ColumnStore

/// `count(DISTINCT x)` as two groupings, one over the other: by the keys and x, then by the keys alone. Both then spread over all cores and
/// spill by parts, where one set of values for each group would do neither.
///
/// Other aggregates of the same grouping are taken in two steps with it where that is possible, as the sum of sums; where it is not, and
/// where two different arguments are DISTINCT, the grouping stays as it is.
///
///     SELECT k, count(DISTINCT x), sum(y) … GROUP BY k    →    SELECT k, count(x), sum(s) FROM (SELECT k, x, sum(y) AS s … GROUP BY k, x) GROUP BY k
struct DistinctAggregates {
    private let ids: PlanIDs
    private let definitions = SharedWalk()

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { DistinctAggregates(ids: PlanIDs(after: plan)).rewrite(plan) }

    private func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
        let plan = definitions.rewriting(inputsOf: plan, rewrite)
        guard case .aggregate(let node) = plan else { return plan }
        return split(node) ?? plan
    }

    /// Nil where the node has no DISTINCT that makes a difference, or one that cannot be split.
    private func split(_ node: AggregateNode) -> LogicalPlan? {
        guard node.groupingSets == nil, let value = distinctArgument(node.aggregates) else { return nil }
        let keys = node.groups.map { ProjectedColumn(ids.newColumn($0.column.name, $0.column.type), $0.expression) }
        let distinct = ProjectedColumn(ids.newColumn("distinct", value.type), value)
        var partial: [AggregateCall] = []
        var whole: [AggregateCall] = []
        for call in node.aggregates {
            if Self.isDistinct(call) {
                var outer = call
                outer.isDistinct = false
                outer.arguments = [.column(distinct.column)]
                whole.append(outer)
                continue
            }
            // Its answers of parts must add up to the answer: an average of averages does not.
            guard let function = Self.ofPartial(call) else { return nil }
            var inner = call
            inner.column = ids.newColumn(call.column.name, call.column.type)
            partial.append(inner)
            whole.append(AggregateCall(column: call.column, function: function, arguments: [.column(inner.column)], position: call.position))
        }
        let inner = AggregateNode(input: node.input, groups: keys + [distinct], aggregates: partial)
        let groups = zip(node.groups, keys).map { ProjectedColumn($0.column, .column($1.column)) }
        let outer = AggregateNode(input: .aggregate(inner), groups: groups, aggregates: whole)
        return groups.isEmpty ? countingNothing(outer, node.aggregates) : .aggregate(outer)
    }

    /// The one argument of all DISTINCT aggregates; nil without any, and when they cannot be split.
    private func distinctArgument(_ calls: [AggregateCall]) -> Expression? {
        let distinct = calls.filter(Self.isDistinct)
        guard let value = distinct.first?.arguments.first else { return nil }
        let areAlike = distinct.allSatisfy { call in
            guard [.count, .sum, .avg].contains(call.function), call.arguments.count == 1, call.filter == nil, call.order.isEmpty else {
                return false
            }
            return call.arguments[0].isSame(as: value)
        }
        return areAlike && !value.type.isNested ? value : nil
    }

    /// Whether DISTINCT makes a difference.
    private static func isDistinct(_ call: AggregateCall) -> Bool {
        call.isDistinct && !call.function.definition.ignoresRepeats
    }

    /// What brings the partial answers of a call together.
    private static func ofPartial(_ call: AggregateCall) -> AggregateFunction? {
        call.column.type == .interval && call.function == .sum ? nil : call.function.definition.ofParts
    }

    /// Without keys there is an answer even of no rows: counts are then 0, where the sum of no counts is NULL.
    private func countingNothing(_ node: AggregateNode, _ calls: [AggregateCall]) -> LogicalPlan {
        var node = node
        var columns: [ProjectedColumn] = []
        for (index, call) in calls.enumerated() {
            guard node.aggregates[index].function == .sum, call.function != .sum else {
                columns.append(ProjectedColumn(call.column, .column(call.column)))
                continue
            }
            let sum = ids.newColumn(call.column.name, call.column.type)
            node.aggregates[index].column = sum
            columns.append(ProjectedColumn(call.column, .coalesce([.column(sum), .literal(.integer(0), .int64)], type: .int64)))
        }
        return .project(input: .aggregate(node), columns: columns)
    }
}
