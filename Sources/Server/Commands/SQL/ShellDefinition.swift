internal import ColumnStore
internal import Query

/// What a view is defined by: under `\d+`, and alone as the statement that would make it, `\sv`.
enum ShellDefinition {
    /// The text of a view; nil of what no text stands for.
    static func definition(ofSchema schema: String, _ name: String, _ shell: SQLShell) throws -> String? {
        let condition = "table_schema = \(ShellPattern.quoted(schema)) AND table_name = \(ShellPattern.quoted(name))"
        let page = try shell.interruptible { try shell.endpoint.page("SELECT view_definition FROM information_schema.views WHERE \(condition)", cursor: nil) }
        guard case .array(let rows)? = page["rows"], case .array(let cells)? = rows.first else { return nil }
        return cells.first?.text
    }

    /// Under the columns of a view.
    static func write(ofSchema schema: String, _ name: String, _ shell: SQLShell) throws {
        guard let text = try definition(ofSchema: schema, name, shell) else { return }
        write("View definition:\n" + lines(text).map { $0 + "\n" }.joined() + "\n", shell)
    }

    /// `\sv NAME`; without a schema the one that names alone find.
    ///
    /// - Parameter isNumbered: each line has its number before it.
    static func writeStatement(_ operand: String, numbered isNumbered: Bool, _ shell: SQLShell) throws {
        let pattern = ShellPattern(operand)
        guard pattern.name != nil else { throw CommandError("\\sv wants the name of a view") }
        // One view is shown, by its name: as psql has it, no view has one with wildcards outside quotes.
        guard !pattern.hasWildcard else { throw CommandError("there is no view \(operand)") }
        let condition = pattern.condition(schema: "table_schema", name: "table_name") + (pattern.schema == nil ? " AND table_schema = 'public'" : "")
        let page = try shell.interruptible { try shell.endpoint.page("SELECT table_schema, table_name FROM information_schema.tables WHERE true\(condition) LIMIT 1", cursor: nil) }
        guard case .array(let rows)? = page["rows"], case .array(let cells)? = rows.first, cells.count == 2, let schema = cells[0].text, let name = cells[1].text else {
            throw CommandError("there is no view \(operand)")
        }
        guard let text = try definition(ofSchema: schema, name, shell) else { throw CommandError("\(schema).\(name) has no definition: it is no view, or its rows are made otherwise") }
        write(statement(schema, name, text, numbered: isNumbered), shell)
    }

    /// As psql writes it: without the semicolon of the definition.
    static func statement(_ schema: String, _ name: String, _ definition: String, numbered isNumbered: Bool) -> String {
        let query = definition.hasSuffix(";") ? String(definition.dropLast()) : definition
        let all = ["CREATE OR REPLACE VIEW \(SyntaxPrinter.name(schema)).\(SyntaxPrinter.name(name)) AS"] + lines(query)
        guard isNumbered else { return all.map { $0 + "\n" }.joined() }
        return all.enumerated().map { index, line in
            let number = String(index + 1)
            return number + String(repeating: " ", count: max(0, 8 - number.count)) + line + "\n"
        }.joined()
    }

    /// By scalars: a line that ends as Windows writes it is one Character with its end. What a terminal would obey is shown as signs.
    private static func lines(_ text: String) -> [String] {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            ResultTable.printable(lines: String(line.last == "\r" ? line.dropLast() : line))
        }
        if lines.count > 1, lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func write(_ text: String, _ shell: SQLShell) {
        if let output = shell.output { output.write(text) } else { Terminal.write(text) }
    }
}
