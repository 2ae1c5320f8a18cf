/// A table of a database as its changes see it: its columns, and what tells its rows apart.
///
/// Made once for a run of changes (`LogFold`, `ChangeCheck`), read from the schema of the database at hand.
struct TableShape {
    let name: String
    let columns: [String]
    let hasRowID: Bool
    /// Of the primary key, where there are no row ids.
    let keyColumns: [Int]
    // Statements, or what they are made of: rows come by the thousand, and words are put between quotes once.
    private let quotedName: String
    private let quotedColumns: [String]
    private let insertion: String
    /// An insert names the row's id, which no column is by another name.
    private let namesRow: Bool

    /// - Throws: SQLITE_ERROR where there is no such table.
    init(_ name: String, _ connection: SQLiteConnection) throws {
        self.name = name
        var (columns, keys, integerKeys) = ([String](), [(order: Int64, column: Int)](), [Int]())
        let info = try connection.statement("SELECT name, pk, type FROM pragma_table_info(?1) ORDER BY cid")
        try info.bind(1, name)
        while try info.step() {
            if info.int64(1) > 0 {
                keys.append((info.int64(1), columns.count))
                if info.text(2).uppercased() == "INTEGER" { integerKeys.append(columns.count) }
            }
            columns.append(info.text(0))
        }
        guard !columns.isEmpty else { throw SQLiteError(code: 1, message: "no such table: \(name)", path: connection.path) }
        let kind = try connection.statement("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1")
        try kind.bind(1, name)
        hasRowID = try kind.step() ? kind.int64(0) == 0 : true
        kind.reset()
        self.columns = columns
        keyColumns = hasRowID ? [] : keys.sorted { $0.order < $1.order }.map(\.column)
        // `INTEGER PRIMARY KEY` is the row id by another name: https://www.sqlite.org/lang_createtable.html#rowid. An insert gives it as a column
        // then.
        namesRow = hasRowID && !(keys.count == 1 && !integerKeys.isEmpty)
        (quotedName, quotedColumns) = (Self.quoted(name), columns.map(Self.quoted))
        insertion = Self.insertion(into: quotedName, quotedColumns + (namesRow ? ["rowid"] : []))
    }

    private static func insertion(into table: String, _ names: [String]) -> String {
        "INSERT OR REPLACE INTO \(table)(\(names.joined(separator: ", "))) VALUES(\(names.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))"
    }

    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    private func condition(from first: Int) -> String {
        // IS and not =, so that a NULL in a key finds its row.
        hasRowID ? "rowid = ?\(first)" : keyColumns.enumerated().map { "\(quotedColumns[$0.element]) IS ?\(first + $0.offset)" }.joined(separator: " AND ")
    }

    private func bind(_ key: ChangeReader.Key, _ statement: SQLiteStatement, from first: Int) throws {
        switch key {
        case .row(let row): statement.bind(Int32(first), row)
        case .columns(let values): for (index, value) in values.enumerated() { try statement.bind(Int32(first + index), value) }
        }
    }

    private func isOurs(_ key: ChangeReader.Key) -> Bool {
        switch key {
        case .row: hasRowID
        case .columns(let values): !hasRowID && values.count == keyColumns.count
        }
    }

    /// Asks for all rows, in the order of what tells them apart.
    var everyRow: String {
        let names = (hasRowID ? ["rowid"] : []) + quotedColumns
        let order = hasRowID ? "rowid" : keyColumns.map { quotedColumns[$0] }.joined(separator: ", ")
        return "SELECT \(names.joined(separator: ", ")) FROM \(quotedName) ORDER BY \(order)"
    }

    // MARK: Changes

    /// Replaces a row of the same key: what comes twice ends as it came last.
    ///
    /// - Parameter isAgain: the table may have columns already that it got behind the row: they have their defaults then, until what gave them values comes again, too.
    /// - Throws: `ChangeReader.Damaged` for another number of values than the table has columns.
    func insert(_ row: Int64?, _ values: [ChangeReader.Value], isAgain: Bool = false, _ connection: SQLiteConnection) throws {
        let isShort = isAgain && !values.isEmpty && values.count < columns.count
        guard values.count == columns.count || isShort, (row != nil) == hasRowID else { throw ChangeReader.Damaged() }
        // Columns are only ever added behind the others.
        let sql = isShort ? Self.insertion(into: quotedName, Array(quotedColumns.prefix(values.count)) + (namesRow ? ["rowid"] : [])) : insertion
        let statement = try connection.statement(sql)
        for (index, value) in values.enumerated() { try statement.bind(Int32(index + 1), value) }
        if namesRow, let row { statement.bind(Int32(values.count + 1), row) }
        try statement.run()
    }

    /// Nothing where there is no such row.
    func update(_ key: ChangeReader.Key, _ changed: [(column: Int, value: ChangeReader.Value)], _ connection: SQLiteConnection) throws {
        guard isOurs(key), changed.allSatisfy({ columns.indices.contains($0.column) }), !changed.isEmpty else { throw ChangeReader.Damaged() }
        let set = changed.enumerated().map { "\(quotedColumns[$0.element.column]) = ?\($0.offset + 1)" }.joined(separator: ", ")
        let statement = try connection.statement("UPDATE OR REPLACE \(quotedName) SET \(set) WHERE \(condition(from: changed.count + 1))")
        for (index, change) in changed.enumerated() { try statement.bind(Int32(index + 1), change.value) }
        try bind(key, statement, from: changed.count + 1)
        try statement.run()
    }

    func delete(_ key: ChangeReader.Key, _ connection: SQLiteConnection) throws {
        guard isOurs(key) else { throw ChangeReader.Damaged() }
        let statement = try connection.statement("DELETE FROM \(quotedName) WHERE \(condition(from: 1))")
        try bind(key, statement, from: 1)
        try statement.run()
    }

    // MARK: Questions

    func exists(_ key: ChangeReader.Key, _ connection: SQLiteConnection) throws -> Bool { try has(key, [], connection) }

    /// Whether there is such a row, with these values.
    func has(_ key: ChangeReader.Key, _ values: [(column: Int, value: ChangeReader.Value)], _ connection: SQLiteConnection) throws -> Bool {
        guard isOurs(key), values.allSatisfy({ columns.indices.contains($0.column) }) else { throw ChangeReader.Damaged() }
        let wanted = values.isEmpty ? ["1"] : values.map { quotedColumns[$0.column] }
        let statement = try connection.statement("SELECT \(wanted.joined(separator: ", ")) FROM \(quotedName) WHERE \(condition(from: 1))")
        try bind(key, statement, from: 1)
        defer { statement.reset() }
        guard try statement.step() else { return false }
        for (index, wanted) in values.enumerated() where !statement.value(Int32(index)).isStored(wanted.value) { return false }
        return true
    }
}

extension ChangeReader.Value {
    /// Whether a row that was given `value` has this one: a column of reals keeps a whole number as one, and shows it as a real again.
    func isStored(_ value: Self) -> Bool {
        if case .double(let bits) = self, case .integer(let number) = value { return Double(number).bitPattern == bits }
        return self == value
    }
}

extension SQLiteStatement {
    func bind(_ index: Int32, _ value: ChangeReader.Value) throws(SQLiteError) {
        switch value {
        case .null: bindNull(index)
        case .integer(let number): bind(index, number)
        case .double(let bits): bind(index, Double(bitPattern: bits) as Double?)
        case .text(let bytes): try bindText(index, Array(bytes))
        case .blob(let bytes): try bind(index, Array(bytes) as [UInt8]?)
        }
    }

    /// A column of the present row, with its type.
    func value(_ column: Int32) -> ChangeReader.Value {
        switch kind(column) {
        case .null: .null
        case .integer: .integer(int64(column))
        case .double: .double(double(column).bitPattern)
        case .text: .text(bytes(column)[...])
        case .blob: .blob(bytes(column)[...])
        }
    }
}
