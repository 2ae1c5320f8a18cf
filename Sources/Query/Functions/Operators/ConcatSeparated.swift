import ColumnStore

/// concat_ws(s, a, b …): what is not NULL, with the separator between; NULL when that is NULL.
/// PostgreSQL 15's documentation, section 9.4.
extension SQLFunction {
    static let concatSeparated = SQLFunction(
        "concat_ws", summary: "values put together with a separator, the first argument, between them, NULLs left out",
        forms: [[.string, .string], [.string, .string, .boolean, .int32]]
    ) { (call, typing) throws(QueryError) in
        guard call.arguments.count >= 2 else { throw .badSQL("concat_ws takes a separator and at least one argument", at: call.position) }
        var parts = [try typing.implicit(call.arguments[0], to: .string, call.name)]
        for argument in call.arguments.dropFirst() { parts.append(try typing.shown(argument)) }
        return call.make(.concatSeparated, parts, .string)
    }
}

extension ScalarFunction {
    /// The separator, and texts.
    static let concatSeparated = ScalarFunction(
        "concat_ws", nulls: .first, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.concat(Array(call.columns.dropFirst()), separator: call[0], call.meter) })
}
