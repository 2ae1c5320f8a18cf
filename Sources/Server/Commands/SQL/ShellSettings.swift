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
        case "fieldsep":
            if let value { shell.style.separator = value }
            shell.say("Field separator is \"\(shell.style.separator)\".")
        case "format": if let value { try setFormat(value, shell) } else { shell.say("Output format is \(format(of: shell)).") }
        default: throw CommandError("\\pset knows border, columns, expanded, fieldsep, footer, format, null, pager and tuples_only")
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
        let values: [(name: String, value: String)] = [
            ("border", "\(shell.style.border)"), ("columns", "\(shell.style.columnCount)"), ("expanded", shell.expansion.rawValue), ("fieldsep", "'\(shell.style.separator)'"),
            ("footer", shell.style.showsCount ? "on" : "off"), ("format", format(of: shell)), ("null", "'\(shell.style.null)'"), ("pager", shell.usesPager ? "on" : "off"),
            ("tuples_only", shell.style.showsRowsOnly ? "on" : "off"),
        ]
        return values.map { name, value in name + String(repeating: " ", count: max(0, 25 - name.count)) + ResultTable.printable(value) + "\n" }.joined()
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
            let all = [(name: "ON_ERROR_STOP", value: shell.stopsOnError ? "on" : "off")] + shell.variables.all
            return Terminal.write(all.map { "\($0.name) = '\(ResultTable.printable($0.value))'\n" }.joined())
        }
        // The words of a value run together, as in psql.
        try set(name, words.dropFirst().joined(), shell)
    }

    static func set(_ name: String, _ value: String, _ shell: SQLShell) throws {
        guard ShellVariables.isName(name) else { throw CommandError("a name for \\set has letters, digits and underscores only, unlike \(name)") }
        if name == "ON_ERROR_STOP" {
            // A semicolon out of habit is none of it.
            let word = value.filter { $0 != ";" }
            shell.stopsOnError = try flag(word.isEmpty ? "on" : word, shell.stopsOnError)
        } else {
            shell.variables[name] = value
        }
    }

    static func unset(_ name: String, _ shell: SQLShell) throws {
        guard !name.isEmpty else { throw CommandError("\\unset wants a name") }
        if name == "ON_ERROR_STOP" { shell.stopsOnError = false } else { shell.variables[name] = nil }
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

    /// `\gset`: the values of the one row of an answer, under the names of their columns with `prefix` before them. NULL takes a name's value away.
    static func keep(_ query: String, prefix: String, _ shell: SQLShell) throws {
        guard !query.isEmpty else { throw CommandError("there is no statement for \\gset") }
        let page: JSONValue
        do { page = try shell.interruptible { try shell.endpoint.page(query, cursor: nil) } } catch { throw StatementFault(error, in: query) }
        guard case .array(let columns)? = page["columns"], case .array(let rows)? = page["rows"] else { throw CommandError("the answer has no columns and rows") }
        guard rows.count == 1, case .array(let cells) = rows[0] else {
            throw CommandError(rows.isEmpty ? "no row came for \\gset" : "more than one row came for \\gset")
        }
        for (column, cell) in zip(columns, cells) {
            let name = prefix + (column["name"]?.text ?? "")
            // As in psql: what an answer has changes nothing of how the shell works, and the other values are kept.
            if name == "ON_ERROR_STOP" {
                shell.warn("ON_ERROR_STOP is set by \\set alone: \\gset ignored it")
                continue
            }
            guard ShellVariables.isName(name) else { throw CommandError("\\gset wants names of letters, digits and underscores for its columns, unlike \(name)") }
            shell.variables[name] = ResultTable.plain(cell)
        }
    }
}
