/// The words behind a command of the prompt, as many as it takes. What stands behind those is left out with a warning, as in psql.
struct ShellOperands {
    /// All that stands behind the command, and its options, as it was typed.
    let line: String
    /// The words in parentheses before all others, `NAME=VALUE` each, of a command that takes such.
    let options: [String]
    /// Empty of a command that reads `line` itself.
    let words: [String]
    /// What the command does not take.
    let extra: [String]

    var first: String { words.first ?? "" }
    /// A program is named, which has the rest of its line.
    var isProgram: Bool { line.hasPrefix("|") }

    /// They read their line themselves, or take any number of words.
    private static let unbounded: Set<String> = ["\\set", "\\bind", "\\echo", "\\qecho", "\\warn", "\\copy", "\\!", "\\?", "\\h", "\\help"]
    private static let wordless: Set<String> = [
        "\\q", "\\quit", "\\a", "\\H", "\\html", "\\p", "\\print", "\\r", "\\reset", "\\e", "\\edit", "\\errverbose", "\\conninfo", "\\gexec", "\\gdesc", "\\else", "\\endif",
    ]
    /// Of those that take more than one.
    private static let counts = ["\\pset": 2, "\\prompt": 2, "\\getenv": 2, "\\watch": 3, "\\crosstabview": 4]
    /// Behind these a `|` begins a program.
    private static let written: Set<String> = ["\\g", "\\gx", "\\o", "\\out", "\\w", "\\write"]

    /// - Parameters:
    ///   - name: the command, with its backslash.
    ///   - read: the words of a text, with the values of variables: each program in backquotes runs once.
    /// - Throws: what `read` throws, and for options that nothing closes.
    init(of name: String, _ line: String, read: (String) throws -> [String]) throws {
        let (within, line) = Self.takesOptions(name) && line.hasPrefix("(") ? try Self.options(line, of: name) : ("", line)
        options = within.isEmpty ? [] : try read(within)
        self.line = line
        if Self.unbounded.contains(name) || Self.written.contains(name) && line.hasPrefix("|") {
            (words, extra) = ([], [])
            return
        }
        let all = try read(Self.withoutEnd(line))
        let count = Self.wordless.contains(name) ? 0 : Self.counts[name] ?? 1
        (words, extra) = (Array(all.prefix(count)), Array(all.dropFirst(count)))
    }

    /// As `\g (format=csv border=0)`: what is shown otherwise for one answer.
    static func takesOptions(_ name: String) -> Bool { name == "\\g" || name == "\\gx" }

    /// What stands in the parenthesis that a line begins with, and behind it.
    private static func options(_ line: String, of name: String) throws(CommandError) -> (within: String, behind: String) {
        var isQuoted = false
        for place in line.indices {
            if line[place] == "'" { isQuoted.toggle() }
            if !isQuoted, line[place] == ")" { return (within: String(line[..<place].dropFirst()), behind: String(line[line.index(after: place)...]).trimmed) }
        }
        throw CommandError("\(name): the parenthesis of its options is not closed")
    }

    /// The first of them as a file or folder.
    var path: String { Self.expanded(first) }

    /// A path whose `~` stands for the person's own folder, in quotes too, as in psql.
    static func expanded(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = Environment["HOME"] else { return path }
        return home + path.dropFirst()
    }

    /// A semicolon out of habit ends nothing behind a command.
    static func withoutEnd(_ text: String) -> String { String(text.reversed().drop { $0 == ";" || $0.isWhitespace }.reversed()) }
}
