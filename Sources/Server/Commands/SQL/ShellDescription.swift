internal import ColumnStore
internal import Query

/// `\d` and kin: what there is.
enum ShellDescription {
    private static let from = "FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"

    static func run(_ name: String, _ operand: String, _ shell: SQLShell) throws {
        let pattern = ShellPattern(operand)
        let list = "SELECT table_schema AS \"Schema\", table_name AS \"Name\", lower(replace(table_type, 'BASE ', '')) AS \"Type\" \(from)\(pattern.condition(name: "table_name"))"
        func answer(_ query: String) throws { try shell.answer(query, to: nil, expansion: shell.expansion) }
        switch name.hasSuffix("+") ? String(name.dropLast()) : name {
        case "\\d" where operand.isEmpty: try answer("\(list) ORDER BY 1, 2")
        case "\\d" where pattern.hasWildcard: try each(pattern, operand, shell)
        case "\\d": try answer("DESCRIBE \(operand)")
        case "\\dt": try answer("\(list) AND table_type = 'BASE TABLE' ORDER BY 1, 2")
        case "\\dv": try answer("\(list) AND table_type = 'VIEW' ORDER BY 1, 2")
        case "\\dn":
            let condition = pattern.condition(name: "table_schema").replacing(" AND ", with: " WHERE ", maxReplacements: 1)
            try answer("SELECT DISTINCT table_schema AS \"Name\" FROM information_schema.tables\(condition) ORDER BY 1")
        case "\\df": functions(operand, shell, telling: name.hasSuffix("+"))
        default: throw CommandError("there is no command \(name); \\? lists them")
        }
    }

    /// The columns of each table and view of that name, each under its own.
    private static func each(_ pattern: ShellPattern, _ operand: String, _ shell: SQLShell) throws {
        let page = try shell.interruptible { try shell.endpoint.page("SELECT table_schema, table_name \(from)\(pattern.condition(name: "table_name")) ORDER BY 1, 2", cursor: nil) }
        guard case .array(let rows)? = page["rows"], !rows.isEmpty else { throw CommandError("there is no table or view \(operand)") }
        for case .array(let cells) in rows where cells.count == 2 {
            guard let schema = cells[0].text, let name = cells[1].text else { continue }
            let shown = schema == "public" ? name : "\(schema).\(name)"
            if let output = shell.output { output.write("\(shown)\n") } else { Terminal.write(ResultTable.printable(shown) + "\n") }
            try shell.answer("DESCRIBE \(SyntaxPrinter.name(schema)).\(SyntaxPrinter.name(name))", to: nil, expansion: shell.expansion)
        }
    }

    /// Of this program: a server of another version may have others.
    /// - Parameter isTelling: with a sentence on each.
    private static func functions(_ part: String, _ shell: SQLShell, telling isTelling: Bool) {
        let found = FunctionRegistry.shown.filter { part.isEmpty || $0.name.contains(part.replacing("*", with: "")) }.sorted { $0.name < $1.name }
        let rows = found.map { function -> [JSONValue] in
            [.string(function.name), .string(function.kind.rawValue)] + (isTelling ? [.string(function.summary)] : [])
        }
        let columns = [("Name", "VARCHAR"), ("Kind", "VARCHAR")] + (isTelling ? [("Description", "VARCHAR")] : [])
        let output = ShellOutput(paging: shell.isInteractive && shell.usesPager)
        (shell.output ?? output).write(ResultTable.text(columns: columns, rows: rows))
        try? output.finish()
    }
}
