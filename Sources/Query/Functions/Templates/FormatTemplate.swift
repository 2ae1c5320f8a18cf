/// What templates of numbers and of times have in common.
enum FormatTemplate {
    /// Of a template: each of its bytes may become a part of its own, which takes a hundred times as much.
    static let byteCountMax = 64 << 10

    /// Asked before a template is cut into its parts, which no cancelling ends.
    /// - Throws: `.outside(.tooLong)` past `byteCountMax`.
    static func checkLength(_ byteCount: Int) throws(KernelError) {
        guard byteCount <= byteCountMax else { throw .outside(.tooLong, "a template takes \(byteCountMax) bytes at most") }
    }

    /// The text between double quotes: a backslash takes the next character as it is.
    static func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        rest = rest.dropFirst()
        var text: [UInt8] = []
        while let byte = rest.first, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), rest.count > 1 { rest = rest.dropFirst() }
            if let escaped = rest.popFirst() { text.append(escaped) }
        }
        rest = rest.dropFirst()
        return text
    }

    /// One byte as it stands; outside quotes a backslash counts only before a quote.
    static func character(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        if rest.first == UInt8(ascii: "\\"), rest.dropFirst().first == UInt8(ascii: "\"") { rest = rest.dropFirst() }
        return rest.popFirst().map { [$0] } ?? []
    }

    /// `st`, `nd`, `rd` or `th` behind digits.
    static func ordinal(_ digits: ArraySlice<UInt8>, isUpper: Bool) -> String {
        // 11th, 12th and 13th, and so of 111.
        let isTeen = digits.count > 1 && digits.dropLast().last == UInt8(ascii: "1")
        let ending = switch digits.last {
        case UInt8(ascii: "1") where !isTeen: "st"
        case UInt8(ascii: "2") where !isTeen: "nd"
        case UInt8(ascii: "3") where !isTeen: "rd"
        default: "th"
        }
        return isUpper ? ending.uppercased() : ending
    }
}
