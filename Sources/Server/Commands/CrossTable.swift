internal import ColumnStore

/// An answer's rows turned into a table of two headers, as psql's `\crosstabview` does: one column's values go down, another's across, and a third's stand where they meet.
struct CrossTable {
    /// As in psql.
    private static let columnCountMax = 1_600

    let columns: [(name: String, type: String)]
    let rows: [[JSONValue]]

    /// Which columns of an answer go where.
    private struct Places {
        let down: Int
        let across: Int
        let data: Int
        /// By whose numbers the header across is in order; nil: as its values come.
        let order: Int?
    }

    /// The values of a header, none of them twice, in the order in which they come; NULL is one.
    private struct Header {
        private(set) var values: [String?] = []
        private var places: [String?: Int] = [:]

        mutating func place(of value: String?) -> (place: Int, isNew: Bool) {
            if let known = places[value] { return (place: known, isNew: false) }
            places[value] = values.count
            values.append(value)
            return (place: values.count - 1, isNew: true)
        }
    }

    /// - Parameters:
    ///   - words: the columns by name or number, from 1: down, across, data, and by which those across are in order.
    ///   - null: what stands for NULL in a header.
    /// - Throws: in psql's words, for answers that no such table can be made of: two values where one has room, too.
    init(columns: [(name: String, type: String)], rows: [[JSONValue]], words: [String], null: String) throws(CommandError) {
        let names = columns.map { $0.name }
        let places = try Self.places(words, names)
        var down = Header(), across = Header()
        var orders: [Int] = []
        var cells: [[Int: JSONValue]] = []
        for row in rows {
            guard row.count == columns.count else { throw CommandError("a row of the answer has other columns") }
            let (line, isNewLine) = down.place(of: ResultTable.plain(row[places.down]))
            let (place, isNewPlace) = across.place(of: ResultTable.plain(row[places.across]))
            if isNewLine { cells.append([:]) }
            if isNewPlace { orders.append(Self.order(places.order.map { row[$0] })) }
            guard across.values.count <= Self.columnCountMax else { throw Self.fault("maximum number of columns (\(Self.columnCountMax)) exceeded") }
            guard cells[line].updateValue(row[places.data], forKey: place) == nil else {
                func shown(_ value: JSONValue) -> String { ResultTable.plain(value) ?? (null.isEmpty ? "(null)" : null) }
                throw Self.fault("query result contains multiple data values for row \"\(shown(row[places.down]))\", column \"\(shown(row[places.across]))\"")
            }
        }
        let sorted = Self.sorted(across.values, by: places.order == nil ? nil : orders)
        let heads: [(name: String, type: String)] = sorted.map { (name: across.values[$0] ?? null, type: columns[places.data].type) }
        self.columns = [columns[places.down]] + heads
        // What has no row of the answer is empty, and no NULL.
        self.rows = zip(down.values, cells).map { value, own -> [JSONValue] in
            let head: JSONValue = if let value { .string(value) } else { .null }
            return [head] + sorted.map { own[$0] ?? .string("") }
        }
    }

    // MARK: Which columns

    private static func places(_ words: [String], _ names: [String]) throws(CommandError) -> Places {
        guard names.count >= 3 else { throw fault("query must return at least three columns") }
        let down = try words.isEmpty ? 0 : place(of: words[0], names)
        let across = try words.count < 2 ? 1 : place(of: words[1], names)
        guard down != across else { throw fault("vertical and horizontal headers must be different columns") }
        let data: Int
        if words.count < 3 {
            guard names.count == 3 else { throw fault("data column must be specified when query returns more than three columns") }
            // The one that is left of 0, 1 and 2.
            data = 3 - down - across
        } else {
            data = try place(of: words[2], names)
        }
        return Places(down: down, across: across, data: data, order: words.count < 4 ? nil : try place(of: words[3], names))
    }

    private static func place(of word: String, _ names: [String]) throws(CommandError) -> Int {
        if !word.isEmpty, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let number = Int(word), (1...names.count).contains(number) else { throw fault("column number \(word) is out of range 1..\(names.count)") }
            return number - 1
        }
        let name = identifier(word)
        let found = names.indices.filter { names[$0] == name }
        guard let first = found.first else { throw fault("column name not found: \"\(name)\"") }
        guard found.count == 1 else { throw fault("ambiguous column name: \"\(name)\"") }
        return first
    }

    /// In lower case but for what stands in double quotes.
    private static func identifier(_ word: String) -> String {
        var name = "", isQuoted = false
        var rest = word[...]
        while let sign = rest.popFirst() {
            if sign != "\"" { name += isQuoted ? String(sign) : sign.lowercased() } else if isQuoted, rest.first == "\"" { name.append(rest.removeFirst()) } else { isQuoted.toggle() }
        }
        return name
    }

    private static func fault(_ words: String) -> CommandError { CommandError("\\crosstabview: \(words)") }

    // MARK: In which order

    /// What is no whole number is 0, as in psql.
    private static func order(_ value: JSONValue?) -> Int {
        guard let text = value.flatMap({ ResultTable.plain($0) }), !text.hasPrefix("+") else { return 0 }
        return Int(text) ?? 0
    }

    /// Places of the header across from left to right. Of equal numbers the names decide, NULL last.
    private static func sorted(_ values: [String?], by orders: [Int]?) -> [Int] {
        guard let orders else { return Array(values.indices) }
        func comesBefore(_ left: String?, _ right: String?) -> Bool {
            guard let left else { return false }
            guard let right else { return true }
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        return values.indices.sorted { orders[$0] == orders[$1] ? comesBefore(values[$0], values[$1]) : orders[$0] < orders[$1] }
    }
}
