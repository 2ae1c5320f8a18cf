/// Whether a table has the same rows in two databases.
///
/// By their keys, side by side: neither table is in memory.
struct TableComparison {
    private let name: String
    private let one: SQLiteConnection
    private let other: SQLiteConnection

    init(_ name: String, _ one: SQLiteConnection, _ other: SQLiteConnection) { (self.name, self.one, self.other) = (name, one, other) }

    /// - Returns: the first difference, in words that have no client's data in them; nil for none.
    /// - Complexity: O(rows) of the shorter, up to the first difference.
    func difference() throws -> String? {
        func shape(_ connection: SQLiteConnection) throws -> TableShape? {
            guard try connection.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '\(name.replacing("'", with: "''"))'") == 1 else { return nil }
            return try TableShape(name, connection)
        }
        guard let mine = try shape(one), let its = try shape(other) else { return "it is in one of the two alone" }
        guard mine.columns == its.columns, mine.hasRowID == its.hasRowID else { return "it has other columns" }
        let (first, second) = (try one.statement(mine.everyRow), try other.statement(mine.everyRow))
        defer {
            first.reset()
            second.reset()
        }
        let columnCount = Int32(mine.columns.count + (mine.hasRowID ? 1 : 0))
        var count: Int64 = 0
        while true {
            let (isMore, isToo) = (try first.step(), try second.step())
            guard isMore == isToo else { return "it has \(isMore ? "more" : "fewer") rows than the \(count) that both have" }
            guard isMore else { return nil }
            for column in 0..<columnCount where first.value(column) != second.value(column) { return "its row \(count + 1), in the order of its key, is another" }
            count += 1
        }
    }
}
