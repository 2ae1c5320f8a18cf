/// Which tables of a catalog a recovery takes over, and which it makes of the store's files, or leaves. Each table of the schema is in one of the two lists.
enum KeptTables {
    /// As they are: no file but a catalog has what is in them.
    ///
    /// Of `tables` the cold versions are those of the files, of `damaged_files` and `brought` what is of files that are still there stays (`Recovery.keepDamage`), and of `meta` the counters go on.
    static let copied = [
        "types", "contracts", "keys", "operator_keys", "key_verifiers", "dictionaries", "dead_letters", "audit", "quarantine", "rollups", "rollup_tables", "tables", "meta",
        "uploads", "upload_errors", "views", "exports", "usage", "notices", "dead_notices", "digest_spans", "digest_counts", "digest_uploads", "rebuilds", "rebuilt_columns",
        "damaged_files", "brought",
    ]
    /// Not taken over.
    ///
    /// - `hot_files`, `cold_objects`: made of the files. `rollup_files`: sums are made again, of rows.
    /// - `rebuilt_files`: a rebuild that was under way looks at all files again, of which those that have the column need nothing.
    /// - `former_objects`: what it names is removed, and an older catalog may name what the store has moved back to since.
    /// - `sessions`: in an older catalog they may be such as were ended since. People sign in again.
    static let left = ["hot_files", "cold_objects", "rollup_files", "rebuilt_files", "former_objects", "sessions"]
}

/// One table of a catalog of this or an earlier version, copied as far as it can be read.
///
/// Columns that both versions have; the others get their defaults.
struct SalvagedTable {
    private let name: String
    private let earlier: SQLiteConnection

    init(_ name: String, from earlier: SQLiteConnection) { (self.name, self.earlier) = (name, earlier) }

    private static func columns(_ connection: SQLiteConnection, _ table: String) throws -> [String] { try connection.texts("SELECT name FROM pragma_table_info('\(table)')") }

    /// - Throws: the earlier catalog's error at the first row that cannot be read; those before it are copied.
    func copy(to draft: SQLiteConnection) throws {
        let theirs = Set(try Self.columns(earlier, name))
        let columns = try Self.columns(draft, name).filter { theirs.contains($0) }
        guard !columns.isEmpty else { return }
        let list = columns.joined(separator: ", ")
        let places = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let select = try earlier.statement("SELECT \(list) FROM \(name)")
        let insert = try draft.statement("INSERT OR REPLACE INTO \(name)(\(list)) VALUES(\(places))")
        var failure: (any Error)?
        try draft.transaction {
            do {
                while try select.step() {
                    for index in columns.indices { try insert.bindValue(Int32(index + 1), of: select, Int32(index)) }
                    try insert.run()
                }
            } catch let error as SQLiteError where error.path == earlier.path { failure = error }
        }
        if let failure { throw failure }
    }
}
