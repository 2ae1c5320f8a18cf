internal import ColumnStore
internal import Query

/// `\d` and kin: what there is.
enum ShellDescription {
    private static let withoutCatalogs = "table_schema NOT IN ('pg_catalog', 'information_schema')"

    static func run(_ name: String, _ operand: String, _ shell: SQLShell) throws {
        let isTelling = name.hasSuffix("+")
        var kinds = isTelling ? String(name.dropLast()) : name
        let withCatalogs = kinds.hasPrefix("\\d") && kinds.hasSuffix("S")
        if withCatalogs { kinds.removeLast() }
        let pattern = ShellPattern(operand)
        func answer(_ query: String) throws { try shell.answer(query, to: nil, expansion: shell.expansion) }
        switch kinds {
        case "\\d" where !operand.isEmpty && (pattern.hasWildcard || isTelling): try each(pattern, operand, shell, telling: isTelling)
        case "\\d" where !operand.isEmpty: try answer("DESCRIBE \(operand)")
        case "\\d", "\\dt", "\\dv", "\\dtv", "\\dvt":
            let types = kinds == "\\dt" ? "'BASE TABLE'" : kinds == "\\dv" ? "'VIEW'" : "'BASE TABLE', 'VIEW'"
            // A schema that is asked for is looked into, as in psql.
            let isEverywhere = withCatalogs || pattern.schema != nil
            let condition = "t.table_type IN (\(types))" + (isEverywhere ? "" : " AND t.\(withoutCatalogs)")
            try answer(relations(condition + pattern.condition(schema: "t.table_schema", name: "t.table_name"), telling: isTelling && shell.endpoint.hasStore))
        case "\\di":
            try answer(
                "SELECT table_schema AS \"Schema\", constraint_name AS \"Name\", 'index' AS \"Type\", table_name AS \"Table\" FROM information_schema.table_constraints"
                    + " WHERE constraint_type = 'PRIMARY KEY'\(pattern.condition(name: "constraint_name")) ORDER BY 1, 2")
        case "\\dn":
            let condition = pattern.condition(name: "table_schema").replacing(" AND ", with: " WHERE ", maxReplacements: 1)
            try answer("SELECT DISTINCT table_schema AS \"Name\" FROM information_schema.tables\(condition) ORDER BY 1")
        case "\\du", "\\dg":
            guard shell.endpoint.hasStore else { throw CommandError("\(kinds) lists the contracts of a store, and here are files alone") }
            try answer("SELECT client_id AS \"Role name\", access || ', scope ' || scope AS \"Attributes\" FROM till.contracts WHERE true\(pattern.condition(name: "client_id")) ORDER BY 1")
        case "\\l", "\\list": try answer("SELECT 'till' AS \"Name\", 'UTF8' AS \"Encoding\"")
        case "\\sv": try ShellDefinition.writeStatement(operand, numbered: isTelling, shell)
        case "\\df", "\\dfa", "\\dfn", "\\dfw", "\\da":
            let wanted: Set<ShownFunction.Kind> =
                switch kinds {
                case "\\dfn": [.scalar, .rows]
                case "\\dfw": [.window]
                case "\\df": []
                default: [.aggregate]
                }
            functions(operand, wanted, shell, telling: isTelling)
        default: throw CommandError(AbsentCommands.reason(name) ?? "there is no command \(name); \\? lists them")
        }
    }

    /// Tables and views.
    /// - Parameters:
    ///   - condition: of `t`, a row of information_schema.tables.
    ///   - isTelling: with what is said of each.
    private static func relations(_ condition: String, telling isTelling: Bool) -> String {
        let type = "lower(replace(t.table_type, 'BASE ', ''))"
        let columns = "t.table_schema AS \"Schema\", t.table_name AS \"Name\", \(type) AS \"Type\"" + (isTelling ? ", m.comment AS \"Description\"" : "")
        let comments = isTelling ? " LEFT JOIN till.comments m ON m.table_name = \(commented("t")) AND m.column_name IS NULL" : ""
        return "SELECT \(columns) FROM information_schema.tables t\(comments) WHERE \(condition) ORDER BY 1, 2"
    }

    /// A relation as `till.comments` names it.
    private static func commented(_ row: String) -> String { "CASE \(row).table_schema WHEN 'public' THEN '' ELSE \(row).table_schema || '.' END || \(row).table_name" }

    /// The columns of a relation, with what is said of them where there is a store.
    private static func columns(ofSchema schema: String, _ name: String, _ shell: SQLShell) -> String {
        let digits = "'numeric(' || c.numeric_precision || ',' || c.numeric_scale || ')'"
        let type = "CASE WHEN c.data_type = 'numeric' AND c.numeric_precision IS NOT NULL THEN \(digits) ELSE c.data_type END"
        let isTelling = shell.endpoint.hasStore
        let columns = "c.column_name AS \"Column\", \(type) AS \"Type\"" + (isTelling ? ", m.comment AS \"Description\"" : "")
        let join = "ON m.table_name = \(commented("c")) AND m.column_name = c.column_name"
        let comments = isTelling ? " LEFT JOIN till.comments m \(join)" : ""
        let condition = "c.table_schema = \(ShellPattern.quoted(schema)) AND c.table_name = \(ShellPattern.quoted(name))"
        return "SELECT \(columns) FROM information_schema.columns c\(comments) WHERE \(condition) ORDER BY c.ordinal_position"
    }

    /// The columns of each table and view of that name, each under its own, with the definitions of views in the long form.
    private static func each(_ pattern: ShellPattern, _ operand: String, _ shell: SQLShell, telling isTelling: Bool) throws {
        let condition = (pattern.schema == nil ? withoutCatalogs : "true") + pattern.condition(name: "table_name")
        let query = "SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE \(condition) ORDER BY 1, 2"
        let page = try shell.interruptible { try shell.endpoint.page(query, cursor: nil) }
        guard case .array(let rows)? = page["rows"], !rows.isEmpty else { throw CommandError("there is no table or view \(operand)") }
        for case .array(let cells) in rows where cells.count == 3 {
            guard let schema = cells[0].text, let name = cells[1].text else { continue }
            let shown = schema == "public" ? name : "\(schema).\(name)"
            if let output = shell.output { output.write("\(shown)\n") } else { Terminal.write(ResultTable.printable(shown) + "\n") }
            let query = isTelling ? columns(ofSchema: schema, name, shell) : "DESCRIBE \(SyntaxPrinter.name(schema)).\(SyntaxPrinter.name(name))"
            try shell.answer(query, to: nil, expansion: shell.expansion)
            if isTelling, cells[2].text == "VIEW" { try ShellDefinition.write(ofSchema: schema, name, shell) }
        }
    }

    /// Of this program: a server of another version may have others.
    /// - Parameters:
    ///   - kinds: those that are wanted; empty: all.
    ///   - isTelling: with a sentence on each.
    private static func functions(_ part: String, _ kinds: Set<ShownFunction.Kind>, _ shell: SQLShell, telling isTelling: Bool) {
        let wanted = FunctionRegistry.shown.filter { kinds.isEmpty || kinds.contains($0.kind) }
        let found = wanted.filter { part.isEmpty || $0.name.contains(part.replacing("*", with: "")) }.sorted { $0.name < $1.name }
        let rows = found.map { function -> [JSONValue] in
            [.string(function.name), .string(function.kind.rawValue)] + (isTelling ? [.string(function.summary)] : [])
        }
        let columns = [("Name", "VARCHAR"), ("Kind", "VARCHAR")] + (isTelling ? [("Description", "VARCHAR")] : [])
        let output = ShellOutput(paging: shell.isInteractive && shell.usesPager)
        (shell.output ?? output).write(ResultTable.text(columns: columns, rows: rows))
        try? output.finish()
    }
}
