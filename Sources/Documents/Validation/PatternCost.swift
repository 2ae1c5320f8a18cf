internal import ColumnStore
internal import Query

/// What a search for a pattern of a JSON Schema or a rule takes: little for each byte where RE2's automaton is made once and kept, and what a byte takes at
/// worst where it may be too large for its memory. RE2 then makes states anew for each byte, or walks all places of its program at once.
///
/// The pattern's places are walked by sets, as RE2 walks them, over letters that are told apart no further than its characters are. A set is
/// never smaller than RE2's, so that what is told is the most. It is the same on every machine, and for every document.
struct PatternCost: Sendable {
    let stepsPerByte: Int
    /// A search cannot be interrupted: longer texts are refused unread.
    private let byteCountMax: Int

    /// Beside its bytes, of each search.
    private static let stepsOfSearch = 16
    /// Programs of no more are walked in no time.
    private static let programSizeMin = 32
    /// Sets of so few places are made within a microsecond.
    private static let narrow = 8
    /// Of the memory that RE2 has for an automaton most: what is told is rough.
    private static let automatonByteCountMax = 2 << 20

    /// - Parameter isOfSQL: one of `~`: where it may mean something else than in ECMA-262, it is not looked at.
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
    func steps(forByteCount byteCount: Int) -> Int {
        byteCount > byteCountMax ? Int.max : byteCount.multipliedSaturating(by: stepsPerByte).addingSaturating(Self.stepsOfSearch)
    }

    private static func isOfSQLAlone(_ pattern: [UInt8]) -> Bool {
        let text = String(decoding: pattern, as: UTF8.self)
        return ["[[", "[^[", "\\y", "\\m", "\\M", "\\A", "\\Z", "\\z", "\\Q", "(?", "***"].contains { text.contains($0) }
    }

    private static func sets(_ pattern: [UInt8]) -> PatternSets? {
        guard let parsed = XSDPatternParser.ofECMA(String(decoding: pattern, as: UTF8.self)) else { return nil }
        // RE2 begins at the end where that alone is told.
        let isReversed = parsed.isAnchoredAtEnd && !parsed.isAnchoredAtStart
        return PatternSets(parsed.node, startsAnywhere: !parsed.isAnchoredAtEnd && !parsed.isAnchoredAtStart, isReversed: isReversed)
    }
}
