import ColumnStore

/// substring: by places, or by a pattern.
/// PostgreSQL 15's documentation, sections 9.4 and 9.7.
extension SQLFunction {
    static let substring = SQLFunction(
        "substring", "substr", summary: "a part by places, the first match of a pattern, or what a pattern of `SIMILAR` marks",
        forms: [[.string, .int32], [.binary, .int32], [.string, .int32, .int32], [.string, .string], [.binary, .int32, .int32], [.string, .string, .string]]
    ) { (call, typing) throws(QueryError) in
        // In PostgreSQL `substr` is by places alone: a text without a type is one there.
        let isOfPlaces = call.name == "substr" && call.arguments.count > 1 && call.arguments[1].isUntyped
        if !isOfPlaces, call.arguments.count == 2, let second = call.arguments.last, second.isUntyped || second.type == .string {
            return call.make(.regexpSubstring, try call.typed([.string, .string], typing), .string)
        }
        // SUBSTRING(text SIMILAR pattern ESCAPE escape)
        if !isOfPlaces, call.arguments.count == 3, call.arguments.allSatisfy({ $0.isUntyped || $0.type == .string || $0.type == .null }) {
            let texts = try call.typed([.string, .string, .string], typing)
            return call.make(.similarSubstring, [texts[0], call.make(.similarPattern, [texts[1], texts[2]], .string)], .string)
        }
        if call.arguments.first?.type == .binary { return call.make(.substring, try call.typed([.binary, .int32, .int32], required: 2, typing), .binary) }
        return call.make(.substring, try call.typed([.string, .int32, .int32], required: 2, typing), .string)
    }
}

extension ScalarFunction {
    static let substring = ScalarFunction(
        "substring", nulls: .strict, cost: .heavy, failure: .possibleOfOthers,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.substring(call[0], call[1], call.optional(2), call.meter) })
    /// The first match, or what its first group took.
    static let regexpSubstring = matching("substring from pattern", isOfSimilar: false)
    static let similarSubstring = matching("substring similar pattern", isOfSimilar: true)

    /// - Parameter isOfSimilar: whether the pattern is one that `similarPattern` wrote.
    private static func matching(_ symbol: String, isOfSimilar: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possibleOfOthers, readsConstantsOnce: true,
            kernel: .remembering {
                let memory = PatternMemory()
                return { (call) throws(KernelError) in
                    func expression(_ pattern: [UInt8]) throws(KernelError) -> TextPattern {
                        try memory.expression(pattern, ignoringCase: false, isLongest: true, givesGroups: true, isOfSimilar: isOfSimilar, call.meter)
                    }
                    if case .bytes(let pattern)? = call[1].constantValue { return try TextKernels.firstMatch(call[0], try expression(pattern), call.meter) }
                    let texts = TextRows(call[0]), patterns = TextRows(call[1])
                    return try call.texts { (row) throws(KernelError) in
                        try call.meter.step(patterns.range(at: row).count + texts.range(at: row).count)
                        return try TextKernels.firstMatch(Array(texts[row]), try expression(Array(patterns[row])), call.meter)
                    }
                }
            })
    }
}
