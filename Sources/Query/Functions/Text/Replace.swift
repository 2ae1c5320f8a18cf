import ColumnStore

/// replace(text, from, to): every place where `from` stands.
extension SQLFunction {
    static let replace = SQLFunction("replace", summary: "every place where a text stands in another, replaced", takes: [.string, .string, .string], runs: .replace)
}

extension ScalarFunction {
    static let replace = ScalarFunction(
        "replace", nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in try TextKernels.replace(call[0], call[1], call[2], call.meter) })
}
