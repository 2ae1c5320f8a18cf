import ColumnStore

/// power, which `^` is too, and sqrt: of DOUBLE alone.
extension SQLFunction {
    static let power = SQLFunction("power", "pow", summary: "a number to the power of another, a DOUBLE", takes: [.double, .double], gives: .double, runs: .power)
    static let sqrt = SQLFunction("sqrt", summary: "the square root, a DOUBLE", takes: [.double], gives: .double, runs: .sqrt)
}

extension ScalarFunction {
    static let power = ScalarFunction(
        "power", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.power(try real(call[0]), try real(call[1])) })
    static let sqrt = ScalarFunction(
        "sqrt", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.squareRoot(try real(call[0])) })

    private static func real(_ column: Column) throws(KernelError) -> Column { try CastKernels.cast(column, to: .double, zone: .utc) }
}
