import CSQLite

/// What one transaction changes in one file, row by row, as bytes:
///
///     table   := 1 name rowid?                        tables are numbered from 0 as they come
///     insert  := 2 table [rowid] count value{count}
///     update  := 3 table key count (column value){count}      the columns that are another than before
///     delete  := 4 table key
///     schema  := 5 isNew version text                 statements, and the file's version after them
///     key     := rowid | count value{count}           of a table without rowids: its primary key
///     value   := 0 | 1 integer | 2 double | 3 text | 4 blob
///
/// Integers are LEB128, signed ones zigzag; texts have their length before them. On disk and in buckets: do not renumber.
///
/// Rows and not statements or pages: a row's last entry is what it is, whatever was there before, so that a fold that begins too early ends right; and a
/// page would bring its neighbours along.
struct ChangeWriter {
    enum Tag: UInt8 { case table = 1, insert, update, delete, schema }

    /// What is known of a table's rows.
    struct Table {
        var hasRowID: Bool
        /// Of its primary key, where it has no row ids.
        var keyColumns: [Int32]
    }

    private(set) var bytes: [UInt8] = []
    /// Numbers of the tables that are named in `bytes`.
    private var numbers: [String: Int] = [:]

    /// A place to go back to.
    ///
    /// Tables that were named after it are forgotten with their entries, so that none is referred to that the bytes do not name.
    struct Mark {
        fileprivate var byteCount: Int
        fileprivate var numbers: [String: Int]
    }

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }
    var mark: Mark { Mark(byteCount: bytes.count, numbers: numbers) }

    mutating func cut(to mark: Mark) {
        bytes.removeSubrange(min(mark.byteCount, bytes.count)...)
        numbers = mark.numbers
    }

    mutating func removeAll() {
        // What one large group needed is not kept for all small ones.
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptByteCountMax)
        numbers.removeAll(keepingCapacity: true)
    }

    private static let keptByteCountMax = 4 << 20

    // MARK: Entries

    private mutating func number(_ name: String, _ table: Table) -> Int {
        if let known = numbers[name] { return known }
        let number = numbers.count
        numbers[name] = number
        bytes.append(Tag.table.rawValue)
        append(name)
        bytes.append(table.hasRowID ? 1 : 0)
        return number
    }

    /// - Parameter value: gives a column's value, SQLite's own, which is read before this returns.
    mutating func insert(_ name: String, _ table: Table, row: Int64, columnCount: Int32, _ value: (Int32) -> OpaquePointer?) {
        let number = number(name, table)
        bytes.append(Tag.insert.rawValue)
        append(UInt64(number))
        if table.hasRowID { append(row) }
        append(UInt64(columnCount))
        for column in 0..<columnCount { append(value(column)) }
    }

    /// - Parameter old: values before the change; of a table with row ids none is asked for.
    mutating func delete(_ name: String, _ table: Table, row: Int64, _ old: (Int32) -> OpaquePointer?) {
        let number = number(name, table)
        bytes.append(Tag.delete.rawValue)
        append(UInt64(number))
        appendKey(table, row, old)
    }

    /// - Parameter columns: those whose values are others.
    mutating func update(
        _ name: String, _ table: Table, row: Int64, columns: [Int32], _ old: (Int32) -> OpaquePointer?, _ new: (Int32) -> OpaquePointer?
    ) {
        let number = number(name, table)
        bytes.append(Tag.update.rawValue)
        append(UInt64(number))
        appendKey(table, row, old)
        append(UInt64(columns.count))
        for column in columns {
            append(UInt64(column))
            append(new(column))
        }
    }

    /// - Parameters:
    ///   - isNew: whether the file had no schema before.
    ///   - version: `user_version` after the statements.
    mutating func schema(_ sql: String, isNew: Bool, version: Int64) {
        bytes.append(Tag.schema.rawValue)
        bytes.append(isNew ? 1 : 0)
        append(version)
        append(sql)
    }

    private mutating func appendKey(_ table: Table, _ row: Int64, _ old: (Int32) -> OpaquePointer?) {
        if table.hasRowID { return append(row) }
        append(UInt64(table.keyColumns.count))
        for column in table.keyColumns { append(old(column)) }
    }

    // MARK: Values

    private mutating func append(_ value: OpaquePointer?) {
        switch value.map(sqlite3_value_type) ?? SQLITE_NULL {
        case SQLITE_INTEGER:
            bytes.append(1)
            append(sqlite3_value_int64(value))
        case SQLITE_FLOAT:
            bytes.append(2)
            let bits = sqlite3_value_double(value).bitPattern
            for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        case SQLITE_TEXT:
            bytes.append(3)
            // The address first: asking for it may convert the value.
            let start = sqlite3_value_text(value)
            append(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value))))
        case SQLITE_BLOB:
            bytes.append(4)
            let start = sqlite3_value_blob(value)
            append(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value))))
        default: bytes.append(0)
        }
    }

    private mutating func append(_ content: UnsafeRawBufferPointer) {
        append(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    private mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(_ number: Int64) { append(UInt64(bitPattern: number &<< 1 ^ number &>> 63)) }

    private mutating func append(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
