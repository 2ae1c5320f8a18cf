import ColumnStore

/// An advanced regular expression as a whole, and which of its matches PostgreSQL means.
///
/// PostgreSQL takes the longest of the matches that begin first, or the shortest where the first quantifier is lazy, and divides it among the parts from left to right, each as long
/// or as short as it likes to be. ICU takes the first way that leads to an end. Both find the same where each part, from where it begins, has its lengths tried in PostgreSQL's order;
/// what is said here of a pattern is what can be proved of it.
///
/// 1. A part is *fixed* where it can have one length only, as what stands behind it cannot be taken by it: `\\w+` before `\\s`.
/// 2. Parts that capture nothing are one part to PostgreSQL together: among them at most one may be other than fixed.
/// 3. What was captured in one turn of a repetition is forgotten in the next one by PostgreSQL, and not by ICU.
/// 4. PostgreSQL divides what is in parentheses once, and looks for no other way where a reference to it fits nothing; ICU does.
struct PatternTree {
    let root: PatternNode
    let groupCount: Int
    let ignoresCase: Bool
    /// By their numbers from 1: how many characters they take where that is always the same, what they may begin with, and whether they may be empty.
    private var groups: [(width: Int?, letters: LetterSet?, mayBeEmpty: Bool)] = [(0, nil, true)]

    /// The order in which ICU tries the lengths of a part.
    private enum Order { case fixed, longestFirst, shortestFirst, none }

    init(_ root: PatternNode, groupCount: Int, ignoresCase: Bool) {
        (self.root, self.groupCount, self.ignoresCase) = (root, groupCount, ignoresCase)
        groups += Array(repeating: (nil, nil, true), count: groupCount)
        learn(root)
    }

    /// Groups by what is in them: those to which others refer stand before them.
    private mutating func learn(_ node: PatternNode) {
        for part in node.parts { learn(part) }
        if case .group(let number?, let body) = node { groups[number] = (width(body), letters(body, then: nil), mayBeEmpty(body)) }
    }

    /// As ICU writes it.
    var written: String { root.written(ignoringCase: ignoresCase) }

    // MARK: What is asked

    /// Whether PostgreSQL prefers the shortest of the matches that begin first.
    var prefersShortest: Bool { prefersShortest(root) ?? false }

    /// Whether ICU's first match is the one that PostgreSQL means.
    var isFirstMeant: Bool { order(root, then: nil) != .none }

    /// Whether its groups take what they take in PostgreSQL, once it is known where the match ends.
    var dividesAlike: Bool { dividesAlike(root, then: LetterSet.none) }

    /// The same of a pattern that was made of one of SIMILAR TO: it fits a whole text, of which the first part takes as little as it may, and then the marked one as much.
    var dividesAlikeOfSimilar: Bool {
        guard let marked else { return false }
        let rest = letters(marked.behind, then: LetterSet.none)
        let first = order(marked.before, then: letters(marked.part, then: rest))
        guard first == .fixed || first == .shortestFirst else { return false }
        if width(marked.behind) != nil { return true }
        let second = order(marked.part, then: rest)
        return second == .fixed || second == .longestFirst
    }

    /// What stands before the part that marks of SIMILAR TO make the only group, that part, and what stands behind it. Nil where the marks stand in parentheses beside something else.
    var marked: (before: PatternNode, part: PatternNode, behind: PatternNode)? {
        var items = [root]
        // Where nothing else is there but places, parentheses around all of it divide nothing.
        while true {
            let taking = items.indices.filter { if case .place = items[$0] { false } else { true } }
            guard taking.count == 1, let only = taking.first else { break }
            switch items[only] {
            case .group(nil, let body): items.replaceSubrange(only...only, with: [body])
            case .sequence(let parts): items.replaceSubrange(only...only, with: parts)
            default: return nil
            }
        }
        guard let place = items.firstIndex(where: { if case .group(let number?, _) = $0 { number == 1 } else { false } }) else { return nil }
        return (before: PatternNode.sequence(Array(items[..<place])), part: items[place], behind: PatternNode.sequence(Array(items[(place + 1)...])))
    }

    /// - Throws: `.outside(.notSupported)` for references back to what PostgreSQL may have captured otherwise, and for what ICU would repeat without an end.
    func check() throws(KernelError) {
        guard !mayStandStill(root) else { throw Self.unsupported("a lazy quantifier without an end behind what may be empty") }
        try checkReferences(root, isRepeated: false, then: nil)
    }

    // MARK: Lengths

    /// In characters, where it is always the same.
    private func width(_ node: PatternNode) -> Int? {
        switch node {
        case .place, .look: return 0
        case .character: return 1
        case .backReference(let number): return groups[number].width
        case .group(_, let body): return width(body)
        case .sequence(let items):
            var sum = 0
            for item in items {
                guard let width = width(item) else { return nil }
                sum = sum.addingSaturating(width)
            }
            return sum
        case .choice(let items):
            guard let first = width(items[0]), items.allSatisfy({ width($0) == first }) else { return nil }
            return first
        case .repetition(let body, let min, let max, _):
            guard let width = width(body) else { return nil }
            return min == max || width == 0 ? width.multipliedSaturating(by: min) : nil
        }
    }

    private func mayBeEmpty(_ node: PatternNode) -> Bool {
        switch node {
        case .place, .look: true
        case .character: false
        case .backReference(let number): groups[number].mayBeEmpty
        case .group(_, let body): mayBeEmpty(body)
        case .sequence(let items): items.allSatisfy(mayBeEmpty)
        case .choice(let items): items.contains(where: mayBeEmpty)
        case .repetition(let body, let min, _, _): min == 0 || mayBeEmpty(body)
        }
    }

    /// What the character at a part's beginning may be. Nil is not known; none is the end of the text.
    ///
    /// - Parameter rest: what may follow where the part ends.
    private func letters(_ node: PatternNode, then rest: LetterSet?) -> LetterSet? {
        switch node {
        case .place(_, let isEnd): return isEnd ? LetterSet.none : rest
        case .character(_, let set): return set
        case .backReference(let number):
            guard let letters = groups[number].letters else { return nil }
            return groups[number].mayBeEmpty ? rest.map { $0.union(letters) } : letters
        case .look(true, false, let body): return letters(body, then: nil) ?? rest
        case .look(true, true, let body):
            guard let left = body.only?.inverted else { return rest }
            return rest?.intersection(left) ?? left
        case .look: return rest
        case .group(_, let body): return letters(body, then: rest)
        case .sequence(let items): return letters(items[...], then: rest)
        case .choice(let items):
            var all = LetterSet.none
            for item in items {
                guard let letters = letters(item, then: rest) else { return nil }
                all.formUnion(letters)
            }
            return all
        case .repetition(let body, let min, let max, _):
            if max == 0 { return rest }
            guard let letters = letters(body, then: rest) else { return nil }
            return min > 0 ? letters : rest.map { $0.union(letters) }
        }
    }

    private func letters(_ items: ArraySlice<PatternNode>, then rest: LetterSet?) -> LetterSet? { items.reversed().reduce(rest) { letters($1, then: $0) } }

    /// What may stand behind each of the parts of a sequence.
    private func behind(_ items: [PatternNode], then rest: LetterSet?) -> [LetterSet?] {
        var result: [LetterSet?] = [], next = rest
        for item in items.reversed() {
            result.append(next)
            next = letters(item, then: next)
        }
        return result.reversed()
    }

    // MARK: Order

    private func isFixed(_ node: PatternNode, then rest: LetterSet?) -> Bool {
        switch node {
        case .place, .character, .backReference, .look: return true
        case .group(_, let body): return isFixed(body, then: rest)
        case .sequence(let items): return zip(items, behind(items, then: rest)).allSatisfy { isFixed($0, then: $1) }
        case .choice(let items): return width(node) != nil || areToldApart(items, then: rest)
        case .repetition(let body, let min, let max, _):
            if min == max { return width(body) != nil }
            guard let own = body.only, let rest else { return false }
            return own.isDisjoint(with: rest)
        }
    }

    /// Whether at most one of the branches can be at one place: of any two there is a character in which they differ, which may be the one behind the shorter.
    private func areToldApart(_ items: [PatternNode], then rest: LetterSet?) -> Bool {
        let words = items.compactMap(word)
        guard words.count == items.count, words.count <= 64 else { return false }
        return words.indices.allSatisfy { index in
            words[..<index].allSatisfy { other in
                let (short, long) = words[index].count < other.count ? (words[index], other) : (other, words[index])
                if zip(short, long).contains(where: { $0.isDisjoint(with: $1) }) { return true }
                return short.count < long.count && rest?.isDisjoint(with: long[short.count]) ?? false
            }
        }
    }

    /// What each character of it may be, where they are always as many, and not many.
    private func word(_ node: PatternNode) -> [LetterSet]? {
        switch node {
        case .character(_, let set): return [set]
        case .group(_, let body): return word(body)
        case .sequence(let items):
            var word: [LetterSet] = []
            for item in items {
                guard let part = self.word(item), word.count + part.count <= 64 else { return nil }
                word += part
            }
            return word
        default: return nil
        }
    }

    /// As the first quantifier that prefers something says; nil where none does.
    func prefersShortest(_ node: PatternNode) -> Bool? {
        switch node {
        case .place, .character, .backReference, .look: return nil
        case .group(_, let body): return prefersShortest(body)
        case .sequence(let items):
            for item in items {
                if let preference = prefersShortest(item) { return preference }
            }
            return nil
        case .choice: return false
        case .repetition(let body, let min, let max, let isLazy): return min == max ? prefersShortest(body) : isLazy
        }
    }

    /// None also where the order is not the one that PostgreSQL prefers.
    private func order(_ node: PatternNode, then rest: LetterSet?) -> Order {
        if isFixed(node, then: rest) { return .fixed }
        let order = orderOfParts(node, then: rest)
        return order == .shortestFirst && prefersShortest(node) == true || order == .longestFirst && prefersShortest(node) == false ? order : .none
    }

    private func orderOfParts(_ node: PatternNode, then rest: LetterSet?) -> Order {
        switch node {
        case .place, .character, .backReference, .look: return .fixed
        case .group(_, let body): return order(body, then: rest)
        case .sequence(let items):
            let free = zip(items, behind(items, then: rest)).filter { !isFixed($0, then: $1) }
            return free.count == 1 ? order(free[0].0, then: free[0].1) : .none
        case .choice(let items):
            let widths = items.compactMap(width)
            return widths.count == items.count && zip(widths, widths.dropFirst()).allSatisfy(>=) ? .longestFirst : .none
        case .repetition(let body, let min, let max, let isLazy):
            if let width = width(body), width > 0 { return isLazy ? .shortestFirst : .longestFirst }
            guard min == 0, max == 1, !isLazy else { return .none }
            let order = order(body, then: rest)
            return order == .fixed || order == .longestFirst ? .longestFirst : .none
        }
    }

    // MARK: Groups

    private func dividesAlike(_ node: PatternNode, then rest: LetterSet?) -> Bool {
        guard !node.captures.isEmpty else { return true }
        switch node {
        case .place, .character, .backReference, .look: return true
        case .group(_, let body): return dividesAlike(body, then: rest)
        case .choice(let items): return items.allSatisfy { dividesAlike($0, then: rest) }
        case .repetition(let body, _, let max, _):
            guard !mayBeEmpty(body), dividesAlike(body, then: max == 1 ? rest : nil) else { return false }
            return max == 1 || width(body) != nil && !body.mayLeaveOutCaptures
        case .sequence(let items):
            let parts = Self.joined(items), behind = behind(parts, then: rest)
            // What stands behind it takes always as many characters, so that it has one end.
            let lastFree = parts.indices.last { width(parts[$0]) == nil } ?? 0
            return parts.indices.allSatisfy { index in
                dividesAlike(parts[index], then: behind[index]) && (index >= lastFree || order(parts[index], then: behind[index]) != .none)
            }
        }
    }

    /// Parts of a sequence, of which those beside each other that capture nothing and refer to nothing are one.
    private static func joined(_ items: [PatternNode]) -> [PatternNode] {
        var parts: [PatternNode] = [], plain: [PatternNode] = []
        func flush() {
            if !plain.isEmpty { parts.append(.sequence(plain)) }
            plain = []
        }
        for item in items {
            if item.captures.isEmpty, item.references.isEmpty {
                plain.append(item)
            } else {
                flush()
                parts.append(item)
            }
        }
        flush()
        return parts
    }

    // MARK: References

    /// Whether it repeats what may be empty as seldom as it can: ICU would go on doing so at one place.
    private func mayStandStill(_ node: PatternNode) -> Bool {
        switch node {
        case .look(_, _, let body): mayStandStill(body)
        case .repetition(let body, _, nil, true) where mayBeEmpty(body): true
        default: node.parts.contains(where: mayStandStill)
        }
    }

    private func checkReferences(_ node: PatternNode, isRepeated: Bool, then rest: LetterSet?) throws(KernelError) {
        guard !node.references.isEmpty else { return }
        switch node {
        case .place, .character, .backReference, .look: return
        case .group(_, let body): try checkReferences(body, isRepeated: isRepeated, then: rest)
        case .repetition(.backReference, _, _, _): return
        case .repetition(let body, _, let max, _):
            // PostgreSQL may not find the empty text in it as often as is wanted.
            guard max == 1 || !mayBeEmpty(body) else { throw Self.unsupported("a repetition of what refers back and may be empty") }
            try checkReferences(body, isRepeated: isRepeated || max != 1, then: max == 1 ? rest : nil)
        case .choice(let items):
            var known: Set<Int> = []
            for item in items {
                guard item.references.isDisjoint(with: known) else { throw Self.unsupported("a reference back to a group of another branch") }
                known.formUnion(item.captures)
                try checkReferences(item, isRepeated: isRepeated, then: rest)
            }
        case .sequence(let items):
            let behind = behind(items, then: rest)
            var places: [Int: Int] = [:], told: Set<Int> = []
            for (index, item) in items.enumerated() {
                for place in Set(item.references.compactMap { places[$0] }) {
                    // Once for all that refer to it: where parentheses stand deep within each other it takes long.
                    guard !told.insert(place).inserted || tellsCaptures(items[place], then: behind[place]) else {
                        throw Self.unsupported("a reference back into parentheses that may be divided in several ways")
                    }
                    // PostgreSQL wants the group to be there also where a quantifier may leave out the reference.
                    if isRepeated || item.mayLeaveOutReferences, items[place].mayLeaveOutCaptures { throw Self.unsupported("a reference back to a group that may be left out, by a quantifier or within a repetition,") }
                }
                try checkReferences(item, isRepeated: isRepeated, then: behind[index])
                for number in item.captures { places[number] = index }
            }
        }
    }

    private static func unsupported(_ what: String) -> KernelError { .outside(.notSupported, "\(what) is not supported in a pattern that looks around or back") }

    /// Whether what its groups take follows from what it takes as a whole.
    private func tellsCaptures(_ node: PatternNode, then rest: LetterSet?) -> Bool {
        guard !node.captures.isEmpty else { return true }
        switch node {
        case .place, .character, .backReference, .look: return true
        case .group(_, let body): return tellsCaptures(body, then: rest)
        case .choice: return false
        case .repetition(let body, _, let max, _):
            guard !mayBeEmpty(body), tellsCaptures(body, then: max == 1 ? rest : nil) else { return false }
            return max == 1 || width(body) != nil && !body.mayLeaveOutCaptures
        case .sequence(let items):
            let behind = behind(items, then: rest)
            guard items.indices.allSatisfy({ tellsCaptures(items[$0], then: behind[$0]) }) else { return false }
            // From its beginning each part has one length, up to one that has not; from its end those behind that one.
            guard let free = items.indices.first(where: { !isFixed(items[$0], then: behind[$0]) }) else { return true }
            return items[(free + 1)...].allSatisfy { width($0) != nil }
        }
    }
}
