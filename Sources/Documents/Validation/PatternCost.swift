internal import ColumnStore
internal import Query

/// What a search for a pattern of a JSON Schema or a rule takes: little for each byte where RE2's automaton is made once and kept, and what a byte takes at
/// worst where it may be too large for its memory. RE2 then makes states anew for each byte, or walks all places of its program at once.
///
/// The pattern's places are walked by sets, as RE2 walks them, over classes of letters that the pattern does not distinguish. A set is
/// never smaller than RE2's, so the result is an upper bound. It is the same on every machine, and for every document.
///
/// Three cases:
/// 1. A program of at most `programSizeMin` instructions is cheap however RE2 runs it: no text is too long for it.
/// 2. All sets are found and fit into RE2's memory: a step for each byte, as the automaton's states are made once. Where they do not fit, a byte
///    costs a share of what the heaviest set weighs, and texts are bounded by `textByteCountMax`.
/// 3. The sets are not found (too many, an assertion in the middle, PostgreSQL's own syntax): the whole program counts for each byte, and texts
///    may have an eighth of that length.
///
/// See docs/decisions/0026-work-of-a-document.md.
struct PatternCost: Sendable {
    /// At least 1.
    let stepsPerByte: Int
    /// A search cannot be interrupted: longer texts are refused unread.
    ///
    /// `Int.max` where any length will do.
    private let byteCountMax: Int

    /// Beside its bytes, of each search.
    private static let stepsOfSearch = 16
    /// Programs of no more are walked in no time.
    ///
    /// In RE2's instructions.
    private static let programSizeMin = 32
    /// Sets of so few places are made within a microsecond.
    ///
    /// In places.
    private static let narrow = 8
    /// Of the memory that RE2 has for an automaton most: the estimate is rough.
    ///
    /// In bytes as `PatternSets.byteCount` estimates them.
    private static let automatonByteCountMax = 2 << 20

    /// - Parameter isOfSQL: one of `~`: where it may mean something else than in ECMA-262, it is not looked at.
    /// - Parameter pattern: as it is written, in UTF-8.
    /// - Parameter expression: the same, compiled.
    init(_ pattern: [UInt8], _ expression: RegularExpression, isOfSQL: Bool = false) {
        let programSize = expression.programSize
        if programSize <= Self.programSizeMin {
            (stepsPerByte, byteCountMax) = (1 + programSize / 8, Int.max)
        } else if let sets = isOfSQL && Self.isOfSQLAlone(pattern) ? nil : Self.sets(pattern) {
            let isKept = sets.byteCount <= Self.automatonByteCountMax && !sets.isVagueAndWide
            stepsPerByte = isKept ? 1 : 1 + min(sets.weightMax, programSize) / (sets.width <= Self.narrow ? 8 : 2)
            byteCountMax = isKept ? Int.max : expression.textByteCountMax
        } else {
            (stepsPerByte, byteCountMax) = (1 + programSize / 2, expression.textByteCountMax / 8)
        }
    }

    /// For a text of so many bytes: none may take as many as there are for one that is too long.
    ///
    /// Saturates: what is asked for is never below what a search may take.
    func steps(forByteCount byteCount: Int) -> Int {
        byteCount > byteCountMax ? Int.max : byteCount.multipliedSaturating(by: stepsPerByte).addingSaturating(Self.stepsOfSearch)
    }

    /// Whether it has something of PostgreSQL's syntax that ECMA-262 reads as something else or not at all: classes in brackets, its own escapes,
    /// embedded options, directors.
    private static func isOfSQLAlone(_ pattern: [UInt8]) -> Bool {
        let text = String(decoding: pattern, as: UTF8.self)
        return ["[[", "[^[", "\\y", "\\m", "\\M", "\\A", "\\Z", "\\z", "\\Q", "(?", "***"].contains { text.contains($0) }
    }

    /// Nil where the pattern is not understood here, or has too many sets.
    private static func sets(_ pattern: [UInt8]) -> PatternSets? {
        guard let parsed = XSDPatternParser.ofECMA(String(decoding: pattern, as: UTF8.self)) else { return nil }
        // `abc$` is matched backwards from the text's end, and a search that is anchored at neither side lets a match begin at each byte.
        // RE2 begins at the end where the pattern is anchored there alone.
        let isReversed = parsed.isAnchoredAtEnd && !parsed.isAnchoredAtStart
        return PatternSets(parsed.node, startsAnywhere: !parsed.isAnchoredAtEnd && !parsed.isAnchoredAtStart, isReversed: isReversed)
    }
}
