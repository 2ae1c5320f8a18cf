import ColumnStore

/// split_part(text, delimiter, n): the n-th part, from the end where n is negative.
extension SQLFunction {
    static let splitPart = SQLFunction(
        "split_part", summary: "the n-th part of a text between delimiters, from the end for a negative n",
        takes: [.string, .string, .int32], runs: .splitPart)
}

extension ScalarFunction {
    static let splitPart = ScalarFunction(
        "split_part", nulls: .strict, cost: .heavy, failure: .possibleOfOthers, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.splitPart(call[0], call[1], call[2], call.meter) })
}
