import ColumnStore

/// regexp_replace(text, pattern, replacement, flags): the first match, or every one with the flag g; i ignores case. With `start` and `N` instead of
/// flags or before them: the N-th match from that character on, every one for 0.
///
/// PostgreSQL 15's documentation, section 9.7.3.
extension SQLFunction {
    static let regexpReplace = SQLFunction(
        "regexp_replace", summary: "the first match of a pattern, or all with the flag g, replaced; with a start and a number, that match from there on, all for 0",
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
            symbol, nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true, traits: Traits(isExpanding: true),
            kernel: .remembering {
                let memory = PatternMemory()
                return { (call) throws(KernelError) in try replaceMatches(call, isPlaced: isPlaced, memory) }
            })
    }

    /// Where all but the text is constant the replacement is made once.
    private static func replaceMatches(_ call: KernelCall, isPlaced: Bool, _ memory: PatternMemory) throws(KernelError) -> Column {
        let patterns = TextRows(call[1]), replacements = TextRows(call[2]), flagTexts = call.optional(isPlaced ? 5 : 3).map { TextRows($0) }
        let starts = isPlaced ? call[3].integers() : nil, numbers = isPlaced ? call.optional(4)?.integers() : nil
        func replacement(_ row: Int) throws(KernelError) -> TextKernels.Replacement {
            guard let flags = AdvancedPattern.flags(flagTexts?[row] ?? [], of: AdvancedPattern.flags + "g") else { throw .invalidArgument("regexp_replace knows the flags g, i, c, n, m, p, w, s, x, q and t") }
            let start = starts?[row] ?? 1
            guard start > 0 else { throw .invalidArgument("a search begins at character 1 or later") }
            // Of a number given the flag g says nothing.
            let number = numbers?[row] ?? (flags.contains("g") ? 0 : 1)
            guard number >= 0 else { throw .invalidArgument("matches are numbered from 1, and 0 is every one") }
            let text = Array(replacements[row])
            let givesGroups = zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "\\") && (0x31...0x39).contains($1) }
            let pattern = try memory.expression(
                Array(patterns[row]), ignoringCase: flags.last { "ic".contains($0) } == "i", isLongest: true, givesGroups: givesGroups, flags: flags, call.meter)
            return TextKernels.Replacement(pattern: pattern, text: text, start: Int(clamping: start), number: Int(clamping: number))
        }
        let isConstant = call.columns.dropFirst().allSatisfy { $0.constantValue != nil }
        let validity = call.strictValidity
        guard isConstant, let first = (0..<call.count).first(where: { validity?[$0] ?? true }) else {
            return try TextKernels.replaceMatches(call[0], validity: validity, call.meter) { (row) throws(KernelError) in
                try call.meter.step(patterns.range(at: row).count)
                return try replacement(row)
            }
        }
        let only = try replacement(first)
        return try TextKernels.replaceMatches(call[0], validity: validity, call.meter) { _ in only }
    }
}
