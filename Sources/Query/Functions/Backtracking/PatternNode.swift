/// A part of an advanced regular expression.
indirect enum PatternNode: Sendable {
    /// Takes nothing, and says where a match may be: as ICU writes it.
    case place(String, isEnd: Bool)
    /// Takes one character: as ICU writes it, and which it may be.
    case character(String, LetterSet)
    case backReference(Int)
    case look(isAhead: Bool, isNegative: Bool, PatternNode)
    /// In parentheses; with a number where it captures.
    case group(Int?, PatternNode)
    /// One behind the other; none is the empty text.
    case sequence([PatternNode])
    case choice([PatternNode])
    /// - max: nil without an end.
    case repetition(PatternNode, min: Int, max: Int?, isLazy: Bool)

    /// As ICU writes it.
    ///
    /// - Parameter ignoringCase: whether a reference back takes both cases; characters are written with theirs.
    func written(ignoringCase: Bool) -> String {
        switch self {
        case .place(let text, _), .character(let text, _): text
        // In parentheses, so that a digit behind it is no part of the number.
        case .backReference(let number): "(?\(ignoringCase ? "i" : ""):\\\(number))"
        case .look(let isAhead, let isNegative, let body): "(?\(isAhead ? "" : "<")\(isNegative ? "!" : "=")\(body.written(ignoringCase: ignoringCase)))"
        case .group(let number, let body): "(\(number == nil ? "?:" : "")\(body.written(ignoringCase: ignoringCase)))"
        case .sequence(let items): items.map { $0.written(ignoringCase: ignoringCase) }.joined()
        case .choice(let items): items.map { $0.written(ignoringCase: ignoringCase) }.joined(separator: "|")
        case .repetition(let body, let min, let max, let isLazy):
            body.written(ignoringCase: ignoringCase) + Self.quantifier(min, max) + (isLazy ? "?" : "")
        }
    }

    /// As RE2 writes it, without groups that capture and preferences: for whether it fits, and how far. Nil where RE2 has no equal.
    var linear: String? {
        switch self {
        case .place(let text, _): return PatternReader.linearPlaces[text]
        case .character(let text, _): return Self.linear(character: text)
        case .backReference, .look: return nil
        case .group(_, let body): return body.linear.map { "(?:\($0))" }
        case .sequence(let items): return Self.linear(items, separator: "")
        case .choice(let items): return Self.linear(items, separator: "|")
        case .repetition(let body, let min, let max, _): return body.linear.map { "(?:\($0))" + Self.quantifier(min, max) }
        }
    }

    private static func linear(_ items: [PatternNode], separator: String) -> String? {
        let written = items.compactMap(\.linear)
        return written.count == items.count ? written.joined(separator: separator) : nil
    }

    private static func linear(character text: String) -> String? {
        // A set within a set is ICU's alone: RE2 has what stands for those of `\\W` and `\\S`.
        if text.utf8.filter({ $0 == UInt8(ascii: "[") }).count > 1 {
            let rest = complements.reduce(text) { $0.replacing($1.nested, with: "") }
            return rest.utf8.filter({ $0 == UInt8(ascii: "[") }).count > 1 ? nil : complements.reduce(text) { $0.replacing($1.nested, with: $1.linear) }
        }
        // RE2 of 2022 may lose one of a set's two letters, where a choice has the other one before it (`RegularExpression`): two are a choice.
        let codes = text.dropFirst().dropLast().split(separator: "}")
        guard text.first == "[", codes.count == 2, codes.allSatisfy({ $0.hasPrefix("\\x{") }) else { return text }
        return "(?:\(codes[0])}|\(codes[1])})"
    }

    private static let complements: [(nested: String, linear: String)] = [("word", LetterClasses.noWord), ("space", LetterClasses.noSpace)].compactMap { name, linear in
        (try? PatternReader.classSet(name, ignoringCase: false)).map { (nested: "[^\($0.0)]", linear: linear) }
    }

    private static func quantifier(_ min: Int, _ max: Int?) -> String {
        switch (min, max) {
        case (0, nil): "*"
        case (1, nil): "+"
        case (0, 1): "?"
        case (_, nil): "{\(min),}"
        case (_, let max?): min == max ? "{\(min)}" : "{\(min),\(max)}"
        }
    }

    /// Parts that it is made of. What looks around captures nothing and refers to nothing: it is no part here.
    var parts: [PatternNode] {
        switch self {
        case .place, .character, .backReference, .look: []
        case .group(_, let body), .repetition(let body, _, _, _): [body]
        case .sequence(let items), .choice(let items): items
        }
    }

    /// Numbers of the groups that capture in it.
    var captures: Set<Int> {
        var numbers = parts.reduce(into: Set<Int>()) { $0.formUnion($1.captures) }
        if case .group(let number?, _) = self { numbers.insert(number) }
        return numbers
    }

    /// Numbers of the groups that it refers back to.
    var references: Set<Int> {
        if case .backReference(let number) = self { return [number] }
        return parts.reduce(into: Set<Int>()) { $0.formUnion($1.references) }
    }

    /// The one character that it takes, if it takes just one.
    var only: LetterSet? {
        switch self {
        case .character(_, let set): set
        case .group(_, let body): body.only
        case .sequence(let items): items.count == 1 ? items[0].only : nil
        default: nil
        }
    }

    /// Whether a way through it may leave out a group that captures.
    var mayLeaveOutCaptures: Bool {
        switch self {
        case .choice where !captures.isEmpty: true
        case .repetition(_, min: 0, _, _) where !captures.isEmpty: true
        default: parts.contains(where: \.mayLeaveOutCaptures)
        }
    }

    /// Whether a quantifier may leave out a reference.
    var mayLeaveOutReferences: Bool {
        if case .repetition(_, min: 0, _, _) = self, !references.isEmpty { return true }
        return parts.contains(where: \.mayLeaveOutReferences)
    }
}
