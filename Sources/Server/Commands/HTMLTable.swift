internal import ColumnStore

/// Rows as a table of HTML, as psql's `\pset format html` writes them. An answer that comes in parts is one table: its head, its rows as they come, and its end.
enum HTMLTable {
    static func head(columns: [(name: String, type: String)], style: ResultTable.Style, isExpanded: Bool) -> String {
        let caption = style.showsRowsOnly ? nil : style.title.map { "  <caption>\(escaped($0))</caption>\n" }
        let start = "<table border=\"\(style.border)\"\(style.attributes.map { " " + ResultTable.printable($0) } ?? "")>\n" + (caption ?? "")
        guard !isExpanded, !style.showsRowsOnly else { return start }
        return start + "  <tr>\n" + columns.map { "    <th align=\"center\">\(escaped($0.name))</th>\n" }.joined() + "  </tr>\n"
    }

    static func rows(columns: [(name: String, type: String)], _ rows: [[JSONValue]], style: ResultTable.Style) -> String {
        rows.map { row in
            "  <tr valign=\"top\">\n" + zip(columns, row).map { "    " + cell($1, $0.type, style) }.joined() + "  </tr>\n"
        }.joined()
    }

    /// A row of the table for each value.
    ///
    /// - Parameter first: the number of the first row.
    static func expanded(columns: [(name: String, type: String)], _ rows: [[JSONValue]], first: Int, style: ResultTable.Style) -> String {
        rows.enumerated().map { index, row in
            let title = style.showsRowsOnly ? "<td colspan=\"2\">&nbsp;</td>" : "<td colspan=\"2\" align=\"center\">Record \(first + index)</td>"
            return "\n  <tr>\(title)</tr>\n"
                + zip(columns, row).map { "  <tr valign=\"top\">\n    <th>\(escaped($0.name))</th>\n    " + cell($1, $0.type, style) + "  </tr>\n" }.joined()
        }.joined()
    }

    static func end(count: Int, style: ResultTable.Style, isExpanded: Bool) -> String {
        // As psql, which counts no records that have numbers.
        let isCounted = style.showsCount && !style.showsRowsOnly && !isExpanded
        return "</table>\n" + (isCounted ? "<p>(\(count) \(count == 1 ? "row" : "rows"))<br />\n</p>" : "") + "\n"
    }

    private static func cell(_ value: JSONValue, _ type: String, _ style: ResultTable.Style) -> String {
        let text = ResultTable.shown(value, type, style)
        // A cell of blanks alone would have no border.
        let shown = text.allSatisfy { $0 == " " } ? "&nbsp; " : escaped(text)
        return "<td align=\"\(ResultTable.isRight(type) ? "right" : "left")\">\(shown)</td>\n"
    }

    /// Blanks at its beginning stay, and so do its lines. What a terminal would obey is shown as signs.
    static func escaped(_ text: String) -> String {
        let blanks = text.prefix { $0 == " " }
        var shown = String(repeating: "&nbsp;", count: blanks.count)
        for scalar in ResultTable.printable(lines: String(text.dropFirst(blanks.count))).unicodeScalars {
            switch scalar {
            case "&": shown += "&amp;"
            case "<": shown += "&lt;"
            case ">": shown += "&gt;"
            case "\"": shown += "&quot;"
            case "\n": shown += "<br />\n"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
