/// Which characters one place of a pattern may take, roughly: exactly in ASCII, and by three kinds beyond.
///
/// It proves that two places can never take the same character. What it cannot tell it takes for possible.
struct LetterSet: Equatable, Sendable {
    /// Kinds of characters beyond ASCII, as `LetterClasses` has them.
    struct Kinds: OptionSet, Sendable {
        let rawValue: UInt8
        static let word = Kinds(rawValue: 1)
        static let space = Kinds(rawValue: 2)
        static let other = Kinds(rawValue: 4)
        static let all: Kinds = [.word, .space, .other]
    }

    /// A bit for each character of ASCII.
    private var ascii: UInt128 = 0
    /// Kinds of which some may be in it.
    private var some: Kinds = []
    /// Kinds that are in it whole.
    private var whole: Kinds = []

    static let none = LetterSet()
    static let any = LetterSet(ascii: .max, some: .all, whole: .all)

    init() {}

    private init(ascii: UInt128, some: Kinds, whole: Kinds) { (self.ascii, self.some, self.whole) = (ascii, some, whole) }

    /// Characters from one to another, by their numbers.
    init(_ range: ClosedRange<UInt32>) {
        for value in range.clamped(to: 0...0x7F) where range.contains(value) { ascii |= 1 << UInt128(value) }
        guard range.upperBound >= 0x80 else { return }
        // Of a range beyond ASCII it is not looked which kinds it meets.
        some = range.lowerBound == range.upperBound ? Self.kind(range.lowerBound) : .all
    }

    /// A class by its name.
    init?(className name: String) {
        guard let ranges = LetterClasses.ofASCII[name] else { return nil }
        for range in ranges { formUnion(LetterSet(range)) }
        switch name {
        case "word": (some, whole) = (.word, .word)
        case "space": (some, whole) = (.space, .space)
        case "alpha", "alnum", "upper", "lower": some = .word
        case "punct", "cntrl": some = .other
        case "graph": some = [.word, .other]
        case "print": some = .all
        default: break
        }
    }

    /// Of a character beyond ASCII.
    static func kind(_ value: UInt32) -> Kinds {
        guard let scalar = Unicode.Scalar(value) else { return .all }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber, .decimalNumber, .spacingMark: return .word
        // Some of them are blanks, and some are not.
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return [.space, .other]
        // Letters of a later Unicode.
        case .unassigned: return .all
        default: return .other
        }
    }

    mutating func formUnion(_ other: LetterSet) {
        ascii |= other.ascii
        some.formUnion(other.some)
        whole.formUnion(other.whole)
    }

    func union(_ other: LetterSet) -> LetterSet {
        var result = self
        result.formUnion(other)
        return result
    }

    func intersection(_ other: LetterSet) -> LetterSet {
        LetterSet(ascii: ascii & other.ascii, some: some.intersection(other.some), whole: whole.intersection(other.whole))
    }

    /// All characters that it has not.
    var inverted: LetterSet { LetterSet(ascii: ~ascii, some: Kinds.all.subtracting(whole), whole: Kinds.all.subtracting(some)) }

    /// With the letters of the other case.
    var withBothCases: LetterSet {
        let letters: UInt128 = 0x07FF_FFFE
        let capitals = ascii >> 64 & letters, small = ascii >> 96 & letters
        var result = self
        result.ascii |= capitals << 96 | small << 64
        // Beside letters of ASCII there are two signs beyond it that are cases of them.
        if !some.isEmpty || capitals | small != 0 { result.some.formUnion(.word) }
        // Letters beyond ASCII may be cases of those within.
        if some.contains(.word) { result.ascii |= letters << 64 | letters << 96 }
        return result
    }

    func isDisjoint(with other: LetterSet) -> Bool { ascii & other.ascii == 0 && some.isDisjoint(with: other.some) }
}
