import ColumnStore

/// SIMILAR TO: SQL's patterns, in which `%` and `_` mean what they mean in LIKE, and `| * + ? {} () []` what they mean in regular expressions, turned into
/// one that has to fit the whole text. One or two of its escape character with a quote behind it mark the part that SUBSTRING gives; what stands before that takes as
/// little as it may.
///
/// | SIMILAR | regular expression |
/// | --- | --- |
/// | `%`, `_` | `.*`, `.` |
/// | `.`, `^`, `$`, `\\` | escaped |
/// | `(` | `(?:` |
/// | `[…]`, `\| * + ? {}` | as they are |
/// | escape `"` | `)(`, and at the second `)(?:` |
///
/// All of it stands within `^(?:` and `)$`. PostgreSQL's documentation, section 9.7.2.
enum SimilarPattern {
    /// - Parameter escape: the bytes of one character, or none.
    /// - Throws: `.invalidEscape` for more than two marks of a part.
    static func regularExpression(_ pattern: ArraySlice<UInt8>, escape: ArraySlice<UInt8>) throws(KernelError) -> [UInt8] {
        var result = Array("^(?:".utf8)
        var rest = pattern
        var isInBrackets = false
        let markCount = marks(in: pattern, escape: escape)
        guard markCount <= 2 else { throw .outside(.invalidEscape, "a SIMILAR pattern has more than two of its escape character with a quote behind it") }
        var marksSeen = 0
        while let byte = rest.first {
            if take(escape, &rest) {
                // At the end of the pattern it means nothing.
                guard let next = rest.popFirst() else { break }
                if next == UInt8(ascii: "\""), !isInBrackets {
                    result += (marksSeen == 0 ? ")(" : ")(?:").utf8
                    marksSeen += 1
                    continue
                }
                // What it means before a letter or a digit is for regular expressions to say: `\\d` is a digit.
                result += next < 0x80 ? [UInt8(ascii: "\\"), next] : [next]
                continue
            }
            rest.removeFirst()
            let isBefore = marksSeen == 0 && markCount > 0
            switch byte {
            case UInt8(ascii: "%") where !isInBrackets: result += (isBefore ? ".*?" : ".*").utf8
            case _ where isBefore && !isInBrackets && "*+?}".utf8.contains(byte): result += [byte, UInt8(ascii: "?")]
            case UInt8(ascii: "_") where !isInBrackets: result.append(UInt8(ascii: "."))
            case UInt8(ascii: ".") where !isInBrackets, UInt8(ascii: "^") where !isInBrackets, UInt8(ascii: "$") where !isInBrackets, UInt8(ascii: "\\"):
                result += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "("): result += isInBrackets ? [byte] : Array("(?:".utf8)
            case UInt8(ascii: "["):
                isInBrackets = true
                result.append(byte)
            case UInt8(ascii: "]"):
                isInBrackets = false
                result.append(byte)
            default: result.append(byte)
            }
        }
        return result + ")$".utf8
    }

    /// How many marks of a part the pattern has outside of brackets.
    private static func marks(in pattern: ArraySlice<UInt8>, escape: ArraySlice<UInt8>) -> Int {
        var rest = pattern, count = 0, isInBrackets = false
        while let byte = rest.first {
            if take(escape, &rest) {
                if rest.popFirst() == UInt8(ascii: "\""), !isInBrackets { count += 1 }
                continue
            }
            rest.removeFirst()
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") { isInBrackets = byte == UInt8(ascii: "[") }
        }
        return count
    }

    private static func take(_ escape: ArraySlice<UInt8>, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard !escape.isEmpty, rest.starts(with: escape) else { return false }
        rest.removeFirst(escape.count)
        return true
    }
}

extension SQLFunction {
    static let similarToEscape = SQLFunction(
        "similar_to_escape", summary: "the regular expression of a pattern of SIMILAR TO",
        forms: [[.string], [.string, .string]]
    ) { (call, typing) throws(QueryError) in
        let arguments = try call.typed([.string, .string], required: 1, typing)
        return call.make(.similarPattern, arguments.count == 2 ? arguments : arguments + [.text("\\")], .string)
    }
}

extension ScalarFunction {
    /// The pattern as a regular expression; the escape character is its second argument, and none where that is empty.
    static let similarPattern = ScalarFunction(
        "similar_to_escape", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let patterns = TextRows(call[0]), escapes = TextRows(call[1])
            return try call.texts { (row) throws(KernelError) in
                guard String(decoding: escapes[row], as: UTF8.self).unicodeScalars.count <= 1 else { throw .outside(.invalidEscape, "ESCAPE must be one character or none") }
                try call.meter.step(4 * patterns.range(at: row).count)
                try call.meter.charge(4 * patterns.range(at: row).count)
                return try SimilarPattern.regularExpression(patterns[row], escape: escapes[row])
            }
        })
}
