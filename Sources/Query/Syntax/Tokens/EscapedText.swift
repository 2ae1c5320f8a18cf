import ColumnStore

/// The text of a string as it is read, with what a backslash means in `E'…'`: for the language's lexer, and for whoever reads commands beside it, so that a string is the same to both.
///
///     escape = '\' ( 'b' | 'f' | 'n' | 'r' | 't' | 1 to 3 octal digits | 'x' 1 or 2 hexadecimal digits | 'u' 4 of them | 'U' 8 of them | any other character: itself )
///
/// Octal and hexadecimal digits say a byte, of which those of one character stand together; those behind `u` and `U` a character, or half of one: the next escape is then its other half.
/// All of an escape is ASCII. PostgreSQL's documentation, section 4.1.2.2.
package struct EscapedText {
    private var bytes: [UInt8] = []
    /// The first half of a character beyond U+FFFF, which waits for the second, and where its escape stands.
    private var half: (unit: UInt32, position: Int)?
    /// Whole characters are copied: only bytes by their numbers can make what is no UTF-8.
    private var hasNumberedBytes = false

    package init() {}

    /// Whole characters as they stand in the string.
    ///
    /// - Throws: bad-sql where half of a pair waits.
    mutating func append(_ characters: ArraySlice<UInt8>) throws(QueryError) {
        try checkPairs()
        bytes.append(contentsOf: characters)
    }

    mutating func append(_ byte: UInt8) throws(QueryError) {
        try checkPairs()
        bytes.append(byte)
    }

    /// Not generic: other modules call it for each character.
    package mutating func append(_ character: Unicode.Scalar) throws(QueryError) {
        try checkPairs()
        if character.isASCII { bytes.append(UInt8(truncatingIfNeeded: character.value)) } else { bytes.append(contentsOf: character.utf8) }
    }

    /// - Throws: bad-sql where half of a pair waits: a pair stands in one piece.
    package func checkPairs() throws(QueryError) {
        if let half { throw Self.unpaired(half.position) }
    }

    /// All of it.
    ///
    /// - Parameter position: where the string begins, in scalars from 1.
    /// - Throws: bad-sql for half of a pair, and for bytes that are no UTF-8.
    package func text(at position: Int) throws(QueryError) -> String {
        try checkPairs()
        guard hasNumberedBytes else { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badSQL("the bytes of this string are no UTF-8", at: position).because(.badEncoding) }
        return text
    }

    /// Reads what stands behind a backslash.
    ///
    /// - Parameters:
    ///   - position: the backslash's, in scalars from 1.
    ///   - character: the one so many places behind the first that follows the backslash, where it is one of ASCII; nil, or no ASCII, for others; nil behind the end.
    /// - Returns: how many characters behind the backslash are read; 0 where the next one stands for itself, and is still to be appended.
    /// - Throws: bad-sql for an escape without its digits, for half of a pair, and for what is no character, NUL included.
    package mutating func readEscape(at position: Int, _ character: (Int) -> UInt8?) throws(QueryError) -> Int {
        guard let first = character(0) else { return 0 }
        switch first {
        case UInt8(ascii: "b"): try append(0x08)
        case UInt8(ascii: "f"): try append(0x0C)
        case UInt8(ascii: "n"): try append(0x0A)
        case UInt8(ascii: "r"): try append(0x0D)
        case UInt8(ascii: "t"): try append(0x09)
        case UInt8(ascii: "u"), UInt8(ascii: "U"): return try readUnit(digitCount: first == UInt8(ascii: "u") ? 4 : 8, at: position, character)
        case UInt8(ascii: "x"), UInt8(ascii: "0")...UInt8(ascii: "7"): return try readByte(isHexadecimal: first == UInt8(ascii: "x"), at: position, character)
        default: return 0
        }
        return 1
    }

    /// `\u0041`, `\U00000041`.
    private mutating func readUnit(digitCount: Int, at position: Int, _ character: (Int) -> UInt8?) throws(QueryError) -> Int {
        var value: UInt32 = 0
        for place in 1...digitCount {
            guard let digit = character(place), let number = Self.number(digit) else {
                throw .badSQL("a Unicode escape needs \(digitCount) hexadecimal digits", at: position).because(.invalidEscape)
            }
            value = value << 4 | UInt32(number)
        }
        if let first = half {
            guard SurrogatePair.isLow(value) else { throw Self.unpaired(first.position) }
            (value, half) = (SurrogatePair.codePoint(first.unit, value), nil)
        } else if SurrogatePair.isHigh(value) {
            half = (value, position)
            return digitCount + 1
        }
        guard !SurrogatePair.isLow(value) else { throw Self.unpaired(position) }
        guard value != 0, let scalar = Unicode.Scalar(value) else { throw .badSQL("this escape is not a Unicode character", at: position) }
        bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        return digitCount + 1
    }

    /// `\x41`, `\101`; as in PostgreSQL an x without digits is an x.
    private mutating func readByte(isHexadecimal: Bool, at position: Int, _ character: (Int) -> UInt8?) throws(QueryError) -> Int {
        // Two digits behind the x, or three.
        let start = isHexadecimal ? 1 : 0
        var value = 0, place = start
        while place < 3, let digit = character(place), let number = Self.number(digit), isHexadecimal || number < 8 {
            value = value * (isHexadecimal ? 16 : 8) + Int(number)
            place += 1
        }
        guard place > start else { return 0 }
        // Three octal digits may be 511: of them PostgreSQL keeps the lower eight bits.
        guard let byte = UInt8(exactly: value & 0xFF), byte != 0 else { throw .badSQL("the query holds a NUL character", at: position).because(.badEncoding) }
        try append(byte)
        hasNumberedBytes = true
        return place
    }

    private static func unpaired(_ position: Int) -> QueryError { .badSQL("half of a surrogate pair stands alone", at: position) }

    private static func number(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
