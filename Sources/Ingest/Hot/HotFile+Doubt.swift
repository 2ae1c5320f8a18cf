import ColumnStore

/// What columns are made of, and whether that was right.
///
/// Rows that are read through a map are held against no sums. Columns that were made of a page without its sum have good sums of their own, and once the page is right again nothing tells of them: they
/// are doubted until they have been laid down anew out of pages that have their sums. What rows have beside their documents for that (`pending`) is kept as long.
extension HotFile {
    /// The key in `meta` whose value is the last group that is not doubted. A file without it, as those of earlier versions, has none that are.
    static let doubtKey = "doubted"

    /// Within the transaction in which columns become what readers go by: those that never stood in the file are made again from rows by the next start.
    func keepDoubt(_ connection: SQLiteConnection) throws {
        if let group = doubtedAfter { try connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('\(Self.doubtKey)', \(group))") }
    }

    static func dropDoubt(_ connection: SQLiteConnection) throws { try connection.execute("DELETE FROM meta WHERE key = '\(doubtKey)'") }

    /// Reads rows that become columns, off pages that are held against their sums. Where one lacks its own, what it says is taken all the same, and columns that are laid down from now on are doubted.
    ///
    /// - Parameter body: called once more where the first call fails so.
    func readingRows<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
        do {
            // Not mapped, as those of the pool are: SQLite reads each page by a call, which looks at its sum.
            return try body(SQLiteConnection(path: path, mode: .readOnly))
        } catch let error as SQLiteError where error.kind == .corrupt {
            // What is wrong with the rows themselves comes again.
            return try pool.withConnection { connection in
                let result = try body(connection)
                let last = try connection.integer("SELECT max(id) FROM groups WHERE \(HotGroupStage.isReadable)") ?? 0
                // Who only reads lays nothing down.
                if doubt(after: last), mark != nil {
                    StoreLog.note(
                        "read rows of a hot file off a page without its sum", path: path, reason: "\(error): before the file moves, columns are laid down again once all its pages have their sums",
                        level: .warning)
                }
                return result
            }
        }
    }
}
