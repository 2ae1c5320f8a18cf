import ColumnStore

/// Patterns compiled for the last constant seen: of one place in a query, and of one worker.
///
/// One entry of each kind is enough: a pattern is constant, or changes with each row. Not to be shared between threads.
final class PatternMemory {
    private var likePattern: (text: [UInt8], escape: [UInt8], pattern: LikePattern)?
    private var regularExpression: (text: [UInt8], ignoringCase: Bool, flags: String, pattern: TextPattern)?

    /// - Throws: where its memory is not there.
    func like(_ text: [UInt8], escape: [UInt8], ignoringCase: Bool, _ meter: WorkMeter) throws(KernelError) -> LikePattern {
        if let known = likePattern, known.text == text, known.escape == escape { return known.pattern }
        // Its characters as items, and its parts as bytes.
        try meter.charge(8 * text.count)
        let pattern = LikePattern(text, escape: escape, ignoringCase: ignoringCase)
        likePattern = (text, escape, pattern)
        return pattern
    }

    /// - Parameters:
    ///   - isLongest: a part of the text is wanted, and not whether there is a match.
    ///   - isOfSimilar: the pattern was made of one of SIMILAR TO.
    /// - Throws: `.outside` for a pattern that neither RE2 nor ICU has, and where they would take another part than PostgreSQL; where its memory is not there.
    func expression(
        _ text: [UInt8], ignoringCase: Bool, isLongest: Bool = false, isOfSimilar: Bool = false, flags: String = "", _ meter: WorkMeter
    ) throws(KernelError) -> TextPattern {
        if let known = regularExpression, known.text == text, known.ignoringCase == ignoringCase, known.flags == flags { return known.pattern }
        if case .backtracking(let old)? = regularExpression?.pattern { meter.forget(old.byteCount) }
        regularExpression = nil
        let pattern = try Self.compiled(text, ignoringCase: ignoringCase, isLongest: isLongest, isOfSimilar: isOfSimilar, flags: flags, meter)
        regularExpression = (text, ignoringCase, flags, pattern)
        return pattern
    }

    private static func compiled(
        _ text: [UInt8], ignoringCase: Bool, isLongest: Bool, isOfSimilar: Bool, flags: String, _ meter: WorkMeter
    ) throws(KernelError) -> TextPattern {
        if let tree = try PatternReader.read(text, ignoringCase: ignoringCase, flags: flags) {
            return .backtracking(try BacktrackingPattern(tree, isTest: !isLongest, meter))
        }
        let head = try PatternHead(text, ignoringCase: ignoringCase, flags: flags)
        // What is made of a pattern of SIMILAR fits whole texts, and its lazy quantifiers stand before all others.
        if isLongest, !isOfSimilar, !head.flags.contains("q"), AdvancedPattern.mixesPreferences(head.rest) {
            // A part of it would be chosen otherwise than PostgreSQL chooses, for whom the first quantifier speaks for the whole pattern.
            throw .outside(.notSupported, "lazy quantifiers beside others, or beside |, are not supported in a pattern that gives a part of a text")
        }
        do {
            return .linear(
                try RegularExpression(
                    try AdvancedPattern.translated(head.rest, isTest: !isLongest, flags: head.flags), ignoringCase: head.ignoringCase, syntax: isLongest ? .re2Longest : .re2))
        } catch {
            throw .outside(.badPattern, "the pattern is not one of RE2's: \(error.reason)")
        }
    }
}

extension KernelCall {
    /// Texts of the first argument, each against a pattern of its own in the second, with what else the row has in `others`.
    func eachPattern(_ others: [Int] = [], _ test: (Column, [UInt8], Int) throws(KernelError) -> Column) throws(KernelError) -> Column {
        let validity = TextKernels.validity([columns[0], columns[1]] + others.map { columns[$0] })
        let (texts, patterns) = (TextRows(columns[0]), TextRows(columns[1]))
        var bits = Bitmap(repeating: false, count: columns[0].count)
        for row in 0..<columns[0].count where validity?[row] ?? true {
            try meter.step(patterns.range(at: row).count + texts.range(at: row).count)
            let text = Column.constant(.bytes(Array(texts[row])), type: .string, count: 1).flattened()
            if try test(text, Array(patterns[row]), row).bitmap()[0] { bits[row] = true }
        }
        return .boolean(bits, validity: validity)
    }
}
