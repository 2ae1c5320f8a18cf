internal import Glibc
import ColumnStore

/// A compiled LIKE pattern: `_` is one character, `%` any number. Ends and whole substrings are found without backtracking.
///
/// The pattern is cut at its `%`s into segments. The first is anchored at the text's start unless the pattern begins with `%`, the last at its end
/// likewise; those between are looked for from left to right, each behind the one before: the earliest place of a segment leaves the most room for
/// the next, so that nothing has to be tried again.
///
///     'ab%c_d%e'    ab at the start, then c?d anywhere, then e at the end
///
/// Invariants:
/// 1. segments are not empty;
/// 2. with `ignoresCase` pattern and texts are in lower case before they are compared;
/// 3. `plain` has all segments or is nil.
struct LikePattern {
    /// Bytes that must stand in a row; nil is `_`.
    private enum Item: Equatable { case byte(UInt8), one }

    /// The pattern between `%`s.
    private struct Segment {
        var items: [Item]
        /// The same as bytes, when no `_` is among them.
        var bytes: [UInt8]?
        var search: ByteSearch?
    }

    private let segments: [Segment]
    /// The bytes of all segments end to end, and where each lies; nil when there is a `_`. What is matched against many rows is read from
    /// here: nothing in it is counted by reference.
    private let plain: (bytes: [UInt8], parts: [PlainPart])?

    private struct PlainPart {
        var start: Int
        var count: Int
        /// Of the byte to look for first.
        var rareIndex: Int
    }
    private let isAnchoredAtStart: Bool
    private let isAnchoredAtEnd: Bool
    /// ILIKE: pattern and texts are folded.
    private let ignoresCase: Bool
    /// The pattern ends in its escape character: no text matches, and one of which something is left where that stands is refused, as in PostgreSQL.
    private let endsInEscape: Bool
    /// Of fewer texts each is matched at once.
    private static let prefilteredCountMin = 64

    /// - Parameter escape: one character or none, in UTF-8.
    init(_ pattern: [UInt8], escape: [UInt8], ignoringCase: Bool) {
        var items: [Item] = []
        var parts: [[Item]] = []
        var index = 0
        var text = pattern
        if ignoringCase {
            // The escape is the character itself, and not its other case.
            text = []
            CaseMapping.appendLower(Self.escaped(pattern, by: escape), to: &text)
        }
        let escape = ignoringCase ? [Self.escape] : escape
        var isCutShort = false
        while index < text.count {
            if !escape.isEmpty, text[index...].starts(with: escape) {
                index += escape.count
                guard index < text.count else {
                    isCutShort = true
                    break
                }
                items.append(.byte(text[index]))
            } else if text[index] == UInt8(ascii: "%") {
                parts.append(items)
                items = []
            } else if text[index] == UInt8(ascii: "_") {
                items.append(.one)
            } else {
                items.append(.byte(text[index]))
            }
            index += 1
        }
        if isCutShort {
            // What is matched instead are the texts that have something left here. As PostgreSQL looks, a `_` behind a `%` is all that needs.
            if parts.isEmpty || items.isEmpty || items.contains(where: { $0 != .one }) { items.append(.one) }
            parts.append(items)
            items = []
        }
        endsInEscape = isCutShort
        parts.append(items)
        // A `%` at an end leaves an empty part there.
        isAnchoredAtStart = !parts[0].isEmpty || parts.count == 1
        isAnchoredAtEnd = !parts[parts.count - 1].isEmpty || parts.count == 1
        segments = parts.filter { !$0.isEmpty }.map { items in
            let bytes = items.compactMap { item -> UInt8? in if case .byte(let byte) = item { byte } else { nil } }
            let isPlain = bytes.count == items.count
            return Segment(items: items, bytes: isPlain ? bytes : nil, search: isPlain ? ByteSearch(bytes) : nil)
        }
        ignoresCase = ignoringCase
        var plainBytes: [UInt8] = []
        var plainParts: [PlainPart] = []
        for segment in segments {
            guard let bytes = segment.bytes, let search = segment.search else { break }
            plainParts.append(PlainPart(start: plainBytes.count, count: bytes.count, rareIndex: search.rareIndex))
            plainBytes += bytes
        }
        plain = plainParts.count == segments.count ? (plainBytes, plainParts) : nil
    }

    /// Whether a pattern ends in its escape character, so that some text may be refused.
    static func endsInEscape(_ pattern: [UInt8], escape: [UInt8]) -> Bool {
        var rest = pattern[...]
        while !rest.isEmpty, !escape.isEmpty {
            if rest.starts(with: escape) {
                rest = rest.dropFirst(escape.count)
                if rest.isEmpty { return true }
            }
            rest = rest.dropFirst()
        }
        return false
    }

    /// One bit for each of `texts`.
    ///
    /// - Parameter validity: of the texts; those that are NULL are refused by no pattern.
    /// - Complexity: the texts' bytes, with `_` in a segment times its length at worst.
    func matches(_ texts: ByteArrays, validity: Bitmap? = nil, _ meter: WorkMeter) throws(KernelError) -> Bitmap {
        let found = try matchesAll(texts, meter)
        guard endsInEscape else { return found }
        for place in found.setIndices() where validity?[Int(place)] ?? true {
            throw .outside(.invalidEscape, "a LIKE pattern must not end with its escape character")
        }
        return Bitmap(repeating: false, count: texts.count)
    }

    private func matchesAll(_ texts: ByteArrays, _ meter: WorkMeter) throws(KernelError) -> Bitmap {
        try meter.step(texts.bytes.count + texts.count)
        // Most texts hold no part of the pattern: those that may are gathered and matched alone.
        guard texts.count >= Self.prefilteredCountMin, let prefilter else { return try matchesEach(texts, meter) }
        let candidates = prefilter.candidates(texts)
        // Answers of the candidates go back to the rows that they are of.
        var words = [UInt64](repeating: 0, count: (texts.count + 63) / 64)
        for place in try matchesEach(texts.gathering(candidates), meter).setIndices() {
            let row = Int(candidates[Int(place)])
            words[row >> 6] |= 1 << UInt64(row & 63)
        }
        return Bitmap(words: words, count: texts.count)
    }

    /// Of the longest part that may stand anywhere; nil without one.
    private var prefilter: PartPrefilter? {
        let parts = segments.dropFirst(isAnchoredAtStart ? 1 : 0).dropLast(isAnchoredAtEnd ? 1 : 0).compactMap(\.bytes)
        return parts.max { $0.count < $1.count }.flatMap { PartPrefilter($0, ignoringCase: ignoresCase) }
    }

    /// - Throws: where the memory for texts in lower case is not there, or the query is cancelled.
    private func matchesEach(_ given: ByteArrays, _ meter: WorkMeter) throws(KernelError) -> Bitmap {
        let mark = meter.mark
        if ignoresCase { try meter.charge(given.bytes.count / 2 * 3) }
        defer { meter.settle(since: mark) }
        let texts = ignoresCase ? CaseMapping.lowered(given) : given
        guard plain != nil else { return try matchesSlowly(texts, meter) }
        // Pointers are taken once for all rows: taking them for each costs more than most comparisons.
        return texts.bytes.withUnsafeBufferPointer { bytes in
            texts.offsets.withUnsafeBufferPointer { offsets in
                func text(_ row: Int) -> UnsafeBufferPointer<UInt8> {
                    UnsafeBufferPointer(rebasing: bytes[Int(offsets[row])..<Int(offsets[row + 1])])
                }
                guard let plain else { return Bitmap(repeating: false, count: texts.count) }
                return plain.bytes.withUnsafeBufferPointer { wanted in
                    plain.parts.withUnsafeBufferPointer { parts in
                        .computed(count: texts.count) { matchesPlain(text($0), wanted, parts) }
                    }
                }
            }
        }
    }

    /// A pattern without `_`. `from` and `to` bound what is left of the text, `first` and `end` the parts that are left.
    private func matchesPlain(
        _ text: UnsafeBufferPointer<UInt8>, _ wanted: UnsafeBufferPointer<UInt8>, _ parts: UnsafeBufferPointer<PlainPart>
    ) -> Bool {
        var (first, end) = (0, parts.count)
        var (from, to) = (0, text.count)
        func stands(_ part: PlainPart, at place: Int) -> Bool {
            guard place >= from, place + part.count <= to else { return false }
            guard let one = text.baseAddress, let other = wanted.baseAddress else { return part.count == 0 }
            return memcmp(one + place, other + part.start, part.count) == 0
        }
        // The fixed ends first: they bound what the parts between them may take.
        if isAnchoredAtStart {
            guard first < end else { return text.isEmpty }
            guard stands(parts[first], at: 0) else { return false }
            if isWhole { return parts[first].count == text.count }
            from = parts[first].count
            first += 1
        }
        if isAnchoredAtEnd, first < end {
            guard stands(parts[end - 1], at: to - parts[end - 1].count) else { return false }
            to -= parts[end - 1].count
            end -= 1
        }
        for index in first..<max(first, end) {
            let part = parts[index]
            let bytes = UnsafeBufferPointer(rebasing: wanted[part.start..<part.start + part.count])
            guard let place = ByteSearch.find(bytes, rareIndex: part.rareIndex, in: text, from: from, to: to) else { return false }
            from = place + part.count
        }
        return true
    }

    /// Patterns with `_`.
    private func matchesSlowly(_ texts: ByteArrays, _ meter: WorkMeter) throws(KernelError) -> Bitmap {
        try texts.bytes.withUnsafeBufferPointer { (bytes) throws(KernelError) in
            var bits = Bitmap(repeating: false, count: texts.count)
            for row in 0..<texts.count where try matches(UnsafeBufferPointer(rebasing: bytes[texts.range(at: row)]), meter) { bits[row] = true }
            return bits
        }
    }

    /// What escapes in a pattern that says nothing else.
    private static let escape = UInt8(ascii: "\\")

    /// A pattern whose escape is another character, or none, with the usual one.
    static func escaped(_ pattern: [UInt8], by other: [UInt8]) -> [UInt8] {
        if other == [escape] { return pattern }
        var result: [UInt8] = []
        result.reserveCapacity(2 * pattern.count)
        var rest = pattern[...]
        var isEscaped = false
        while let byte = rest.first {
            if !isEscaped, !other.isEmpty, rest.starts(with: other) {
                result.append(escape)
                rest = rest.dropFirst(other.count)
                isEscaped = true
                continue
            }
            // The usual escape is a character like any other in such a pattern.
            if byte == escape, !isEscaped { result.append(escape) }
            result.append(byte)
            isEscaped = false
            rest = rest.dropFirst()
        }
        return result
    }

    /// A pattern with `_`, item by item.
    private func matches(_ text: UnsafeBufferPointer<UInt8>, _ meter: WorkMeter) throws(KernelError) -> Bool {
        var start = 0
        var end = text.count
        var remaining = segments[...]
        if isAnchoredAtStart {
            guard let first = remaining.popFirst() else { return text.isEmpty }
            guard let after = Self.match(first, text, at: 0) else { return false }
            if remaining.isEmpty, isAnchoredAtEnd, segments.count == 1, isWhole { return after == text.count }
            start = after
        }
        if isAnchoredAtEnd, let last = remaining.popLast() {
            guard let from = Self.matchAtEnd(last, text), from >= start else { return false }
            end = from
        }
        for segment in remaining {
            guard let after = try Self.find(segment, text, from: start, to: end, meter) else { return false }
            start = after
        }
        return start <= end
    }

    /// No `%` at all.
    private var isWhole: Bool { isAnchoredAtStart && isAnchoredAtEnd && segments.count == 1 }

    /// Where the segment ends when it stands at `start`.
    private static func match(_ segment: Segment, _ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
        if let bytes = segment.bytes {
            guard start + bytes.count <= text.count, let base = text.baseAddress else { return bytes.isEmpty ? start : nil }
            return memcmp(base + start, bytes, bytes.count) == 0 ? start + bytes.count : nil
        }
        var place = start
        for item in segment.items {
            guard place < text.count else { return nil }
            switch item {
            case .byte(let byte):
                guard text[place] == byte else { return nil }
                place += 1
            case .one: place += scalarLength(text, at: place)
            }
        }
        return place
    }

    /// Bytes of the scalar at a place.
    private static func scalarLength(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
        var end = place + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end - place
    }

    /// Where the segment begins when it ends with the text; items are compared from the back.
    private static func matchAtEnd(_ segment: Segment, _ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = text.count
        for item in segment.items.reversed() {
            guard place > 0 else { return nil }
            place -= 1
            switch item {
            case .byte(let byte): guard text[place] == byte else { return nil }
            case .one: while place > 0, text[place] & 0xC0 == 0x80 { place -= 1 }
            }
        }
        return place
    }

    /// Where the first occurrence ends that lies within the bounds.
    private static func find(
        _ segment: Segment, _ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ meter: WorkMeter
    ) throws(KernelError) -> Int? {
        if let search = segment.search { return search.find(in: text, from: start, to: end).map { $0 + segment.items.count } }
        var place = start
        while place <= end {
            // Most places fail at once, but each may look at the whole segment.
            try meter.step(min(segment.items.count, 1 << 12) / 16 + 1)
            if let after = match(segment, text, at: place), after <= end { return after }
            guard place < text.count else { return nil }
            place += scalarLength(text, at: place)
        }
        return nil
    }
}
