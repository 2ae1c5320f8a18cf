import CICU
import ColumnStore

/// A pattern that looks around itself or refers back, which RE2 has not: compiled by ICU, which tries one way after another.
///
/// Its time has no bound that the text's length tells, so it asks now and then whether the query is over, and is searched for by queries alone.
/// One thread's: a search leaves its state in it.
///
/// Memory: the compiled pattern and the ways back of the longest search belong to it; `byteCount` is what they may take. Texts are read where they lie.
final class BacktrackingPattern {
    /// In bytes: each class of characters becomes a set of its own, which takes a fifth of a millisecond.
    static let patternByteCountMax = 2 << 10
    /// Between two questions whether the query is over ICU keeps ten thousand ways back, and may run over the text for each.
    static let textByteCountMax = 256 << 10
    /// Ways back of one search, in bytes.
    private static let stackByteCountMax = 2 << 20
    /// Of a compiled pattern for each byte of what ICU reads, at most: `\w` is forty bytes there, and a set of ten thousand.
    private static let byteCountPerByte = 256

    private let handle: OpaquePointer
    /// Which of the matches that begin first is meant, as `till_icu_pattern_find` numbers it.
    private let choice: Int32
    /// Groups that capture, without the whole match.
    let groupCount: Int
    /// What it may take: the meter holds it for as long as whoever made this keeps it.
    let byteCount: Int
    /// The match's and the groups' bounds, of the last search.
    private var bounds: [Int64]

    /// - Parameter isTest: whether it only matters that the pattern matches, and not what.
    /// - Throws: `.outside` for a pattern that cannot give what PostgreSQL gives; where the query has no room for it.
    init(_ tree: PatternTree, isTest: Bool, _ meter: WorkMeter) throws(KernelError) {
        try tree.check()
        groupCount = tree.groupCount
        guard isTest || groupCount == 0 || tree.dividesAlike else {
            throw .outside(.notSupported, "groups that may divide a text in several ways are not supported beside what looks around or back: use (?:…), or say what stands between them")
        }
        choice = isTest || tree.isFirstMeant ? TILL_ICU_FIRST : tree.prefersShortest ? TILL_ICU_SHORTEST : TILL_ICU_LONGEST
        bounds = [Int64](repeating: -1, count: isTest ? 0 : 2 * (groupCount + 1))
        var written = tree.written
        byteCount = Self.stackByteCountMax.addingSaturating(written.utf8.count.multipliedSaturating(by: Self.byteCountPerByte))
        // Many classes take seconds, and each row may have a pattern of its own.
        try meter.look()
        try meter.keep(byteCount)
        var fault: Int32 = 0
        let made = written.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { till_icu_pattern_new($0.baseAddress, $0.count, Int32(Self.stackByteCountMax), &fault) }
        }
        guard let made else {
            meter.forget(byteCount)
            if fault == TILL_ICU_ENDLESS_LOOK_BACK { throw .outside(.notSupported, "a pattern that looks back without a bound is not supported: say how far, as in (?<=a{1,9})") }
            throw .outside(.badPattern, "the pattern is too large")
        }
        handle = made
    }

    deinit { till_icu_pattern_delete(handle) }

    static var isForQueries: KernelError { .outside(.notSupported, "patterns that look around or back are for queries: a search for them has to be ended when its time is over") }

    /// Whether the pattern matches anywhere in `text`.
    func matches(_ text: UnsafeBufferPointer<UInt8>, _ meter: WorkMeter) throws(KernelError) -> Bool { try find(text, from: 0, groups: 0, meter) }

    /// The bounds in bytes of the first match at or after `start`, and of its groups; nil for a group that took no part. `^` still means the beginning of the text.
    func firstMatchGroups(in text: UnsafeBufferPointer<UInt8>, from start: Int, _ meter: WorkMeter) throws(KernelError) -> [Range<Int>?]? {
        guard start <= text.count, try find(text, from: start, groups: groupCount + 1, meter) else { return nil }
        return (0...groupCount).map { (group: Int) -> Range<Int>? in
            let (first, end) = (Int(bounds[2 * group]), Int(bounds[2 * group + 1]))
            return first < 0 ? nil : first..<end
        }
    }

    /// Leaves the match in `bounds`.
    private func find(_ text: UnsafeBufferPointer<UInt8>, from start: Int, groups: Int, _ meter: WorkMeter) throws(KernelError) -> Bool {
        // A rule's time would be nobody's, and a plan's constant would have all of the statement's for a search that no row may ask for: those are refused, and constants computed when the query runs.
        guard let cancellation = meter.cancellation, !meter.isOfConstants else {
            throw Self.isForQueries
        }
        guard text.count <= Self.textByteCountMax else { throw .invalidArgument("the text is too long for a pattern that looks around or back: it takes \(Self.textByteCountMax) bytes at most") }
        let code = bounds.withUnsafeMutableBufferPointer { bounds in
            // An empty text has no place of its own.
            var nothing: CChar = 0
            return withUnsafePointer(to: &nothing) { nothing in
                let chars = UnsafeRawPointer(text.baseAddress).map { $0.assumingMemoryBound(to: CChar.self) } ?? nothing
                return till_icu_pattern_find(
                    handle, chars, Int64(text.count), Int64(start), choice, Unmanaged.passUnretained(cancellation).toOpaque(), Self.isOver, bounds.baseAddress, Int32(groups))
            }
        }
        switch code {
        case TILL_ICU_FOUND: return true
        case TILL_ICU_NONE: return false
        case TILL_ICU_STOPPED:
            try meter.look()
            throw .interrupted(QueryError(.cancelled, "the query was cancelled"))
        case TILL_ICU_TOO_DEEP: throw .invalidArgument("the pattern has too many ways to go in this text")
        default: throw .invalidArgument("the pattern cannot be looked for in this text")
        }
    }

    private static let isOver: @convention(c) (UnsafeRawPointer?) -> Bool = { whom in
        guard let whom else { return false }
        // Safe: the meter's cancellation outlives the search that asks.
        return Unmanaged<Cancellation>.fromOpaque(whom).takeUnretainedValue().isOver
    }
}
