import ColumnStore

/// Columns that are being filled, and the cold files that have them by now.
///
/// `rebuilds` has a row for each column that is being filled, `rebuilt_files` the keys of cold files that have it by now, and `rebuilt_columns` what was
/// filled for good: a hot file whose columns are laid down anew must get it again.
extension Catalog {
    /// Those that are not done, the oldest first.
    func rebuilds() throws -> [Rebuild] {
        try read { connection in
            let statement = try connection.statement("SELECT id, table_name, column_name, through FROM rebuilds ORDER BY id")
            defer { statement.reset() }
            var rebuilds: [Rebuild] = []
            while try statement.step() {
                rebuilds.append(Rebuild(id: statement.int64(0), table: statement.text(1), column: statement.text(2), through: statement.int64(3)))
            }
            return rebuilds
        }
    }

    /// The one of the column that is not done, begun now where there is none, which goes at least as far.
    ///
    /// - Parameter through: the highest sequence of rows that may need it.
    /// - Throws: `SQLiteError` where the catalog cannot be written.
    func beginRebuild(of column: String, table: String, through: Int64) throws -> Rebuild {
        let now = now
        let isOpen = try rebuilds().contains { $0.table == table && $0.column == column }
        try write { connection in
            guard !isOpen else {
                let raise = try connection.statement("UPDATE rebuilds SET through = max(through, ?3) WHERE table_name = ?1 AND column_name = ?2")
                try raise.bind(1, table)
                try raise.bind(2, column)
                raise.bind(3, through)
                return try raise.run()
            }
            let insert = try connection.statement("INSERT INTO rebuilds(table_name, column_name, through, begun_at) VALUES(?1, ?2, ?3, ?4)")
            try insert.bind(1, table)
            try insert.bind(2, column)
            insert.bind(3, through)
            insert.bind(4, now)
            try insert.run()
        }
        guard let begun = try rebuilds().first(where: { $0.table == table && $0.column == column }) else {
            throw SQLiteError(code: 11, message: "a rebuild is not there that was begun", path: path)
        }
        return begun
    }

    /// The rebuild is done, or wanted no more: its row and its files go, and the column counts as filled.
    func endRebuild(_ rebuild: Rebuild) throws {
        try write { connection in
            for sql in ["DELETE FROM rebuilt_files WHERE rebuild = ?1", "DELETE FROM rebuilds WHERE id = ?1"] {
                let delete = try connection.statement(sql)
                delete.bind(1, rebuild.id)
                try delete.run()
            }
            let done = try connection.statement("INSERT OR REPLACE INTO rebuilt_columns(table_name, column_name) VALUES(?1, ?2)")
            try done.bind(1, rebuild.table)
            try done.bind(2, rebuild.column)
            try done.run()
        }
    }

    /// Keys of cold files that have the column, as far as they are still files of the table.
    func rebuiltFiles(_ rebuild: Rebuild) throws -> Set<String> {
        try read { connection in
            let statement = try connection.statement("SELECT key FROM rebuilt_files WHERE rebuild = ?1")
            defer { statement.reset() }
            statement.bind(1, rebuild.id)
            var keys: Set<String> = []
            while try statement.step() { keys.insert(statement.text(0)) }
            return keys
        }
    }

    /// Of files that need nothing: they are not written anew, and not looked at again.
    func noteRebuilt(_ rebuild: Rebuild, _ keys: [String]) throws {
        try write(isCounted: false) { try Self.noteRebuilt(rebuild, keys, $0) }
    }

    /// In the transaction that makes the files those of the table.
    static func noteRebuilt(_ rebuild: Rebuild, _ keys: [String], _ connection: SQLiteConnection) throws {
        let insert = try connection.statement("INSERT OR IGNORE INTO rebuilt_files(rebuild, key) VALUES(?1, ?2)")
        for key in keys {
            insert.bind(1, rebuild.id)
            try insert.bind(2, key)
            try insert.run()
        }
    }

    /// Columns that were filled, or are being filled, for rows of types that had none, by stored table.
    func rebuiltColumns() throws -> [String: Set<String>] {
        try read { connection in
            let statement = try connection.statement(
                "SELECT table_name, column_name FROM rebuilt_columns UNION SELECT table_name, column_name FROM rebuilds")
            defer { statement.reset() }
            var columns: [String: Set<String>] = [:]
            while try statement.step() { columns[statement.text(0), default: []].insert(statement.text(1)) }
            return columns
        }
    }
}
