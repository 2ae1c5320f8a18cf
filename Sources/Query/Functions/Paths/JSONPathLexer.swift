import ColumnStore

/// Words, strings and signs of a path.
///
/// Blanks and `/* … */` part tokens. A word is what no sign, blank or quote is in; it may have the escapes of strings: `\b \f \n \r \t \v`, `\x41`,
/// `\u0041`, `\u{1F600}`, and any other character for itself. PostgreSQL 15's `jsonpath_scan.l`.
struct JSONPathLexer {
    enum Token: Equatable {
        /// A name, or a word of the language: these are no more than names behind a dot.
        case word([UInt8])
        case string([UInt8])
        case variable([UInt8])
        case number([UInt8])
        case sign(String)
        case end
    }

    /// The longer ones first.
    private static let signs = ["**", "&&", "||", "==", "!=", "<>", "<=", ">="] + "?%$.[]{}()|&!=<>@#,*:-+/".map { String($0) }
    private static let special = Set("?%$.[]{}()|&!=<>@#,*:-+/".utf8)

    private let text: [UInt8]
    private var place = 0
    /// Where the token that was read last begins.
    private var start = 0

    init(_ text: [UInt8]) { self.text = text }

    /// - Throws: `.outside(.syntax, …)`.
    mutating func next() throws(KernelError) -> Token {
        try skipBlanks()
        start = place
        guard place < text.count else { return .end }
        switch text[place] {
        case UInt8(ascii: "\""): return .string(try quoted())
        // `$` alone is the document, `$name` and `$"name"` are variables.
        case UInt8(ascii: "$"):
            if place + 1 < text.count, text[place + 1] == UInt8(ascii: "\"") {
                place += 1
                return .variable(try quoted())
            }
            if place + 1 < text.count, Self.isOfWord(text[place + 1]) {
                place += 1
                return .variable(try word())
            }
        case 0x30...0x39: return .number(try number())
        case UInt8(ascii: ".") where place + 1 < text.count && Self.isDigit(text[place + 1]): return .number(try number())
        case let byte where Self.isOfWord(byte): return .word(try word())
        default: break
        }
        for sign in Self.signs where text[place...].starts(with: sign.utf8) {
            place += sign.utf8.count
            return .sign(sign == "<>" ? "!=" : sign)
        }
        place += 1
        throw misplaced()
    }

    /// What stood where no such thing can, and at which character of the path, from 1.
    func misplaced() -> KernelError {
        guard start < text.count else { return Self.fault("it ends too early") }
        let token = String(decoding: text[start..<max(place, start)].prefix(40), as: UTF8.self)
        let number = String(decoding: text[..<start], as: UTF8.self).unicodeScalars.count + 1
        return Self.fault("“\(token)” stands at character \(number), where it must not")
    }

    static func fault(_ reason: String) -> KernelError { .outside(.syntax, "this is no path of JSON: \(reason)") }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D }
    private static func isOfWord(_ byte: UInt8) -> Bool { !isBlank(byte) && byte != UInt8(ascii: "\"") && !special.contains(byte) }

    private mutating func skipBlanks() throws(KernelError) {
        while place < text.count {
            if Self.isBlank(text[place]) {
                place += 1
            } else if text[place...].starts(with: "/*".utf8) {
                place += 2
                while !text[place...].starts(with: "*/".utf8) {
                    guard place < text.count else { throw Self.fault("a comment has no end") }
                    place += 1
                }
                place += 2
            } else {
                return
            }
        }
    }

    private mutating func word() throws(KernelError) -> [UInt8] {
        var result: [UInt8] = []
        while place < text.count, Self.isOfWord(text[place]) {
            if text[place] == UInt8(ascii: "\\") {
                try escape(to: &result)
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }

    /// - Throws: where the string has no end, or its escapes are no UTF-8.
    private mutating func quoted() throws(KernelError) -> [UInt8] {
        var result: [UInt8] = []
        place += 1
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""):
                place += 1
                guard String(validating: result, as: UTF8.self) != nil else { throw Self.fault("a string is not UTF-8") }
                return result
            case UInt8(ascii: "\\"): try escape(to: &result)
            default:
                result.append(text[place])
                place += 1
            }
        }
        throw Self.fault("a string has no end")
    }

    /// - Throws: `.outside(.untranslatable)` for the character 0; `.invalidText` for half of a surrogate pair.
    private mutating func escape(to result: inout [UInt8]) throws(KernelError) {
        place += 1
        guard place < text.count else { throw Self.fault("nothing follows a backslash") }
        let mark = text[place]
        place += 1
        switch mark {
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "v"): result.append(0x0B)
        case UInt8(ascii: "x"): try append(try hexadecimal(2...2), to: &result)
        case UInt8(ascii: "u"):
            var code = try unicode()
            if SurrogatePair.isHigh(code) {
                guard text[place...].starts(with: "\\u".utf8) else { throw .invalidText("JSONPATH") }
                place += 2
                let low = try unicode()
                guard SurrogatePair.isLow(low) else { throw .invalidText("JSONPATH") }
                code = SurrogatePair.codePoint(code, low)
            }
            try append(code, to: &result)
        default: result.append(mark)
        }
    }

    /// Behind `\u`: four digits, or up to six in braces.
    private mutating func unicode() throws(KernelError) -> UInt32 {
        guard place < text.count, text[place] == UInt8(ascii: "{") else { return try hexadecimal(4...4) }
        place += 1
        let code = try hexadecimal(1...6)
        guard place < text.count, text[place] == UInt8(ascii: "}") else { throw Self.fault("a character's number has no end") }
        place += 1
        return code
    }

    private mutating func hexadecimal(_ count: ClosedRange<Int>) throws(KernelError) -> UInt32 {
        let digits = text[place...].prefix(count.upperBound).prefix { Character(Unicode.Scalar($0)).isHexDigit }
        guard count.contains(digits.count), let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw Self.fault("a character's number lacks digits")
        }
        place += digits.count
        return code
    }

    private func append(_ code: UInt32, to result: inout [UInt8]) throws(KernelError) {
        guard code != 0 else { throw .outside(.untranslatable, "no text holds the character 0") }
        guard let scalar = Unicode.Scalar(code) else { throw .outside(.invalidText, "a character's number means none") }
        result += String(Character(scalar)).utf8
    }

    /// `1`, `1.`, `.5`, `1.5e-3`: digits that begin with 0 are no more than it, and no letter follows.
    ///
    /// - Returns: the number as JSONB writes it.
    private mutating func number() throws(KernelError) -> [UInt8] {
        let start = place
        func digits(_ place: Int) -> Int { text[place...].prefix { Self.isDigit($0) }.count }
        if text[place] != UInt8(ascii: ".") { place += text[place] == 0x30 ? 1 : digits(place) }
        if place < text.count, text[place] == UInt8(ascii: ".") {
            place += 1
            place += digits(place)
        }
        if place < text.count, text[place] | 0x20 == UInt8(ascii: "e") {
            let signed = place + 1 < text.count && (text[place + 1] == UInt8(ascii: "+") || text[place + 1] == UInt8(ascii: "-"))
            let count = place + (signed ? 2 : 1) <= text.count ? digits(place + (signed ? 2 : 1)) : 0
            guard count > 0 else { throw Self.fault("letters follow a number") }
            place += (signed ? 2 : 1) + count
        }
        guard place >= text.count || !Self.isOfWord(text[place]) else { throw Self.fault("letters follow a number") }
        var canonical: [UInt8] = []
        try JSONDocument.appendNumber(Array(text[start..<place]), to: &canonical)
        return canonical
    }
}
