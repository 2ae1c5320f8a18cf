import ColumnStore

/// Window functions. Placeholder for its file until the operator below is complete.
final class WindowOperator: PhysicalOperator, @unchecked Sendable {
    init(_ input: PhysicalOperator, _ node: WindowNode) throws(QueryError) {
        throw QueryError(.unsupportedSQL, "window functions cannot be run yet")
    }
}
