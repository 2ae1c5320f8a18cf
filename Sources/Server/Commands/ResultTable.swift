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
        var separator = "|"
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
        let isRight = columns.map { column in rightAligned.contains { column.type.hasPrefix($0) } && !column.type.hasSuffix("[]") }
        var text = ""
        if !style.showsRowsOnly {
            text += columns.enumerated().map { " " + pad($1.name, widths[$0], right: false) + " " }.joined(separator: "|") + "\n"
            text += widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "\n"
        }
        for row in cells {
            text += row.enumerated().map { " " + pad($1, widths[$0], right: isRight[$0]) + " " }.joined(separator: "|") + "\n"
        }
        return text
    }

    /// A line for each value, as psql's `\\x` shows rows.
    ///
    /// - Parameter first: the number of the first row.
    static func expanded(columns: [(name: String, type: String)], rows: [[JSONValue]], first: Int, style: Style = Style()) -> String {
        let names = columns.map { printable($0.name) }
        let width = names.map(self.width).max() ?? 0
        var text = ""
        for (index, row) in rows.enumerated() {
            let title = "-[ RECORD \(first + index) ]"
            text += title + String(repeating: "-", count: max(0, width + 3 - title.count)) + "\n"
            for (name, value) in zip(names, row) { text += pad(name, width, right: false) + " | " + cell(value, style) + "\n" }
        }
        return text
    }

    /// How wide the table would be.
    static func width(columns: [(name: String, type: String)], rows: [[JSONValue]], style: Style = Style()) -> Int {
        var widths = columns.map { width($0.name) }
        for row in rows { for (index, value) in row.enumerated() where index < widths.count { widths[index] = max(widths[index], width(cell(value, style))) } }
        return widths.reduce(0) { $0 + $1 + 3 }
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
