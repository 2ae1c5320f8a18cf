import ColumnStore

/// `~` and `~*`: a text against a regular expression.
extension ScalarFunction {
    static let matches = matching("~", ignoringCase: false)
    static let matchesIgnoringCase = matching("~*", ignoringCase: true)

    private static func matching(_ symbol: String, ignoringCase: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .heavy, failure: .possibleOfOthers, readsConstantsOnce: true, traits: Traits(isPatternTest: true),
            kernel: .remembering {
                let memory = PatternMemory()
                return { (call) throws(KernelError) in
                    if case .bytes(let text)? = call[1].constantValue {
                        return try TextKernels.matches(call[0], try memory.expression(text, ignoringCase: ignoringCase, call.meter), call.meter)
                    }
                    return try call.eachPattern { (row, pattern, _) throws(KernelError) in
                        try TextKernels.matches(row, try memory.expression(pattern, ignoringCase: ignoringCase, call.meter), call.meter)
                    }
                }
            })
    }
}
