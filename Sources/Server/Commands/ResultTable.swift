internal import ColumnStore

/// Rows under their column names, aligned, as psql shows them.
enum ResultTable {
    private static let rightAligned = ["SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "DOUBLE"]

    /// What `\\pset` has changed of how rows are shown.
    struct Style {
        /// `aligned`; `wrapped`: the same, with values cut so that rows fit; `unaligned`: values with `separator` between them; `html`: as `HTMLTable` writes them.
        enum Layout: String, CaseIterable { case aligned, wrapped, unaligned, html }

        /// What stands for NULL.
        var null = "NULL"
        /// Without the names of columns and the count of rows.
        var showsRowsOnly = false
        /// The count of rows under them.
        var showsCount = true
        var layout = Layout.aligned
        var separator = "|"
        /// Between records of what is unaligned.
        var recordSeparator = "\n"
        /// Digits of numbers stand in groups of three.
        var groupsDigits = false
        /// Over the table.
        var title: String?
        /// Of HTML's table.
        var attributes: String?
        /// Between values of CSV.
        var csvSeparator = ","
        /// Lines of tables: 0 none but under the names of columns, 1 between columns, 2 around all.
        var border = 1
        /// How wide rows may be, for what is wrapped, or a line for each value where that is needed; 0: as the terminal is.
        var columnCount = 0

        /// A table that is drawn.
        var isBoxed: Bool { layout == .aligned || layout == .wrapped }

        /// What ends the last record of what is unaligned, as psql has it: a line break, or the zero byte that stands between all.
        fileprivate var end: String { recordSeparator == "\0" ? "\0" : "\n" }

        /// What lines and blanks take of a row.
        fileprivate func frame(_ count: Int) -> Int { border == 0 ? count : 3 * count + (border == 1 ? -1 : 1) }

        /// A line under or over columns that are so wide.
        fileprivate func rule(_ widths: [Int]) -> String {
            let parts = widths.map { String(repeating: "-", count: border == 0 ? $0 : $0 + 2) }
            let line = parts.joined(separator: border == 0 ? " " : "+")
            return (border == 2 ? "+\(line)+" : line) + "\n"
        }
    }

    /// Rows of an answer that may come in several parts, and what goes under the last of them. Of what is unaligned a further part begins with what stands between
    /// records, so that a count of rows may be the last one.
    struct Part {
        let text: String
        var end = ""
        var whole: String { text + end }
    }

    static func text(columns: [(name: String, type: String)], rows: [[JSONValue]], style: Style = Style(), limit: Int? = nil, isShown: Bool = true) -> String {
        part(columns: columns, rows: rows, isFirst: true, style: style, limit: limit, isShown: isShown).whole
    }

    /// - Parameters:
    ///   - columns: names, and SQL types, by which numbers are set to the right.
    ///   - isFirst: under the names of columns, which others go without, as in psql.
    ///   - limit: how wide a row may be where values may be cut; nil: as wide as it is.
    ///   - isShown: a terminal shows it, which would obey control characters; else values that are not aligned stay as they are, for programs.
    static func part(columns: [(name: String, type: String)], rows: [[JSONValue]], isFirst: Bool, style: Style, limit: Int?, isShown: Bool) -> Part {
        let showsNames = isFirst && !style.showsRowsOnly
        guard style.isBoxed else {
            let head: [[String]] = showsNames ? (style.title.map { [[$0]] } ?? []) + [columns.map { $0.name }] : []
            let records = (head + texts(columns, rows, style)).map { row in row.map { isShown ? printable($0) : $0 }.joined(separator: style.separator) }
            return unaligned(records, isFirst: isFirst, between: style.recordSeparator, style)
        }
        let heads = columns.map { TableCell(printable($0.name)) }
        let cells = texts(columns, rows, style).map { $0.map { TableCell($0) } }
        let widths = Self.widths(heads, cells, style, limit)
        let isRight = columns.map { self.isRight($0.type) }
        var text = ""
        if showsNames {
            let rule = style.rule(widths)
            text += title(over: style.frame(columns.count) + widths.reduce(0, +), style)
            if style.border == 2 { text += rule }
            text += lines(heads, widths, right: columns.map { _ in false }, style) + rule
        }
        for row in cells { text += lines(row, widths, right: isRight, style) }
        return Part(text: text, end: style.border == 2 ? style.rule(widths) : "")
    }

    private static func unaligned(_ records: [String], isFirst: Bool, between separator: String, _ style: Style) -> Part {
        records.isEmpty ? Part(text: "") : Part(text: (isFirst ? "" : separator) + records.joined(separator: separator), end: style.end)
    }

    /// In the middle over what is wider, as in psql.
    private static func title(over width: Int, _ style: Style) -> String {
        guard let title = style.title.map({ printable($0) }) else { return "" }
        return String(repeating: " ", count: max(0, width - self.width(title)) / 2) + title + "\n"
    }

    /// A row: as many lines as its longest value has pieces.
    private static func lines(_ cells: [TableCell], _ widths: [Int], right: [Bool], _ style: Style) -> String {
        let pieces = zip(cells, widths).map { $0.pieces($1) }
        var text = ""
        for line in 0..<(pieces.map(\.count).max() ?? 0) {
            let parts = pieces.enumerated().map { index, own in
                let piece = line < own.count ? own[line] : TableCell.Piece(text: "", width: 0)
                let start = style.border == 0 ? "" : piece.goesOn ? TableCell.End.cut.rawValue : " "
                // Without borders nothing stands behind the last column but a mark.
                let end = style.border == 0 && index == pieces.count - 1 && piece.end == .none ? "" : piece.end.rawValue
                return start + piece.padded(widths[index], right: right[index]) + end
            }
            let row = parts.joined(separator: style.border == 0 ? "" : "|")
            text += (style.border == 2 ? "|\(row)|" : row) + "\n"
        }
        return text
    }

    /// Numbers are set to the right.
    static func isRight(_ type: String) -> Bool { rightAligned.contains { type.hasPrefix($0) } && !type.hasSuffix("[]") }

    /// How wide the table would be.
    static func width(columns: [(name: String, type: String)], rows: [[JSONValue]], style: Style = Style(), limit: Int? = nil) -> Int {
        let cells = texts(columns, rows, style).map { $0.map { TableCell($0) } }
        return style.frame(columns.count) + Self.widths(columns.map { TableCell(printable($0.name)) }, cells, style, limit).reduce(0, +)
    }

    /// How wide columns are. Where values may be cut, those lose what is too much whose widest value is farthest from the mean, wide ones a little sooner, but nothing
    /// of their names: as psql chooses, so that few values are cut.
    private static func widths(_ heads: [TableCell], _ cells: [[TableCell]], _ style: Style, _ limit: Int?) -> [Int] {
        var widest = heads.map(\.width), sums = heads.map { _ in 0 }
        for row in cells {
            for (index, cell) in row.enumerated() where index < widest.count {
                widest[index] = max(widest[index], cell.width)
                sums[index] += cell.width
            }
        }
        guard style.layout == .wrapped, let limit, !cells.isEmpty else { return widest }
        let room = limit - style.frame(heads.count)
        guard room >= heads.reduce(0, { $0 + $1.width }) else { return widest }
        let means = sums.map { $0 / cells.count }
        var widths = widest
        for _ in 0..<max(0, widest.reduce(0, +) - room) {
            var worst: Int?
            var highest = 0.0
            for index in widths.indices where means[index] > 0 && widths[index] > heads[index].width {
                let ratio = Double(widths[index]) / Double(means[index]) + Double(widest[index]) * 0.01
                if ratio > highest { (worst, highest) = (index, ratio) }
            }
            guard let worst else { break }
            widths[worst] -= 1
        }
        return widths
    }

    // MARK: A line for each value

    static func expanded(
        columns: [(name: String, type: String)], rows: [[JSONValue]], first: Int, style: Style = Style(), limit: Int? = nil, isShown: Bool = true
    ) -> String {
        records(columns: columns, rows: rows, first: first, style: style, limit: limit, isShown: isShown).whole
    }

    /// As psql's `\\x` shows rows.
    ///
    /// - Parameters:
    ///   - first: the number of the first row.
    ///   - limit: as of `part`.
    ///   - isShown: as of `part`.
    static func records(columns: [(name: String, type: String)], rows: [[JSONValue]], first: Int, style: Style, limit: Int?, isShown: Bool) -> Part {
        guard style.isBoxed else {
            func text(_ value: String) -> String { isShown ? printable(value) : value }
            let records = texts(columns, rows, style).map { row in
                zip(columns, row).map { text($0.name) + style.separator + text($1) }.joined(separator: style.recordSeparator)
            }
            let head = first == 1 && !style.showsRowsOnly ? style.title.map { [text($0)] } ?? [] : []
            return unaligned(head + records, isFirst: first == 1, between: style.recordSeparator + style.recordSeparator, style)
        }
        let names = columns.map { TableCell(printable($0.name)) }
        let cells = texts(columns, rows, style).map { $0.map { TableCell($0) } }
        let nameWidth = names.map(\.width).max() ?? 0
        let width = valueWidth(cells.joined(), names: nameWidth, last: first + rows.count - 1, style, limit)
        // Over a record, and under the last: without the blanks at the edges where no border is.
        let rule = style.border == 0 ? "\n" : style.border == 1 ? String(style.rule([nameWidth, width]).dropFirst().dropLast(2)) + "\n" : style.rule([nameWidth, width])
        var text = first == 1 && !style.showsRowsOnly ? title(over: 0, style) : ""
        for (index, row) in cells.enumerated() {
            if !style.showsRowsOnly { text += title(first + index, rule, style) } else if first + index > 1 || style.border == 2 { text += rule }
            for (name, value) in zip(names, row) { text += record(name, nameWidth, value, width, style) }
        }
        return Part(text: text, end: style.border == 2 && !rows.isEmpty ? rule : "")
    }

    /// A record's number, over the line that would stand there.
    private static func title(_ number: Int, _ rule: String, _ style: Style) -> String {
        if style.border == 0 { return "* Record \(number)\n" }
        let start = (style.border == 1 ? "-" : "+-") + "[ RECORD \(number) ]"
        let rest = rule.dropFirst(start.count)
        // Its corner is there however narrow the values are.
        if style.border == 2, rest.count < 3 { return start + "-+\n" }
        return start + (rest.isEmpty ? "\n" : String(rest))
    }

    private static func record(_ name: TableCell, _ nameWidth: Int, _ value: TableCell, _ width: Int, _ style: Style) -> String {
        var text = ""
        for (index, piece) in value.pieces(width).enumerated() {
            let head = index == 0 ? name.pieces(nameWidth)[0].padded(nameWidth) : String(repeating: " ", count: nameWidth)
            let start = piece.goesOn ? TableCell.End.cut.rawValue : " "
            switch style.border {
            case 0: text += head + start
            case 1: text += head + " |" + start
            default: text += "| " + head + " |" + start
            }
            // What ends a value needs no mark, and no blanks before it.
            if style.border == 2 { text += piece.padded(width) + piece.end.rawValue + "|\n" } else { text += (piece.end == .none ? piece.text : piece.padded(width) + piece.end.rawValue) + "\n" }
        }
        return text
    }

    /// How wide values are. Where they may be cut, names, titles and three letters of them stay as they are, as in psql.
    ///
    /// - Parameter last: the number of the last record.
    private static func valueWidth(_ cells: some Sequence<TableCell>, names: Int, last: Int, _ style: Style, _ limit: Int?) -> Int {
        var widest = 0, hasBreaks = false
        for cell in cells {
            widest = max(widest, cell.width)
            hasBreaks = hasBreaks || cell.hasBreaks
        }
        guard style.layout == .wrapped, let limit else { return widest }
        let title = style.showsRowsOnly ? 0 : String(last).count + (style.border == 0 ? 9 : style.border == 1 ? 12 : 15)
        func fitting(_ frame: Int) -> Int {
            let whole = max(names + frame + widest, title), least = max(names + frame + 3, title)
            return (limit >= whole ? whole : max(limit, least)) - names - frame
        }
        let frame = style.border == 0 ? 1 : style.border == 1 ? 3 : 7
        // Within a border a mark stands in the place of a blank.
        if style.border == 2 { return fitting(frame) }
        let whole = fitting(hasBreaks ? frame + 1 : frame)
        return whole < widest && !hasBreaks ? fitting(frame + 1) : whole
    }

    // MARK: Values

    private static func texts(_ columns: [(name: String, type: String)], _ rows: [[JSONValue]], _ style: Style) -> [[String]] {
        rows.map { row in zip(columns, row).map { shown($1, $0.type, style) } }
    }

    /// As a table has it.
    static func shown(_ value: JSONValue, _ type: String, _ style: Style) -> String {
        guard let text = plain(value) else { return style.null }
        return style.groupsDigits && isRight(type) ? grouped(text) : text
    }

    /// As psql writes a number where no locale says otherwise: `-1,234,567.25`. What is none, as NaN, stays.
    static func grouped(_ number: String) -> String {
        guard number.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return number }
        let sign = number.prefix { "+-".contains($0) }
        let whole = Array(number.dropFirst(sign.count).prefix { $0.isNumber })
        var text = String(sign)
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text + number.dropFirst(sign.count + whole.count)
    }

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
        guard text.unicodeScalars.contains(where: \.isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? "·" : $0 }))
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
}
