import ColumnStore

/// abs(number).
extension SQLFunction {
    static let abs = SQLFunction("abs", summary: "a number without its sign", forms: [[.double], [.int32], [.decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let value = try typing.number(call.arguments[0], of: call)
        return call.make(.abs, [value], TypeRules.widened(value.type))
    }
}

extension ScalarFunction {
    package static let abs = ScalarFunction(
        "abs", nulls: .strict, cost: .heavy, failure: .depending { _, type in TypeRules.isInteger(type) },
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.absolute(call[0], type: call.type) })
}
