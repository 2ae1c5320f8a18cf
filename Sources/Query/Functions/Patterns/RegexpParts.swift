import ColumnStore

/// What a regular expression finds in a text: whether, how often, where, and which parts. Patterns are RE2's; flags are those of `AdvancedPattern`, and g where it means
/// something.
extension SQLFunction {
    static let regexpLike = SQLFunction("regexp_like", takes: [.string, .string, .string], required: 2, gives: .boolean, runs: .regexpLike)
    static let regexpCount = SQLFunction("regexp_count", takes: [.string, .string, .int32, .string], required: 2, gives: .int32, runs: .regexpCount)
    static let regexpSubstr = SQLFunction(
        "regexp_substr", takes: [.string, .string, .int32, .int32, .string, .int32], required: 2, gives: .string, runs: .regexpSubstr)
    static let regexpInstr = SQLFunction(
        "regexp_instr", takes: [.string, .string, .int32, .int32, .int32, .string, .int32], required: 2, gives: .int32, runs: .regexpInstr)
    static let regexpMatch = SQLFunction("regexp_match", takes: [.string, .string, .string], required: 2, gives: .listOf(.string), runs: .regexpMatch)
    static let regexpSplitToArray = SQLFunction(
        "regexp_split_to_array", takes: [.string, .string, .string], required: 2, gives: .listOf(.string), runs: .regexpSplit)
}

extension ScalarFunction {
    static let regexpLike = searching("regexp_like") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, memory)
        return try call.truths { (row) throws(KernelError) in try search.first(row, from: 0) != nil }
    }

    static let regexpCount = searching("regexp_count") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 3, memory)
        return try call.numbers { (row) throws(KernelError) in
            Int64(try search.all(row, from: try call.start(2, row, search), limit: .max).count)
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
        return try call.lists { (row) throws(KernelError) in try search.first(row, from: 0).map { search.groups($0, row) } }
    }

    /// A list for the first match, or with the flag g for each.
    static let regexpMatches = searching("regexp_matches") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, knowsGlobal: true, memory)
        return try call.lists { (row) throws(KernelError) in
            try search.all(row, from: 0, limit: search.flags(row).contains("g") ? .max : 1).map { .list(search.groups($0, row)) }
        }
    }

    /// The parts between the matches; an empty match at the start, the end, or behind another one cuts nothing.
    static let regexpSplit = searching("regexp_split_to_array") { (call, memory) throws(KernelError) in
        let search = RegexpRows(call, flags: 2, memory)
        return try call.lists { (row) throws(KernelError) in
            var parts: [Value] = [], start = 0
            for match in try search.all(row, from: 0, limit: .max) {
                guard let whole = match[0] else { continue }
                if whole.isEmpty, whole.lowerBound == start || whole.lowerBound == search.byteCount(row) { continue }
                parts.append(.bytes(search.bytes(row, start..<whole.lowerBound)))
                start = whole.upperBound
            }
            parts.append(.bytes(search.bytes(row, start..<search.byteCount(row))))
            return parts
        }
    }

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
        return place > TextKernels.scalarCount(text[...]) ? search.byteCount(row) + 1 : TextKernels.byteCount(text[...], scalars: place)
    }

    /// A group of the n-th match.
    fileprivate func found(_ search: RegexpRows, _ row: Int, start: Int, number: Int, group: Int) throws(KernelError) -> Range<Int>? {
        let wanted = optional(number)?.integers()?[row] ?? 1
        let part = optional(group)?.integers()?[row] ?? 0
        guard wanted > 0, part >= 0 else { throw .invalidArgument("matches and groups are numbered from 1") }
        let matches = try search.all(row, from: try self.start(start, row, search), limit: Int(clamping: wanted))
        guard matches.count == Int(clamping: wanted), let match = matches.last, Int(clamping: part) < match.count else { return nil }
        return match[Int(part)]
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

    typealias Match = [Range<Int>?]

    func flags(_ row: Int) -> String { flagTexts.map { String(decoding: $0[row], as: UTF8.self) } ?? "" }
    func byteCount(_ row: Int) -> Int { texts.range(at: row).count }

    func bytes(_ row: Int, _ range: Range<Int>) -> [UInt8] {
        let text = texts[row]
        return Array(text[(text.startIndex + range.lowerBound)..<(text.startIndex + range.upperBound)])
    }

    func groups(_ match: Match, _ row: Int) -> [Value] {
        (match.count > 1 ? Array(match.dropFirst()) : match).map { part in part.map { .bytes(bytes(row, $0)) } ?? .null }
    }

    func first(_ row: Int, from start: Int) throws(KernelError) -> Match? { try all(row, from: start, limit: 1).first }

    /// Matches one behind the other. Behind an empty one the search goes on a character further.
    func all(_ row: Int, from start: Int, limit: Int) throws(KernelError) -> [Match] {
        let flags = flags(row)
        guard flags.allSatisfy({ knownFlags.contains($0) }) else {
            throw .invalidArgument("regular expressions know the flags i, c, n, m, p, w, s, x and t, and regexp_matches and regexp_replace g")
        }
        let pattern = try memory.expression(Array(patterns[row]), ignoringCase: flags.last { "ic".contains($0) } == "i", isLongest: true, flags: flags)
        var found: [Match] = [], place = start
        let text = Array(texts[row])
        try text.withUnsafeBufferPointer { (bytes) throws(KernelError) in
            while place <= bytes.count, found.count < limit {
                try TextKernels.admit(bytes, pattern, meter)
                guard let match = pattern.firstMatchGroups(in: bytes, from: place), let whole = match[0] else { return }
                try meter.charge(32 * match.count)
                found.append(match)
                place = whole.upperBound
                if whole.isEmpty {
                    place += 1
                    while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
                }
            }
        }
        return found
    }
}
