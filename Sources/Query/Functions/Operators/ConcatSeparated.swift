import ColumnStore

/// concat_ws(s, a, b …): what is not NULL, with the separator between; NULL when that is NULL.
/// PostgreSQL 15's documentation, section 9.4.
extension SQLFunction {
    static let concatSeparated = SQLFunction(
        "concat_ws", summary: "values put together with a separator, the first argument, between them, NULLs left out",
        forms: [[.string, .string], [.string, .string, .boolean, .int32]]
    ) { (call, typing) throws(QueryError) in
        guard call.arguments.count >= 2 else { throw .badSQL("concat_ws takes a separator and at least one argument", at: call.position) }
        let separator = try typing.implicit(call.arguments[0], to: .string, call.name)
        // Each value with a separator before it, the first separator cut off at the end.
        var parts: [Expression] = []
        for argument in call.arguments.dropFirst() {
            parts.append(call.make(.concat, [separator, try typing.shown(argument)], .string))
        }
        let all = call.make(.concatenateAll, parts, .string)
        let start = call.make(.add, [call.make(.length, [separator], .int32), .literal(.integer(1), .int32)], .int32)
        return call.make(.substring, [all, start], .string)
    }
}
