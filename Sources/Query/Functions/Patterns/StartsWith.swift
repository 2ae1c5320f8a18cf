import ColumnStore

/// starts_with(text, prefix), by bytes.
extension SQLFunction {
    static let startsWith = SQLFunction("starts_with", summary: "whether a text begins with another", takes: [.string, .string], gives: .boolean, runs: .startsWith)
}

extension ScalarFunction {
    static let startsWith = ScalarFunction(
        "starts_with", nulls: .strict, cost: .light, failure: .never, readsConstantsOnce: true, traits: Traits(sourceTest: .prefix),
        kernel: .plain { (call) throws(KernelError) in TextKernels.startsWith(call[0], call[1]) })
}
