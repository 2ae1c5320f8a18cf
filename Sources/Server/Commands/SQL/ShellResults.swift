internal import ColumnStore

/// What commands make of an answer other than showing it: `\gset`, `\gexec`, `\gdesc` and `\crosstabview`.
enum ShellResults {
    /// `\gset`: the values of the one row of an answer, under the names of their columns with `prefix` before them. NULL takes a name's value away.
    static func keep(prefix: String, _ shell: SQLShell) throws {
        let (columns, rows) = try shell.takeRows(for: "\\gset")
        guard rows.count == 1 else { throw CommandError(rows.isEmpty ? "no row came for \\gset" : "more than one row came for \\gset") }
        for (column, cell) in zip(columns, rows[0]) {
            let name = prefix + column.name
            // As in psql: what an answer has changes nothing of how the shell works, and the other values are kept.
            if ShellSettings.isSpecial(name) {
                shell.warn("\(name) is set by \\set alone: \\gset ignored it")
                continue
            }
            guard ShellVariables.isName(name) else { throw CommandError("\\gset wants names of letters, digits and underscores for its columns, unlike \(name)") }
            shell.variables[name] = ResultTable.plain(cell)
        }
    }

    /// `\gexec`: each value of an answer is run as statements, row by row; NULL is none. As in psql no variable of the shell is put into them, and one that fails ends
    /// the others where ON_ERROR_STOP says so.
    static func execute(_ shell: SQLShell) throws {
        let (_, rows) = try shell.takeRows(for: "\\gexec")
        if shell.fileDepth == 0 { shell.interruption.withLock { $0 = false } }
        for cell in rows.joined() {
            guard let statements = ResultTable.plain(cell) else { continue }
            if shell.interruption.withLock({ $0 }) { throw CommandError("Ctrl-C: the rest of \\gexec does not run") }
            try shell.runMade(statements)
        }
    }

    /// `\crosstabview`: the answer turned, under two headers.
    static func cross(_ words: [String], _ shell: SQLShell) throws {
        let (columns, rows) = try shell.takeRows(for: "\\crosstabview")
        let table = try CrossTable(columns: columns, rows: rows, words: words, null: shell.style.null)
        try show(table.columns, table.rows, shell)
    }

    // MARK: \gdesc

    /// `\gdesc`: the columns that a query would have, and their types as PostgreSQL calls them. It does not run.
    static func describe(_ shell: SQLShell) throws {
        let statements = StatementSplitter.statements(of: shell.takeBuffer()).map(\.trimmed)
        guard statements.count <= 1 else { throw CommandError("\\gdesc is for one statement, not for \(statements.count) that are sent together") }
        let columns = try statements.first.map { try self.columns(of: $0, shell) } ?? []
        guard !columns.isEmpty else { return shell.target.write("The command has no result, or the result has no columns.\n") }
        try show([(name: "Column", type: "VARCHAR"), (name: "Type", type: "VARCHAR")], columns.map { [.string($0.name), .string(typeName($0.type))] }, shell)
    }

    private static func columns(of query: String, _ shell: SQLShell) throws -> [(name: String, type: String)] {
        switch query.prefix(while: \.isLetter).lowercased() {
        // Nothing is set.
        case "set": return []
        case "explain": throw CommandError("\\gdesc is for queries: the one column of EXPLAIN is \"QUERY PLAN\", a text")
        case "show", "describe", "desc": throw CommandError("\\gdesc is for queries: run this statement to see its columns")
        default: break
        }
        // A parenthesis that the query does not open would end what stands around it.
        guard closesWhatItOpens(query) else { throw CommandError("a parenthesis of the query is not closed, or not opened") }
        // A comment at its end does not go on.
        let start = "SELECT * FROM (", asked = start + query + "\n) LIMIT 0"
        return try shell.answered(query, startingAt: start.unicodeScalars.count) {
            var found: [(name: String, type: String)] = []
            try SQLCommand.eachPart(asked, shell.endpoint) { columns, _ in found = columns }
            return (value: found, rowCount: found.count)
        }
    }

    private static func closesWhatItOpens(_ query: String) -> Bool {
        var splitter = StatementSplitter()
        var depth = 0
        for scalar in query.unicodeScalars {
            if splitter.isPlain, scalar == "(" || scalar == ")" { depth += scalar == "(" ? 1 : -1 }
            if depth < 0 { return false }
            _ = splitter.add(String(scalar))
        }
        return depth == 0
    }

    /// A type of an answer, as PostgreSQL calls it; what is nested but no list of plain values is a document there.
    static func typeName(_ name: String) -> String {
        if name.hasPrefix("STRUCT(") { return "jsonb" }
        if name.hasSuffix("[]") {
            let element = String(name.dropLast(2))
            return element.hasSuffix("[]") ? "jsonb" : typeName(element) + "[]"
        }
        switch name {
        case "VARCHAR": return "text"
        case "DOUBLE": return "double precision"
        case "BLOB": return "bytea"
        case "TIME": return "time without time zone"
        case "TIMESTAMP": return "timestamp without time zone"
        case "TIMESTAMPTZ": return "timestamp with time zone"
        default: return name.hasPrefix("DECIMAL") ? "numeric" + name.dropFirst("DECIMAL".count) : name.lowercased()
        }
    }

    // MARK: Made rows

    /// Rows that a command has made, where answers go and as they are shown.
    static func show(_ columns: [(name: String, type: String)], _ rows: [[JSONValue]], _ shell: SQLShell) throws {
        let own = shell.isPaged ? ShellOutput(paging: true) : nil
        let target = own ?? shell.target
        do { _ = try SQLCommand.write({ try $0(columns, rows) }, shell.format, shell.expansion, shell.style, to: target) } catch is AnswerLeft { try target.check() }
        try own?.finish()
    }
}
