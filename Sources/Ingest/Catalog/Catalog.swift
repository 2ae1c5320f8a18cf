import ColumnStore
import Documents
import Synchronization

/// DATA/catalog.sqlite: what outlives every hot file, and the authority on what belongs to the store.
///
/// Every change is one transaction, durable when the call returns. One connection, used by one thread at a time; what every request
/// needs (contracts, keys) is answered from memory.
///
/// 1. Only `write` changes it. Its transactions are one after the other, each with `synchronous=FULL`.
/// 2. A counted one raises the generation by one, which `mark` and, with their next commits, other files bear.
/// 3. After a commit that failed and may be in the file all the same (`SQLiteError.leavesDoubt`) nothing is written until a restart.
package final class Catalog: Sendable {
    package let path: String
    private let connection: Mutex<Held>
    let access: AccessCache
    let sessions: SessionCache
    private let clock: Clock
    /// What other files of the store bear of this catalog.
    let mark: StoreMark
    private let hasFailed = Atomic<Bool>(false)
    /// Called when there may be something to tell a webhook.
    let noticed = Mutex<(@Sendable () -> Void)?>(nil)
    /// Called with files before a commit names them: whoever needs them elsewhere has them brought there while nobody waits for that commit.
    let naming = Mutex<(@Sendable ([NamedFile]) throws -> Void)?>(nil)

    /// Proof: only ever used within the mutex.
    ///
    /// Nil once the catalog is closed.
    struct Held: @unchecked Sendable {
        fileprivate var open: SQLiteConnection?
        let path: String

        var connection: SQLiteConnection {
            get throws {
                guard let open else { throw SQLiteError(code: 21, message: "the catalog is closed", path: path) }
                return open
            }
        }
    }

    /// - Throws: `SQLiteError` when the file is no catalog or of a later version.
    package init(path: String, clock: Clock = .system) throws {
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF")
        try Self.migrate(connection)
        access = try AccessCache(connection)
        sessions = try SessionCache(connection)
        mark = try Self.mark(connection, makesID: true)
        self.path = path
        self.clock = clock
        self.connection = Mutex(Held(open: connection, path: path))
    }

    /// A catalog that is only read, in the version that it has.
    init(readOnlyPath path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        guard version == CatalogSchema.migrations.count else {
            throw SQLiteError(code: 26, 
                message: version < CatalogSchema.migrations.count
                    ? "a catalog of version \(version), of an earlier till: start `till serve` once, which brings it to version \(CatalogSchema.migrations.count)"
                    : "a catalog of version \(version), of a later till: this one reads version \(CatalogSchema.migrations.count)", path: path)
        }
        access = try AccessCache(connection)
        sessions = SessionCache()
        mark = try Self.mark(connection, makesID: false)
        self.path = path
        clock = .system
        self.connection = Mutex(Held(open: connection, path: path))
    }

    /// A catalog of this or an earlier version, as it is: for a proof, which asks for what all versions have.
    ///
    /// Without contracts, keys and sessions: nobody is let in by it.
    init(unmigratedPath path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        access = AccessCache()
        sessions = SessionCache()
        mark = try Self.mark(connection, makesID: false)
        self.path = path
        clock = .system
        self.connection = Mutex(Held(open: connection, path: path))
    }

    /// A step for each version, each a transaction with its number: a crash between two leaves a catalog of the version in between.
    ///
    /// - Throws: SQLITE_NOTADB (26) for a later version.
    private static func migrate(_ connection: SQLiteConnection) throws {
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        guard (0...CatalogSchema.migrations.count).contains(version) else {
            throw SQLiteError(
                code: 26, message: "catalog of version \(version); this program knows \(CatalogSchema.migrations.count)",
                path: connection.path)
        }
        for step in version..<CatalogSchema.migrations.count {
            try connection.transaction {
                try connection.execute(CatalogSchema.migrations[step])
                try connection.execute("PRAGMA user_version = \(step + 1)")
            }
        }
    }

    /// The store's id: 16 random bytes, 32 hexadecimal digits in texts.
    ///
    /// - Parameter makesID: whether one is made where there is none.
    private static func mark(_ connection: SQLiteConnection, makesID: Bool) throws -> StoreMark {
        if makesID, try connection.integer("SELECT length(value) FROM meta WHERE key = 'store_id'") != 16 {
            var random = SystemRandomNumberGenerator()
            let statement = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('store_id', ?1)")
            try statement.bind(1, (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
            try statement.run()
        }
        let statement = try connection.statement("SELECT value FROM meta WHERE key = 'store_id'")
        defer { statement.reset() }
        return StoreMark(
            store: try statement.step() ? Hexadecimal.text(statement.bytes(0)) : "",
            generation: try connection.integer("SELECT value FROM meta WHERE key = '\(generationKey)'") ?? 0)
    }

    private static let generationKey = "generation"

    /// Of its schema.
    var version: Int64 { get throws { try read { try $0.integer("PRAGMA user_version") ?? 0 } } }

    /// A start of a program that writes: what it finds was written before, and what it writes comes after.
    func noteStart() throws { try write { _ in } }

    /// Reads, without a transaction of its own.
    ///
    /// `body` has the one connection, at ordinary priority whatever the caller's: what it does must be short.
    func read<Result: Sendable>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
        try WorkerThread.promptly { try connection.withLock { try body(try $0.connection) } }
    }

    /// Changes, as one durable transaction.
    ///
    /// - Parameters:
    ///   - isCounted: whether it makes a new generation (`StoreMark`): all but what no other file of the store, and nobody's rights, depend on.
    ///   - committed: runs once it is durable, before anybody else may change anything: for what is kept in memory beside it.
    func write<Result: Sendable>(
        isCounted: Bool = true, _ body: (SQLiteConnection) throws -> Result, committed: (Result) -> Void = { _ in }
    ) throws -> Result {
        try checkUsable()
        // The hot writer waits for the catalog before it goes on in a new file.
        return try WorkerThread.promptly { try connection.withLock { held in
            do {
                let connection = try held.connection
                let (result, generation) = try connection.transaction { () -> (Result, Int64?) in
                    let result = try body(connection)
                    guard isCounted else { return (result, nil) }
                    try connection.execute("""
                        INSERT INTO meta(key, value) VALUES('\(Self.generationKey)', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1
                        """)
                    return (result, try connection.integer("SELECT value FROM meta WHERE key = '\(Self.generationKey)'"))
                }
                if let generation { mark.note(generation: generation) }
                committed(result)
                return result
            } catch let error as SQLiteError {
                // The next one to open the file may find what was undone here.
                if error.leavesDoubt { hasFailed.store(true, ordering: .sequentiallyConsistent) }
                throw error
            }
        } }
    }

    /// - Throws: after a commit that failed and left doubt (a failed sync, say), when nobody knows what the disk holds until a restart has read it back.
    package func checkUsable() throws {
        guard !hasFailed.load(ordering: .sequentiallyConsistent) else {
            throw Fault(.diskFull, "the disk did not confirm a write: nothing is taken until the server is restarted and has checked its files")
        }
    }

    /// Closes the file; its log goes into it. Whoever comes later gets an error.
    func close() { connection.withLock { $0.open = nil } }

    var now: Int64 { clock.now() }

    // MARK: Single values

    /// Of `meta`; nil for a key that is not there.
    package func bytes(_ key: String) throws -> [UInt8]? {
        try read { connection in
            let statement = try connection.statement("SELECT value FROM meta WHERE key = ?1")
            defer { statement.reset() }
            try statement.bind(1, key)
            return try statement.step() ? statement.bytes(0) : nil
        }
    }

    package func integer(_ key: String) throws -> Int64? {
        try read { connection in
            let statement = try connection.statement("SELECT value FROM meta WHERE key = ?1")
            defer { statement.reset() }
            try statement.bind(1, key)
            return try statement.step() ? statement.int64(0) : nil
        }
    }

    package func set(_ key: String, _ value: [UInt8]) throws {
        try write { connection in
            let statement = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
            try statement.bind(1, key)
            try statement.bind(2, value)
            try statement.run()
        }
    }

    /// Sets a counter to `value` unless it is higher already. Within a transaction of the caller.
    static func raise(_ key: String, to value: Int64, _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("""
            INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)
            """)
        try statement.bind(1, key)
        statement.bind(2, value)
        try statement.run()
    }

    static let cursorKeyName = "cursor_key"

    /// The key of cursors' HMAC: made at the first start, kept forever, since cursors never expire.
    package func cursorKey() throws -> [UInt8] {
        if let key = try bytes(Self.cursorKeyName), key.count == 32 { return key }
        var random = SystemRandomNumberGenerator()
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        try set(Self.cursorKeyName, key)
        return key
    }

    /// What tells this store from others: made once, kept by a restore.
    package var storeID: String { mark.store }

    /// What the rest of a store is made of by a catalog's copy, which is only read.
    struct State {
        /// Names of hot files with rows.
        var hotFiles: [String] = []
        var coldVersions: [(table: String, version: Int)] = []
        // Later databases that must be there with it.
        var databases: [LaterDatabase] = []
        /// Whose files are here whole.
        var uploads: [String] = []
        /// Those of them whose files are still to be read.
        var unreadUploads: [UnreadUpload] = []

        /// - Throws: `.corruptFile` for a cold table of a name under which none lies; `SQLiteError`.
        init(path: String) throws {
            // Who read it while it was folded may have kept its log from going.
            let connection = try SQLiteConnection(atRest: path)
            let files = try connection.statement("SELECT day, part FROM hot_files WHERE state = 'known' ORDER BY day, part")
            while try files.step() { hotFiles.append(HotFileName.text(day: Int32(clamping: files.int64(0)), part: files.count(1))) }
            coldVersions = try Catalog.coldVersions(connection, path: path)
            databases = try LaterDatabase.allCases.filter { try $0.isNoted(connection) }
            // A copy of an earlier program has none.
            guard try connection.integer("SELECT count(*) FROM sqlite_master WHERE name = 'uploads'") ?? 0 > 0 else { return }
            uploads = try connection.texts("SELECT id FROM uploads WHERE state <> 'NEW' AND received_bytes > 0 ORDER BY id")
            unreadUploads = try UnreadUpload.all(connection)
        }
    }

    /// Uploads that it knows, whatever has become of them.
    func uploadIDs() throws -> [String] { try read { try $0.texts("SELECT id FROM uploads") } }

    /// Files are gone of uploads that have ended and were announced before this instant. A key of `meta`: do not rename.
    static let uploadFilesGoneKey = "upload_files_gone"
    /// Conditions on `uploads`: it has ended, and its file is noted as gone, which other machines go by.
    static let hasUploadEnded = "state NOT IN ('NEW', 'PROCESSING')"
    static let isUploadFileGone = "\(hasUploadEnded) AND created_at < (SELECT value FROM meta WHERE key = '\(uploadFilesGoneKey)')"

    /// The hash of the file with the administrator's key, as the last server found it.
    static let adminKeyHash = "admin_key_sha256"

    // MARK: Hot files

    package enum HotFileState: String, Sendable {
        /// Its name is taken; the file may not be there yet, and has no rows.
        case new
        /// It has, or will have, rows.
        case known
        /// Its rows are in cold. The name is never used again.
        case moved
    }

    /// Takes the next part number of a day. Names are never used twice: a reader may still hold an earlier file of that name.
    func addHotFile(day: Int32) throws -> Int {
        try write { connection in
            let last = try connection.statement("SELECT max(part) FROM hot_files WHERE day = ?1")
            last.bind(1, Int64(day))
            let part = try last.step() ? last.count(0) + 1 : 1
            last.reset()
            try Self.setState(.new, day: day, part: part, connection)
            return part
        }
    }

    /// Nothing was ever written to it.
    ///
    /// - Returns: false where the catalog knows it as a file that has, or will have, rows: nothing is changed then.
    func removeNewHotFile(day: Int32, part: Int) throws -> Bool {
        try write { connection in
            let statement = try connection.statement("DELETE FROM hot_files WHERE day = ?1 AND part = ?2 AND state = ?3")
            statement.bind(1, Int64(day))
            statement.bind(2, Int64(part))
            try statement.bind(3, HotFileState.new.rawValue)
            try statement.run()
            return connection.changeCount > 0
        }
    }

    func setHotFileState(_ state: HotFileState, day: Int32, part: Int) throws {
        try write { try Self.setState(state, day: day, part: part, $0) }
    }

    /// - Precondition: within a transaction.
    static func setState(_ state: HotFileState, day: Int32, part: Int, _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("INSERT OR REPLACE INTO hot_files(day, part, state) VALUES(?1, ?2, ?3)")
        statement.bind(1, Int64(day))
        statement.bind(2, Int64(part))
        try statement.bind(3, state.rawValue)
        try statement.run()
    }

    /// In the order of days and parts, so the open one is the last of those that are known.
    func hotFiles() throws -> [(day: Int32, part: Int, state: HotFileState)] {
        try read { connection in
            let statement = try connection.statement("SELECT day, part, state FROM hot_files ORDER BY day, part")
            var files: [(day: Int32, part: Int, state: HotFileState)] = []
            while try statement.step() {
                guard let state = HotFileState(rawValue: statement.text(2)) else {
                    throw SQLiteError(code: 11, message: "unknown state of a hot file: \(statement.text(2))", path: connection.path)
                }
                files.append((Int32(clamping: statement.int64(0)), statement.count(1), state))
            }
            return files
        }
    }

    // MARK: Tables and dictionaries

    /// The type columns of each table of rows, in their order.
    func tableColumns() throws -> [String: [Field]] {
        try read { connection in
            let statement = try connection.statement("SELECT name, columns FROM tables WHERE name NOT IN (SELECT name FROM rollup_tables)")
            var tables: [String: [Field]] = [:]
            while try statement.step() {
                guard let fields = SchemaEncoding.fields(statement.text(1)) else {
                    throw SQLiteError(code: 11, message: "table \(statement.text(0)) has no readable columns", path: connection.path)
                }
                tables[statement.text(0)] = fields
            }
            return tables
        }
    }

    static func setColumns(_ fields: [Field], of table: String, _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("""
            INSERT INTO tables(name, columns) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET columns = excluded.columns
            """)
        try statement.bind(1, table)
        try statement.bind(2, SchemaEncoding.text(fields))
        try statement.run()
    }

    func dictionaries() throws -> [(number: Int64, type: String, bytes: [UInt8])] {
        try read { connection in
            let statement = try connection.statement("SELECT id, type, bytes FROM dictionaries ORDER BY id")
            var found: [(number: Int64, type: String, bytes: [UInt8])] = []
            while try statement.step() { found.append((statement.int64(0), statement.text(1), statement.bytes(2))) }
            return found
        }
    }

    /// Numbers begin at 2: 0 and 1 say that a document has no dictionary.
    func addDictionary(type: String, bytes: [UInt8]) throws -> Int64 {
        let now = now
        return try write { connection in
            let statement = try connection.statement("""
                INSERT INTO dictionaries(id, type, bytes, made_at) SELECT max(coalesce(max(id), 0) + 1, 2), ?1, ?2, ?3 FROM dictionaries
                """)
            try statement.bind(1, type)
            try statement.bind(2, bytes)
            statement.bind(3, now)
            try statement.run()
            return connection.lastInsertedRowID
        }
    }
}
