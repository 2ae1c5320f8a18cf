import ColumnStore

/// unistr: a text with characters by their numbers, `\0441`, `\+01F600`, `\u0441` or `\U0001F600`.
///
/// `\\` is a backslash. A character past U+FFFF may be written as the two halves that UTF-16 has for it, the second right behind the first.
///
/// PostgreSQL 15's documentation, section 9.4.
extension SQLFunction {
    static let unistr = SQLFunction("unistr", summary: "a text with characters by their numbers: `\\0441`, `\\+01F600`", takes: [.string], runs: .unistr)
}

extension ScalarFunction {
    static let unistr = ScalarFunction(
        "unistr", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(2 * texts.range(at: row).count)
                return try unescaped(texts[row], call.meter)
            }
        })

    /// Of one escape, beside those of its bytes. A text may have fifty million of them: it is counted as they are read, so that its query ends among them.
    private static let escapeStepCount = 16

    /// - Throws: `.outside(.syntax)` for an escape that is none, and for one half without the other; `.invalidArgument` for 0 and for numbers past
    ///   U+10FFFF.
    private static func unescaped(_ text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> [UInt8] {
        var rest = text, result: [UInt8] = []
        // The first half of a character in two.
        var half: UInt32?
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), rest.first != UInt8(ascii: "\\") else {
                if byte == UInt8(ascii: "\\") { rest.removeFirst() }
                guard half == nil else { throw halfFault }
                result.append(byte)
                continue
            }
            try meter.step(escapeStepCount)
            // 0 is an escape without a letter, which has four digits, too.
            let digitCount = switch rest.first {
            case UInt8(ascii: "+"): 6
            case UInt8(ascii: "u"): 4
            case UInt8(ascii: "U"): 8
            default: 0
            }
            if digitCount > 0 { rest.removeFirst() }
            let digits = rest.prefix(digitCount > 0 ? digitCount : 4)
            guard digits.count == (digitCount > 0 ? digitCount : 4), digits.allSatisfy(isHexadecimal), let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
                throw .outside(.syntax, "an escape of unistr is \\XXXX, \\+XXXXXX, \\uXXXX or \\UXXXXXXXX")
            }
            rest = rest.dropFirst(digits.count)
            if let first = half {
                // Ten bits of each half above U+10000; `<<` binds before `+`.
                guard (0xDC00...0xDFFF).contains(code), let whole = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (code - 0xDC00)) else { throw halfFault }
                result += UTF8.encode(whole) ?? UTF8.encodedReplacementCharacter
                half = nil
            } else if (0xD800...0xDBFF).contains(code) {
                half = code
            } else {
                guard !(0xDC00...0xDFFF).contains(code) else { throw halfFault }
                guard code > 0, let scalar = Unicode.Scalar(code) else { throw .invalidArgument("no character has this number") }
                result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            }
        }
        guard half == nil else { throw halfFault }
        return result
    }

    private static let halfFault = KernelError.outside(.syntax, "half of a character stands alone")

    private static func isHexadecimal(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) }
}
