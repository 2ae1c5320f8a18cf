import ColumnStore

/// regexp_replace(text, pattern, replacement, flags): the first match, or every one with the flag g; i ignores case. With `start` and `N` instead of
/// flags or before them: the N-th match from that character on, every one for 0.
extension SQLFunction {
    static let regexpReplace = SQLFunction(
        "regexp_replace",
        forms: [
            [.string, .string, .string], [.string, .string, .string, .string], [.string, .string, .string, .int32, .int32],
            [.string, .string, .string, .int32, .int32, .string],
        ]
    ) { (call, typing) throws(QueryError) in
        try call.count(3...6)
        let isPlaced = call.arguments.count > 4 || call.arguments.count == 4 && TypeRules.isInteger(call.arguments[3].type)
        let texts = [ColumnType](repeating: .string, count: 3)
        let types = texts + (isPlaced ? [.int32, .int32, .string] : [.string])
        return call.make(isPlaced ? .regexpReplaceFrom : .regexpReplace, try call.typed(types, required: 3, typing), .string)
    }
}

extension ScalarFunction {
    static let regexpReplace = replacing("regexp_replace", isPlaced: false)
    /// The start and the match's number stand before the flags.
    static let regexpReplaceFrom = replacing("regexp_replace_from", isPlaced: true)

    private static func replacing(_ symbol: String, isPlaced: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true,
            kernel: .remembering {
                let memory = PatternMemory()
                return { (call) throws(KernelError) in try replaceMatches(call, isPlaced: isPlaced, memory) }
            })
    }

    private static func replaceMatches(_ call: KernelCall, isPlaced: Bool, _ memory: PatternMemory) throws(KernelError) -> Column {
        guard case .bytes(let pattern)? = call[1].constantValue, case .bytes(let replacement)? = call[2].constantValue else {
            throw .invalidArgument("regexp_replace takes a constant pattern and replacement")
        }
        var flags = ""
        if let last = call.optional(isPlaced ? 5 : 3) {
            guard case .bytes(let given)? = last.constantValue else { throw .invalidArgument("regexp_replace takes constant flags") }
            flags = String(decoding: given, as: UTF8.self)
        }
        guard flags.allSatisfy({ $0 == "g" || AdvancedPattern.flags.contains($0) }) else { throw .invalidArgument("regexp_replace knows the flags g, i, c, n, m, p, w, s, x and t") }
        let compiled = try memory.expression(pattern, ignoringCase: flags.last { "ic".contains($0) } == "i", isLongest: true, flags: flags)
        guard isPlaced else {
            return try TextKernels.replaceMatches(call[0], compiled, with: replacement, everywhere: flags.contains("g"), call.meter)
        }
        let starts = call[3].integers() ?? [], numbers = call.optional(4)?.integers()
        for row in 0..<call.count where call.strictValidity?[row] ?? true {
            guard starts[row] > 0 else { throw .invalidArgument("a search begins at character 1 or later") }
            guard numbers.map({ $0[row] >= 0 }) ?? true else { throw .invalidArgument("matches are numbered from 1, and 0 is every one") }
        }
        let column = try TextKernels.replaceMatches(call[0], compiled, with: replacement, everywhere: flags.contains("g"), call.meter) { row in
            (start: Int(clamping: starts[row]), number: numbers.map { Int(clamping: $0[row]) })
        }
        return Column(type: .string, count: column.count, validity: call.strictValidity, values: column.values)
    }
}
