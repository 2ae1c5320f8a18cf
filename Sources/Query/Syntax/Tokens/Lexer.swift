import ColumnStore

/// Splits a query into tokens by PostgreSQL's lexical rules.
///
/// Positions count Unicode scalars from 1. Works on UTF-8 bytes; all syntax is ASCII, and every byte above 0x7F belongs to
/// a name, a string or a comment.
///
///     token     = word | "quoted name" | number | string | parameter | symbol | end
///     word      = (letter | '_' | byte ≥ 0x80) { the same | digit | '$' }                 folded to lower case in ASCII
///     name      = '"' { any | '""' } '"' | U&"…" [UESCAPE 'c']
///     number    = digits [ '.' [digits] ] [ (e | E) [sign] digits ] | '.' digits …
///     string    = "'" { any | "''" } "'" { blanks and `-- …` with a line break "'" … "'" }
///               | E'…' with backslash escapes | N'…' | U&'…' [UESCAPE 'c'] | $tag$ … $tag$
///     parameter = '$' digits                                                              1 to 65535
///
/// Blanks, `-- …` to the end of a line and nested `/* … */` stand between tokens. PostgreSQL's documentation, section 4.1.
///
/// Invariants: `offset` stands at the first byte of a scalar, and `scalarCount` scalars lie before it.
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0
    /// Scalars before `offset`.
    private var scalarCount = 0

    /// Longest first, so that the first match is the longest.
    private static let symbols: [[UInt8]] = [
        "!~~*", "~<=~", "~>=~", "~<~", "~>~", "!~*", "!~~", "~~*", "->>", "#>>", "||/", "!~", "~*", "~~", "!=", "<>", "<=", ">=", "||", "::", "=>", "->", "#>", "#-",
        "@>", "<@", "<<", ">>", ":=", "|/", "&&", "?|", "?&", "..", "^@", "@?", "@@",
        "+", "-", "*", "/", "%", "^", "<", ">", "=", "~", "(", ")", "[", "]", ",", ".", ";", ":", "!", "@", "#", "&", "|",
        "?", "`", "{", "}",
    ].map { Array($0.utf8) }

    /// All tokens of a query, of which the last is `.end`.
    ///
    /// - Throws: bad-sql at the place of what is not closed, too long or no token; unsupported-sql for bit strings.
    /// - Complexity: the bytes of the query.
    static func tokens(of query: String) throws(QueryError) -> [Token] {
        var lexer = try Lexer(query)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private init(_ query: String) throws(QueryError) {
        bytes = Array(query.utf8)
        guard bytes.count <= SyntaxLimits.queryByteCountMax else {
            throw .badSQL("the query is longer than \(SyntaxLimits.queryByteCountMax) bytes", at: 1)
        }
    }

    /// The byte so far ahead; nil behind the end.
    private func peek(_ distance: Int = 0) -> UInt8? {
        offset + distance < bytes.count ? bytes[offset + distance] : nil
    }

    /// Passes so many bytes, and the rest of the scalar that the last of them lies in.
    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where offset < bytes.count {
            // Continuation bytes (10xxxxxx) do not start a scalar.
            if bytes[offset] & 0xC0 != 0x80 { scalarCount += 1 }
            offset += 1
        }
        // A scalar counts when its first byte is passed: pass the rest of it too.
        while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    }

    /// The token at `offset`. Strings with a letter before them have to be looked for before words.
    private mutating func next() throws(QueryError) -> Token {
        try skipBlanksAndComments()
        let start = offset, position = scalarCount + 1
        func token(_ kind: Token.Kind, _ text: String, _ end: Int) -> Token {
            Token(kind: kind, text: text, position: position, start: start, end: end)
        }
        guard let byte = peek() else { return token(.end, "", start) }
        if byte == 0 { throw .badSQL("the query holds a NUL character", at: position) }
        switch byte {
        case UInt8(ascii: "'"):
            let text = try quotedString(escapes: false, position: position)
            return token(.string, text, offset)
        case UInt8(ascii: "\""):
            let text = try quotedName(position: position)
            return token(.quotedName, text, offset)
        case UInt8(ascii: "$"):
            let (kind, text) = try dollar(position: position)
            return token(kind, text, offset)
        default:
            break
        }
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && Self.isDigit(peek(1) ?? 0)) {
            let text = try number(position: position)
            return token(.number, text, offset)
        }
        if Self.startsWord(byte) {
            if let quote = peek(1), quote == UInt8(ascii: "'") {
                switch byte | 0x20 {
                case UInt8(ascii: "e"):
                    advance()
                    let text = try quotedString(escapes: true, position: position)
                    return token(.string, text, offset)
                case UInt8(ascii: "n"):
                    // As PostgreSQL reads it: NCHAR before the string that follows.
                    advance()
                    return token(.word, "nchar", offset)
                default: break
                }
            }
            // `u & x` without a quote are a name and an operator.
            if byte | 0x20 == UInt8(ascii: "u"), peek(1) == UInt8(ascii: "&"), peek(2) == UInt8(ascii: "'") || peek(2) == UInt8(ascii: "\"") {
                let (kind, text) = try unicodeEscaped(position: position)
                return token(kind, text, offset)
            }
            let text = try word(position: position)
            return token(.word, text, offset)
        }
        for symbol in Self.symbols where bytes[offset...].starts(with: symbol) {
            advance(symbol.count)
            return token(.symbol, String(decoding: symbol, as: UTF8.self), offset)
        }
        throw .badSQL("unexpected character \(Self.show(bytes[offset...]))", at: position)
    }

    /// The first scalar of some bytes, for a message.
    private static func show(_ rest: ArraySlice<UInt8>) -> String {
        guard let scalar = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first else { return "at the end" }
        return scalar.value < 0x20 ? "U+00\(scalar.value < 0x10 ? "0" : "")\(String(scalar.value, radix: 16, uppercase: true))" : "“\(String(Character(scalar)))”"
    }

    /// Blanks are those of ASCII: a no-break space is part of a name.
    private mutating func skipBlanksAndComments() throws(QueryError) {
        while let byte = peek() {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                advance()
            } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
                while let byte = peek(), byte != 0x0A, byte != 0x0D { advance() }
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                try skipBlockComment()
            } else {
                return
            }
        }
    }

    /// Block comments nest, as in the SQL standard.
    private mutating func skipBlockComment() throws(QueryError) {
        let position = scalarCount + 1
        var depth = 0
        while let byte = peek() {
            if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                advance(2)
            } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                advance(2)
                if depth == 0 { return }
            } else {
                advance()
            }
        }
        throw .badSQL("this comment is not closed", at: position)
    }

    /// Letters beyond ASCII stay as they are: PostgreSQL folds them only in encodings of one byte.
    private mutating func word(position: Int) throws(QueryError) -> String {
        var text: [UInt8] = []
        while let byte = peek(), Self.continuesWord(byte) {
            text.append(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte)
            offset += 1
            if byte & 0xC0 != 0x80 { scalarCount += 1 }
        }
        try checkName(text, position)
        return String(decoding: text, as: UTF8.self)
    }

    /// Between double quotes, of which two are one; not folded, and never empty.
    private mutating func quotedName(position: Int) throws(QueryError) -> String {
        var text: [UInt8] = []
        advance()
        while let byte = peek() {
            if byte == UInt8(ascii: "\"") {
                guard peek(1) == byte else {
                    advance()
                    guard !text.isEmpty else { throw .badSQL("a name cannot be empty", at: position) }
                    try checkName(text, position)
                    return String(decoding: text, as: UTF8.self)
                }
                // Past the first of two quotes; the second is copied as any other character.
                offset += 1
                scalarCount += 1
            }
            if byte == 0 { throw .badSQL("the query holds a NUL character", at: scalarCount + 1) }
            appendScalar(to: &text)
        }
        throw .badSQL("this quoted name is not closed", at: position)
    }

    private func checkName(_ text: [UInt8], _ position: Int) throws(QueryError) {
        guard text.count <= SyntaxLimits.identifierByteCountMax else {
            throw .badSQL("a name is longer than \(SyntaxLimits.identifierByteCountMax) bytes", at: position)
        }
        // Names are compared with each other, many times.
        guard CombiningMarks.orderingSteps(text) <= SyntaxLimits.identifierByteCountMax else { throw .badSQL("a name has too many combining marks in a row", at: position) }
    }

    /// Copies the scalar at `offset` and passes it.
    private mutating func appendScalar(to text: inout [UInt8]) {
        let start = offset
        advance()
        text.append(contentsOf: bytes[start..<offset])
    }

    /// A string in single quotes; further ones after a line break belong to it.
    ///
    /// - Throws: bad-sql for one without an end, with a NUL character, or with an escape that `EscapedText` refuses.
    private mutating func quotedString(escapes: Bool, position: Int) throws(QueryError) -> String {
        var text = EscapedText()
        advance()
        while let byte = peek() {
            if byte == UInt8(ascii: "'") {
                advance()
                if peek() == UInt8(ascii: "'") {
                    try text.append(byte)
                    advance()
                    continue
                }
                try text.checkPairs()
                if try continuesAfterLineBreak() { continue }
                return try text.text(at: position)
            }
            if escapes, byte == UInt8(ascii: "\\") {
                let place = scalarCount + 1
                advance()
                let count = try text.readEscape(at: place) { distance in peek(distance) }
                advance(count)
                // What follows stands for itself; at the end the string is open.
                guard count == 0, peek() != nil else { continue }
            }
            if peek() == 0 { throw .badSQL("the query holds a NUL character", at: scalarCount + 1) }
            let start = offset
            advance()
            try text.append(bytes[start..<offset])
        }
        throw .badSQL("this string is not closed", at: position)
    }

    /// `'a'` and `'b'` on another line are `'ab'`. Passes the blanks, comments to the end of a line and the opening quote; false where no string goes on, and
    /// nothing is passed.
    private mutating func continuesAfterLineBreak() throws(QueryError) -> Bool {
        var probe = offset, sawLineBreak = false
        while probe < bytes.count {
            let byte = bytes[probe]
            if byte == UInt8(ascii: "-"), probe + 1 < bytes.count, bytes[probe + 1] == byte {
                while probe < bytes.count, bytes[probe] != 0x0A, bytes[probe] != 0x0D { probe += 1 }
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                if byte == 0x0A || byte == 0x0D { sawLineBreak = true }
                probe += 1
            } else {
                break
            }
        }
        guard sawLineBreak, probe < bytes.count, bytes[probe] == UInt8(ascii: "'") else { return false }
        // Of a comment's characters beyond ASCII the first byte alone counts.
        while offset <= probe { advance() }
        return true
    }

    /// `U&'…'` or `U&"…"`, and UESCAPE behind it.
    private mutating func unicodeEscaped(position: Int) throws(QueryError) -> (Token.Kind, String) {
        advance(2)
        let isName = peek() == UInt8(ascii: "\"")
        let raw = isName ? try quotedName(position: position) : try quotedString(escapes: false, position: position)
        var mark = UInt8(ascii: "\\")
        let (place, count) = (offset, scalarCount)
        try skipBlanksAndComments()
        // UESCAPE in either case.
        if bytes[offset...].prefix(7).elementsEqual("uescape".utf8, by: { $0 | 0x20 == $1 }) {
            advance(7)
            try skipBlanksAndComments()
            guard peek() == UInt8(ascii: "'"), let said = peek(1), UnicodeEscapes.isMark(said), peek(2) == UInt8(ascii: "'") else {
                throw .badSQL("UESCAPE takes one character, which is no digit, blank or quote", at: scalarCount + 1)
            }
            mark = said
            advance(3)
        } else {
            // What was passed over belongs to the next token.
            (offset, scalarCount) = (place, count)
        }
        return (isName ? .quotedName : .string, try UnicodeEscapes.decoded(raw, mark: mark, at: position))
    }

    /// `$1`, or a string between `$tag$` marks.
    ///
    /// `$tag$` ends the string wherever its bytes stand. A tag begins as a word does or is empty, and has no `$`.
    private mutating func dollar(position: Int) throws(QueryError) -> (Token.Kind, String) {
        if let digit = peek(1), Self.isDigit(digit) {
            advance()
            var text = ""
            while let byte = peek(), Self.isDigit(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
                advance()
            }
            guard let number = Int(text), (1...SyntaxLimits.parameterCountMax).contains(number) else {
                throw .badSQL("parameters are $1 to $\(SyntaxLimits.parameterCountMax)", at: position).because(.undefinedParameter)
            }
            return (.parameter, text)
        }
        var end = offset + 1
        while end < bytes.count, Self.continuesWord(bytes[end]), bytes[end] != UInt8(ascii: "$") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
            throw .badSQL("unexpected “$”", at: position, hint: "parameters are $1, $2 …")
        }
        // The closing mark is the very bytes of the opening one, `$$` or `$tag$`; nothing in between means anything.
        let mark = Array(bytes[offset...end])
        let bodyStart = end + 1
        var probe = bodyStart
        while probe + mark.count <= bytes.count {
            if bytes[probe] == mark[0], bytes[probe..<probe + mark.count].elementsEqual(mark) {
                let body = bytes[bodyStart..<probe]
                guard !body.contains(0) else { throw .badSQL("the query holds a NUL character", at: position) }
                let text = String(decoding: body, as: UTF8.self)
                // Of both marks and what is between them, at once.
                scalarCount += String(decoding: bytes[offset..<probe + mark.count], as: UTF8.self).unicodeScalars.count
                offset = probe + mark.count
                return (.string, text)
            }
            probe += 1
        }
        throw .badSQL("this string is not closed", at: position)
    }

    /// The digits as written; the parser asks no more than that they are a number.
    private mutating func number(position: Int) throws(QueryError) -> String {
        let start = offset
        while let byte = peek(), Self.isDigit(byte) { advance() }
        // `1..3` is two numbers with `..` between them, and not `1.` and `.3`.
        if peek() == UInt8(ascii: "."), peek(1) != UInt8(ascii: ".") {
            advance()
            while let byte = peek(), Self.isDigit(byte) { advance() }
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if let digit = peek(signed ? 2 : 1), Self.isDigit(digit) {
                advance(signed ? 2 : 1)
                while let byte = peek(), Self.isDigit(byte) { advance() }
            }
        }
        // `1a` would be the number 1 under the alias a.
        if let byte = peek(), Self.startsWord(byte) {
            throw .badSQL("a letter follows a number", at: scalarCount + 1, hint: "put a blank between them")
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// With 0x20 set a capital letter is its small one, and no other byte of ASCII gets between `a` and `z`.
    private static func startsWord(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private static func continuesWord(_ byte: UInt8) -> Bool {
        startsWord(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
    }
}
