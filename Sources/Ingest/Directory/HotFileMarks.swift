import Glibc

/// What a hot file says of itself, read without changing it.
struct HotFileMarks {
    private(set) var marks: (store: String?, generation: Int64) = (nil, 0)
    private(set) var rowCount: Int64 = 0

    /// - Throws: for what is no hot file, or none that was finished.
    init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0 else {
            throw DataDirectory.Failure.io(operation: "open", path: path, code: ENOENT)
        }
        let connection = try SQLiteConnection(atRest: path)
        rowCount = try connection.integer("SELECT max(id) FROM rows") ?? 0
        let statement = try connection.statement("SELECT key, value FROM meta WHERE key IN (?1, ?2)")
        try statement.bind(1, StoreMark.storeKey)
        try statement.bind(2, StoreMark.generationKey)
        while try statement.step() {
            if statement.text(0) == StoreMark.storeKey { marks.store = statement.text(1) } else { marks.generation = statement.int64(1) }
        }
    }
}
