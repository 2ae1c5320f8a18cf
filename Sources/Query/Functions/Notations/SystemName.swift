import ColumnStore

/// Texts of the types that PostgreSQL's catalogs keep names in: NAME has 63 bytes at most, "char" one.
///
/// Casts to them refuse no text.
///
/// PostgreSQL 15's documentation, section 8.3.
enum SystemName {
    static let byteCountMax = 63

    /// The characters that fit.
    static func cut(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.count > byteCountMax else { return text }
        var end = text.startIndex + byteCountMax
        // Not within a character: its further bytes begin with the bits 10.
        while end > text.startIndex, text[end] & 0xC0 == 0x80 { end -= 1 }
        return text[..<end]
    }

    /// The first byte, or the one that `\\101` is the number of; 0 of an empty text, as which PostgreSQL keeps one.
    static func byte(of text: ArraySlice<UInt8>) -> UInt8 {
        guard let first = text.first else { return 0 }
        let digits = text.dropFirst().prefix(3)
        guard first == UInt8(ascii: "\\"), text.count == 4, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return first }
        return digits.reduce(0) { $0 << 3 | ($1 & 7) }
    }

    /// A byte as a text: shown by its number where it is no character of ASCII; 0 is empty.
    static func letter(_ byte: UInt8) -> [UInt8] {
        if byte == 0 { return [] }
        return byte < 0x80 ? [byte] : [UInt8(ascii: "\\"), 0x30 | byte >> 6, 0x30 | byte >> 3 & 7, 0x30 | byte & 7]
    }
}

extension ScalarFunction {
    static let systemName = ScalarFunction(
        "name", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in Array(SystemName.cut(texts[row])) }
        })

    static let systemLetter = ScalarFunction(
        "\"char\"", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in SystemName.letter(SystemName.byte(of: texts[row])) }
        })

    /// `65::"char"`: the byte that an INTEGER is, with its sign.
    static let letterOfNumber = ScalarFunction(
        "\"char\" of a number", nulls: .strict, cost: .light, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let numbers = call[0].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                guard let byte = Int8(exactly: numbers[row]) else { throw .numericOverflow }
                return SystemName.letter(UInt8(bitPattern: byte))
            }
        })

    static let numberOfLetter = ScalarFunction(
        "number of a \"char\"", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), validity = call[0].rowValidity
            let numbers = (0..<call.count).map { row in validity?[row] ?? true ? Int64(Int8(bitPattern: SystemName.byte(of: texts[row]))) : 0 }
            return .whole(numbers, type: call.type, validity: validity)
        })
}
