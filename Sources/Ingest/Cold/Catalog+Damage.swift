import ColumnStore

/// Cold files that were found damaged, and documents of their rows that were sent again.
///
/// Two tables of the catalog: `damaged_files`, so that a restart knows them, and `brought`, until the compactor has made the files whole.
extension Catalog {
    /// A row's document, as it was posted, and its type's columns.
    struct Brought: Sendable {
        let sequence: Int64
        /// Of `encoded`.
        let fields: [Field]
        let encoded: [UInt8]
        let document: [UInt8]
    }

    /// Of documents that wait for their files to be written anew, at most.
    ///
    /// In bytes, over all tables.
    private static let broughtByteCountMax: Int64 = 256 << 20

    func damagedFiles() throws -> [DamagedColdFile] {
        try read { connection in
            let statement = try connection.statement("SELECT table_name, location, row_group, reason FROM damaged_files ORDER BY location")
            defer { statement.reset() }
            var files: [DamagedColdFile] = []
            while try statement.step() {
                files.append(
                    DamagedColdFile(
                        table: statement.text(0), location: statement.text(1), rowGroup: statement.optionalInt64(2).map { Int(clamping: $0) },
                        reason: statement.text(3)))
            }
            return files
        }
    }

    /// `isCounted: false` here and below: such notes make no new generation of the catalog (`StoreMark`), since no other file depends on them.
    func note(_ damaged: DamagedColdFile) throws {
        let now = now
        try write(isCounted: false) { connection in
            let insert = try connection.statement("""
                INSERT OR REPLACE INTO damaged_files(table_name, location, row_group, reason, found_at) VALUES(?1, ?2, ?3, ?4, ?5)
                """)
            try insert.bind(1, damaged.table)
            try insert.bind(2, damaged.location)
            insert.bind(3, damaged.rowGroup.map { Int64($0) })
            try insert.bind(4, damaged.reason)
            insert.bind(5, now)
            try insert.run()
        }
    }

    /// The file is whole or gone; what was brought for those rows is in it.
    func forget(_ damaged: DamagedColdFile, brought sequences: Set<Int64> = []) throws {
        try write(isCounted: false) { connection in
            let file = try connection.statement("DELETE FROM damaged_files WHERE table_name = ?1 AND location = ?2")
            try file.bind(1, damaged.table)
            try file.bind(2, damaged.location)
            try file.run()
            let row = try connection.statement("DELETE FROM brought WHERE table_name = ?1 AND sequence = ?2")
            for sequence in sequences {
                try row.bind(1, damaged.table)
                row.bind(2, sequence)
                try row.run()
            }
        }
    }

    /// Durable when it returns.
    ///
    /// - Returns: false when so much waits already that it is not kept.
    func keep(_ brought: [Brought], of table: String) throws -> Bool {
        try write(isCounted: false) { connection in
            let held = try connection.integer("SELECT coalesce(sum(length(document)), 0) FROM brought") ?? 0
            let added = brought.reduce(Int64(0)) { $0 + Int64($1.document.count) }
            guard held.addingSaturating(added) <= Self.broughtByteCountMax else { return false }
            let insert = try connection.statement("""
                INSERT OR IGNORE INTO brought(table_name, sequence, columns, encoded, document) VALUES(?1, ?2, ?3, ?4, ?5)
                """)
            for row in brought {
                try insert.bind(1, table)
                insert.bind(2, row.sequence)
                try insert.bind(3, SchemaEncoding.text(row.fields))
                try insert.bind(4, row.encoded)
                try insert.bind(5, row.document)
                try insert.run()
            }
            return true
        }
    }

    func broughtSequences(of table: String) throws -> Set<Int64> {
        try read { connection in
            let statement = try connection.statement("SELECT sequence FROM brought WHERE table_name = ?1")
            defer { statement.reset() }
            try statement.bind(1, table)
            var sequences: Set<Int64> = []
            while try statement.step() { sequences.insert(statement.int64(0)) }
            return sequences
        }
    }

    /// Nil where that document has not come.
    func brought(_ sequence: Int64, of table: String) throws -> Brought? {
        try read { connection in
            let statement = try connection.statement("SELECT columns, encoded, document FROM brought WHERE table_name = ?1 AND sequence = ?2")
            defer { statement.reset() }
            try statement.bind(1, table)
            statement.bind(2, sequence)
            guard try statement.step() else { return nil }
            guard let fields = SchemaEncoding.fields(statement.text(0)) else {
                throw SQLiteError(code: 11, message: "a document that was sent again has no readable columns", path: connection.path)
            }
            return Brought(sequence: sequence, fields: fields, encoded: statement.bytes(1), document: statement.bytes(2))
        }
    }
}
