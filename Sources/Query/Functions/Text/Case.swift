import ColumnStore

/// lower and upper, by Unicode's simple mappings.
extension SQLFunction {
    static let lower = SQLFunction("lower", takes: [.string], runs: .lower)
    static let upper = SQLFunction("upper", takes: [.string], runs: .upper)
}

extension ScalarFunction {
    static let lower = ScalarFunction(
        "lower", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.lower(call[0], call.meter) })
    static let upper = ScalarFunction(
        "upper", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.upper(call[0], call.meter) })
}
