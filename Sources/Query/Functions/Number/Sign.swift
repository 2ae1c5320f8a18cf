import ColumnStore

/// sign(number): -1, 0 or 1.
extension SQLFunction {
    static let sign = SQLFunction("sign", summary: "-1, 0 or 1", forms: [[.double], [.int32], [.decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let value = try typing.number(call.arguments[0], of: call)
        // As PostgreSQL has it, of a whole number a DOUBLE.
        if TypeRules.isInteger(value.type) { return call.make(.sign, [.cast(value, to: .double, position: call.position)], .double) }
        return call.make(.sign, [value], value.type == .double ? .double : .decimal38(scale: 0))
    }
}

extension ScalarFunction {
    static let sign = ScalarFunction(
        "sign", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.sign(call[0], type: call.type) })
}
