/// What forms of syntax mean in operators: some ask an operand several times, and so can double with each level.
extension ExpressionSyntax.Kind {
    /// Nodes beyond those that are written. Each weight is bounded, so that products fit.
    var addedWeight: Int {
        switch self {
        case .between(let operand, let low, let high, let isSymmetric, _):
            return isSymmetric ? 3 * operand.weight + low.weight + high.weight : operand.weight
        case .caseWhen(let operand?, let branches, _): return operand.weight * (branches.count - 1)
        // `a < b OR a = b AND …`: each pair is asked three times.
        case .binary(_, let left, let right) where left.isRow: return 2 * (left.weight + right.weight)
        case .inList(let left, let items, _) where left.isRow: return left.weight * (items.count - 1)
        // By the least and the greatest value, and whether there is any.
        case .quantified(let left, _, _, .query): return 4 * left.weight
        case .quantified(let left, _, _, .array(let array)):
            guard case .array(let items) = array.kind else { return 4 * (left.weight + array.weight) }
            return left.weight * items.count
        case .function(let call):
            // percentile_cont(ARRAY[…]) is a call for each fraction.
            guard let value = call.withinGroup.first, case .array(let items)? = call.arguments.first?.kind else { return 0 }
            return value.expression.weight * items.count
        default: return 0
        }
    }

    /// Rows are compared by one test within another.
    var addedHeight: Int {
        // `(a, b) < (c, d)` becomes `a < c OR a = c AND b < d`, two levels a field.
        guard case .binary(let op, let left, _) = self, left.isRow, op != .equal, op != .notEqual else { return 0 }
        return 2 * left.rowFields.count
    }
}
