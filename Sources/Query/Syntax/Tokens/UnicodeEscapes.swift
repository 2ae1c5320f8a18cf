import ColumnStore

/// What stands in `U&'…'` and `U&"…"`: `\0441`, `\+01F600`, and the mark twice for itself; halves of a pair belong together.
///
///     text   = { any | mark mark | escape }
///     escape = mark 4 hexadecimal digits | mark '+' 6 hexadecimal digits
enum UnicodeEscapes {
    /// - Parameter mark: what UESCAPE says, else a backslash.
    /// - Throws: bad-sql, at `position`, for an escape without its digits, half of a pair, and what is no character, 0 included.
    static func decoded(_ text: String, mark: UInt8, at position: Int) throws(QueryError) -> String {
        var rest = Array(text.utf8)[...], result: [UInt8] = [], high: UInt32?
        while let byte = rest.popFirst() {
            guard byte == mark, rest.first != mark else {
                guard high == nil else { throw unpaired(position) }
                if byte == mark { rest.removeFirst() }
                result.append(byte)
                continue
            }
            let isLong = rest.first == UInt8(ascii: "+")
            if isLong { rest.removeFirst() }
            var value = try number(&rest, digitCount: isLong ? 6 : 4, at: position)
            if let first = high {
                guard SurrogatePair.isLow(value) else { throw unpaired(position) }
                (value, high) = (SurrogatePair.codePoint(first, value), nil)
            // The first half of a character beyond U+FFFF: the next escape has to be its second half.
            } else if SurrogatePair.isHigh(value) {
                high = value
                continue
            }
            guard value != 0, let scalar = Unicode.Scalar(value) else { throw .badSQL("this escape is not a Unicode character", at: position) }
            result.append(contentsOf: Array(String(Character(scalar)).utf8))
        }
        guard high == nil else { throw unpaired(position) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether UESCAPE may say it.
    static func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): false
        case UInt8(ascii: "+"), UInt8(ascii: "'"), UInt8(ascii: "\""), 0x00...0x20, 0x80...0xFF: false
        default: true
        }
    }

    private static func unpaired(_ position: Int) -> QueryError { .badSQL("half of a surrogate pair stands alone", at: position) }

    private static func number(_ rest: inout ArraySlice<UInt8>, digitCount: Int, at position: Int) throws(QueryError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digitCount {
            guard let digit = rest.popFirst(), let nibble = Character(Unicode.Scalar(digit)).hexDigitValue else {
                throw .badSQL("a Unicode escape is \\XXXX or \\+XXXXXX", at: position)
            }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }
}
