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
