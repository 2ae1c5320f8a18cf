import ColumnStore

/// COALESCE: the first value that is not NULL; the plan has a form of its own for it, which evaluates no more than is asked for.
/// PostgreSQL 15's documentation, section 9.18.2.
extension SQLFunction {
    static let coalesce = SQLFunction("coalesce", summary: "the first value that is not NULL", forms: [[.string], [.int32, .int32, .int32]]) { (call, typing) throws(QueryError) in
        guard !call.arguments.isEmpty else { throw .badSQL("COALESCE takes at least one argument", at: call.position) }
        let values = try typing.unified(call.arguments, "COALESCE")
        return values.count == 1 ? values[0] : .coalesce(values, type: values[0].type)
    }
}
