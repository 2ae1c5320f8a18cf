internal import ColumnStore

/// What `\set`, `\pset` and the short words for it change.
enum ShellSettings {
    static func flag(_ text: String, _ before: Bool) throws -> Bool {
        if text.isEmpty { return !before }
        guard let truth = ShellBranches.truth(text) else { throw CommandError("on or off is wanted, not \(text)") }
        return truth
    }

    // MARK: How rows are shown

    /// No screen is so wide.
    private static let columnCountMax = 1_000_000

    static func expand(_ text: String, _ shell: SQLShell) throws {
        if text.lowercased() == "auto" {
            shell.expansion = .auto
            return shell.say("Expanded display is used automatically.")
        }
        let isOn = try flag(text, shell.expansion == .on)
        shell.expansion = isOn ? .on : .off
        shell.say("Expanded display is \(isOn ? "on" : "off").")
    }

    static func time(_ text: String, _ shell: SQLShell) throws {
        shell.showsTime = try flag(text, shell.showsTime)
        shell.say("Timing is \(shell.showsTime ? "on" : "off").")
    }

    static func showRowsOnly(_ text: String, _ shell: SQLShell) throws {
        shell.style.showsRowsOnly = try flag(text, shell.style.showsRowsOnly)
        shell.say("Tuples only is \(shell.style.showsRowsOnly ? "on" : "off").")
    }

    static func lay(_ layout: ResultTable.Style.Layout, _ shell: SQLShell) {
        shell.format = .table
        shell.style.layout = layout
        shell.say("Output format is \(layout.rawValue).")
    }

    /// As `\a` and `\H`: from whatever there is to `layout`, and from that to `other`.
    static func toggle(_ layout: ResultTable.Style.Layout, else other: ResultTable.Style.Layout, _ shell: SQLShell) {
        lay(shell.format == .table && shell.style.layout == layout ? other : layout, shell)
    }

    /// - Parameter words: what stands behind `\pset`: a name, and its value; nothing shows them all.
    static func show(_ words: [String], _ shell: SQLShell) throws {
        let value = words.count > 1 ? words[1] : nil
        switch words.first ?? "" {
        case "": Terminal.write(all(shell))
        case "border":
            if let value {
                guard let border = Int(value), (0...2).contains(border) else { throw CommandError("\\pset border wants 0, 1 or 2, not \(value)") }
                shell.style.border = border
            }
            shell.say("Border style is \(shell.style.border).")
        case "columns":
            if let value {
                guard let count = Int(value), (0...columnCountMax).contains(count) else { throw CommandError("\\pset columns wants a number up to \(columnCountMax), 0 for what the terminal has, not \(value)") }
                shell.style.columnCount = count
            }
            shell.say(shell.style.columnCount == 0 ? "Target width is unset." : "Target width is \(shell.style.columnCount).")
        case "footer":
            shell.style.showsCount = try flag(value ?? "", shell.style.showsCount)
            shell.say("Default footer is \(shell.style.showsCount ? "on" : "off").")
        case "pager":
            shell.usesPager = try flag(value ?? "", shell.usesPager)
            shell.say(shell.usesPager ? "Pager is used for long output." : "Pager usage is off.")
        case "expanded", "x": try expand(value ?? "", shell)
        case "tuples_only", "t": try showRowsOnly(value ?? "", shell)
        case "null":
            if let value { shell.style.null = value }
            shell.say("Null display is \"\(shell.style.null)\".")
        case "fieldsep", "fieldsep_zero":
            if words[0] == "fieldsep_zero" { shell.style.separator = "\0" } else if let value { shell.style.separator = value }
            shell.say("Field separator is \(shell.style.separator == "\0" ? "zero byte" : "\"\(shell.style.separator)\"").")
        case "recordsep", "recordsep_zero":
            if words[0] == "recordsep_zero" { shell.style.recordSeparator = "\0" } else if let value { shell.style.recordSeparator = value }
            let separator = shell.style.recordSeparator
            shell.say("Record separator is \(separator == "\0" ? "zero byte" : separator == "\n" ? "<newline>" : "\"\(separator)\"").")
        case "csv_fieldsep":
            if let value {
                guard value.utf8.count == 1, !"\"\n\r\0".utf8.contains(value.utf8.first ?? 0) else {
                    throw CommandError("\\pset csv_fieldsep wants one sign of ASCII, and no quote or line break, not \(value)")
                }
                shell.style.csvSeparator = value
            }
            shell.say("Field separator for CSV is \"\(shell.style.csvSeparator)\".")
        case "numericlocale":
            shell.style.groupsDigits = try flag(value ?? "", shell.style.groupsDigits)
            shell.say("Locale-adjusted numeric output is \(shell.style.groupsDigits ? "on" : "off").")
        case "title", "C":
            shell.style.title = value
            shell.say(value.map { "Title is \"\($0)\"." } ?? "Title is unset.")
        case "tableattr", "T":
            shell.style.attributes = value
            shell.say(value.map { "Table attributes are \"\($0)\"." } ?? "Table attributes unset.")
        case "linestyle":
            guard "ascii".hasPrefix(value ?? "ascii") else { throw CommandError("\\pset linestyle is ascii here, not \(value ?? "")") }
            shell.say("Line style is ascii.")
        case "format": if let value { try setFormat(value, shell) } else { shell.say("Output format is \(format(of: shell)).") }
        default: throw CommandError("\\pset does not know \(words[0]): \(values(shell).map(\.name).joined(separator: ", ")) are what it takes")
        }
    }

    /// Runs `body` with options of `\\pset`, `NAME=VALUE` each, that hold for it alone.
    static func holding(_ options: [String], _ shell: SQLShell, _ body: () throws -> Void) throws {
        let before = (format: shell.format, style: shell.style, expansion: shell.expansion, usesPager: shell.usesPager)
        defer {
            (shell.format, shell.style, shell.expansion, shell.usesPager) = (before.format, before.style, before.expansion, before.usesPager)
            shell.isSilent = false
        }
        shell.isSilent = true
        for option in options { try show(option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init), shell) }
        shell.isSilent = false
        try body()
    }

    private static func format(of shell: SQLShell) -> String {
        switch shell.format {
        case .table: shell.style.layout.rawValue
        case .json: "json"
        case .stream(let form): form.name
        }
    }

    /// As psql lists them.
    private static func all(_ shell: SQLShell) -> String {
        values(shell).map { setting in setting.name + String(repeating: " ", count: max(0, 25 - setting.name.count)) + ResultTable.printable(setting.value) + "\n" }.joined()
    }

    private struct Setting {
        let name: String, value: String

        init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
        init(_ name: String, _ isOn: Bool) { self.init(name, isOn ? "on" : "off") }
        /// In quotes, as psql writes them; nothing of none.
        init(_ name: String, text: String?) { self.init(name, text.map { "'\($0.replacing("\n", with: "\\n").replacing("'", with: "\\'"))'" } ?? "") }
    }

    private static func values(_ shell: SQLShell) -> [Setting] {
        let style = shell.style
        func separator(_ text: String) -> String { text == "\0" ? "" : text }
        return [
            Setting("border", "\(style.border)"), Setting("columns", "\(style.columnCount)"), Setting("csv_fieldsep", text: style.csvSeparator), Setting("expanded", shell.expansion.rawValue),
            Setting("fieldsep", text: separator(style.separator)), Setting("fieldsep_zero", style.separator == "\0"), Setting("footer", style.showsCount), Setting("format", format(of: shell)),
            Setting("linestyle", "ascii"), Setting("null", text: style.null), Setting("numericlocale", style.groupsDigits), Setting("pager", shell.usesPager),
            Setting("recordsep", text: separator(style.recordSeparator)), Setting("recordsep_zero", style.recordSeparator == "\0"), Setting("tableattr", text: style.attributes),
            Setting("title", text: style.title), Setting("tuples_only", style.showsRowsOnly),
        ]
    }

    /// - Parameter name: whole, or as much of it as no other has.
    private static func setFormat(_ name: String, _ shell: SQLShell) throws {
        let names = ResultTable.Style.Layout.allCases.map(\.rawValue) + SQLCommand.Format.names
        let word = name.lowercased(), found = names.filter { $0.hasPrefix(word) }
        let whole = names.contains(word) ? word : found.count == 1 ? found[0] : ""
        if let layout = ResultTable.Style.Layout(rawValue: whole == "table" ? "aligned" : whole) { return lay(layout, shell) }
        guard let format = SQLCommand.Format(name: whole) else { throw CommandError("\\pset format is one of \(names.filter { $0 != "table" }.joined(separator: ", "))") }
        shell.format = format
        shell.say("Output format is \(whole).")
    }

    // MARK: Variables

    /// - Parameter words: what stands behind `\set`: nothing, or a name and what its value is made of.
    static func set(_ words: [String], _ shell: SQLShell) throws {
        guard let name = words.first else {
            let all = [
                (name: "ECHO", value: shell.echo.rawValue), (name: "ON_ERROR_STOP", value: shell.stopsOnError ? "on" : "off"), (name: "QUIET", value: shell.isQuiet ? "on" : "off"),
            ]
            return Terminal.write((all + shell.variables.all).map { "\($0.name) = '\(ResultTable.printable($0.value))'\n" }.joined())
        }
        // The words of a value run together, as in psql.
        try set(name, words.dropFirst().joined(), shell)
    }

    /// Names that say how the shell works: an answer changes none of them.
    static func isSpecial(_ name: String) -> Bool { ["ECHO", "ON_ERROR_STOP", "QUIET"].contains(name) }

    /// Those by which psql works otherwise, and this prompt does not.
    private static let idle: Set<String> = [
        "AUTOCOMMIT", "COMP_KEYWORD_CASE", "ECHO_HIDDEN", "FETCH_COUNT", "HIDE_TABLEAM", "HIDE_TOAST_COMPRESSION", "HISTCONTROL", "HISTFILE", "HISTSIZE", "IGNOREEOF", "ON_ERROR_ROLLBACK",
        "PROMPT1", "PROMPT2", "PROMPT3", "SHOW_ALL_RESULTS", "SHOW_CONTEXT", "SINGLELINE", "SINGLESTEP", "VERBOSITY",
    ]

    static func set(_ name: String, _ value: String, _ shell: SQLShell) throws {
        guard ShellVariables.isName(name) else { throw CommandError("a name for \\set has letters, digits and underscores only, unlike \(name)") }
        // A semicolon out of habit is none of it.
        let word = value.filter { $0 != ";" }
        switch name {
        case "ON_ERROR_STOP": shell.stopsOnError = try flag(word.isEmpty ? "on" : word, shell.stopsOnError)
        case "QUIET": shell.isQuiet = try flag(word.isEmpty ? "on" : word, shell.isQuiet)
        case "ECHO":
            guard let echo = SQLShell.Echo(rawValue: word.isEmpty ? "none" : word.lowercased()) else {
                throw CommandError("unrecognized value \"\(word)\" for ECHO: \(SQLShell.Echo.allCases.map(\.rawValue).joined(separator: ", ")) are what it takes")
            }
            shell.echo = echo
        default:
            if idle.contains(name) { shell.warn("\(name) is kept as a value, and changes nothing here") }
            shell.variables[name] = value
        }
    }

    static func unset(_ name: String, _ shell: SQLShell) throws {
        guard !name.isEmpty else { throw CommandError("\\unset wants a name") }
        switch name {
        case "ON_ERROR_STOP": shell.stopsOnError = false
        case "QUIET": shell.isQuiet = false
        case "ECHO": shell.echo = .none
        default: shell.variables[name] = nil
        }
    }

    /// `\getenv NAME VARIABLE`: one of the environment; where it is not set, NAME stays as it is, as in psql.
    static func get(_ words: [String], _ shell: SQLShell) throws {
        guard words.count == 2 else { throw CommandError("\\getenv wants a name, and a variable of the environment") }
        if let value = Environment.text(of: words[1]) { try set(words[0], value, shell) }
    }

    /// `\prompt [TEXT] NAME`: the value is a line of standard input.
    static func ask(_ words: [String], _ shell: SQLShell) throws {
        guard let name = words.last, words.count <= 2 else { throw CommandError("\\prompt wants a name, and before it what is asked for, in quotes where it has blanks") }
        guard ShellVariables.isName(name) else { throw CommandError("a name for \\prompt has letters, digits and underscores only, unlike \(name)") }
        let question = words.count == 2 ? words[0] : ""
        guard shell.isInteractive else {
            Terminal.write(question)
            guard let line = try Terminal.readLine() else { throw CommandError("\\prompt: standard input has no line for \(name), or one that is longer than 1 MiB or no UTF-8") }
            return try set(name, line, shell)
        }
        let editor = LineEditor(historyPath: nil)
        guard case .line(let line) = editor.read(prompt: question) else { throw CommandError("\\prompt: no line came for \(name)") }
        try set(name, line, shell)
    }
}
