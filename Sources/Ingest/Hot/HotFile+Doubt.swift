import ColumnStore

/// What columns are made of, and whether that was right.
///
/// Rows that are read through a map are held against no sums. Columns that were made of a page without its sum have good sums of their own, and once the page is right again nothing tells of them: the
/// file is doubted until all its columns have been laid down anew out of pages that have their sums.
extension HotFile {
    /// The key in `meta` that says so. A file without it, as those of earlier versions, is not doubted.
    static let doubtKey = "doubted"

    /// Within the transaction in which columns become what readers go by: those that never stood in the file are made again from rows by the next start.
    func keepDoubt(_ connection: SQLiteConnection) throws {
        if isDoubted { try connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('\(Self.doubtKey)', 1)") }
    }

    static func dropDoubt(_ connection: SQLiteConnection) throws { try connection.execute("DELETE FROM meta WHERE key = '\(doubtKey)'") }

    /// Reads rows that become columns, off pages that are held against their sums. Where one lacks its own, what it says is taken all the same, and the file is doubted.
    ///
    /// - Parameter body: called once more where the first call fails.
    func readingRows<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
        do {
            // Not mapped, as those of the pool are: SQLite reads each page by a call, which looks at its sum.
            return try body(SQLiteConnection(path: path, mode: .readOnly))
        } catch let error as SQLiteError {
            // What is wrong with the rows themselves comes again.
            let result = try pool.withConnection(body)
            // Who only reads lays nothing down.
            if doubt(), mark != nil {
                StoreLog.note(
                    "read rows of a hot file off a page without its sum", path: path, reason: "\(error): before the file moves, columns are laid down again once all its pages have their sums",
                    level: .warning)
            }
            return result
        }
    }
}
