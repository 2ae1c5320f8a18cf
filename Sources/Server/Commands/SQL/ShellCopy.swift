internal import ColumnStore

/// `\copy (SELECT …) TO 'file' csv header`: an answer as a file's bytes.
///
///     \copy ( "(" QUERY ")" | TABLE [ "(" COLUMN {"," COLUMN} ")" ] ) TO ( FILE | 'FILE' | PROGRAM 'COMMAND' | stdout | pstdout ) [ [WITH] OPTIONS ]
///
/// The form is the one that is named, else the file's ending, else CSV. Options are PostgreSQL's, in both of its ways (`csv header`, `(FORMAT csv, HEADER)`), beside the
/// forms that it does not have. In quotes two of them are one that belongs to the text.
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
        /// Behind PROGRAM.
        var command = ""
        /// As a word before or in the place of a file: none that stands in quotes.
        var lower: String { isQuoted ? "" : text.lowercased() }
    }

    private let query: String
    private let target: Target
    private let form: SQLForm
    /// Of CSV, and of PostgreSQL's text, which is made of it; nil of other forms.
    private let options: CopyOptions?

    /// - Parameter text: what stands behind `\copy`.
    init(_ text: String) throws {
        let (source, rest) = try Self.source(ShellOperands.withoutEnd(text))
        query = source
        let (place, behind) = try Self.place(rest)
        var ending = ""
        switch place.lower {
        case "program": target = .place("|" + place.command)
        case "stdout": target = .answers
        case "pstdout": target = .standard
        default:
            let file = ShellOperands.expanded(place.text)
            (target, ending) = (.place(file), file)
        }
        (form, options) = try Self.form(behind, ending: ending)
    }

    /// What stands behind TO, and what follows that.
    private static func place(_ text: String) throws -> (word: Word, behind: String) {
        var rest = text[...]
        guard try word(&rest)?.lower == "to", var place = try word(&rest) else {
            throw CommandError("\\copy wants (QUERY) or a table, then TO and a file; this SQL only reads")
        }
        if place.lower == "program" {
            guard let command = try word(&rest) else { throw CommandError("\\copy … TO PROGRAM wants a command, in quotes where it has blanks") }
            place.command = command.text
        }
        return (word: place, behind: String(rest).trimmed)
    }

    // MARK: Options

    /// - Parameters:
    ///   - text: what stands behind the file.
    ///   - ending: of a file's name, which says its form where nothing else does.
    private static func form(_ text: String, ending: String) throws -> (form: SQLForm, options: CopyOptions?) {
        let words = try self.words(text)
        if let byName = named(in: words) {
            // psql has none of these forms, nor they its options.
            let others = words.map { $0.text.lowercased() }.filter { !["with", "format", byName.name].contains($0) }
            if let other = others.first { throw CommandError("\\copy: \(byName.name) takes no option, as \(other)") }
            return (form: byName, options: nil)
        }
        let isNamed = words.contains { ["csv", "binary", "format"].contains($0.lower) }
        let byEnding = SQLForm.streamed.first { ending.hasSuffix(".\($0.name)") } ?? .csv
        if words.isEmpty, byEnding != .csv { return (form: byEnding, options: nil) }
        if !isNamed, byEnding != .csv { throw CommandError("\\copy: \(byEnding.name) takes no options: FORMAT csv or text has them") }
        // As in psql, but for CSV where it has its text form, with the names of columns.
        var options = try self.options(isNamed ? text : withCSV(text))
        guard options.form != .binary else { throw CommandError("\\copy has no binary form here: parquet and arrow are binary") }
        if !isNamed, !words.contains(where: { $0.lower == "header" }) { options.hasHeader = true }
        return (form: .csv, options: options)
    }

    /// A form that PostgreSQL does not have; in quotes behind FORMAT alone, since elsewhere they are a value.
    private static func named(in words: [Word]) -> SQLForm? {
        for (index, word) in words.enumerated() where !word.isQuoted || index > 0 && words[index - 1].lower == "format" {
            if let form = SQLForm.streamed.first(where: { $0 != .csv && $0.name == word.text.lowercased() }) { return form }
        }
        return nil
    }

    private static func withCSV(_ text: String) -> String {
        guard let open = text.firstIndex(of: "("), ["", "with"].contains(String(text[..<open]).trimmed.lowercased()) else {
            let word = text.prefix(while: \.isLetter)
            return word.lowercased() == "with" ? "csv " + text.dropFirst(word.count) : "csv " + text
        }
        return "(format csv, " + text[text.index(after: open)...]
    }

    /// Read as PostgreSQL's door reads them.
    private static func options(_ text: String) throws -> CopyOptions {
        do {
            let statements = try StatementScanner.statements("COPY (SELECT 1) TO STDOUT " + text)
            guard statements.count == 1, case .copyOut(_, let options) = try CommandReader.command(statements[0]) else { throw CommandError("\\copy: a semicolon stands within its options") }
            return options
        } catch let fault as PostgresFault {
            throw CommandError("\\copy: \(fault.message)")
        }
    }

    // MARK: Rows

    func run(_ shell: SQLShell) throws {
        let own: ShellOutput? = if case .place(let place) = target { try ShellOutput(to: place) } else { nil }
        let output = if case .standard = target { shell.standard } else { own ?? shell.target }
        try SQLCommand.check(form, output)
        var count = RowCount(form)
        // What goes out as it comes is not taken apart.
        var table = CSVTable(showsNames: options?.hasHeader ?? true)
        var copy = isPlain ? nil : options.map { CopiedCSV($0) }
        do {
            try shell.interruptible {
                try shell.endpoint.stream(query, mediaType: form.rawValue) { bytes in
                    count.take(bytes)
                    if let shown = try copy?.shown(bytes) { output.write(shown) } else { output.write(table.shown(bytes)) }
                    if output.isLeft { throw AnswerLeft() }
                }
            }
            shell.variables.keep(rowCount: count.rows)
        } catch is AnswerLeft {
            // A program that ends before it has all says itself whether that is a fault.
            try output.check()
            shell.variables.keep(rowCount: nil)
        } catch {
            own?.abandon()
            let told: any Error = if let fault = error as? PostgresFault { CommandError("\\copy: \(fault.message)") } else { error }
            throw shell.failed(told, in: query)
        }
        try own?.finish()
    }

    /// The server's CSV is what is wanted, but for the names of columns.
    private var isPlain: Bool {
        guard var plain = options, plain.form == .csv else { return options == nil }
        plain.hasHeader = false
        var standard = CopyOptions()
        standard.form = .csv
        return plain == standard
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

    /// Words apart; parentheses and commas of options are blanks.
    private static func words(_ text: String) throws -> [Word] {
        var words: [Word] = []
        var rest = text[...]
        while let word = try Self.word(&rest) { words.append(word) }
        return words
    }

    /// The next word, what stands in quotes as one, and a blank, comma or parenthesis behind it; nil where there is none.
    private static func word(_ rest: inout Substring) throws -> Word? {
        var word: Word?
        var isWithin = false
        while let character = rest.first {
            if character == "'" {
                rest.removeFirst()
                let isDoubled = isWithin && rest.first == "'"
                if isDoubled { rest.removeFirst() } else { isWithin.toggle() }
                word = word ?? Word()
                word?.isQuoted = true
                if isDoubled { word?.text.append(character) }
            } else if !isWithin, character.isWhitespace || "(),".contains(character) {
                // A parenthesis behind a file is its options'.
                if word != nil { break }
                rest.removeFirst()
            } else {
                rest.removeFirst()
                word = word ?? Word()
                word?.text.append(character)
            }
        }
        if isWithin { throw CommandError("a quote of \\copy is not closed") }
        return word
    }
}
