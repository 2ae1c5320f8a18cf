import ColumnStore

/// Several sums of one column with constants added to it, `sum(x + 1), sum(x + 2), …`, as what the sum of `x` and its count make of them: one column is read once, and nothing is computed row by row.
///
/// Of 32-bit integers alone, whose sums and counts times a constant are far from 64 bits. Where a sum of some row is out of range, so is the greatest row's, or the least one's: that one is computed, and
/// ends the query as the row would.
///
///     sum(x + c) = sum(x) + count(x) * c        sum(c - x) = count(x) * c - sum(x)
///
/// The constant is written as `max(x) + c - max(x)`, or with `min(x)`, so that an addition which is out of range for some row is so here as well.
struct ShiftedSums {
    private enum Shift {
        case plus, minus
        /// The constant less the column.
        case from
    }

    private struct Match {
        let column: Expression
        let shift: Shift
        let constant: Expression
        /// Whether the greatest value comes closest to the end of its range; else the least one.
        let meetsGreatest: Bool
        let position: Int?
    }

    /// Of the same rows.
    private struct Rows: Hashable {
        let column: Expression
        let filter: Expression?
    }

    private let ids: PlanIDs
    private let definitions = SharedWalk()
    /// Sum, count and bound cost about as much as two sums.
    private static let countMin = 3

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { ShiftedSums(ids: PlanIDs(after: plan)).rewrite(plan) }

    private func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
        let plan = definitions.rewriting(inputsOf: plan, rewrite)
        guard case .aggregate(let node) = plan else { return plan }
        return joined(node) ?? plan
    }

    /// Nil where no column has enough such sums over the same rows.
    private func joined(_ node: AggregateNode) -> LogicalPlan? {
        let matches = node.aggregates.map(Self.match)
        var counts: [Rows: Int] = [:]
        for (call, match) in zip(node.aggregates, matches) { if let match { counts[Rows(column: match.column, filter: call.filter), default: 0] += 1 } }
        guard node.groupingSets == nil, counts.values.contains(where: { $0 >= Self.countMin }) else { return nil }
        var node = node
        var columns = node.groups.map { ProjectedColumn($0.column, .column($0.column)) }
        let calls = node.aggregates
        node.aggregates = []
        for (call, match) in zip(calls, matches) {
            guard let match, counts[Rows(column: match.column, filter: call.filter)] ?? 0 >= Self.countMin else {
                node.aggregates.append(call)
                columns.append(ProjectedColumn(call.column, .column(call.column)))
                continue
            }
            columns.append(ProjectedColumn(call.column, sum(match, call.filter, &node)))
        }
        return .project(input: .aggregate(node), columns: columns)
    }

    /// What a call adds to its column: `x + c`, `c + x`, `x - c` or `c - x` of INTEGERs, whose sum is a BIGINT.
    private static func match(_ call: AggregateCall) -> Match? {
        guard call.function == .sum, !call.isDistinct, call.order.isEmpty, call.arguments.count == 1, call.column.type == .int64,
            case .call(let function, let arguments, .int32, let position) = call.arguments[0], arguments.count == 2
        else { return nil }
        func match(_ column: Expression, _ constant: Expression, _ shift: Shift) -> Match? {
            // The least number of all has no opposite.
            guard case .column(_, .int32) = column, case .literal(.integer(let value), .int32) = constant, value > Int64(Int32.min) else { return nil }
            // x + c with c ≥ 0 may leave the range at its upper end, by the greatest x; x - c and c - x with c ≥ 0 at its lower end and at its upper
            // end, both by the least x.
            let meetsGreatest = shift == .plus ? value >= 0 : value < 0
            return Match(column: column, shift: shift, constant: constant, meetsGreatest: meetsGreatest, position: position)
        }
        if function == .add { return match(arguments[0], arguments[1], .plus) ?? match(arguments[1], arguments[0], .plus) }
        if function == .subtract { return match(arguments[0], arguments[1], .minus) ?? match(arguments[1], arguments[0], .from) }
        return nil
    }

    /// An aggregate of the node, which is added where it has none of the kind.
    private func aggregate(_ function: AggregateFunction, _ argument: Expression, _ filter: Expression?, _ type: ColumnType, _ node: inout AggregateNode) -> Expression {
        let call = AggregateCall(column: ids.newColumn("\(function)", type), function: function, arguments: [argument], filter: filter)
        if let known = node.aggregates.first(where: { $0.function == function && $0.arguments == [argument] && $0.filter == filter && !$0.isDistinct && $0.order.isEmpty }) {
            return .column(known.column)
        }
        node.aggregates.append(call)
        return .column(call.column)
    }

    /// The sum by what the node computes of the plain column. NULL of no values, as the sum and the bound are.
    private func sum(_ match: Match, _ filter: Expression?, _ node: inout AggregateNode) -> Expression {
        let sum = aggregate(.sum, match.column, filter, .int64, &node)
        let count = aggregate(.count, match.column, filter, .int64, &node)
        let bound = aggregate(match.meetsGreatest ? .max : .min, match.column, filter, .int32, &node)
        func call(_ function: ScalarFunction, _ left: Expression, _ right: Expression, _ type: ColumnType) -> Expression {
            .call(function, [left, right], type: type, position: match.position)
        }
        // What the bound comes to, less the bound: the constant, unless it is out of range.
        let constant: Expression
        switch match.shift {
        case .plus: constant = call(.subtract, call(.add, bound, match.constant, .int32), bound, .int32)
        case .minus: constant = call(.subtract, call(.subtract, bound, match.constant, .int32), bound, .int32)
        case .from: constant = call(.add, call(.subtract, match.constant, bound, .int32), bound, .int32)
        }
        let constants = call(.multiply, count, .cast(constant, to: .int64, position: match.position), .int64)
        return match.shift == .from ? call(.subtract, constants, sum, .int64) : call(.add, sum, constants, .int64)
    }
}
