import ColumnStore
import Glibc
import Synchronization

/// Every version of every document of versioned tables, by identity: `DATA/versions.sqlite`.
///
/// Rows alone tell all of it: the file is a fold over them up to a sequence, and what came later is in memory until `flush` adds it. So a
/// commit writes nothing here, and a file that is lost, damaged or of another store is made anew. A look-up is one search in one tree, however
/// many files and years there are.
///
/// The writer's thread notes; any thread looks up; one flushes.
///
/// Invariants:
/// 1. Every version is in the file, in `flushing` or in `young`; of one that is in several the youngest counts.
/// 2. Readers look into memory first and into the file after: what a flush moves meanwhile is found in one of them at least.
/// 3. `meta.through` rises in the transaction that lays the layer down: what the file says it has, it has.
/// 4. What is committed is noted: nothing that can fail lies between the two (`VersionNumbering`).
package final class VersionIndex: Sendable {
    /// What a commit adds.
    package struct Notes: Sendable {
        package var entries: [(key: VersionKey, entry: VersionEntry)] = []
        package var superseded: [(table: String, row: SupersededRow)] = []
        package init() {}
        package var isEmpty: Bool { entries.isEmpty && superseded.isEmpty }
    }

    private struct Layer {
        /// By version, ascending.
        var entries: [VersionKey: [VersionEntry]] = [:]
        var superseded: [String: [Int64: SupersededRow]] = [:]
        /// What files say by now, older than what stands in `superseded` of the same rows: of millions no more than tells them.
        var settled: [String: [(sequence: Int64, by: Int64)]] = [:]
        var count = 0
        /// With this layer in it, the file has everything up to here.
        var through: Int64 = 0

        var isEmpty: Bool { count == 0 && settled.isEmpty }
        /// With what files say by now.
        var waitingCount: Int { settled.values.reduce(count) { $0 + $1.count } }

        mutating func add(_ notes: Notes) {
            for (key, entry) in notes.entries { Self.put(entry, into: &entries[key, default: []]) }
            for (table, row) in notes.superseded { superseded[table, default: [:]][row.sequence] = row }
            count += notes.entries.count + notes.superseded.count
        }

        /// Nearly always at the end.
        private static func put(_ entry: VersionEntry, into entries: inout [VersionEntry]) {
            let place = entries.last.map { $0.version < entry.version } ?? true ? entries.count : entries.partitioningIndex { $0.version >= entry.version }
            if place < entries.count, entries[place].version == entry.version { entries[place] = entry } else { entries.insert(entry, at: place) }
        }
    }

    private struct State {
        var young = Layer()
        /// On its way into the file.
        var flushing = Layer()
        /// Everything up to it is in the file or in a layer.
        var through: Int64 = 0
        /// The next start makes the file anew.
        var isGivenUp = false
        /// Tables some of whose rows could not be read, with the reason.
        var unread: [String: any Error] = [:]
    }

    /// So many notes wait in memory; past four times as many the writer waits for the disk.
    package static let youngCountMax = 32_768

    private let pool: SQLitePool
    private let state = Mutex(State())
    private let path: String
    private let store: String
    /// Nil until the first version comes: most stores have none.
    private let flushing: Mutex<SQLiteConnection?>
    /// Whether there is a file to ask.
    private let isMade: Atomic<Bool>
    /// What the file had when it was opened.
    package let openedThrough: Int64

    // MARK: Opening

    private static let version: Int64 = 1
    private static let schema = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE versions(
            table_id INTEGER NOT NULL, client BLOB NOT NULL, receipt BLOB NOT NULL, version INTEGER NOT NULL, sequence INTEGER NOT NULL,
            ticket BLOB NOT NULL, received_at INTEGER NOT NULL, business_day INTEGER NOT NULL, state INTEGER NOT NULL, removed INTEGER NOT NULL,
            content BLOB NOT NULL, type INTEGER NOT NULL, type_version INTEGER NOT NULL, PRIMARY KEY(table_id, client, receipt, version)) WITHOUT ROWID;
        CREATE TABLE superseded(
            table_id INTEGER NOT NULL, sequence INTEGER NOT NULL, superseded_by INTEGER NOT NULL, at INTEGER NOT NULL,
            accepted_by INTEGER NOT NULL, PRIMARY KEY(table_id, sequence)) WITHOUT ROWID;
        """

    /// Opens the file of a store, or makes it, empty, where it is missing, damaged, another store's, or ahead of the store's rows.
    ///
    /// - Parameters:
    ///   - store: the store's id.
    ///   - sequence: the last one of the store's rows.
    package static func open(path: String, store: String, sequence: Int64) throws -> VersionIndex {
        if let known = try? known(path, store: store, sequence: sequence) { return known }
        // A journal that was left would be rolled back into the new file.
        for suffix in ["-journal", "", "-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
            guard FileRemoval.remove(path + suffix, .named("an index of versions, which the store's rows make anew")) == 0 else {
                throw SQLiteError(code: 10, message: "the file cannot be removed", path: path + suffix)
            }
            SQLiteFileSystem.noteDeleted(path + suffix)
        }
        return try VersionIndex(connection: nil, path: path, store: store, through: 0)
    }

    private static func known(_ path: String, store: String, sequence: Int64) throws -> VersionIndex {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        guard try connection.integer("PRAGMA user_version") == Self.version, try Self.meta("store", connection) == store,
            let through = try connection.integer("SELECT value FROM meta WHERE key = 'through'"), (0...max(0, sequence)).contains(through)
        else { throw SQLiteError(code: 11, message: "the index is not this store's", path: path) }
        return try VersionIndex(connection: connection, path: path, store: store, through: through)
    }

    private static func make(_ path: String, store: String, version: Int64) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL")
        try connection.transaction {
            try connection.execute(schema)
            let insert = try connection.statement("INSERT INTO meta(key, value) VALUES('store', ?1), ('through', 0)")
            try insert.bind(1, store)
            try insert.run()
            try connection.execute("PRAGMA user_version = \(version)")
        }
        return connection
    }

    private static func meta(_ key: String, _ connection: SQLiteConnection) throws -> String? {
        let select = try connection.statement("SELECT value FROM meta WHERE key = ?1")
        defer { select.reset() }
        try select.bind(1, key)
        return try select.step() ? select.text(0) : nil
    }

    private init(connection: consuming sending SQLiteConnection?, path: String, store: String, through: Int64) throws {
        if let connection { try Self.prepare(connection) }
        isMade = Atomic(connection != nil)
        (self.path, self.store) = (path, store)
        flushing = Mutex(connection)
        pool = SQLitePool(path: path)
        openedThrough = through
        state.withLock { $0.through = through }
    }

    private static func prepare(_ connection: SQLiteConnection) throws {
        // Rows whose versions were laid into the file may leave the hot tier: what a power cut took would be looked for in vain.
        try connection.execute("PRAGMA synchronous=FULL; PRAGMA cache_size=-4096")
    }

    // MARK: Noting

    /// After a commit: what it added is found from now on.
    ///
    /// - Parameter sequence: everything up to it has been noted.
    package func note(_ notes: Notes, through sequence: Int64) {
        state.withLock { state in
            state.young.add(notes)
            state.through = max(state.through, sequence)
        }
    }

    /// Files say this of rows: it need not be kept apart any more. What has become known of a row since the files were written stays.
    package func settle(_ rows: [SupersededRow], of table: String) {
        let said = rows.map { (sequence: $0.sequence, by: $0.by) }
        state.withLock { state in
            state.young.settled[table, default: []] += said
            for row in rows where state.young.superseded[table]?[row.sequence]?.by == row.by { state.young.superseded[table]?[row.sequence] = nil }
        }
    }

    /// The file has pages that are not what was written. It is used as far as it can be read, and the next start makes it anew of the rows, as one of another version.
    package func giveUp(_ reason: SQLiteError) {
        let isFirst = state.withLock { state in
            defer { state.isGivenUp = true }
            return !state.isGivenUp
        }
        guard isFirst else { return }
        endWithThisProcess()
        StoreLog.note(
            "the index of versions is damaged: versions of documents that it cannot be asked for are refused until the next start, which makes it anew of the rows", path: path,
            reason: StoreLog.text(reason), level: .warning)
    }

    /// Some rows of a table could not be read for the index: it answers nothing that follows from all versions of one of that table's documents.
    ///
    /// - Parameter endsFile: the next start makes the file anew. Not where copies of one store follow one another and have the file together: the one before still answers from it.
    func leaveOut(_ table: String, _ fault: any Error, endsFile: Bool) {
        state.withLock { state in
            state.unread[table] = fault
            if endsFile { state.isGivenUp = true }
        }
        // Whoever only reads has said that the file is damaged.
        guard endsFile else { return }
        endWithThisProcess()
        StoreLog.note(
            "not all versions of the table \(table) can be read: new ones are refused, and none is shown, until a start that can", path: path, reason: StoreLog.text(fault),
            level: .warning)
    }

    /// The file is of another version from now on. One that is not made yet is made so.
    private func endWithThisProcess() {
        // Where even that cannot be written, the file is there at the next start, and is found damaged again.
        flushing.withLock { connection in _ = try? connection?.execute("PRAGMA user_version = 0") }
    }

    /// What a flush could not write waits in memory as well.
    package var isFlushDue: Bool { state.withLock { $0.young.waitingCount + $0.flushing.waitingCount >= Self.youngCountMax } }
    /// What files say by now is not the writer's to wait for.
    package var isFull: Bool { state.withLock { $0.young.count >= 4 * Self.youngCountMax } }

    /// Lays all that was noted before the call into the file, durably.
    ///
    /// Two do not flush at once; lookups and notes go on meanwhile. What cannot be written stays in memory and goes first the next time, and what was noted
    /// behind it in a transaction of its own: hot files leave once this has returned, and the changes of states that they had are nowhere else.
    ///
    /// - Throws: errors of the disk. The file is then as it was, or has the earlier layer of two.
    package func flush() throws {
        try flushing.withLock { known in
            var isAllTaken = false
            while !isAllTaken {
                let (layer, isYoung) = state.withLock { state -> (Layer, Bool) in
                    // What an earlier attempt could not write is still there, and goes first.
                    guard state.flushing.isEmpty else { return (state.flushing, false) }
                    state.flushing = state.young
                    state.flushing.through = state.through
                    state.young = Layer()
                    return (state.flushing, true)
                }
                isAllTaken = isYoung
                // A sequence alone is not worth a file.
                if layer.isEmpty && known == nil { return }
                let connection = try known ?? {
                    let made = try Self.make(path, store: store, version: state.withLock { $0.isGivenUp } ? 0 : Self.version)
                    try Self.prepare(made)
                    return made
                }()
                known = connection
                isMade.store(true, ordering: .releasing)
                try connection.transaction {
                    var writer = try VersionWriter(connection)
                    for (key, entries) in layer.entries.sorted(by: { $0.key < $1.key }) { for entry in entries { try writer.put(key, entry) } }
                    for (table, rows) in layer.settled { try writer.remove(table, rows) }
                    for (table, rows) in layer.superseded { for row in rows.values.sorted(by: { $0.sequence < $1.sequence }) { try writer.put(table, row) } }
                    try writer.set(through: layer.through)
                }
                state.withLock { $0.flushing = Layer() }
            }
        }
    }

    // MARK: Looking up

    /// The versions of a document, newest first.
    ///
    /// - Parameters:
    ///   - bound: of lower numbers than it.
    ///   - limit: no more than that.
    package func versions(_ key: VersionKey, below bound: Int32 = .max, limit: Int = .max) throws -> [VersionEntry] {
        try checkRead(key.table)
        let noted = noted(key)
        var found: [Int32: VersionEntry] = [:]
        for entry in try stored(key, .below(bound), limit: limit) { found[entry.version] = entry }
        for entry in noted.joined() where entry.version < bound { found[entry.version] = entry }
        return Array(found.values.sorted { $0.version > $1.version }.prefix(limit))
    }

    /// Nil for a document of which nothing ever came.
    package func newest(_ key: VersionKey) throws -> VersionEntry? {
        try checkRead(key.table)
        let noted = noted(key).compactMap(\.last)
        // Of like versions the last is the youngest.
        return (try stored(key, .below(.max), limit: 1) + noted).reduce(nil) { best, entry in (best?.version ?? 0) > entry.version ? best : entry }
    }

    /// Which versions are looked for.
    package enum Kind: Sendable {
        /// Not FAILED.
        case present
        /// COMPLETE.
        case accepted

        func includes(_ state: ReceiptState) -> Bool { self == .present ? state != .failed : state == .complete }
    }

    /// The next version before or after a number that is of a kind.
    /// Neither bound is among them; nil where there is none.
    package func nearest(_ key: VersionKey, below bound: Int32, _ kind: Kind) throws -> VersionEntry? { try nearest(key, .below(bound), kind) }
    package func nearest(_ key: VersionKey, above bound: Int32, _ kind: Kind) throws -> VersionEntry? { try nearest(key, .above(bound), kind) }

    private func nearest(_ key: VersionKey, _ span: Span, _ kind: Kind) throws -> VersionEntry? {
        try checkRead(key.table)
        var layers: [Int32: VersionEntry] = [:]
        for entry in noted(key).joined() { layers[entry.version] = entry }
        let own = layers.values.filter { span.has($0.version) && kind.includes($0.state) }
        let best = span.isDown ? own.max { $0.version < $1.version } : own.min { $0.version < $1.version }
        // Only what lies nearer is asked of the file, which walks over versions of other kinds.
        var span = best.map { span.nearer(than: $0.version) } ?? span
        while !span.isEmpty, let found = try stored(key, span, kind, limit: 1).first {
            // What the file says of a version does not count where it is known better.
            if layers[found.version] == nil { return found }
            span = span.beyond(found.version)
        }
        return best
    }

    /// The version of a row.
    package func version(_ key: VersionKey, sequence: Int64) throws -> VersionEntry? {
        if let known = noted(key).reversed().lazy.compactMap({ $0.last { $0.sequence == sequence } }).first { return known }
        return try stored(key, .below(.max), sequence: sequence, limit: 1).first
    }

    /// What is in memory of a document, the younger behind the older.
    private func noted(_ key: VersionKey) -> [[VersionEntry]] {
        state.withLock { state in [state.flushing.entries[key], state.young.entries[key]].compactMap { $0 } }
    }

    /// Asked where the answer follows from all of a document's versions, and not of one that is known by its row.
    ///
    /// - Throws: for a table that was left out, what could not be read.
    private func checkRead(_ table: String) throws { if let fault = state.withLock({ $0.unread[table] }) { throw fault } }

    /// Versions between two numbers, neither of them among them, in the order in which they are looked for.
    private struct Span {
        var lower: Int32
        var upper: Int32
        /// From the highest.
        let isDown: Bool

        static func below(_ bound: Int32) -> Span { Span(lower: 0, upper: bound, isDown: true) }
        static func above(_ bound: Int32) -> Span { Span(lower: bound, upper: .max, isDown: false) }

        var isEmpty: Bool { Int64(upper) - Int64(lower) < 2 }
        func has(_ version: Int32) -> Bool { lower < version && version < upper }

        func nearer(than version: Int32) -> Span { isDown ? Span(lower: version, upper: upper, isDown: true) : Span(lower: lower, upper: version, isDown: false) }
        func beyond(_ version: Int32) -> Span { isDown ? Span(lower: lower, upper: version, isDown: true) : Span(lower: version, upper: upper, isDown: false) }
    }

    /// The newest versions of documents that are asked for together: one look at the file, in the order of its tree.
    package func newest(_ keys: [VersionKey]) throws -> [VersionKey: VersionEntry] {
        for table in Set(keys.map(\.table)) { try checkRead(table) }
        // Before the file: what is on its way there is in one of them at least.
        var found: [VersionKey: VersionEntry] = [:]
        state.withLock { state in
            for key in keys {
                // Of like versions the last is the youngest.
                for entry in [state.flushing.entries[key]?.last, state.young.entries[key]?.last] {
                    if let entry, entry.version >= found[key]?.version ?? 0 { found[key] = entry }
                }
            }
        }
        guard isMade.load(ordering: .acquiring) else { return found }
        try pool.withConnection { connection in
            try connection.reading {
                for key in keys.sorted() {
                    guard let entry = try stored(key, .below(.max), nil, sequence: nil, limit: 1, connection).first else { continue }
                    if entry.version > found[key]?.version ?? 0 { found[key] = entry }
                }
            }
        }
        return found
    }

    private func stored(
        _ key: VersionKey, _ span: Span, _ kind: Kind? = nil, sequence: Int64? = nil, limit: Int
    ) throws -> [VersionEntry] {
        guard isMade.load(ordering: .acquiring) else { return [] }
        return try pool.withConnection { try stored(key, span, kind, sequence: sequence, limit: limit, $0) }
    }

    private static let newestSelect = select(.below(.max), nil, hasSequence: false)

    private static func select(_ span: Span, _ kind: Kind?, hasSequence: Bool) -> String {
        let state = kind.map { $0 == .present ? "AND v.state <> \(ReceiptState.failed.code)" : "AND v.state = \(ReceiptState.complete.code)" } ?? ""
        return """
            SELECT v.version, v.sequence, v.ticket, v.received_at, v.business_day, v.state, v.removed, v.content, t.name, v.type_version
            FROM versions v JOIN names t ON t.id = v.type
            WHERE v.table_id = (SELECT id FROM names WHERE name = ?1) AND v.client = ?2 AND v.receipt = ?3 AND v.version > ?4 AND v.version < ?5 \(state)
                \(hasSequence ? "AND v.sequence = ?7" : "")
            ORDER BY v.version \(span.isDown ? "DESC" : "ASC") LIMIT ?6
            """
    }

    private func stored(
        _ key: VersionKey, _ span: Span, _ kind: Kind?, sequence: Int64?, limit: Int, _ connection: SQLiteConnection
    ) throws -> [VersionEntry] {
        let isPlain = span.isDown && kind == nil && sequence == nil
        let select = try connection.statement(isPlain ? Self.newestSelect : Self.select(span, kind, hasSequence: sequence != nil))
        defer { select.reset() }
        try select.bind(1, key.table)
        try select.bind(2, key.client)
        try select.bind(3, key.receipt)
        select.bind(4, Int64(span.lower))
        select.bind(5, Int64(span.upper))
        select.bind(6, Int64(clamping: limit))
        if let sequence { select.bind(7, sequence) }
        var entries: [VersionEntry] = []
        while try select.step() { entries.append(try entry(select)) }
        return entries
    }

    /// - Throws: `SQLiteError` of the kind that damage has, for what no version of a document could be.
    private func entry(_ row: SQLiteStatement) throws -> VersionEntry {
        guard let ticket = ULID(bytes: row.bytes(2)), let state = ReceiptState(code: row.int64(5)) else {
            throw SQLiteError(code: 11, message: "a version has no valid ticket or state", path: pool.path)
        }
        return VersionEntry(
            version: Int32(clamping: row.int64(0)), sequence: row.int64(1), ticket: ticket, receivedAt: row.int64(3),
            businessDay: Int32(clamping: row.int64(4)), state: state, isRemoval: row.int64(6) != 0, content: row.bytes(7),
            type: row.text(8), typeVersion: Int32(clamping: row.int64(9)))
    }

    /// Every superseded row that the file has, by table: at the start, before anything is noted.
    package func superseded() throws -> [String: [SupersededRow]] {
        guard isMade.load(ordering: .acquiring) else { return [:] }
        return try pool.withConnection { connection in
            let select = try connection.statement("""
                SELECT n.name, s.sequence, s.superseded_by, s.at, s.accepted_by FROM superseded s JOIN names n ON n.id = s.table_id
                ORDER BY s.table_id, s.sequence
                """)
            defer { select.reset() }
            var rows: [String: [SupersededRow]] = [:]
            while try select.step() {
                var row = SupersededRow(select.int64(1))
                (row.by, row.at, row.acceptedBy) = (select.int64(2), select.int64(3), select.int64(4))
                rows[select.text(0), default: []].append(row)
            }
            return rows
        }
    }

    /// Lays everything into the file and lets go of it.
    package func close() throws {
        defer {
            pool.closeIdle()
            flushing.withLock { $0 = nil }
        }
        try flush()
    }
}

extension VersionKey: Comparable {
    /// As the file's tree has them, so that a flush goes through it once.
    package static func < (left: VersionKey, right: VersionKey) -> Bool {
        if left.table != right.table { return left.table < right.table }
        if left.client != right.client { return left.client.lexicographicallyPrecedes(right.client) }
        return left.receipt.lexicographicallyPrecedes(right.receipt)
    }
}

/// Writes notes into the index's file, within a transaction.
private struct VersionWriter {
    private let connection: SQLiteConnection
    private let putVersion: SQLiteStatement
    private let putRow: SQLiteStatement
    private var names: [String: Int64] = [:]

    init(_ connection: SQLiteConnection) throws {
        self.connection = connection
        putVersion = try connection.statement("INSERT OR REPLACE INTO versions VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")
        putRow = try connection.statement("INSERT OR REPLACE INTO superseded VALUES(?1, ?2, ?3, ?4, ?5)")
    }

    /// Of a table or type: each name is in the file once.
    private mutating func id(_ name: String) throws -> Int64 {
        if let known = names[name] { return known }
        let insert = try connection.statement("INSERT OR IGNORE INTO names(name) VALUES(?1)")
        try insert.bind(1, name)
        try insert.run()
        let select = try connection.statement("SELECT id FROM names WHERE name = ?1")
        defer { select.reset() }
        try select.bind(1, name)
        guard try select.step() else { throw SQLiteError(code: 11, message: "a name just written is not there", path: connection.path) }
        names[name] = select.int64(0)
        return select.int64(0)
    }

    mutating func put(_ key: VersionKey, _ entry: VersionEntry) throws {
        let (table, type) = (try id(key.table), try id(entry.type))
        putVersion.bind(1, table)
        try putVersion.bind(2, key.client)
        try putVersion.bind(3, key.receipt)
        putVersion.bind(4, Int64(entry.version))
        putVersion.bind(5, entry.sequence)
        try putVersion.bind(6, entry.ticket.bytes)
        putVersion.bind(7, entry.receivedAt)
        putVersion.bind(8, Int64(entry.businessDay))
        putVersion.bind(9, entry.state.code)
        putVersion.bind(10, entry.isRemoval ? 1 : 0)
        try putVersion.bind(11, entry.content)
        putVersion.bind(12, type)
        putVersion.bind(13, Int64(entry.typeVersion))
        try putVersion.run()
    }

    mutating func put(_ table: String, _ row: SupersededRow) throws {
        putRow.bind(1, try id(table))
        putRow.bind(2, row.sequence)
        putRow.bind(3, row.by)
        putRow.bind(4, row.at)
        putRow.bind(5, row.acceptedBy)
        try putRow.run()
    }

    mutating func remove(_ table: String, _ rows: [(sequence: Int64, by: Int64)]) throws {
        let delete = try connection.statement("DELETE FROM superseded WHERE table_id = ?1 AND sequence = ?2 AND superseded_by = ?3")
        for row in rows {
            delete.bind(1, try id(table))
            delete.bind(2, row.sequence)
            delete.bind(3, row.by)
            try delete.run()
        }
    }

    func set(through sequence: Int64) throws {
        let update = try connection.statement("UPDATE meta SET value = ?1 WHERE key = 'through'")
        update.bind(1, sequence)
        try update.run()
    }
}
