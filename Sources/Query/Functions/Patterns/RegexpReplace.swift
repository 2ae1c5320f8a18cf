import ColumnStore

/// regexp_replace(text, pattern, replacement, flags): the first match, or every one with the flag g; i ignores case.
extension SQLFunction {
    static let regexpReplace = SQLFunction("regexp_replace", takes: [.string, .string, .string, .string], required: 3, runs: .regexpReplace)
}

extension ScalarFunction {
    static let regexpReplace = ScalarFunction(
        "regexp_replace", nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true,
        kernel: .remembering {
            let memory = PatternMemory()
            return { (call) throws(KernelError) in try replaceMatches(call, memory) }
        })

    private static func replaceMatches(_ call: KernelCall, _ memory: PatternMemory) throws(KernelError) -> Column {
        guard case .bytes(let pattern)? = call[1].constantValue, case .bytes(let replacement)? = call[2].constantValue else {
            throw .invalidArgument("regexp_replace takes a constant pattern and replacement")
        }
        var flags = ""
        if let last = call.optional(3) {
            guard case .bytes(let given)? = last.constantValue else { throw .invalidArgument("regexp_replace takes constant flags") }
            flags = String(decoding: given, as: UTF8.self)
        }
        guard flags.allSatisfy({ "gi".contains($0) }) else { throw .invalidArgument("regexp_replace knows the flags g and i") }
        let compiled = try memory.expression(pattern, ignoringCase: flags.contains("i"), isLongest: true)
        return try TextKernels.replaceMatches(call[0], compiled, with: replacement, everywhere: flags.contains("g"), call.meter)
    }
}
