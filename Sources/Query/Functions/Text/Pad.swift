import ColumnStore

/// lpad and rpad: a text brought to a length, with spaces or with what is given.
extension SQLFunction {
    static let padLeft = SQLFunction(
        "lpad", summary: "a text brought to a length at its start, with spaces or another text",
        takes: [.string, .int32, .string], required: 2, runs: .padLeft)
    static let padRight = SQLFunction(
        "rpad", summary: "a text brought to a length at its end, with spaces or another text",
        takes: [.string, .int32, .string], required: 2, runs: .padRight)
}

extension ScalarFunction {
    static let padLeft = padding("lpad", atStart: true)
    static let padRight = padding("rpad", atStart: false)
    /// A CHAR(n) as it is shown. What was chosen in place of one may be longer, and stays whole: `coalesce(code, 'unknown')`.
    static let padBlanks = padding("blank_padded", atStart: false, cuts: false)

    private static func padding(_ symbol: String, atStart: Bool, cuts: Bool = true) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
            kernel: .plain { (call) throws(KernelError) in try TextKernels.pad(call[0], call[1], call.optional(2), atStart: atStart, cuts: cuts, call.meter) })
    }
}
