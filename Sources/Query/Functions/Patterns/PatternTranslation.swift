/// One walk over an advanced regular expression from left to right, which writes it as RE2 does: escapes outside and within sets, classes within sets, letters in both cases, and everything
/// else as it stands. `AdvancedPattern` says what means what.
///
/// Invariants:
/// 1. `result` is what RE2 writes for all that stands before `rest`;
/// 2. `last` is of the part that `result` ends with, and no quantifier stands behind that.
struct PatternTranslation {
    /// What stands beside an edge of a word.
    private enum Neighbour { case letterOfASCII, letter, noLetter, unknown }

    private var rest: ArraySlice<UInt8>
    private var result: [UInt8] = []
    private var last = Neighbour.unknown
    private var isInSet = false
    private var set = SetElements()
    /// Whether an edge of a word where the pattern begins or ends may take the character beside it.
    private let takesNeighbours: Bool
    private let excludesLineEnds: Bool
    private let ignoresCase: Bool
    /// Whether what PostgreSQL has not is refused, and not left to RE2.
    private let isStrict: Bool
    private let use: AdvancedPattern.Use
    /// Of `result`: what was written for the letters of other cases.
    private var caseByteCount = 0

    private static let word = LetterClasses.word
    /// Letters and digits that mean something behind a backslash, besides those of `AdvancedPattern.character`.
    private static let escapes = "dswDSWAmMyYZabBefnrtv0123456789"

    /// A letter in two cases is five to ten times as long as in one. RE2 needs no more for it, which it does for a class.
    private static let caseByteCountMax = RegularExpression.translatedByteCountMax - RegularExpression.patternByteCountMax

    /// - Parameter isTest: whether it only matters that the pattern matches, and not what.
    init(_ pattern: [UInt8], isTest: Bool, excludesLineEnds: Bool, ignoringCase: Bool, isStrict: Bool, for use: AdvancedPattern.Use) {
        rest = pattern[...]
        // An alternative has edges of its own.
        takesNeighbours = isTest && !pattern.contains(UInt8(ascii: "|"))
        (self.excludesLineEnds, ignoresCase) = (excludesLineEnds, ignoringCase)
        (self.isStrict, self.use) = (isStrict, use)
    }

    /// - Throws: for escapes, classes and collating elements that PostgreSQL has not; for a pattern that is too long.
    mutating func run() throws(RegularExpression.Fault) -> [UInt8] {
        if takesNeighbours { takeFirstEdge() }
        while let byte = rest.first {
            try checkLength()
            if byte == UInt8(ascii: "\\") {
                try takeEscape()
            } else if isInSet {
                try takeFromSet(byte)
            } else if byte == UInt8(ascii: "[") {
                openSet()
            } else if byte >= 0x80 || LetterClasses.isWord(byte) {
                let (bytes, value) = takeScalar()
                write(value, as: Array(bytes))
            } else {
                result.append(byte)
                rest = rest.dropFirst()
                last = .unknown
            }
        }
        try checkLength()
        return result
    }

    private func checkLength() throws(RegularExpression.Fault) {
        guard result.count - caseByteCount <= RegularExpression.patternByteCountMax, caseByteCount <= Self.caseByteCountMax else { throw RegularExpression.Fault.tooLong }
    }

    /// A text without regard to case, every character as itself.
    static func literal(_ text: [UInt8]) -> [UInt8] {
        var translation = PatternTranslation(text, isTest: false, excludesLineEnds: false, ignoringCase: true, isStrict: true, for: .query)
        while !translation.rest.isEmpty {
            let (bytes, value) = translation.takeScalar()
            translation.write(value, as: AdvancedPattern.literal(Array(bytes)))
        }
        return translation.result
    }

    /// The character at hand.
    private mutating func takeScalar() -> (bytes: ArraySlice<UInt8>, value: UInt32?) {
        let end = rest.dropFirst().firstIndex { $0 & 0xC0 != 0x80 } ?? rest.endIndex
        let bytes = rest[..<end]
        rest = rest[end...]
        if bytes.count == 1, let byte = bytes.first, byte < 0x80 { return (bytes, UInt32(byte)) }
        return (bytes, String(decoding: bytes, as: UTF8.self).unicodeScalars.first?.value)
    }

    /// A character by its number, nil where that is not known, and as the pattern has it.
    private mutating func write(_ value: UInt32?, as code: [UInt8]) {
        if isInSet {
            set.add(value)
            result += code
            return
        }
        if ignoresCase, let value, LetterClasses.widelyFolded.contains(value) {
            let start = result.count
            result += "(?-i:[".utf8
            for letter in LetterClasses.cases(value) { result += Self.letter(letter).utf8 }
            result += "])".utf8
            caseByteCount += max(0, result.count - start - code.count)
        } else {
            result += code
        }
        last = value.map(Self.neighbour) ?? .unknown
    }

    /// Within a set, as it is: what has cases is no sign there, and `RegularExpression` looks for pairs of letters of ASCII.
    private static func letter(_ value: UInt32) -> String { Unicode.Scalar(value).map { String($0) } ?? PatternReader.code(value) }

    private static func neighbour(_ value: UInt32) -> Neighbour {
        if value < 0x80 { return LetterClasses.isWord(UInt8(value)) ? .letterOfASCII : .noLetter }
        let kinds = LetterSet.kind(value)
        return kinds == .word ? .letter : kinds.contains(.word) ? .unknown : .noLetter
    }

    // MARK: Edges of words

    /// An edge that the pattern begins with, beside a character that must be there: with what stands before that.
    private mutating func takeFirstEdge() {
        let behind = rest.dropFirst(2), isStart = rest.starts(with: "\\m".utf8)
        guard isStart || rest.starts(with: "\\y".utf8) else { return }
        // In rules a letter that may be left out is taken for one that is there: so they go on as they did.
        switch first(of: behind, takesOptionalWord: isStart && use == .rule) {
        case .letterOfASCII, .letter: result += "(?:^|[^\(Self.word)])".utf8
        case .noLetter where !isStart: result += "[\(Self.word)]".utf8
        case .noLetter, .unknown: return
        }
        rest = behind
    }

    /// What a pattern goes on with, if no quantifier can leave it out.
    ///
    /// - Parameter takesOptionalWord: `\\w` counts, whatever quantifier stands behind it.
    private func first(of rest: ArraySlice<UInt8>, takesOptionalWord: Bool) -> Neighbour {
        guard let byte = rest.first else { return .unknown }
        var behind = rest, neighbour = Neighbour.letter
        if rest.starts(with: "\\w".utf8) {
            if takesOptionalWord { return .letter }
            behind = rest.dropFirst(2)
        } else if byte >= 0x80 || LetterClasses.isWord(byte) {
            behind = rest.dropFirst().drop { $0 & 0xC0 == 0x80 }
            neighbour = String(decoding: rest[..<behind.startIndex], as: UTF8.self).unicodeScalars.first.map { Self.neighbour($0.value) } ?? .unknown
        } else {
            return .unknown
        }
        return Self.mayLeaveOut(behind) ? .unknown : neighbour
    }

    /// Whether a quantifier stands first that may mean no times.
    private static func mayLeaveOut(_ rest: ArraySlice<UInt8>) -> Bool {
        switch rest.first {
        case UInt8(ascii: "*"), UInt8(ascii: "?"): return true
        case UInt8(ascii: "{"):
            // Without a number it is a character.
            let least = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            return !least.isEmpty && least.allSatisfy { $0 == 0x30 }
        default: return false
        }
    }

    /// An edge that the pattern ends with: the character that stands behind it, or the end of the text. Nil where what stands before does not tell.
    private func lastEdge(_ letter: UInt8) -> String? {
        guard takesNeighbours, rest.isEmpty, !isInSet, letter == UInt8(ascii: "y") || letter == UInt8(ascii: "M") else { return nil }
        switch last {
        case .letterOfASCII, .letter: return "(?:[^\(Self.word)]|$)"
        case .noLetter: return letter == UInt8(ascii: "y") ? "[\(Self.word)]" : nil
        case .unknown: return nil
        }
    }

    // MARK: Escapes

    private mutating func takeEscape() throws(RegularExpression.Fault) {
        let behind = rest.dropFirst()
        if let (code, end) = try AdvancedPattern.character(behind) {
            rest = rest[end...]
            // As `\x{41}`.
            return write(UInt32(String(decoding: code.dropFirst(3).dropLast(), as: UTF8.self), radix: 16), as: code)
        }
        rest = behind
        guard let letter = behind.first else {
            // RE2 says what is wrong.
            result.append(UInt8(ascii: "\\"))
            return
        }
        guard letter < 0x80, LetterClasses.isWord(letter), letter != UInt8(ascii: "_") else {
            let (bytes, value) = takeScalar()
            return write(value, as: (letter < 0x80 ? [UInt8(ascii: "\\")] : []) + Array(bytes))
        }
        guard Self.escapes.utf8.contains(letter) else {
            guard !isStrict else { throw RegularExpression.Fault(reason: "invalid escape sequence: a backslash before a letter that means nothing there") }
            // A byte, and not a character: what is cut out by it may be no text.
            guard letter != UInt8(ascii: "C") || use == .rule else { throw RegularExpression.Fault(reason: "invalid escape sequence: \\C takes a part of a character") }
            return takeForeignEscape(letter)
        }
        rest = behind.dropFirst()
        if (0x30...0x39).contains(letter) {
            let digits = [letter] + Array(rest.prefix(2).prefix { (0x30...0x37).contains($0) })
            rest = rest.dropFirst(digits.count - 1)
            return write(UInt32(String(decoding: digits, as: UTF8.self), radix: 8), as: [UInt8(ascii: "\\")] + digits)
        }
        if let edge = lastEdge(letter) {
            result += edge.utf8
            return
        }
        result += escape(letter).map { Array($0.utf8) } ?? [UInt8(ascii: "\\"), letter]
        if isInSet { try addToSet(PatternReader.simple[letter]) }
        last = letter == UInt8(ascii: "w") ? .letter : .unknown
    }

    /// An escape of RE2's alone, with the name or the text that belongs to it.
    private mutating func takeForeignEscape(_ letter: UInt8) {
        var end = rest.startIndex + 1
        if letter == UInt8(ascii: "Q"), !isInSet {
            while end < rest.endIndex, !rest[end...].starts(with: "\\E".utf8) { end += 1 }
            end = min(end + 2, rest.endIndex)
        } else if letter | 0x20 == UInt8(ascii: "p"), end < rest.endIndex {
            if rest[end] == UInt8(ascii: "{") { end = rest[end...].firstIndex(of: UInt8(ascii: "}")) ?? end }
            end = min(end + 1, rest.endIndex)
        }
        result.append(UInt8(ascii: "\\"))
        result += rest[..<end]
        rest = rest[end...]
        if isInSet { set.add(nil) }
        last = .unknown
    }

    /// What RE2 writes for a backslash and a letter; nil where it writes the same.
    private func escape(_ letter: UInt8) -> String? {
        switch letter {
        case UInt8(ascii: "w"): isInSet ? Self.word : "[\(Self.word)]"
        case UInt8(ascii: "W"): isInSet ? LetterClasses.noWord : "[^\(Self.word)]"
        case UInt8(ascii: "s"): isInSet ? LetterClasses.space : "[\(LetterClasses.space)]"
        case UInt8(ascii: "S"): isInSet ? LetterClasses.noSpace : "[^\(LetterClasses.space)]"
        case UInt8(ascii: "b"): "\\x08"
        case UInt8(ascii: "e"): "\\x1b"
        case UInt8(ascii: "B"): "\\\\"
        case UInt8(ascii: "y"): "\\b"
        case UInt8(ascii: "Y"): "\\B"
        case UInt8(ascii: "Z"): "\\z"
        // An edge beside a letter of a word is the one that is meant.
        case UInt8(ascii: "m") where isBeforeLetter: "\\b"
        case UInt8(ascii: "M") where last == .letterOfASCII: "\\b"
        default: nil
        }
    }

    /// Whether a letter or digit of ASCII, or `\\w`, stands next and must be there.
    private var isBeforeLetter: Bool {
        // Where ICU is not, `\\m` beside letters that may be left out would be refused.
        let first = first(of: rest, takesOptionalWord: use != .query)
        return first == .letterOfASCII || first == .letter && rest.first == UInt8(ascii: "\\")
    }

    // MARK: Sets

    private mutating func openSet() {
        let next = rest.dropFirst().first, isNegated = next == UInt8(ascii: "^")
        // A bracket that closes is one of the set's own where it is the first.
        let isOwn = (isNegated ? rest.dropFirst(2).first : next) == UInt8(ascii: "]")
        if ignoresCase {
            result += "(?-i:".utf8
            caseByteCount += 5
        }
        result += isNegated ? "[^".utf8 : "[".utf8
        // Behind it neither a bracket nor a dash is the set's first.
        if excludesLineEnds, isNegated { result += "\\n".utf8 }
        if isOwn { result += "\\]".utf8 }
        rest = rest.dropFirst(1 + (isNegated ? 1 : 0) + (isOwn ? 1 : 0))
        (isInSet, set) = (true, SetElements())
        if isOwn { set.add(0x5D) }
    }

    private mutating func takeFromSet(_ byte: UInt8) throws(RegularExpression.Fault) {
        let next = rest.dropFirst().first
        if byte == UInt8(ascii: "["), next == UInt8(ascii: ":") { return try takeClass() }
        if byte == UInt8(ascii: "["), let kind = next, ".=".utf8.contains(kind) {
            let (element, end) = try AdvancedPattern.collatingElement(rest, kind)
            let name = rest[(rest.startIndex + 2)..<(end - 2)]
            rest = rest[end...]
            return write(String(decoding: name, as: UTF8.self).unicodeScalars.first?.value, as: element)
        }
        if byte == UInt8(ascii: "]") {
            rest = rest.dropFirst()
            closeSet()
        } else if byte == UInt8(ascii: "-"), next != UInt8(ascii: "]"), set.beginRange() {
            rest = rest.dropFirst()
            result.append(byte)
        } else {
            // It is itself as the first, as the last, and where a range ends.
            if isStrict, byte == UInt8(ascii: "-"), next != UInt8(ascii: "]"), !set.isEmpty, !set.hasOpenRange { throw Self.badRange }
            let (bytes, value) = takeScalar()
            // A dash of no range would make one with what is written before or behind it.
            write(value, as: (byte == UInt8(ascii: "-") ? [UInt8(ascii: "\\")] : []) + Array(bytes))
        }
    }

    private static let badRange = RegularExpression.Fault(reason: "invalid character range")

    /// - Parameter value: nil of a class, which no range ends with.
    private mutating func addToSet(_ value: UInt32?) throws(RegularExpression.Fault) {
        guard !isStrict || value != nil || !set.hasOpenRange else { throw Self.badRange }
        set.add(value)
    }

    /// `[:name:]`.
    private mutating func takeClass() throws(RegularExpression.Fault) {
        let said = rest.dropFirst(2).prefix { (0x61...0x7A).contains($0) }
        guard rest[said.endIndex...].starts(with: ":]".utf8) else {
            guard !isStrict else { throw RegularExpression.Fault(reason: "invalid character class") }
            return takeForeignClass()
        }
        var name = String(decoding: said, as: UTF8.self)
        // Of both cases all letters are.
        if ignoresCase, name == "upper" || name == "lower" { name = "alpha" }
        result += "[:\(name):]\(LetterClasses.beyondASCII[name] ?? "")".utf8
        rest = rest[(said.endIndex + 2)...]
        try addToSet(nil)
    }

    /// `[:^name:]`, which is RE2's alone, or a bracket that begins no class.
    private mutating func takeForeignClass() {
        let name = rest.dropFirst(2).prefix { $0 == UInt8(ascii: "^") || (0x61...0x7A).contains($0) }
        let end = rest[name.endIndex...].starts(with: ":]".utf8) ? name.endIndex + 2 : rest.startIndex + 1
        result += rest[..<end]
        rest = rest[end...]
        set.add(nil)
    }

    private mutating func closeSet() {
        let start = result.count
        if ignoresCase {
            for range in LetterClasses.otherCases(of: set.ranges) {
                result += Self.letter(range.lowerBound).utf8
                if range.count > 1 { result += "-\(Self.letter(range.upperBound))".utf8 }
            }
        }
        result += (ignoresCase ? "])" : "]").utf8
        if ignoresCase { caseByteCount += result.count - start - 1 }
        (isInSet, last) = (false, .unknown)
    }

    /// The characters that a set names, one by one or from one to another.
    private struct SetElements {
        private(set) var ranges: [ClosedRange<UInt32>] = []
        /// What a range may begin with.
        private var start: UInt32?
        /// Whether a range has begun that has no end yet.
        private(set) var hasOpenRange = false
        private(set) var isEmpty = true

        /// - Parameter value: nil of a class.
        mutating func add(_ value: UInt32?) {
            if let value {
                // RE2 refuses one from a later to an earlier character.
                if hasOpenRange, let start, start <= value { ranges.append(start...value) } else { ranges.append(value...value) }
            }
            (start, hasOpenRange, isEmpty) = (hasOpenRange ? nil : value, false, false)
        }

        /// - Returns: whether the dash at hand is one of a range.
        mutating func beginRange() -> Bool {
            guard start != nil, !hasOpenRange else { return false }
            hasOpenRange = true
            return true
        }
    }
}
