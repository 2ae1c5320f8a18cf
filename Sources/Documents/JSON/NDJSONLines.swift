internal import Glibc

/// Splits a body into lines: each ends at LF, and a CR before it belongs to the end.
///
/// A line of NDJSON holds no LF of its own: strings have it escaped, and between tokens there is none.
package enum NDJSONLines {
    /// The lines without their ends, empty ones (blanks only) left out.
    package static func lines(_ body: [UInt8]) -> [Range<Int>] {
        body.withUnsafeBytes { bytes in
            var lines: [Range<Int>] = []
            var start = 0
            while let line = next(in: bytes, from: &start) { if !line.isEmpty { lines.append(line) } }
            return lines
        }
    }

    /// The line that begins at `start`, which moves to the next; nil at the end. A line of blanks comes out empty.
    package static func next(in bytes: UnsafeRawBufferPointer, from start: inout Int) -> Range<Int>? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        let first = start
        var end = bytes.count
        if let found = memchr(base + first, 0x0A, bytes.count - first) {
            end = UnsafeRawPointer(found) - base
            start = end + 1
        } else {
            start = bytes.count
        }
        if end > first, bytes[end - 1] == 0x0D { end -= 1 }
        var place = first
        while place < end, bytes[place] == 0x20 || bytes[place] == 0x09 || bytes[place] == 0x0D { place += 1 }
        return place == end ? first..<first : first..<end
    }
}

/// The lines of a body one after the other, without their ends, those of blanks left out.
package struct BodyLines {
    private let body: [UInt8]
    private var start = 0
    /// Of the last line, from 1: lines of blanks count, so that the number is that of the line in the sender's file.
    package private(set) var number = 0

    package init(_ body: [UInt8]) { self.body = body }

    /// The line's place in the body; nil at the end.
    package mutating func next() -> Range<Int>? {
        body.withUnsafeBytes { bytes in
            while let line = NDJSONLines.next(in: bytes, from: &start) {
                number += 1
                if !line.isEmpty { return line }
            }
            return nil
        }
    }

    /// The lines that are left; nothing is kept of them but their numbers.
    package mutating func rest() -> LineNumbers {
        var numbers = LineNumbers(after: number)
        while next() != nil { numbers.add(number) }
        return numbers
    }
}

/// Numbers of lines, rising: a bit for each line of a body, blank or not, so that millions take little.
package struct LineNumbers: Sendable {
    package private(set) var count = 0
    private let before: Int
    private var words: [UInt64] = []

    /// - Parameter before: none of them is below it, or it.
    package init(after before: Int = 0) { self.before = before }

    mutating func add(_ number: Int) {
        // The number behind `before` is bit 0 of the first word.
        let (word, bit) = (number - before - 1).quotientAndRemainder(dividingBy: 64)
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(bit)
        count += 1
    }

    /// The lowest one above `number`.
    package func next(after number: Int) -> Int? {
        // The bit of the number behind `number`; bits below it are shifted out.
        var place = max(0, number - before)
        while place < words.count * 64 {
            let rest = words[place / 64] >> UInt64(place % 64)
            if rest != 0 { return before + place + rest.trailingZeroBitCount + 1 }
            place = (place / 64 + 1) * 64
        }
        return nil
    }
}
