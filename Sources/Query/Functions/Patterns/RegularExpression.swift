internal import CRE2

/// A compiled pattern that matches in linear time whatever the text, so that no pattern from outside can stall the server.
///
/// Safe to share: RE2 guards its lazily built automata with locks of its own.
///
/// Memory: the compiled program belongs to the object and is freed with it. Patterns are bounded by `patternByteCountMax`, programs by `memoryMax`;
/// times by `textByteCountMax` and `stepsPerByte`, which callers ask, since a search cannot be interrupted.
package final class RegularExpression: @unchecked Sendable {
    /// Why a pattern does not compile, in RE2's words or the translator's.
    package struct Fault: Error, Equatable, Sendable {
        package let reason: String
        package init(reason: String) { self.reason = reason }

        static let tooLong = Fault(reason: "a pattern of more than \(RegularExpression.patternByteCountMax) bytes")

        /// Whether it would compile with more memory.
        var isTooLarge: Bool { reason.hasPrefix("pattern too large") }
    }

    package enum Syntax: Sendable {
        /// RE2's own, for SQL's `~`; a dot takes line ends too, as PostgreSQL's does.
        case re2
        /// The same, where the longest of the matches that begin first counts, as PostgreSQL has it, and not the first that is found. A pattern
        /// with lazy quantifiers keeps RE2's way: they have no meaning in the other.
        case re2Longest
        /// ECMA-262 with the `u` flag, for JSON Schema's `pattern`: translated, and refused where RE2 has no equal (look-around,
        /// back-references).
        case ecma
    }

    /// Memory of one compiled program and its automata. RE2's default: 8 MiB; what needs more is refused or falls back to a slower walk.
    static let memoryMax = 8 << 20
    /// In bytes.
    package static let patternByteCountMax = 16 << 10
    /// Of one in which the letters of both cases are written out: its program is as small as before.
    static let translatedByteCountMax = 16 * patternByteCountMax

    private let handle: OpaquePointer
    /// Groups that capture, without the whole match.
    package let groupCount: Int
    /// Longer ones could keep a thread for long, since a search cannot be interrupted: at worst each byte takes a step for each of the program's.
    package let textByteCountMax: Int
    /// How the time of a match grows with the text, at worst: where its automaton does not fit into memory, RE2 walks the program's own states.
    package let stepsPerByte: Int
    /// Instructions of RE2's program.
    package let programSize: Int
    /// Bytes of a text times instructions of the program, at worst.
    private static let stepCountMax = 1 << 31

    package convenience init(_ pattern: String, ignoringCase: Bool = false, syntax: Syntax = .re2) throws(Fault) {
        try self.init(Array(pattern.utf8), ignoringCase: ignoringCase, syntax: syntax)
    }

    /// - Parameters:
    ///   - memoryMax: in bytes, of the program and its automata; nil for as much as any may have.
    ///   - isTranslated: the pattern is `AdvancedPattern`'s, which looked how long the given one was.
    /// - Throws: for a pattern that is too long, does not compile, or has no equal in RE2.
    package init(_ pattern: [UInt8], ignoringCase: Bool = false, syntax: Syntax = .re2, memoryMax: Int? = nil, isTranslated: Bool = false) throws(Fault) {
        guard pattern.count <= (isTranslated ? Self.translatedByteCountMax : Self.patternByteCountMax) else { throw Fault.tooLong }
        let translated = Self.withoutCasePairs(syntax == .ecma ? try ECMAPattern.translated(pattern) : pattern)
        let compiled = translated.withUnsafeBytes { bytes in
            till_re2_new(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? Self.empty, bytes.count, ignoringCase, syntax != .ecma,
                syntax == .re2Longest && !Self.hasLazyQuantifier(pattern), memoryMax ?? Self.memoryMax)
        }
        guard let compiled else { throw Fault(reason: "out of memory") }
        if let error = till_re2_error(compiled) {
            let reason = String(cString: error)
            till_re2_delete(compiled)
            throw Fault(reason: reason)
        }
        handle = compiled
        groupCount = Int(till_re2_group_count(compiled))
        programSize = max(1, Int(till_re2_program_size(compiled)))
        stepsPerByte = 1 + programSize / 64
        textByteCountMax = Self.stepCountMax / programSize
    }

    /// Of quantifiers that choose: `{2}?` chooses nothing, and behind a backslash or in a set there is none.
    private static func hasLazyQuantifier(_ pattern: [UInt8]) -> Bool {
        var index = 0, isQuantified = false
        while index < pattern.count {
            let byte = pattern[index]
            if isQuantified, byte == UInt8(ascii: "?") { return true }
            isQuantified = false
            switch byte {
            case UInt8(ascii: "\\"):
                let isNamed = index + 1 < pattern.count && "xpP".utf8.contains(pattern[index + 1])
                index = endOfEscape(pattern, index)
                // A character's number, or a class's name.
                if isNamed, index < pattern.count, pattern[index] == UInt8(ascii: "{") { index = (pattern[index...].firstIndex(of: UInt8(ascii: "}")) ?? pattern.count - 1) + 1 }
            case UInt8(ascii: "["): index = endOfClass(pattern, index)
            case UInt8(ascii: "("):
                index += 1
                if index < pattern.count, pattern[index] == UInt8(ascii: "?") { index += 1 }
            case UInt8(ascii: "{"):
                index += 1
                guard let end = pattern[index...].firstIndex(of: UInt8(ascii: "}")), end > index, pattern[index..<end].allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }) else { continue }
                isQuantified = pattern[index..<end].contains(UInt8(ascii: ","))
                index = end + 1
                if !isQuantified, index < pattern.count, pattern[index] == UInt8(ascii: "?") { index += 1 }
            default:
                isQuantified = "*+?".utf8.contains(byte)
                index += 1
            }
        }
        return false
    }

    /// The same with `(?:A|a)` in the place of each `[Aa]`.
    ///
    /// RE2 before 2023-12-13 makes one set of single characters that a choice has beside each other, and loses one of a class's two where the other one came before: `a|[aA]`, or `0a|0[aA]`, takes no `A`
    /// (https://github.com/google/re2/issues/467). Two characters that are no class it puts together rightly.
    private static func withoutCasePairs(_ pattern: [UInt8]) -> [UInt8] {
        guard pattern.contains(UInt8(ascii: "|")), pattern.contains(UInt8(ascii: "[")) else { return pattern }
        var written: [UInt8] = []
        written.reserveCapacity(pattern.count)
        var index = 0
        while index < pattern.count {
            var end = index + 1
            switch pattern[index] {
            case UInt8(ascii: "\\"): end = endOfEscape(pattern, index)
            case UInt8(ascii: "["):
                end = endOfClass(pattern, index)
                let (one, other) = (pattern[min(index + 1, pattern.count - 1)], pattern[min(index + 2, pattern.count - 1)])
                // Letters of ASCII, of which 0x20 is what makes one small.
                if end - index == 4, pattern[end - 1] == UInt8(ascii: "]"), one ^ other == 0x20, (0x61...0x7A).contains(one | 0x20) {
                    written += "(?:".utf8
                    written += [one, UInt8(ascii: "|"), other, UInt8(ascii: ")")]
                    index = end
                    continue
                }
            default: break
            }
            written += pattern[index..<end]
            index = end
        }
        return written
    }

    /// Behind a backslash and what it is of: a character, or a text up to `\E`.
    private static func endOfEscape(_ pattern: [UInt8], _ start: Int) -> Int {
        guard start + 1 < pattern.count else { return pattern.count }
        guard pattern[start + 1] == UInt8(ascii: "Q") else { return start + 2 }
        var end = start + 2
        while end < pattern.count, !pattern[end...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "E")]) { end += 1 }
        return min(end + 2, pattern.count)
    }

    /// Behind the bracket that closes a class; a bracket that is its first character does not.
    private static func endOfClass(_ pattern: [UInt8], _ start: Int) -> Int {
        var end = start + 1
        if end < pattern.count, pattern[end] == UInt8(ascii: "^") { end += 1 }
        if end < pattern.count, pattern[end] == UInt8(ascii: "]") { end += 1 }
        while end < pattern.count, pattern[end] != UInt8(ascii: "]") {
            if pattern[end] == UInt8(ascii: "\\") {
                end += 2
            } else if pattern[end...].starts(with: [UInt8(ascii: "["), UInt8(ascii: ":")]), let close = pattern[end...].firstIndex(of: UInt8(ascii: "]")) {
                // A class of a name, `[:alpha:]`.
                end = close + 1
            } else {
                end += 1
            }
        }
        return min(end + 1, pattern.count)
    }

    deinit { till_re2_delete(handle) }

    /// A place to point to when there are no bytes: RE2 takes no NULL.
    nonisolated(unsafe) private static let empty: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()

    /// Whether the pattern matches anywhere in `text`.
    package func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        withChars(text) { till_re2_search(handle, $0, text.count) }
    }

    package func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { matches($0) } }

    /// Bounds of the first match that begins at or after `start`.
    ///
    /// - Parameter start: in bytes, at a scalar's beginning; `^` still means the beginning of the text.
    package func firstMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Range<Int>? {
        guard start <= text.count else { return nil }
        var (lower, upper) = (0, 0)
        let isFound = withChars(text) { till_re2_find(handle, $0, text.count, start, &lower, &upper) }
        return isFound ? lower..<upper : nil
    }

    /// As `firstMatch`, with the groups: entry 0 is the whole match; nil for a group that took no part.
    package func firstMatchGroups(in text: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> [Range<Int>?]? {
        guard start <= text.count else { return nil }
        var bounds = [Int](repeating: 0, count: 2 * (groupCount + 1))
        let isFound = bounds.withUnsafeMutableBufferPointer { bounds in
            withChars(text) { till_re2_find_groups(handle, $0, text.count, start, bounds.baseAddress, Int32(groupCount + 1)) }
        }
        guard isFound else { return nil }
        return (0...groupCount).map { group in
            // A group that took no part has SIZE_MAX, which is -1 here.
            bounds[2 * group] < 0 ? nil : bounds[2 * group]..<bounds[2 * group + 1]
        }
    }

    /// Whether a match begins and ends where `range` does. What stands around it is seen, as by `^` and `$`.
    func fits(_ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> Bool {
        var end = 0
        return withChars(text) { till_re2_match_within(handle, $0, text.count, range.lowerBound, range.upperBound, true, &end) }
    }

    /// Where the longest match ends that begins at `range`'s start and does not reach beyond it; of a pattern that was made as `.re2Longest`.
    func end(within range: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> Int? {
        var end = 0
        let isFound = withChars(text) { till_re2_match_within(handle, $0, text.count, range.lowerBound, range.upperBound, false, &end) }
        return isFound ? end : nil
    }

    /// RE2 takes chars where texts are bytes.
    private func withChars<Result>(_ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        guard let base = text.baseAddress else { return body(Self.empty) }
        return base.withMemoryRebound(to: CChar.self, capacity: text.count) { body($0) }
    }
}
