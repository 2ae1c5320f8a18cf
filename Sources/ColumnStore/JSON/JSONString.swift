/// Strings as JSON has them (RFC 8259, section 7).
package enum JSONString {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// A string with what JSON asks to be escaped; runs of plain bytes are copied whole, and bytes that are not UTF-8 as they are.
    package static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { appendEscaped($0, to: &text) }
        if isContiguous == nil { Array(bytes).withUnsafeBufferPointer { appendEscaped($0, to: &text) } }
        text.append(UInt8(ascii: "\""))
    }

    /// How many bytes `append` adds for these.
    package static func byteCount(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var count = bytes.count + 2
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0A, 0x0C, 0x0D: count += 1
                case ..<0x20: count += 5
                default: break
                }
            }
            return count
        }
    }

    /// Escapes the quote, the backslash and control characters, by their short forms where there are any.
    private static func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        var plainStart = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plainStart..<index]))
            plainStart = index + 1
            text.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
            case 0x08: text.append(UInt8(ascii: "b"))
            case 0x09: text.append(UInt8(ascii: "t"))
            case 0x0A: text.append(UInt8(ascii: "n"))
            case 0x0C: text.append(UInt8(ascii: "f"))
            case 0x0D: text.append(UInt8(ascii: "r"))
            default:
                text.append(contentsOf: "u00".utf8)
                text.append(hexDigits[Int(byte >> 4)])
                text.append(hexDigits[Int(byte & 15)])
            }
        }
        text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plainStart...]))
    }

    /// What a string of a text that is known to be JSON says: its escapes resolved. Of a text that is none, something that is no longer.
    ///
    /// A lone surrogate, and what are no digits, become U+FFFD.
    ///
    /// - Parameter inner: what stands between its marks.
    package static func appendUnescaped(_ inner: ArraySlice<UInt8>, to text: inout [UInt8]) {
        var rest = inner
        while let escape = rest.firstIndex(of: UInt8(ascii: "\\")) {
            text.append(contentsOf: rest[..<escape])
            rest = rest[(escape + 1)...]
            guard let mark = rest.popFirst() else { return }
            switch mark {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: String(Character(scalar(&rest))).utf8)
            default: text.append(mark)
            }
        }
        text.append(contentsOf: rest)
    }

    /// Four hexadecimal digits, and the four of a second surrogate where the first is one.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar {
        /// One unit of UTF-16; 0xFFFD for what are no digits.
        func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
            let digits = rest.prefix(4)
            rest = rest.dropFirst(4)
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0xFFFD
        }
        var code = unit(&rest)
        if SurrogatePair.isHigh(code), rest.starts(with: "\\u".utf8) {
            rest = rest.dropFirst(2)
            let low = unit(&rest)
            if SurrogatePair.isLow(low) { code = SurrogatePair.codePoint(code, low) }
        }
        return Unicode.Scalar(code) ?? "\u{FFFD}"
    }
}
