// PostgreSQL's lexical rules as far as they say where a statement ends (PostgreSQL 15 documentation, 4.1):
// '…' with '' in it, E'…' with \, "…", $tag$…$tag$, -- to the line's end, /* nested */.

internal import ColumnStore

/// A piece of a statement's text.
package struct StatementToken: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// A word without quotes, in lower case.
        case word
        /// A word in double quotes, taken out of them.
        case quoted
        /// A text in single quotes, taken out of them.
        case text
        case number
        case mark
    }

    package let kind: Kind
    package let value: String
    /// Where it stands, in the text's scalars.
    package let range: Range<Int>
}

/// Cuts a Query message into statements and those into tokens.
package struct StatementScanner {
    package struct Statement: Equatable, Sendable {
        /// Without the semicolon.
        package let text: String
        /// In the whole text, in scalars.
        package let start: Int
        /// Places within `text`; those that a session reads itself (`KeptTokens`).
        package let tokens: [StatementToken]
        /// The first parameter that it names.
        package let parameter: Parameter?

        package struct Parameter: Equatable, Sendable {
            package let number: String
            /// In `text`, in scalars.
            package let place: Int
        }
    }

    /// What a message may make the server hold beside its text: tokens of one statement, of all, and statements.
    package static let tokensMax = 10_000, allTokensMax = 100_000, statementsMax = 1_000
    /// Bytes of a message with statements: each is held as a scalar of four while it is cut.
    package static let textMax = 16 << 20
    /// The text, a scalar for each of its bytes, and the statements that are cut out of it.
    static let heldPerByte = 6

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var tokenCount = 0
    private var parameter: Statement.Parameter?

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// Those that say something: `;;` has none.
    ///
    /// - Throws: 42601 for a quote or comment without an end, 54000 past a bound.
    package static func statements(_ text: String) throws(PostgresFault) -> [Statement] {
        guard text.utf8.count <= textMax else { throw PostgresFault(.programLimitExceeded, "a statement of more than \(textMax) bytes") }
        var scanner = StatementScanner(text)
        var found: [Statement] = []
        repeat {
            let start = scanner.place
            scanner.parameter = nil
            let tokens = try scanner.statement(from: start)
            if !tokens.isEmpty {
                guard found.count < statementsMax else { throw PostgresFault(.programLimitExceeded, "more than \(statementsMax) statements in one message") }
                found.append(Statement(text: scanner.string(start..<scanner.place), start: start, tokens: tokens, parameter: scanner.parameter))
            }
            scanner.place += 1
        } while scanner.place <= scanner.scalars.count
        return found
    }

    private func string(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range])
        return String(text)
    }

    private func scalar(_ offset: Int = 0) -> Unicode.Scalar? {
        let index = place + offset
        return index < scalars.count ? scalars[index] : nil
    }

    private mutating func statement(from start: Int) throws(PostgresFault) -> [StatementToken] {
        var kept = KeptTokens()
        while let first = scalar(), first != ";" {
            let begin = place
            guard let (kind, value) = try token(first) else { continue }
            if kind == .word || kind == .quoted, CombiningMarks.hasLongRun(value) { throw PostgresFault(PostgresFault.marks.state, PostgresFault.marks.message, position: begin + 1) }
            if first == "$", kind == .mark, parameter == nil { noteParameter(begin, start) }
            guard kept.take(StatementToken(kind: kind, value: value, range: begin - start..<place - start)) else { continue }
            tokenCount += 1
            guard kept.tokens.count <= Self.tokensMax, tokenCount <= Self.allTokensMax else {
                throw PostgresFault(.programLimitExceeded, "a command of more than \(Self.tokensMax) words, or a message of more than \(Self.allTokensMax)", position: begin + 1)
            }
        }
        return kept.tokens
    }

    private mutating func noteParameter(_ begin: Int, _ start: Int) {
        let digits = scalars[place...].prefix { ("0"..."9").contains($0) }.prefix(10)
        if !digits.isEmpty { parameter = Statement.Parameter(number: string(digits.startIndex..<digits.endIndex), place: begin - start) }
    }

    /// Nil for blanks and comments.
    private mutating func token(_ first: Unicode.Scalar) throws(PostgresFault) -> (StatementToken.Kind, String)? {
        switch first {
        case "-" where scalar(1) == "-":
            while let next = scalar(), next != "\n" { place += 1 }
            return nil
        case "/" where scalar(1) == "*":
            try comment()
            return nil
        case "'": return (.text, try quoted("'", hasEscapes: false))
        case "\"":
            let begin = place, name = try quoted("\"", hasEscapes: false)
            guard !name.isEmpty else { throw PostgresFault(.syntaxError, "zero-length delimited identifier", position: begin + 1) }
            return (.quoted, name)
        case "E", "e":
            guard scalar(1) == "'" else { return word() }
            place += 1
            return (.text, try quoted("'", hasEscapes: true))
        case "$":
            if let text = try dollarQuoted() { return (.text, text) }
            place += 1
            return (.mark, "$")
        case "0"..."9": return number()
        case _ where Self.beginsWord(first): return word()
        case _ where first.properties.isWhitespace || first.value < 0x20:
            place += 1
            return nil
        default:
            place += 1
            return (.mark, String(first))
        }
    }

    private static func beginsWord(_ scalar: Unicode.Scalar) -> Bool {
        (scalar.isASCII && scalar.properties.isAlphabetic) || scalar == "_" || scalar.value >= 0x80
    }

    private mutating func word() -> (StatementToken.Kind, String) {
        let begin = place
        while let next = scalar(), Self.beginsWord(next) || ("0"..."9").contains(next) || next == "$" { place += 1 }
        return (.word, string(begin..<place).lowercased())
    }

    private mutating func number() -> (StatementToken.Kind, String) {
        let begin = place
        while let next = scalar(), ("0"..."9").contains(next) || next == "." { place += 1 }
        return (.number, string(begin..<place))
    }

    private func unended(_ what: String, _ begin: Int) -> PostgresFault {
        PostgresFault(.syntaxError, "unterminated \(what)", position: begin + 1)
    }

    private mutating func comment() throws(PostgresFault) {
        let begin = place
        var depth = 0
        repeat {
            if scalar() == "/", scalar(1) == "*" {
                depth += 1
                place += 2
            } else if scalar() == "*", scalar(1) == "/" {
                depth -= 1
                place += 2
            } else if scalar() == nil {
                throw unended("/* comment", begin)
            } else {
                place += 1
            }
        } while depth > 0
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r", "b": "\u{8}", "f": "\u{C}"]

    private mutating func quoted(_ mark: Unicode.Scalar, hasEscapes: Bool) throws(PostgresFault) -> String {
        let begin = place
        place += 1
        var value = String.UnicodeScalarView()
        while let next = scalar() {
            place += 1
            if next == mark {
                guard scalar() == mark else { return String(value) }
                place += 1
                value.append(mark)
            } else if hasEscapes, next == "\\", let escaped = scalar() {
                // Of questions it is their own lexer's: here COPY's delimiters count, as E'\t'.
                place += 1
                value.append(Self.escapes[escaped] ?? escaped)
            } else {
                value.append(next)
            }
        }
        throw unended(mark == "'" ? "quoted string" : "quoted identifier", begin)
    }

    /// `$$…$$`, `$tag$…$tag$`; nil for a parameter or a lone sign.
    private mutating func dollarQuoted() throws(PostgresFault) -> String? {
        var end = 1
        while let next = scalar(end), Self.beginsWord(next) || (end > 1 && ("0"..."9").contains(next)) { end += 1 }
        guard scalar(end) == "$" else { return nil }
        let begin = place
        let tag = scalars[place...place + end]
        place += tag.count
        let start = place
        while place + tag.count <= scalars.count {
            // A tag begins with its sign: most places are passed at a glance.
            if scalars[place] == "$", scalars[place..<place + tag.count].elementsEqual(tag) {
                defer { place += tag.count }
                return string(start..<place)
            }
            place += 1
        }
        throw unended("dollar-quoted string", begin)
    }
}
