import Glibc

/// What a hot file says of itself, read without changing it.
struct HotFileMarks {
    private(set) var marks: (store: String?, generation: Int64) = (nil, 0)
    private(set) var rowCount: Int64 = 0
    /// Of a row or an event. Nil where damage keeps it from being read, which is reported when the damaged part is read.
    private(set) var lastSequence: Int64?

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
        lastSequence = try? Self.lastSequence(connection)
    }

    private static func lastSequence(_ connection: SQLiteConnection) throws -> Int64 {
        let row = try connection.integer("SELECT sequence FROM rows WHERE id = (SELECT max(id) FROM rows)") ?? 0
        return max(row, try connection.integer("SELECT max(sequence) FROM events") ?? 0)
    }

    var reach: FileReach? { lastSequence.map { FileReach(generation: marks.generation, number: $0) } }
}
