internal import ColumnStore
internal import Glibc

/// The small grammars inside a JSON text: numbers, literals, escapes (RFC 8259, sections 3, 6 and 7).
///
/// Pointers and counts come from the walk, which knows that the bytes are there; nothing here reads past `count`.
enum JSONGrammar {
    @inline(__always)
    /// RFC 8259, section 2: space, LF, CR and tab; nothing else of Unicode's blanks.
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    @inline(__always)
    /// A byte below `0` wraps to a large number: one comparison for both bounds.
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    /// By hand while a call would cost more than the loop.
    static func hasBackslash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        if count > 16 { return memchr(bytes, 0x5C, count) != nil }
        var index = 0
        while index < count {
            if bytes[index] == 0x5C { return true }
            index &+= 1
        }
        return false
    }

    /// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`, all of the bytes.
    static func isNumber(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var index = 0
        if index < count, bytes[index] == UInt8(ascii: "-") { index &+= 1 }
        guard index < count, isDigit(bytes[index]) else { return false }
        // A zero in front stands alone: 01 is no number.
        if bytes[index] == UInt8(ascii: "0") {
            index &+= 1
        } else {
            while index < count, isDigit(bytes[index]) { index &+= 1 }
        }
        if index < count, bytes[index] == UInt8(ascii: ".") {
            index &+= 1
            let first = index
            while index < count, isDigit(bytes[index]) { index &+= 1 }
            guard index > first else { return false }
        }
        if index < count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index &+= 1
            if index < count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index &+= 1 }
            let first = index
            while index < count, isDigit(bytes[index]) { index &+= 1 }
            guard index > first else { return false }
        }
        return index == count
    }

    /// Nil for any other word.
    static func literal(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> JSONNode.Kind? {
        func matches(_ word: StaticString) -> Bool {
            count == word.utf8CodeUnitCount && memcmp(bytes, word.utf8Start, count) == 0
        }
        if matches("true") { return .true }
        if matches("false") { return .false }
        if matches("null") { return .null }
        return nil
    }

    /// Nil for what is none.
    private static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The code unit of `\uXXXX` whose hex digits begin at `index`.
    private static func codeUnit(_ bytes: UnsafePointer<UInt8>, _ index: Int, _ count: Int) -> UInt16? {
        guard index + 4 <= count else { return nil }
        var unit: UInt16 = 0
        for place in 0..<4 {
            guard let digit = hexDigit(bytes[index + place]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// The first escape of the string `bytes[start ..< start + count]` that RFC 8259 does not know, or that stands for half a
    /// character.
    ///
    /// - Returns: nil where every escape is one of the eight of a letter, or `\u` and four digits, surrogates in pairs.
    static func badEscape(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> JSONFault? {
        let text = bytes + start
        var index = 0
        while index < count {
            guard text[index] == 0x5C else {
                index += 1
                continue
            }
            guard index + 1 < count else { return JSONFault(offset: start + index, reason: "an escape is cut short") }
            switch text[index + 1] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                index += 2
            case UInt8(ascii: "u"):
                guard let unit = codeUnit(text, index + 2, count) else {
                    return JSONFault(offset: start + index, reason: "\\u needs four hex digits")
                }
                // Beyond U+FFFF a character is two units of UTF-16: D800…DBFF, then DC00…DFFF. `\ud83d\ude00` is U+1F600.
                if unit & 0xFC00 == 0xD800 {
                    guard index + 7 < count, text[index + 6] == 0x5C, text[index + 7] == UInt8(ascii: "u"),
                        let low = codeUnit(text, index + 8, count), low & 0xFC00 == 0xDC00
                    else { return JSONFault(offset: start + index, reason: "a lone surrogate") }
                    index += 12
                } else if unit & 0xFC00 == 0xDC00 {
                    return JSONFault(offset: start + index, reason: "a lone surrogate")
                } else {
                    index += 6
                }
            default:
                return JSONFault(offset: start + index, reason: "an unknown escape")
            }
        }
        return nil
    }

    /// The text of a string's bytes between its quotes, of which `badEscape` found nothing wrong.
    static func unescaped(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            guard let base = buffer.baseAddress else { return }
            written = unescape(bytes, count, into: base)
        }
    }

    /// Writes the text of a string whose escapes `badEscape` has passed. It is never longer than what stands for it.
    /// - Precondition: `target` has room for `count` bytes.
    /// - Returns: the bytes written.
    static func unescape(_ bytes: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>) -> Int {
        var index = 0
        var written = 0
        while index < count {
            let byte = bytes[index]
            guard byte == 0x5C, index + 1 < count else {
                target[written] = byte
                written &+= 1
                index &+= 1
                continue
            }
            let letter = bytes[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): target[written] = 0x08
            case UInt8(ascii: "f"): target[written] = 0x0C
            case UInt8(ascii: "n"): target[written] = 0x0A
            case UInt8(ascii: "r"): target[written] = 0x0D
            case UInt8(ascii: "t"): target[written] = 0x09
            case UInt8(ascii: "u"):
                var scalar = UInt32(codeUnit(bytes, index, count) ?? 0xFFFD)
                index += 4
                // Ten bits of each half, above the characters that one unit holds: of the example 0x10000 + (0x3D << 10) + 0x200.
                if scalar & 0xFC00 == 0xD800 {
                    let low = UInt32(codeUnit(bytes, index + 2, count) ?? 0xDC00)
                    index += 6
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                }
                written += encode(scalar, into: target + written)
                continue
            default: target[written] = letter
            }
            written &+= 1
        }
        return written
    }

    /// UTF-8 of one scalar; returns its length. Never longer than its escape.
    private static func encode(_ scalar: UInt32, into target: UnsafeMutablePointer<UInt8>) -> Int {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case 0..<0x80:
            target[0] = UInt8(truncatingIfNeeded: scalar)
            return 1
        case 0x80..<0x800:
            target[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            target[1] = tail(0)
            return 2
        case 0x800..<0x10000:
            target[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            target[1] = tail(6)
            target[2] = tail(0)
            return 3
        default:
            target[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
            target[1] = tail(12)
            target[2] = tail(6)
            target[3] = tail(0)
            return 4
        }
    }

    /// A name or value from outside for a message: in quotes, cut at 60 bytes, no control characters.
    /// A character that the cut leaves incomplete is shown as U+FFFD.
    static func shown(_ bytes: [UInt8]) -> String {
        var text = ""
        for scalar in String(decoding: bytes.prefix(60), as: UTF8.self).unicodeScalars {
            text.unicodeScalars.append(scalar.isControl ? "·" : scalar)
        }
        return "\"\(text)\(bytes.count > 60 ? "…" : "")\""
    }
}
