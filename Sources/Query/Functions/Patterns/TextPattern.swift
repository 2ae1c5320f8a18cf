import ColumnStore

/// A pattern of SQL's as it is searched for: by RE2 in linear time, with groups of its own or PostgreSQL's, or by ICU where it looks around itself or refers back.
///
/// One thread's, as `BacktrackingPattern` is.
enum TextPattern {
    case linear(MeteredExpression)
    /// Found by RE2, and divided among its groups part by part.
    case divided(MeteredExpression, PatternDivision)
    case backtracking(BacktrackingPattern)

    /// Whether the pattern matches anywhere in `text`.
    ///
    /// - Throws: for a text that is too long for the pattern; `.interrupted` when the query is over.
    @inline(__always)
    func matches(_ text: UnsafeBufferPointer<UInt8>, _ meter: WorkMeter) throws(KernelError) -> Bool {
        switch self {
        case .linear(let metered), .divided(let metered, _):
            try TextKernels.admit(text, metered.expression, meter)
            return metered.expression.matches(text)
        case .backtracking(let pattern):
            try meter.step(Self.steps(text.count))
            return try pattern.matches(text, meter)
        }
    }

    /// Bounds of the first match at or after `start`, then of its groups; nil for a group that took no part.
    ///
    /// - Parameter isFurther: of a walk over a text's matches, behind its first search, which counts for all that it looks at.
    /// - Throws: as `matches`.
    func firstMatchGroups(
        in text: UnsafeBufferPointer<UInt8>, from start: Int = 0, isFurther: Bool = false, _ meter: WorkMeter
    ) throws(KernelError) -> [Range<Int>?]? {
        switch self {
        case .linear(let metered) where isFurther: return try TextKernels.furtherMatchGroups(in: text, from: start, metered.expression, meter)
        case .linear(let metered):
            try TextKernels.admit(text, from: start, metered.expression, meter)
            return metered.expression.firstMatchGroups(in: text, from: start)
        case .divided(let metered, let division):
            guard let groups = try TextPattern.linear(metered).firstMatchGroups(in: text, from: start, isFurther: isFurther, meter), let match = groups[0] else { return nil }
            return try division.groups(of: match, in: text, meter)
        case .backtracking(let pattern):
            try meter.step(Self.steps(text.count &- start))
            return try pattern.firstMatchGroups(in: text, from: start, meter)
        }
    }

    /// What the meter holds for it for as long as it is kept.
    var byteCount: Int {
        switch self {
        case .linear(let metered): metered.byteCount
        case .divided(let metered, let division): metered.byteCount.addingSaturating(division.byteCount)
        case .backtracking(let pattern): pattern.byteCount
        }
    }

    /// Of a search that finds its way at once; one that does not asks for itself whether the query is over.
    private static func steps(_ byteCount: Int) -> Int { byteCount.multipliedSaturating(by: 8).addingSaturating(64) }
}
