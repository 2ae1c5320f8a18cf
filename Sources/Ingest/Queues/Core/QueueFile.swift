import ColumnStore
import Glibc

/// DATA/queues.sqlite: queues with their messages, topics with their events on the way, tasks whose messages were lost (`LostTasks`). It is made when the first queue or topic is put: most stores
/// have none.
///
/// Of a message there is one row, from its coming until its id may be forgotten:
///
///     state   due               what happens then
///     active  since when        a worker may have it, the smallest (due, number) first
///     locked  end of its lock   active again, or dead
///     delayed until when        active
///     dead    since when        nothing: somebody looks, and puts it back
///     gone    when it came      its id is forgotten once the window is over
///
/// `message_dues` is all that receiving, timers and lists search; `message_ages` has what lives, for the time to live and the age of the oldest. A body
/// past `inlineByteCountMax` lies in `bodies`: a row is written anew at each delivery. Counts and bytes are kept in the queue's own row, in the same
/// transaction; but for bytes of dead letters, which are in memory alone (`QueueRows.countDeadBytes`).
enum QueueFile {
    static let version: Int64 = 1
    static let inlineByteCountMax = 1_024

    private static let schema = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE queues(
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, time_to_live INTEGER NOT NULL, lock INTEGER NOT NULL, delivery_count_max INTEGER NOT NULL,
            duplicate_window INTEGER NOT NULL, byte_count_max INTEGER NOT NULL, keeps_dead_letters INTEGER NOT NULL, delay INTEGER NOT NULL,
            active INTEGER NOT NULL, locked INTEGER NOT NULL, delayed INTEGER NOT NULL, dead INTEGER NOT NULL, byte_count INTEGER NOT NULL);
        CREATE TABLE removed_queues(id INTEGER PRIMARY KEY);
        CREATE TABLE messages(
            number INTEGER PRIMARY KEY, queue INTEGER NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL, due INTEGER NOT NULL, came_at INTEGER NOT NULL,
            enqueued_at INTEGER NOT NULL, deliveries INTEGER NOT NULL, byte_count INTEGER NOT NULL, sender TEXT, token BLOB, reason TEXT, detail TEXT,
            body BLOB);
        CREATE UNIQUE INDEX message_ids ON messages(queue, id);
        CREATE INDEX message_dues ON messages(queue, state, due);
        CREATE INDEX message_ages ON messages(queue, enqueued_at) WHERE state < 3;
        CREATE TABLE bodies(number INTEGER PRIMARY KEY, body BLOB NOT NULL);
        \(letterIndex);
        """
    /// By it the bytes of dead letters are added up at a start, with no look at their rows. A file of before it gets it then; the version before keeps it as it keeps all others.
    static let letterIndex = "CREATE INDEX IF NOT EXISTS message_letters ON messages(queue, byte_count) WHERE state = 3"

    /// In 4 KiB pages: what the writer keeps of the file in memory.
    private static let cacheKibibytes = 8 << 10
    /// Of the log, after which it is copied into the file.
    private static let checkpointPageCount = 4_000

    /// Opens the file of a store, or makes it.
    ///
    /// - Parameter store: the store's id.
    /// - Throws: `SQLiteError` for a file of another store or of a later version.
    static func open(path: String, store: String) throws -> SQLiteConnection {
        let isNew = access(path, F_OK) != 0
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-\(cacheKibibytes)")
        try connection.execute("PRAGMA wal_autocheckpoint=\(checkpointPageCount)")
        let version = try connection.integer("PRAGMA user_version") ?? 0
        switch version {
        case 0: try make(connection, store)
        case Self.version: try check(connection, store)
        default: throw later(version, path)
        }
        if isNew, let end = path.lastIndex(of: "/") { try DataDirectory.synchronizeDirectory(String(path[..<end])) }
        return connection
    }

    /// Opens the file to be read: of a store that nobody works on.
    ///
    /// - Returns: nil where nothing was laid out in it yet: a process ended between the two.
    /// - Throws: `SQLiteError` for a file of another version.
    static func read(path: String) throws -> SQLiteConnection? {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let version = try connection.integer("PRAGMA user_version") ?? 0
        if version == 0 { return nil }
        guard version == Self.version else { throw Self.later(version, path) }
        return connection
    }

    private static func later(_ version: Int64, _ path: String) -> SQLiteError {
        SQLiteError(code: 26, message: "queues of version \(version), of a later till: this one reads version \(Self.version)", path: path)
    }

    private static func make(_ connection: SQLiteConnection, _ store: String) throws {
        try connection.transaction {
            try connection.execute(schema)
            let insert = try connection.statement("INSERT INTO meta(key, value) VALUES('store', ?1)")
            try insert.bind(1, store)
            try insert.run()
            try connection.execute("PRAGMA user_version = \(version)")
        }
    }

    private static func check(_ connection: SQLiteConnection, _ store: String) throws {
        let select = try connection.statement("SELECT value FROM meta WHERE key = 'store'")
        defer { select.reset() }
        guard try select.step(), select.text(0) == store else {
            throw SQLiteError(code: 26, message: "these are another store's queues", path: connection.path)
        }
    }
}
