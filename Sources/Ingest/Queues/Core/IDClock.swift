import ColumnStore

/// The time by which ids of messages and events are known: the clock's, but that nobody sets it. They are far too many to be moved with a clock that is set, as
/// locks are.
///
/// The file says in `meta` by how much the clock was set in all, from the transaction that moves what lasts with it.
struct IDClock {
    /// Microseconds.
    private var shift: Int64 = 0

    private static let key = "id_shift"

    /// Of a file that nobody has open yet.
    init() {}

    init(_ connection: SQLiteConnection) throws {
        shift = try connection.integer("SELECT value FROM meta WHERE key = '\(Self.key)'") ?? 0
    }

    /// - Parameter clock: microseconds since 1970, as all instants.
    func time(at clock: Int64) -> Int64 { clock.subtractingSaturating(shift) }

    /// When the clock says so, unless it is set.
    func clock(at time: Int64) -> Int64 { time.addingSaturating(shift) }

    mutating func move(by more: Int64, _ connection: SQLiteConnection) throws {
        shift = shift.addingSaturating(more)
        let put = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('\(Self.key)', ?1)")
        put.bind(1, shift)
        try put.run()
    }
}
