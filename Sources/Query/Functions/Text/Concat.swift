import ColumnStore

/// concat, in which NULL is empty, and `||`, which it makes NULL.
extension SQLFunction {
    static let concat = SQLFunction(
        "concat", summary: "values put together as a text, NULLs left out",
        forms: [[.string], [.string, .boolean, .int32]]
    ) { (call, typing) throws(QueryError) in
        guard !call.arguments.isEmpty else { throw .badSQL("concat takes at least one argument", at: call.position).because(.undefinedFunction) }
        return call.make(.concatenateAll, try call.arguments.map { (value) throws(QueryError) in try typing.shown(value) }, .string)
    }
}

extension ScalarFunction {
    /// Of texts, or of BLOBs.
    static let concat = ScalarFunction(
        "||", .infix, nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.concat(call.columns, type: call.type, skippingNulls: false, call.meter) })
    static let concatenateAll = ScalarFunction(
        "concat", nulls: .taken, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.concat(call.columns, type: call.type, skippingNulls: true, call.meter) })
}
