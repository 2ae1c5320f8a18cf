import ColumnStore

/// Patterns compiled for the last constant seen: of one place in a query, and of one worker.
///
/// One entry of each kind is enough: a pattern is constant, or changes with each row. Not to be shared between threads.
final class PatternMemory {
    private var likePattern: (text: [UInt8], escape: [UInt8], pattern: LikePattern)?
    private var regularExpression: (text: [UInt8], ignoringCase: Bool, flags: String, givesGroups: Bool, pattern: TextPattern)?

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
    ///   - givesGroups: what groups took is wanted, too.
    ///   - isOfSimilar: the pattern was made of one of SIMILAR TO.
    /// - Throws: `.outside` for a pattern that neither RE2 nor ICU has, and where they would take another part than PostgreSQL; where its memory is not there.
    func expression(
        _ text: [UInt8], ignoringCase: Bool, isLongest: Bool = false, givesGroups: Bool = false, isOfSimilar: Bool = false, flags: String = "", _ meter: WorkMeter
    ) throws(KernelError) -> TextPattern {
        if let known = regularExpression, known.text == text, known.ignoringCase == ignoringCase, known.flags == flags, known.givesGroups == givesGroups { return known.pattern }
        if let old = regularExpression?.pattern.byteCount, old > 0 { meter.forget(old) }
        regularExpression = nil
        let pattern = try Self.compiled(text, ignoringCase: ignoringCase, isLongest: isLongest, givesGroups: givesGroups, isOfSimilar: isOfSimilar, flags: flags, meter)
        regularExpression = (text, ignoringCase, flags, givesGroups, pattern)
        return pattern
    }

    private static func compiled(
        _ text: [UInt8], ignoringCase: Bool, isLongest: Bool, givesGroups: Bool, isOfSimilar: Bool, flags: String, _ meter: WorkMeter
    ) throws(KernelError) -> TextPattern {
        func backtracking(_ tree: PatternTree) throws(KernelError) -> TextPattern {
            // Nobody could end its searches: none is made of what comes with the data.
            guard meter.cancellation != nil || meter.isPatternWritten else { throw BacktrackingPattern.isForQueries }
            if isOfSimilar, givesGroups, tree.groupCount > 0, !tree.dividesAlikeOfSimilar {
                throw .outside(.notSupported, "a part of a text that may be marked in several ways is not supported beside what refers back")
            }
            return .backtracking(try BacktrackingPattern(tree, isTest: !isLongest, meter))
        }
        if let tree = try PatternReader.read(text, ignoringCase: ignoringCase, flags: flags) { return try backtracking(tree) }
        let head = try PatternHead(text, ignoringCase: ignoringCase, flags: flags)
        // What is made of a pattern of SIMILAR fits whole texts, and its lazy quantifiers stand before all others.
        if isLongest, !isOfSimilar, !head.flags.contains("q"), AdvancedPattern.mixesPreferences(head.rest) {
            // A part of it would be chosen otherwise than PostgreSQL chooses, for whom the first quantifier speaks for the whole pattern.
            throw .outside(.notSupported, "lazy quantifiers beside others, or beside |, are not supported in a pattern that gives a part of a text")
        }
        let translated: [UInt8]
        do throws(RegularExpression.Fault) {
            // Rules and conditions have no ICU, since nobody could end its searches, and go on with what they were taken with.
            translated = try AdvancedPattern.translated(
                head.rest, isTest: !isLongest, flags: head.flags, ignoringCase: head.ignoringCase, for: meter.cancellation != nil ? .query : .rule)
        } catch {
            throw MeteredExpression.bad(error)
        }
        if AdvancedPattern.hasEdgeLeft(translated), let tree = try PatternReader.read(text, ignoringCase: ignoringCase, flags: flags, hasEdgeLeft: true) { return try backtracking(tree) }
        let metered = try MeteredExpression(translated, ignoringCase: head.ignoringCase, syntax: isLongest ? .re2Longest : .re2, meter)
        guard givesGroups, metered.expression.groupCount > 0 else { return .linear(metered) }
        do throws(KernelError) {
            guard let division = try makeDivision(text, ignoringCase: ignoringCase, flags: flags, isOfSimilar: isOfSimilar, meter) else { return .linear(metered) }
            return .divided(metered, division)
        } catch {
            meter.forget(metered.byteCount)
            throw error
        }
    }

    /// Nil where RE2 divides a match among the pattern's groups as PostgreSQL does.
    private static func makeDivision(
        _ text: [UInt8], ignoringCase: Bool, flags: String, isOfSimilar: Bool, _ meter: WorkMeter
    ) throws(KernelError) -> PatternDivision? {
        // Its tree is proved by walks within walks, of which each goes down to the innermost parentheses.
        let byteCount = text.count.multipliedSaturating(by: 64)
        try meter.charge(byteCount)
        defer { meter.uncharge(byteCount) }
        guard let (tree, depth) = PatternReader.capturing(text, ignoringCase: ignoringCase, flags: flags) else { return nil }
        let stepCount = text.count.multipliedSaturating(by: (depth + 1) * (depth + 1) * (depth + 1))
        guard stepCount <= Self.proofStepCountMax else {
            throw .outside(.notSupported, "groups in a pattern whose parentheses stand so deep within each other are not supported: use a shorter one")
        }
        try meter.step(stepCount)
        let dividesAlike = isOfSimilar ? tree.dividesAlikeOfSimilar : tree.dividesAlike
        if dividesAlike { return nil }
        return try PatternDivision(tree, isOfSimilar: isOfSimilar, meter)
    }

    /// Some tenths of a second.
    private static let proofStepCountMax = 1 << 24
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
