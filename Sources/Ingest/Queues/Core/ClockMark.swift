import ColumnStore

/// The clock that a file's instants were written by, as the file says it in `meta`: how far it was from the steady one, which counts from a start of the machine.
struct ClockMark: Equatable {
    let boot: String
    /// Microseconds.
    let offset: Int64

    private static let key = "clock"

    /// - Returns: nil where the file has none, or one that is no mark.
    static func read(_ connection: SQLiteConnection) throws -> ClockMark? {
        let select = try connection.statement("SELECT value FROM meta WHERE key = ?1")
        defer { select.reset() }
        try select.bind(1, key)
        guard try select.step() else { return nil }
        let words = select.text(0).split(separator: " ")
        guard words.count == 2, let offset = Int64(words[1]) else { return nil }
        return ClockMark(boot: String(words[0]), offset: offset)
    }

    func write(_ connection: SQLiteConnection) throws {
        let put = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
        try put.bind(1, Self.key)
        try put.bind(2, "\(boot) \(offset)")
        try put.run()
    }
}
