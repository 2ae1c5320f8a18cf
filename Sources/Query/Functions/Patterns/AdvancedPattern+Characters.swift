/// What names single characters in an advanced regular expression, and where quantifiers may not stand.
extension AdvancedPattern {
    /// Every character as itself.
    ///
    /// Signs are escaped, letters and digits are not: a backslash before those would mean something.
    static func literal(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { $0 == 0 ? Array("\\x00".utf8) : $0 < 0x80 && !LetterClasses.isWord($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }

    /// `[.a.]` and `[=a=]` within a set: the one character that they name.
    static func collatingElement(_ rest: ArraySlice<UInt8>, _ kind: UInt8) throws(RegularExpression.Fault) -> ([UInt8], Int) {
        let body = rest.dropFirst(2)
        // The character may be what ends them.
        var end = body.index(body.startIndex, offsetBy: 1, limitedBy: body.endIndex) ?? body.endIndex
        while end < body.endIndex, !body[end...].starts(with: [kind, UInt8(ascii: "]")]) { end += 1 }
        guard end < body.endIndex, TextKernels.scalarCount(body[..<end]) == 1 else {
            throw RegularExpression.Fault(reason: "invalid collating element: [.x.] and [=x=] name one character by itself")
        }
        return (literal(Array(body[..<end])), end + 2)
    }

    /// A backslash with a character's number, or with a letter whose control character is meant: what RE2 writes for it, and the place behind. Nil for others.
    static func character(_ rest: ArraySlice<UInt8>) throws(RegularExpression.Fault) -> ([UInt8], Int)? {
        guard let letter = rest.first else { return nil }
        let body = rest.dropFirst()
        func code(_ digits: ArraySlice<UInt8>) throws(RegularExpression.Fault) -> ([UInt8], Int) {
            let said = digits.drop { $0 == UInt8(ascii: "0") }
            // Of more than six digits no character is.
            guard !digits.isEmpty, said.count <= 6 else { throw RegularExpression.Fault(reason: "invalid escape sequence: \\x, \\u and \\U take a character's number") }
            return (Array("\\x{".utf8) + (said.isEmpty ? [UInt8(ascii: "0")] : Array(said)) + [UInt8(ascii: "}")], digits.endIndex)
        }
        switch letter {
        // All digits that stand there, and not two.
        case UInt8(ascii: "x"): return try code(body.prefix(while: isHexadecimal))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8, digits = body.prefix(count)
            return try code(digits.count == count && digits.allSatisfy(isHexadecimal) ? digits : [])
        case UInt8(ascii: "c"):
            guard let control = body.first, control < 0x80 else { throw RegularExpression.Fault(reason: "invalid escape sequence: \\c takes a letter") }
            return (Array("\\x{\(String(control & 0x1F, radix: 16))}".utf8), body.startIndex + 1)
        default: return nil
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { DateTimeTokens.isDigit(byte) || (0x41...0x46).contains(byte & 0xDF) }

    /// `2}`, `2,}` or `2,5}`.
    private static func isBound(_ rest: ArraySlice<UInt8>) -> Bool {
        let behind = rest.drop(while: DateTimeTokens.isDigit)
        let end = behind.first == UInt8(ascii: ",") ? behind.dropFirst().drop(while: DateTimeTokens.isDigit) : behind
        return end.first == UInt8(ascii: "}")
    }

    /// RE2 takes a quantifier behind `^` and the like, and passes over it; and braces that say no count as themselves.
    ///
    /// - Throws: where PostgreSQL refuses the pattern as well.
    static func checkQuantifiers(_ pattern: [UInt8]) throws(RegularExpression.Fault) {
        var place = 0, isBehindPlace = false
        while place < pattern.count {
            let byte = pattern[place]
            place += 1
            let isBounded = byte == UInt8(ascii: "{") && place < pattern.count && DateTimeTokens.isDigit(pattern[place])
            if isBounded, !isBound(pattern[place...]) { throw RegularExpression.Fault(reason: "the count of a quantifier is as {2}, {2,} or {2,5}") }
            if isBehindPlace, isBounded || "*+?".utf8.contains(byte) { throw RegularExpression.Fault(reason: "a quantifier stands behind what is no character") }
            isBehindPlace = byte == UInt8(ascii: "^") || byte == UInt8(ascii: "$")
            if byte == UInt8(ascii: "["), place < pattern.count { place = behindSet(pattern, place) }
            if byte == UInt8(ascii: "\\"), place < pattern.count {
                isBehindPlace = "AmMyYZ".utf8.contains(pattern[place])
                place += 1
            }
        }
    }
}
