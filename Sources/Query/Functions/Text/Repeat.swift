import ColumnStore

/// repeat(text, n): empty where n is not above 0.
extension SQLFunction {
    static let repeatText = SQLFunction("repeat", summary: "a text so many times", takes: [.string, .int32], runs: .repeatText)
}

extension ScalarFunction {
    static let repeatText = ScalarFunction(
        "repeat", nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in try TextKernels.repeatText(call[0], call[1], call.meter) })
}
