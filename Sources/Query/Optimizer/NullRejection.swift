import ColumnStore

/// Whether a condition can be true on a row whose columns of one join side are all NULL: if not, an outer join that adds such rows is
/// an inner one.
///
/// It answers false where it cannot tell: then the join stays an outer one.
enum NullRejection {
    /// - Parameter columns: all columns of the side whose rows may be missing.
    static func rejects(_ condition: Expression, nulls columns: Set<ColumnID>) -> Bool {
        switch condition {
        case .and(let items): return items.contains { rejects($0, nulls: columns) }
        case .or(let items): return items.allSatisfy { rejects($0, nulls: columns) }
        // `x IS NOT NULL` is false where x is NULL, and never NULL itself.
        case .not(.isNull(let operand)): return isNull(operand, columns)
        // `x IS TRUE` and `x IS FALSE`.
        case .isDistinct(let operand, .literal(.boolean, _), isNegated: true): return isNull(operand, columns)
        default: return isNull(condition, columns)
        }
    }

    /// A join's side, of which only rows that pass these conditions find a match: outer joins in it add no rows that do not.
    /// `a LEFT JOIN b ON … JOIN c ON b.x = c.x` is of inner joins, which may be joined in any order.
    /// - Parameter conditions: true of every row that leads to an answer; those on other columns say nothing.
    static func narrowed(_ plan: LogicalPlan, by conditions: [Expression]) -> LogicalPlan {
        if conditions.isEmpty || PlanningWork.isOver { return plan }
        PlanningWork.charge(conditions.count)
        switch plan {
        case .filter(let input, let conjuncts): return .filter(input: narrowed(input, by: conditions), conjuncts: conjuncts)
        case .project(let input, let columns):
            // Of columns that are handed on as they are: what is computed might be copied many times over.
            var map: [ColumnID: Expression] = [:]
            for column in columns { if case .column = column.expression { map[column.column.id] = column.expression } }
            let below = conditions.filter { condition in condition.columnIDs.allSatisfy { map[$0] != nil } }.map { $0.substituting(map) }
            return .project(input: narrowed(input, by: below), columns: columns)
        case .join(var node):
            func rejects(_ side: LogicalPlan) -> Bool {
                let columns = side.columnIDs
                return conditions.contains { !$0.columnIDs.isDisjoint(with: columns) && self.rejects($0, nulls: columns) }
            }
            switch node.kind {
            case .left where rejects(node.right), .right where rejects(node.left): node.kind = .inner
            case .full:
                let (isOfRight, isOfLeft) = (rejects(node.right), rejects(node.left))
                if isOfRight || isOfLeft { node.kind = isOfRight && isOfLeft ? .inner : isOfLeft ? .left : .right }
            default: break
            }
            // Of a side whose rows may be missing the conditions say nothing.
            switch node.kind {
            case .inner, .cross:
                node.left = narrowed(node.left, by: conditions)
                node.right = narrowed(node.right, by: conditions)
            case .right: node.right = narrowed(node.right, by: conditions)
            case .left, .semi, .anti, .antiNullAware, .mark: node.left = narrowed(node.left, by: conditions)
            case .full, .rightSemi, .rightAnti: break
            }
            return .join(node)
        default: return plan
        }
    }

    /// Whether the value is NULL wherever all of `columns` are.
    static func isNull(_ expression: Expression, _ columns: Set<ColumnID>) -> Bool {
        switch expression {
        case .column(let id, _): return columns.contains(id)
        case .literal(let value, _): return value.isNull
        case .member(let operand, _, _), .cast(let operand, _, _), .not(let operand): return isNull(operand, columns)
        case .inList(let operand, _, _): return isNull(operand, columns)
        case .call(let function, let arguments, _, _):
            switch function.nulls {
            case .taken: return false
            case .first: return isNull(arguments[0], columns)
            case .strict: return arguments.contains { isNull($0, columns) }
            }
        // All of an AND or an OR must be NULL for it to be so.
        case .and(let items), .or(let items), .coalesce(let items, _): return items.allSatisfy { isNull($0, columns) }
        default: return false
        }
    }
}
