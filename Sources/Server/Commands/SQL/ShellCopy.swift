internal import ColumnStore

/// `\copy (SELECT …) TO 'file' csv header`: an answer as a file's bytes.
///
///     \copy ( "(" QUERY ")" | TABLE [ "(" COLUMN {"," COLUMN} ")" ] ) TO ( FILE | 'FILE' | PROGRAM 'COMMAND' | stdout | pstdout ) [ [WITH] [FORMAT] FORM [HEADER [on|off]] ]
///
/// The form is the one that is named, else the file's ending, else CSV. In quotes two of them are one that belongs to the text.
struct ShellCopy {
    private enum Target {
        /// A file, or `|` and a program.
        case place(String)
        /// Where answers go.
        case answers
        /// Standard output, whatever `\o` says.
        case standard
    }

    private struct Word {
        var text = ""
        var isQuoted = false
        /// As a word before or in the place of a file: none that stands in quotes.
        var lower: String { isQuoted ? "" : text.lowercased() }
    }

    private let query: String
    private let target: Target
    private let form: SQLForm
    /// CSV goes out with the names of its columns; psql's has them where it is asked for.
    private let dropsHeader: Bool

    /// - Parameter text: what stands behind `\copy`.
    init(_ text: String) throws {
        let (source, rest) = try Self.source(ShellOperands.withoutEnd(text))
        query = source
        var words = try Self.words(rest)[...]
        guard words.popFirst()?.lower == "to", let place = words.popFirst() else {
            throw CommandError("\\copy wants (QUERY) or a table, then TO and a file; this SQL only reads")
        }
        var ending = ""
        switch place.lower {
        case "program":
            guard let command = words.popFirst() else { throw CommandError("\\copy … TO PROGRAM wants a command, in quotes where it has blanks") }
            target = .place("|" + command.text)
        case "stdout": target = .answers
        case "pstdout": target = .standard
        default:
            let file = ShellOperands.expanded(place.text)
            (target, ending) = (.place(file), file)
        }
        let options = try Self.options(words)
        form = options.form ?? SQLForm.streamed.first { ending.hasSuffix(".\($0.name)") } ?? .csv
        dropsHeader = form == .csv && !(options.hasHeader ?? (options.form != .csv))
    }

    /// A form, and whether names of columns go before its rows; each nil where nothing says so.
    private static func options(_ words: ArraySlice<Word>) throws -> (form: SQLForm?, hasHeader: Bool?) {
        var options: (form: SQLForm?, hasHeader: Bool?) = (nil, nil)
        var rest = words
        while let word = rest.popFirst()?.text.lowercased() {
            if let form = SQLForm.streamed.first(where: { $0.name == word }) {
                options.form = form
            } else if word == "header" {
                let truth = rest.first.flatMap { ShellBranches.truth($0.text) }
                if truth != nil { rest.removeFirst() }
                options.hasHeader = truth ?? true
            } else if word != "with", word != "format" {
                throw CommandError("\\copy does not know \(word)")
            }
        }
        return options
    }

    func run(_ shell: SQLShell) throws {
        let own: ShellOutput? = if case .place(let place) = target { try ShellOutput(to: place) } else { nil }
        let output = if case .standard = target { shell.standard } else { own ?? shell.target }
        try SQLCommand.check(form, output)
        var table = CSVTable(showsNames: !dropsHeader)
        do {
            try shell.interruptible {
                try shell.endpoint.stream(query, mediaType: form.rawValue) { bytes in
                    output.write(table.shown(bytes))
                    if output.isLeft { throw AnswerLeft() }
                }
            }
        } catch is AnswerLeft {
            // A program that ends before it has all says itself whether that is a fault.
            try output.check()
        } catch {
            own?.abandon()
            throw StatementFault(error, in: query)
        }
        try own?.finish()
    }

    /// A query in parentheses, or a table's name with the columns that are wanted of it, and what follows.
    private static func source(_ text: String) throws -> (query: String, rest: String) {
        if text.hasPrefix("(") {
            let (query, rest) = try parenthesis(text)
            return (query: query, rest: rest)
        }
        var isQuoted = false
        let name = text.prefix { character in
            if character == "\"" { isQuoted.toggle() }
            return isQuoted || !character.isWhitespace && character != "("
        }
        let rest = String(text.dropFirst(name.count)).trimmed
        guard rest.hasPrefix("(") else { return (query: "SELECT * FROM \(name)", rest: rest) }
        let (columns, behind) = try parenthesis(rest)
        return (query: "SELECT \(columns) FROM \(name)", rest: behind)
    }

    /// What stands in the parenthesis that a text begins with, and behind it.
    private static func parenthesis(_ text: String) throws -> (within: String, behind: String) {
        var splitter = StatementSplitter()
        var depth = 0
        for index in text.indices {
            let character = text[index]
            if splitter.isPlain {
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
            }
            if depth == 0 { return (within: String(text[text.index(after: text.startIndex)..<index]), behind: String(text[text.index(after: index)...])) }
            _ = splitter.add(String(character))
        }
        throw CommandError("a parenthesis of \\copy is not closed")
    }

    /// Words apart, what stands in quotes as one; parentheses and commas of options are blanks.
    private static func words(_ text: String) throws -> [Word] {
        var words: [Word] = []
        var word: Word?
        var isWithin = false
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "'" {
                let isDoubled = isWithin && rest.first == "'"
                if isDoubled { rest.removeFirst() } else { isWithin.toggle() }
                word = word ?? Word()
                word?.isQuoted = true
                if isDoubled { word?.text.append(character) }
            } else if !isWithin, character.isWhitespace || "(),".contains(character) {
                if let whole = word { words.append(whole) }
                word = nil
            } else {
                word = word ?? Word()
                word?.text.append(character)
            }
        }
        if isWithin { throw CommandError("a quote of \\copy is not closed") }
        return words + (word.map { [$0] } ?? [])
    }
}
