import ColumnStore

/// Rollups that were declared, and of each cold file which of their files has its sums.
///
/// `rollups` has every name that was ever declared, deleted ones too; `rollup_files` has for each cold file, by its key, the file of sums that covers it, or
/// why none does.
extension Catalog {
    /// A declared rollup.
    struct StoredRollup: Sendable {
        let name: String
        /// Another with each change: sums of an earlier one are none of this.
        let number: Int64
        let json: [UInt8]
        let isBuiltIn: Bool
        let isDeleted: Bool
    }

    func rollups() throws -> [StoredRollup] {
        try read { connection in
            let statement = try connection.statement("SELECT name, number, json, is_built_in, is_deleted FROM rollups ORDER BY name")
            defer { statement.reset() }
            var found: [StoredRollup] = []
            while try statement.step() {
                found.append(
                    StoredRollup(
                        name: statement.text(0), number: statement.int64(1), json: statement.bytes(2), isBuiltIn: statement.int64(3) != 0,
                        isDeleted: statement.int64(4) != 0))
            }
            return found
        }
    }

    /// Sums that were made for the name before are forgotten in the same transaction.
    ///
    /// - Returns: the rollup's new number.
    func putRollup(_ name: String, json: [UInt8], isBuiltIn: Bool) throws -> Int64 {
        let now = now
        return try write { connection in
            let number = (try connection.integer("SELECT max(number) FROM rollups") ?? 0) + 1
            let insert = try connection.statement(
                "INSERT OR REPLACE INTO rollups(name, number, json, put_at, is_built_in, is_deleted) VALUES(?1, ?2, ?3, ?4, ?5, 0)")
            try insert.bind(1, name)
            insert.bind(2, number)
            try insert.bind(3, json)
            insert.bind(4, now)
            insert.bind(5, isBuiltIn ? 1 : 0)
            try insert.run()
            try Self.forget(name, connection)
            return number
        }
    }

    /// The name stays: a built-in rollup that was deleted does not come again.
    func deleteRollup(_ name: String) throws {
        try write { connection in
            let number = (try connection.integer("SELECT max(number) FROM rollups") ?? 0) + 1
            let update = try connection.statement("UPDATE rollups SET is_deleted = 1, number = ?2 WHERE name = ?1")
            try update.bind(1, name)
            update.bind(2, number)
            try update.run()
            try Self.forget(name, connection)
        }
    }

    private static func forget(_ rollup: String, _ connection: SQLiteConnection) throws {
        let delete = try connection.statement("DELETE FROM rollup_files WHERE rollup = ?1")
        try delete.bind(1, rollup)
        try delete.run()
    }

    /// What is known of the cold files' sums, by the files' keys.
    func rollupFiles(_ rollup: String) throws -> [String: RollupCoverage] {
        try read { connection in
            let select = try connection.statement("SELECT file, part, row_count, last_sequence, reason FROM rollup_files WHERE rollup = ?1")
            defer { select.reset() }
            try select.bind(1, rollup)
            var files: [String: RollupCoverage] = [:]
            while try select.step() {
                files[select.text(0)] = RollupCoverage(
                    part: select.isNull(1) ? nil : select.text(1), rowCount: select.int64(2), lastSequence: select.int64(3),
                    reason: select.isNull(4) ? nil : select.text(4))
            }
            return files
        }
    }

    // MARK: Their tables

    /// The table is no more: its files may go.
    func endRollupTable(_ table: String) throws {
        let now = now
        try write { connection in
            let end = try connection.statement("UPDATE cold_objects SET obsolete_at = ?2 WHERE table_name = ?1")
            try end.bind(1, table)
            end.bind(2, now)
            try end.run()
            try Self.forget(table: table, connection)
        }
    }
}
