import ColumnStore

/// trim, ltrim and rtrim: spaces, or any of the characters given, off both sides or one.
extension SQLFunction {
    static let trim = SQLFunction("btrim", "trim", takes: [.string, .string], required: 1, runs: .trim)
    static let trimLeading = SQLFunction("ltrim", takes: [.string, .string], required: 1, runs: .trimLeading)
    static let trimTrailing = SQLFunction("rtrim", takes: [.string, .string], required: 1, runs: .trimTrailing)
}

extension ScalarFunction {
    static let trim = trimming("trim", .both)
    static let trimLeading = trimming("ltrim", .leading)
    static let trimTrailing = trimming("rtrim", .trailing)

    private static func trimming(_ symbol: String, _ side: TextKernels.Side) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
            kernel: .plain { (call) throws(KernelError) in try TextKernels.trim(call[0], call.optional(1), side, call.meter) })
    }
}
