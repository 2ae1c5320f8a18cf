import ColumnStore

/// sign(number): -1, 0 or 1.
extension SQLFunction {
    static let sign = SQLFunction("sign", forms: [[.double], [.int32], [.decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let value = try typing.number(call.arguments[0], of: call)
        let type: ColumnType = value.type == .double ? .double : .decimal38(scale: 0)
        return call.make(.sign, [TypeRules.isInteger(value.type) ? try typing.wholeDecimal(value, of: call) : value], type)
    }
}

extension ScalarFunction {
    static let sign = ScalarFunction(
        "sign", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.sign(call[0], type: call.type) })
}
