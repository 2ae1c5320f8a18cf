import ColumnStore

/// reverse(text): its characters from last to first.
extension SQLFunction {
    static let reverse = SQLFunction("reverse", summary: "a text's characters from last to first", takes: [.string], runs: .reverse)
}

extension ScalarFunction {
    static let reverse = ScalarFunction(
        "reverse", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.reverse(call[0], call.meter) })
}
