/// A word or a sign of a Swift source: no comments, no text of strings; what strings interpolate is there.
struct SourceToken {
    var text: String
    var line: Int
    var isWord: Bool
}

/// Cuts Swift sources into tokens: as much of the grammar as it takes to know a name from a comment or a string.
struct SourceLexer {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1
    private var tokens: [SourceToken] = []

    private init(_ text: String) { bytes = Array(text.utf8) }

    static func tokens(of text: String) -> [SourceToken] {
        var lexer = SourceLexer(text)
        lexer.scan(untilParenthesis: false)
        return lexer.tokens
    }

    /// To the end of the text, or to the parenthesis that ends an interpolation.
    private mutating func scan(untilParenthesis: Bool) {
        var depth = 0
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                place += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "`"):
                place += 1
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
                while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                skipComment()
            case UInt8(ascii: "#"), UInt8(ascii: "\""):
                if !skipString() { sign(byte) }
            default:
                if Self.isWord(byte) {
                    word()
                    continue
                }
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                sign(byte)
                if untilParenthesis, depth < 0 { return }
            }
        }
    }

    private func peek(_ ahead: Int) -> UInt8 { place + ahead < bytes.count ? bytes[place + ahead] : 0 }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    private mutating func word() {
        let start = place
        while place < bytes.count, Self.isWord(bytes[place]) { place += 1 }
        tokens.append(SourceToken(text: String(decoding: bytes[start..<place], as: UTF8.self), line: line, isWord: true))
    }

    private mutating func sign(_ byte: UInt8) {
        tokens.append(SourceToken(text: String(UnicodeScalar(byte)), line: line, isWord: false))
        place += 1
    }

    /// Comments nest.
    private mutating func skipComment() {
        var depth = 0
        repeat {
            if bytes[place] == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                place += 2
            } else if bytes[place] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                place += 2
            } else {
                if bytes[place] == UInt8(ascii: "\n") { line += 1 }
                place += 1
            }
        } while depth > 0 && place < bytes.count
    }

    /// - Returns: false where a `#` begins no string.
    private mutating func skipString() -> Bool {
        var pounds = 0
        while peek(pounds) == UInt8(ascii: "#") { pounds += 1 }
        guard peek(pounds) == UInt8(ascii: "\"") else { return false }
        place += pounds + 1
        let isLong = peek(0) == UInt8(ascii: "\"") && peek(1) == UInt8(ascii: "\"")
        if isLong { place += 2 }
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "\""), !isLong || (peek(1) == bytes[place] && peek(2) == bytes[place]) {
                let quotes = isLong ? 3 : 1
                if (0..<pounds).allSatisfy({ peek(quotes + $0) == UInt8(ascii: "#") }) {
                    place += quotes + pounds
                    return true
                }
            }
            if bytes[place] == UInt8(ascii: "\\"), (0..<pounds).allSatisfy({ peek(1 + $0) == UInt8(ascii: "#") }) {
                place += 1 + pounds
                if peek(0) == UInt8(ascii: "(") {
                    place += 1
                    scan(untilParenthesis: true)
                    continue
                }
            }
            if peek(0) == UInt8(ascii: "\n") { line += 1 }
            place += 1
        }
        return true
    }
}
