internal import ColumnStore

/// Rows under their column names, aligned, as psql shows them.
enum ResultTable {
    private static let rightAligned = ["SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "DOUBLE"]

    /// What `\\pset` has changed of how rows are shown.
    struct Style {
        /// What stands for NULL.
        var null = "NULL"
        /// Without the names of columns and the count of rows.
        var showsRowsOnly = false
        /// Else values with `separator` between them.
        var isAligned = true
        /// Else as `HTMLTable` writes them.
        var isHTML = false
        var separator = "|"
        /// Lines of tables: 0 none but under the names of columns, 1 between columns, 2 around all.
        var border = 1

        /// What stands before, between and behind the values of a row.
        fileprivate var edges: (start: String, middle: String, end: String) {
            switch border {
            case 0: (start: "", middle: " ", end: "")
            case 1: (start: " ", middle: " | ", end: " ")
            default: (start: "| ", middle: " | ", end: " |")
            }
        }

        /// A line under or over columns that are so wide.
        fileprivate func rule(_ widths: [Int]) -> String {
            let parts = widths.map { String(repeating: "-", count: border == 0 ? $0 : $0 + 2) }
            let line = parts.joined(separator: border == 0 ? " " : "+")
            return (border == 2 ? "+\(line)+" : line) + "\n"
        }
    }

    /// - Parameter columns: names, and SQL types, by which numbers are set to the right.
    static func text(columns: [(name: String, type: String)], rows: [[JSONValue]], style: Style = Style()) -> String {
        let cells = rows.map { row in row.map { cell($0, style) } }
        guard style.isAligned else {
            let head: [[String]] = style.showsRowsOnly ? [] : [columns.map { printable($0.name) }]
            return (head + cells).map { $0.joined(separator: style.separator) + "\n" }.joined()
        }
        var widths = columns.map { width($0.name) }
        for row in cells {
            for (index, cell) in row.enumerated() where index < widths.count { widths[index] = max(widths[index], width(cell)) }
        }
        let isRight = columns.map { self.isRight($0.type) }
        let edges = style.edges, rule = style.rule(widths)
        func line(_ cells: [String]) -> String { edges.start + cells.joined(separator: edges.middle) + edges.end + "\n" }
        var text = ""
        if !style.showsRowsOnly {
            if style.border == 2 { text += rule }
            text += line(columns.enumerated().map { pad($1.name, widths[$0], right: false) }) + rule
        }
        for row in cells { text += line(row.enumerated().map { pad($1, widths[$0], right: isRight[$0]) }) }
        return style.border == 2 ? text + rule : text
    }

    /// Numbers are set to the right.
    static func isRight(_ type: String) -> Bool { rightAligned.contains { type.hasPrefix($0) } && !type.hasSuffix("[]") }

    /// A line for each value, as psql's `\\x` shows rows.
    ///
    /// - Parameter first: the number of the first row.
    static func expanded(columns: [(name: String, type: String)], rows: [[JSONValue]], first: Int, style: Style = Style()) -> String {
        let names = columns.map { printable($0.name) }
        let cells = rows.map { row in row.map { cell($0, style) } }
        let width = names.map(self.width).max() ?? 0
        let valueWidth = cells.joined().map(self.width).max() ?? 0
        var text = ""
        for (index, row) in cells.enumerated() {
            let number = "[ RECORD \(first + index) ]"
            switch style.border {
            case 0: text += "* Record \(first + index)\n"
            case 1: text += "-\(number)" + String(repeating: "-", count: max(0, width + 2 - number.count)) + "\n"
            default: text += "+-\(number)" + String(repeating: "-", count: max(1, width + valueWidth + 4 - number.count)) + "+\n"
            }
            for (name, value) in zip(names, row) {
                switch style.border {
                case 0: text += pad(name, width, right: false) + " " + value + "\n"
                case 1: text += pad(name, width, right: false) + " | " + value + "\n"
                default: text += "| " + pad(name, width, right: false) + " | " + pad(value, valueWidth, right: false) + " |\n"
                }
            }
        }
        return style.border == 2 && !rows.isEmpty ? text + style.rule([width, valueWidth]) : text
    }

    /// How wide the table would be.
    static func width(columns: [(name: String, type: String)], rows: [[JSONValue]], style: Style = Style()) -> Int {
        var widths = columns.map { width($0.name) }
        for row in rows { for (index, value) in row.enumerated() where index < widths.count { widths[index] = max(widths[index], width(cell(value, style))) } }
        return widths.reduce(style.border == 2 ? 1 : 0) { $0 + $1 + (style.border == 0 ? 1 : 3) }
    }

    private static func cell(_ value: JSONValue, _ style: Style) -> String { printable(plain(value) ?? style.null) }

    /// As a script has it; nil for NULL.
    static func plain(_ value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .boolean(let value): value ? "true" : "false"
        case .number(let digits): digits
        case .string(let string): string
        case .array, .object: String(decoding: value.serialized, as: UTF8.self)
        }
    }

    /// A control character would break the table, or do worse to a terminal.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "·" : $0 }))
    }

    /// The same of a text whose lines stay, and tabs, by which they are indented. By scalars: a line that ends as Windows writes it is one Character with its end.
    static func printable(lines text: String) -> String {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { line in line.split(separator: "\t", omittingEmptySubsequences: false).map { printable(String($0)) }.joined(separator: "\t") }.joined(separator: "\n")
    }

    /// In columns of a terminal: East Asian characters and most emoji take two.
    static func width(_ text: String) -> Int {
        text.reduce(0) { total, character in
            guard let first = character.unicodeScalars.first else { return total }
            switch first.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
                0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return total + 2
            default: return total + 1
            }
        }
    }

    private static func pad(_ text: String, _ width: Int, right: Bool) -> String {
        let blanks = String(repeating: " ", count: max(0, width - self.width(text)))
        return right ? blanks + text : text + blanks
    }
}
