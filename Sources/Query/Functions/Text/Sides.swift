import ColumnStore

/// left and right: so many characters of one side, or all but so many where the number is negative.
extension SQLFunction {
    static let left = SQLFunction("left", summary: "so many characters of a text's start; all but so many at its end for a negative number", takes: [.string, .int32], runs: .left)
    static let right = SQLFunction(
        "right", summary: "so many characters of a text's end; all but so many at its start for a negative number",
        takes: [.string, .int32], runs: .right)
}

extension ScalarFunction {
    static let left = ScalarFunction(
        "left", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.side(call[0], call[1], isLeft: true, call.meter) })
    static let right = ScalarFunction(
        "right", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.side(call[0], call[1], isLeft: false, call.meter) })
}
