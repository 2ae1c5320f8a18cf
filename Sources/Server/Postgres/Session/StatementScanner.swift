// PostgreSQL's lexical rules as far as they say where a statement ends (PostgreSQL 15 documentation, 4.1):
// '…' with '' in it, E'…' with \, both going on behind a line's end, "…", $tag$…$tag$, -- to the line's end, /* nested */.

internal import ColumnStore
internal import Query

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

    /// Its place in a list, and a text that is longer than a place holds: a comma takes forty bytes of memory.
    var heldByteCount: Int {
        let count = value.utf8.count
        return MemoryLayout<StatementToken>.stride.addingSaturating(count > 15 ? count.addingSaturating(32) : 0)
    }
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
    /// The text, a scalar for each of its bytes, and the statements that are cut out of it. Their tokens are asked for as they come.
    static let heldPerByte = 6

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var tokenCount = 0
    /// What the tokens take that are kept so far, and what was asked for.
    private var tokenByteCount = 0, askedByteCount = 0
    private var parameter: Statement.Parameter?

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// Those that say something: `;;` has none.
    ///
    /// - Parameter hold: asked for the memory of so many bytes of tokens in all, before more are kept.
    /// - Throws: 42601 for a quote or comment without an end, 22025, 22021 and 42601 for escapes that are none, 54000 past a bound; what `hold` throws.
    package static func statements(_ text: String, hold: (Int) throws(PostgresFault) -> Void = { _ in }) throws(PostgresFault) -> [Statement] {
        guard text.utf8.count <= textMax else { throw PostgresFault(.programLimitExceeded, "a statement of more than \(textMax) bytes") }
        var scanner = StatementScanner(text)
        var found: [Statement] = []
        repeat {
            let start = scanner.place
            scanner.parameter = nil
            let tokens = try scanner.statement(from: start, hold)
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

    private mutating func statement(from start: Int, _ hold: (Int) throws(PostgresFault) -> Void) throws(PostgresFault) -> [StatementToken] {
        var kept = KeptTokens()
        while let first = scalar(), first != ";" {
            let begin = place
            guard let (kind, value) = try token(first) else { continue }
            if kind == .word || kind == .quoted, CombiningMarks.hasLongRun(value) { throw PostgresFault(PostgresFault.marks.state, PostgresFault.marks.message, position: begin + 1) }
            if first == "$", kind == .mark, parameter == nil { noteParameter(begin, start) }
            let found = StatementToken(kind: kind, value: value, range: begin - start..<place - start)
            guard kept.take(found) else { continue }
            tokenByteCount = tokenByteCount.addingSaturating(found.heldByteCount)
            if tokenByteCount > askedByteCount {
                // A list has room for twice what it holds; and few are asked for often.
                askedByteCount = tokenByteCount.multipliedSaturating(by: 2)
                try hold(askedByteCount)
            }
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
            while let next = scalar(), !Self.endsLine(next) { place += 1 }
            return nil
        case "/" where scalar(1) == "*":
            try comment()
            return nil
        case "'": return (.text, try quoted("'"))
        case "\"":
            let begin = place, name = try quoted("\"")
            guard !name.isEmpty else { throw PostgresFault(.syntaxError, "zero-length delimited identifier", position: begin + 1) }
            return (.quoted, name)
        case "E", "e":
            guard scalar(1) == "'" else { return word() }
            place += 1
            return (.text, try escaped())
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

    private static func endsLine(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

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

    private mutating func quoted(_ mark: Unicode.Scalar) throws(PostgresFault) -> String {
        let begin = place
        place += 1
        var value = String.UnicodeScalarView()
        while let next = scalar() {
            place += 1
            if next == mark {
                guard scalar() == mark else {
                    if mark == "'", continuesAfterLineBreak() { continue }
                    return String(value)
                }
                place += 1
            }
            value.append(next)
        }
        throw unended(mark == "'" ? "quoted string" : "quoted identifier", begin)
    }

    /// `'a'` and `'b'` on another line are one text, of which escapes go on meaning something: a semicolon behind `\'` there is none of its own. Passes the blanks, comments to a line's end and
    /// the opening quote; false where no text goes on, and nothing is passed. The same in `Lexer`.
    private mutating func continuesAfterLineBreak() -> Bool {
        var probe = place, sawLineBreak = false
        while probe < scalars.count {
            let next = scalars[probe]
            if next == "-", probe + 1 < scalars.count, scalars[probe + 1] == "-" {
                while probe < scalars.count, !Self.endsLine(scalars[probe]) { probe += 1 }
            } else if next == " " || (0x09...0x0D).contains(next.value) {
                sawLineBreak = sawLineBreak || Self.endsLine(next)
                probe += 1
            } else {
                break
            }
        }
        guard sawLineBreak, probe < scalars.count, scalars[probe] == "'" else { return false }
        place = probe + 1
        return true
    }

    /// `E'…'` from its quote on, as questions' own lexer reads it.
    private mutating func escaped() throws(PostgresFault) -> String {
        let begin = place
        do throws(QueryError) {
            if let text = try readEscaped() { return text }
        } catch {
            throw PostgresFault(SQLState(rawValue: QueryStates.code(error)), error.detail, position: error.position)
        }
        throw unended("quoted string", begin)
    }

    /// Nil for one without an end.
    private mutating func readEscaped() throws(QueryError) -> String? {
        // It begins with its E.
        let begin = place
        var text = EscapedText()
        place += 1
        while var next = scalar() {
            place += 1
            if next == "'" {
                guard scalar() == "'" else {
                    try text.checkPairs()
                    if continuesAfterLineBreak() { continue }
                    return try text.text(at: begin)
                }
                place += 1
            } else if next == "\\" {
                let count = try text.readEscape(at: place) { distance in scalar(distance).flatMap { $0.isASCII ? UInt8($0.value) : nil } }
                place += count
                // What follows stands for itself.
                guard count == 0, let itself = scalar() else { continue }
                next = itself
                place += 1
            }
            try text.append(next)
        }
        return nil
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
