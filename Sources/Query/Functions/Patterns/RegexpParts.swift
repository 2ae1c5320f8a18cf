import ColumnStore

/// What a regular expression finds in a text: whether, how often, where, and which parts. Flags are those of `AdvancedPattern`, and g where it means
/// something.
///
/// PostgreSQL 15's documentation, section 9.7.3.
extension SQLFunction {
    static let regexpLike = SQLFunction(
        "regexp_like", summary: "whether a pattern matches in a text",
        takes: [.string, .string, .string], required: 2, gives: .boolean, runs: .regexpLike)
    static let regexpCount = SQLFunction(
        "regexp_count", summary: "how often a pattern matches",
        takes: [.string, .string, .int32, .string], required: 2, gives: .int32, runs: .regexpCount)
    static let regexpSubstr = SQLFunction(
        "regexp_substr", summary: "what a pattern's n-th match, or a group of it, took",
        takes: [.string, .string, .int32, .int32, .string, .int32], required: 2, gives: .string, runs: .regexpSubstr)
    static let regexpInstr = SQLFunction(
        "regexp_instr", summary: "where a pattern's n-th match begins, or ends",
        takes: [.string, .string, .int32, .int32, .int32, .string, .int32], required: 2, gives: .int32, runs: .regexpInstr)
    static let regexpMatch = SQLFunction(
        "regexp_match", summary: "the first match's groups, as a list",
        takes: [.string, .string, .string], required: 2, gives: .listOf(.string), runs: .regexpMatch)
    static let regexpSplitToArray = SQLFunction(
        "regexp_split_to_array", summary: "the parts of a text between matches, as a list", takes: [.string, .string, .string], required: 2, gives: .listOf(.string), runs: .regexpSplit)
}

extension ScalarFunction {
    static let regexpLike = searching("regexp_like") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, memory)
        return try call.truths { (row) throws(KernelError) in try search.first(row, from: 0, givesGroups: false) != nil }
    }

    static let regexpCount = searching("regexp_count") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 3, memory)
        return try call.numbers { (row) throws(KernelError) in
            var count: Int64 = 0
            try search.each(row, from: try call.start(2, row, search)) { (_) throws(KernelError) in
                count += 1
                return true
            }
            return count
        }
    }

    static let regexpSubstr = searching("regexp_substr") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 4, memory)
        return try call.texts { (row) throws(KernelError) in
            try call.found(search, row, start: 2, number: 3, group: 5).map { search.bytes(row, $0) }
        }
    }

    static let regexpInstr = searching("regexp_instr") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 5, memory)
        return try call.numbers { (row) throws(KernelError) in
            guard let part = try call.found(search, row, start: 2, number: 3, group: 6) else { return 0 }
            let end = call.optional(4)?.integers()?[row] ?? 0
            guard end == 0 || end == 1 else { throw .invalidArgument("a place is that of the start, 0, or that behind the end, 1") }
            let isEnd = end == 1
            return Int64(TextKernels.scalarCount(search.bytes(row, 0..<(isEnd ? part.upperBound : part.lowerBound))[...]) + 1)
        }
    }

    /// The first match's groups, or the whole of it where the pattern has none; NULL without a match.
    static let regexpMatch = searching("regexp_match") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, memory)
        return try call.writtenLists { (row, list) throws(KernelError) in
            guard let match = try search.first(row, from: 0, givesGroups: true) else { return false }
            for part in search.groups(match, row) { try list.append(part) }
            return true
        }
    }

    /// A list for the first match, or with the flag g for each.
    static let regexpMatches = searching("regexp_matches") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, knowsGlobal: true, memory)
        return try call.writtenLists { (row, list) throws(KernelError) in
            let isGlobal = search.flags(row)?.contains("g") ?? false
            try search.each(row, from: 0, givesGroups: true) { (match) throws(KernelError) in
                try list.append(search.groups(match, row))
                return isGlobal
            }
            return true
        }
    }

    /// The parts between the matches; an empty match at the start, the end, or behind another one cuts nothing.
    static let regexpSplit = searching("regexp_split_to_array") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, memory)
        return try call.writtenLists { (row, list) throws(KernelError) in
            var start = 0
            try search.each(row, from: 0) { (match) throws(KernelError) in
                guard let whole = match[0] else { return true }
                if whole.isEmpty, whole.lowerBound == start || whole.lowerBound == search.byteCount(row) { return true }
                try list.append(search.part(row, start..<whole.lowerBound))
                start = whole.upperBound
                return true
            }
            try list.append(search.part(row, start..<search.byteCount(row)))
            return true
        }
    }

    /// A function over a text, a pattern and perhaps flags, which keeps the pattern that it compiled last.
    private static func searching(
        _ symbol: String, _ body: @escaping @Sendable (KernelCall, PatternMemory) throws(KernelError) -> Column
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true,
            kernel: .remembering {
                let memory = PatternMemory()
                return { (call) throws(KernelError) in try body(call, memory) }
            })
    }
}

extension KernelCall {
    /// Where a search begins, in bytes, of the character that an argument numbers from 1.
    fileprivate func start(_ index: Int, _ row: Int, _ search: RegexpRows) throws(KernelError) -> Int {
        guard let numbers = optional(index)?.integers() else { return 0 }
        guard numbers[row] > 0 else { throw .invalidArgument("a search begins at character 1 or later") }
        let text = search.bytes(row, 0..<search.byteCount(row))
        let place = Int(clamping: numbers[row] - 1)
        // Behind the last character there may still be an empty match; further on there is none.
        return place > TextKernels.scalarCount(text[...]) ? search.byteCount(row) + 1 : TextKernels.byteCount(text[...], scalars: place)
    }

    /// A group of the n-th match.
    ///
    /// Nil where there are not so many matches, or the group took no part in it.
    fileprivate func found(_ search: RegexpRows, _ row: Int, start: Int, number: Int, group: Int) throws(KernelError) -> Range<Int>? {
        let wanted = optional(number)?.integers()?[row] ?? 1
        let part = optional(group)?.integers()?[row] ?? 0
        guard wanted > 0, part >= 0 else { throw .invalidArgument("matches and groups are numbered from 1") }
        var count: Int64 = 0, last: RegexpRows.Match?
        try search.each(row, from: try self.start(start, row, search), givesGroups: part > 0) { (match) throws(KernelError) in
            count += 1
            if count == wanted { last = match }
            return count < wanted
        }
        guard let last else { return nil }
        // Without groups the whole match is the first.
        let index = last.count == 1 && part == 1 ? 0 : part
        return index < Int64(last.count) ? last[Int(index)] : nil
    }
}

/// Texts with the pattern and the flags of their rows.
private struct RegexpRows {
    private let texts: TextRows
    private let patterns: TextRows
    private let flagTexts: TextRows?
    private let memory: PatternMemory
    private let meter: WorkMeter

    private let knownFlags: String

    /// - Parameter knowsGlobal: whether the function may give more than one match, and takes the flag g for it.
    init(_ call: KernelCall, flags: Int, knowsGlobal: Bool = false, _ memory: PatternMemory) {
        knownFlags = AdvancedPattern.flags + (knowsGlobal ? "g" : "")
        (texts, patterns, self.memory, meter) = (TextRows(call[0]), TextRows(call[1]), memory, call.meter)
        flagTexts = call.optional(flags).map { TextRows($0) }
    }

    /// Bounds in bytes, the whole match first, then its groups; nil for a group that took no part.
    typealias Match = [Range<Int>?]

    /// Nil where one of them is none.
    func flags(_ row: Int) -> String? { AdvancedPattern.flags(flagTexts?[row] ?? [], of: knownFlags) }
    func byteCount(_ row: Int) -> Int { texts.range(at: row).count }

    func bytes(_ row: Int, _ range: Range<Int>) -> [UInt8] { Array(part(row, range)) }

    func part(_ row: Int, _ range: Range<Int>) -> ArraySlice<UInt8> {
        let text = texts[row]
        return text[(text.startIndex + range.lowerBound)..<(text.startIndex + range.upperBound)]
    }

    /// The groups' parts, or the whole match where the pattern has no group.
    func groups(_ match: Match, _ row: Int) -> [ArraySlice<UInt8>?] {
        (match.count > 1 ? Array(match.dropFirst()) : match).map { range in range.map { part(row, $0) } }
    }

    func first(_ row: Int, from start: Int, givesGroups: Bool) throws(KernelError) -> Match? {
        var first: Match?
        try each(row, from: start, givesGroups: givesGroups) { (match) throws(KernelError) in
            first = match
            return false
        }
        return first
    }

    /// Matches one behind the other, as long as `visit` wants more of them. Behind an empty one the search goes on a character further.
    ///
    /// - Parameters:
    ///   - givesGroups: what groups took is wanted, and not the whole matches alone.
    ///   - visit: false to end the walk.
    /// - Throws: `.invalidArgument` for an unknown flag; as the pattern's compilation, and for a text that is too long for it.
    func each(_ row: Int, from start: Int, givesGroups: Bool = false, _ visit: (Match) throws(KernelError) -> Bool) throws(KernelError) {
        guard let flags = flags(row) else {
            throw .invalidArgument("regular expressions know the flags i, c, n, m, p, w, s, x, q and t, and regexp_matches and regexp_replace g")
        }
        // Of i and c the one that was said last counts.
        let pattern = try memory.expression(Array(patterns[row]), ignoringCase: flags.last { "ic".contains($0) } == "i", isLongest: true, givesGroups: givesGroups, flags: flags, meter)
        var place = start
        let text = Array(texts[row])
        try text.withUnsafeBufferPointer { (bytes) throws(KernelError) in
            while place <= bytes.count {
                guard let match = try pattern.firstMatchGroups(in: bytes, from: place, isFurther: place > start, meter), let whole = match[0], try visit(match) else { return }
                place = whole.upperBound
                if whole.isEmpty {
                    place += 1
                    while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
                }
            }
        }
    }
}
