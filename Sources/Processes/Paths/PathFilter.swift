package import ColumnStore

/// What stands in `[?(…)]`.
package indirect enum PathFilter: Sendable, Equatable {
    case and([PathFilter])
    case or([PathFilter])
    case not(PathFilter)
    /// Whether a path finds anything: a value; where a path gives a list, an element.
    case exists(Path, fromElement: Bool)
    case compare(Operand, Operator, Operand)

    package enum Operand: Sendable, Equatable {
        case literal(JSONValue)
        /// From the element (`@`), or from the root of the whole path (`$`).
        case path(Path, fromElement: Bool)
    }

    package enum Operator: String, Sendable, CaseIterable {
        case equal = "==", notEqual = "!=", lessOrEqual = "<=", greaterOrEqual = ">=", less = "<", greater = ">"
        case `in`, nin, contains, size, empty, subsetof, anyof, noneof
    }
}
