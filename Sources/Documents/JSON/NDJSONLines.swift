internal import Glibc

/// Splits a body into lines: each ends at LF, and a CR before it belongs to the end.
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

    package init(_ body: [UInt8]) { self.body = body }

    package mutating func next() -> Range<Int>? {
        body.withUnsafeBytes { bytes in
            while let line = NDJSONLines.next(in: bytes, from: &start) { if !line.isEmpty { return line } }
            return nil
        }
    }

    /// How many lines are left; nothing is kept of them.
    package mutating func countRest() -> Int {
        var count = 0
        while next() != nil { count += 1 }
        return count
    }
}
