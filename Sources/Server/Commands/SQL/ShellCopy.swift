internal import ColumnStore

/// `\copy (SELECT …) TO 'file' csv header`: an answer as a file's bytes.
///
///     \copy ( "(" QUERY ")" | TABLE ) TO ( FILE | 'FILE' | PROGRAM 'COMMAND' | stdout | pstdout ) [ [WITH] [FORMAT] FORM [HEADER] ]
///
/// The form is the one that is named, else the file's ending, else CSV.
struct ShellCopy {
    private let query: String
    private let path: String
    private let form: SQLForm
    /// CSV goes out with the names of its columns; psql's has them where it is asked for.
    private let dropsHeader: Bool

    /// - Parameter text: what stands behind `\copy`.
    init(_ text: String) throws {
        let (source, rest) = try Self.source(text)
        query = source
        var words = Self.words(rest)
        guard words.count >= 2, words[0].lowercased() == "to" else {
            throw CommandError("\\copy wants (QUERY) or a table, then TO and a file; this SQL only reads")
        }
        let isProgram = words[1].lowercased() == "program"
        guard !isProgram || words.count > 2 else { throw CommandError("\\copy … TO PROGRAM wants a command, in quotes where it has blanks") }
        let file = isProgram ? "|" + words[2] : ShellOperands.expanded(words[1])
        path = file
        words.removeFirst(isProgram ? 3 : 2)
        let options = words.map { $0.lowercased() }.filter { !["with", "format"].contains($0) && !$0.isEmpty }
        let forms = SQLForm.streamed
        let known = forms.map(\.name) + ["header", "true", "on"]
        if let strange = options.first(where: { !known.contains($0) }) { throw CommandError("\\copy does not know \(strange)") }
        let named = options.lazy.compactMap { name in forms.first { $0.name == name } }.first
        form = named ?? forms.first { file.hasSuffix(".\($0.name)") } ?? .csv
        dropsHeader = form == .csv && options.contains("csv") && !options.contains("header")
    }

    func run(_ shell: SQLShell) throws {
        // Where answers go, or standard output whatever `\o` says.
        let standard = path.lowercased() == "stdout" ? shell.target : path.lowercased() == "pstdout" ? shell.standard : nil
        let target = try standard ?? ShellOutput(to: path)
        try SQLCommand.check(form, target)
        var table = CSVTable(showsNames: !dropsHeader)
        do {
            try shell.interruptible {
                try shell.endpoint.stream(query, mediaType: form.rawValue) { bytes in
                    target.write(table.shown(bytes))
                    if target.isLeft { throw AnswerLeft() }
                }
            }
        } catch is AnswerLeft {
            // A program that ends before it has all says itself whether that is a fault.
            try target.check()
        } catch {
            if standard == nil { target.abandon() }
            throw StatementFault(error, in: query)
        }
        if standard == nil { try target.finish() }
    }

    /// A query in parentheses, or a table's name, and what follows it.
    private static func source(_ text: String) throws -> (query: String, rest: String) {
        guard text.hasPrefix("(") else {
            let name = String(text.prefix { !$0.isWhitespace })
            return ("SELECT * FROM \(name)", String(text.dropFirst(name.count)))
        }
        var splitter = StatementSplitter()
        var depth = 0
        for index in text.indices {
            let character = text[index]
            if splitter.isPlain {
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
            }
            if depth == 0 { return (String(text[text.index(after: text.startIndex)..<index]), String(text[text.index(after: index)...])) }
            _ = splitter.add(String(character))
        }
        throw CommandError("a parenthesis of \\copy is not closed")
    }

    /// Words apart, a path in quotes as one; parentheses and commas of options are blanks.
    private static func words(_ text: String) -> [String] {
        var words: [String] = [], word = "", isQuoted = false
        for character in text {
            if character == "'" { isQuoted.toggle() } else if !isQuoted, character.isWhitespace || "(),".contains(character) {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
