import ColumnStore

/// Sets in brackets, and what a backslash means.
extension PatternReader {
    /// The letters of the other case of so many characters are found at once.
    private static let narrowCountMax: UInt32 = 256

    /// Behind `[`, up to the bracket that closes.
    mutating func set() throws(KernelError) -> PatternNode {
        if take("[:<:]]") { return edge(Self.wordStart, 2) }
        if take("[:>:]]") { return edge(Self.wordEnd, 2) }
        let isNegated = take("^")
        var text = "", letters = LetterSet(), isFirst = true, ranges: [ClosedRange<UInt32>] = []
        while isFirst || !take("]") {
            defer { isFirst = false }
            if let name = try className() {
                count(ignoresCase ? .inBothCases : .plain)
                let (inside, its) = try Self.classSet(name, ignoringCase: ignoresCase)
                text += inside
                letters.formUnion(its)
            } else if bytes[place...].starts(with: "\\".utf8), let (inside, its) = try escapedSet() {
                text += inside
                letters.formUnion(its)
            } else {
                let first = try element(isFirst: isFirst)
                var last = first
                if peek() == UInt8(ascii: "-"), peek(1) != UInt8(ascii: "]") {
                    place += 1
                    last = try element(isFirst: true)
                }
                guard first <= last else { throw Self.bad("invalid character range") }
                if ignoresCase, last - first > Self.narrowCountMax { count(.wideInBothCases) }
                text += Self.code(first...last)
                ranges.append(first...last)
                letters.formUnion(LetterSet(first...last))
            }
        }
        // Of a set that leaves something out the letters of the other case only make fewer.
        if ignoresCase, !isNegated { letters = letters.withBothCases }
        if isNegated, lines.stopsDots {
            text += "\\n"
            letters.formUnion(LetterSet(0x0A...0x0A))
        }
        // ICU itself would take the letters of more cases than PostgreSQL does.
        if ignoresCase { text += LetterClasses.otherCases(of: ranges).map(Self.code).joined() }
        return .character("[\(isNegated ? "^" : "")\(text)]", isNegated ? letters.inverted : letters)
    }

    /// `[:name:]`.
    private mutating func className() throws(KernelError) -> String? {
        guard take("[:") else { return nil }
        let start = place
        while let byte = peek(), byte != UInt8(ascii: ":") { place += 1 }
        let name = String(word: bytes[start..<place])
        guard take(":]") else { throw Self.bad("brackets [] not balanced") }
        return name
    }

    /// One character of a set: itself, `[.x.]` or `[=x=]`, or one that is escaped.
    private mutating func element(isFirst: Bool) throws(KernelError) -> UInt32 {
        for kind in [".", "="] where take("[" + kind) {
            let value = try scalar()
            guard take(kind + "]") else { throw Self.bad("invalid collating element: [.x.] and [=x=] name one character by itself") }
            return value
        }
        guard let byte = peek() else { throw Self.bad("brackets [] not balanced") }
        if byte == UInt8(ascii: "\\") {
            place += 1
            guard let value = try escapedCharacter() else { throw Self.bad("invalid escape \\ sequence") }
            return value
        }
        // In the middle it would be a range without a start.
        if byte == UInt8(ascii: "-"), !isFirst, peek(1) != UInt8(ascii: "]") { throw Self.bad("invalid character range") }
        return try scalar()
    }

    /// `\\w` and its like in a set; nil, and nothing passed, for other escapes.
    private mutating func escapedSet() throws(KernelError) -> (String, LetterSet)? {
        guard let letter = peek(1), let name = Self.shorthands[letter | 0x20], let whole = LetterSet(className: name) else { return nil }
        place += 2
        let isWhole = letter & 0x20 != 0
        count(!ignoresCase ? .plain : isWhole ? .inBothCases : .wideInBothCases)
        let inside = try Self.classSet(name, ignoringCase: false).0
        return isWhole ? (inside, whole) : ("[^\(inside)]", whole.inverted)
    }

    static let shorthands: [UInt8: String] = [UInt8(ascii: "d"): "digit", UInt8(ascii: "s"): "space", UInt8(ascii: "w"): "word"]

    /// The inside of a set for a class.
    static func classSet(_ name: String, ignoringCase: Bool) throws(KernelError) -> (String, LetterSet) {
        // Of both cases all letters are.
        let name = ignoringCase && (name == "upper" || name == "lower") ? "alpha" : name
        guard let ranges = LetterClasses.ofASCII[name], let letters = LetterSet(className: name) else { throw bad("invalid character class") }
        return (ranges.map { "\(code($0.lowerBound))-\(code($0.upperBound))" }.joined() + (LetterClasses.beyondASCII[name] ?? ""), letters)
    }

    /// A character by its number, which no syntax can take for a sign.
    static func code(_ value: UInt32) -> String { "\\x{\(String(value, radix: 16))}" }

    /// Within a set.
    static func code(_ range: ClosedRange<UInt32>) -> String { range.count == 1 ? code(range.lowerBound) : "\(code(range.lowerBound))-\(code(range.upperBound))" }

    /// Behind a backslash: the character that is meant; nil, and nothing passed, where it is none.
    ///
    /// - Throws: for letters and digits that mean nothing, and at the end of the pattern.
    mutating func escapedCharacter() throws(KernelError) -> UInt32? {
        guard let letter = peek() else { throw Self.bad("invalid escape \\ sequence") }
        guard letter < 0x80, LetterClasses.isWord(letter), letter != UInt8(ascii: "_") else { return try scalar() }
        if let simple = Self.simple[letter] {
            place += 1
            return simple
        }
        switch letter {
        case UInt8(ascii: "c"):
            guard let control = peek(1), control < 0x80 else { throw Self.bad("invalid escape \\ sequence") }
            place += 2
            return UInt32(control & 0x1F)
        case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
            place += 1
            // All digits that stand behind \x, and as many as there must be behind the others.
            let wanted = letter == UInt8(ascii: "x") ? nil : letter == UInt8(ascii: "u") ? 4 : 8
            return try number(radix: 16, countMax: wanted ?? .max, countMin: wanted ?? 1)
        case UInt8(ascii: "0"): return try number(radix: 8, countMax: 3, countMin: 1)
        default: return nil
        }
    }

    static let simple: [UInt8: UInt32] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "B"): 0x5C, UInt8(ascii: "e"): 0x1B, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
        UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B,
    ]

    /// Digits at hand, of which no character's number has more than there is room for.
    mutating func number(radix: UInt32, countMax: Int, countMin: Int) throws(KernelError) -> UInt32 {
        var value: UInt32 = 0, count = 0
        while count < countMax, let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix {
            value = value * radix + UInt32(digit)
            guard value <= 0x10FFFF else { throw Self.bad("invalid escape \\ sequence") }
            place += 1
            count += 1
        }
        guard count >= countMin else { throw Self.bad("invalid escape \\ sequence") }
        return value
    }
}
