import ColumnStore
import Documents
import Glibc

/// The one write connection of the open hot file. Owned by the writer's thread.
///
/// Between `begin` and `commit` nothing that it took is durable or seen by readers; `rollback` forgets it.
///
/// 1. One at a time for each file: the core opens them, or `NextHotFile`, which hands its one on.
/// 2. `rowCount` is the highest id, of rows of the open transaction too.
/// 3. Within a transaction the caches know what the file has, and what the transaction has added; after a `rollback` the next `begin` reads them anew if it added
///    anything.
final class HotFileWriter {
    /// A log that is begun anew keeps so much: what is in use when copying begins, and what comes meanwhile.
    private static let preallocationMax: Int64 = 160 << 20
    let file: HotFile
    let connection: SQLiteConnection
    private let log: WALPreallocation
    private let beginning: SQLiteStatement
    private let commitment: SQLiteStatement
    private let insertRow: SQLiteStatement
    private let insertPending: SQLiteStatement
    private let insertVersion: SQLiteStatement
    /// Whether rows of versioned tables may come into the file.
    let takesVersions: Bool
    private let selectIdentity: SQLiteStatement

    /// Rows in the file, those of the present transaction included: the id of the last one.
    ///
    /// What was given out within a transaction is given out again after its rollback: ids have no gaps.
    private(set) var rowCount: Int64
    /// What `rowCount` was as the present transaction, or the last one, began.
    private var rowCountBefore: Int64
    /// By the kind's object, which is held here so that its address stays its own.
    private var kinds: [ObjectIdentifier: (kind: RowFormat, id: Int64, table: Int64)] = [:]
    private var tables: [String: Int64] = [:]
    /// Days and dictionaries that the file has, so that a row asks for neither.
    private var days: Set<Int32> = []
    private var dictionaries: Set<Int64> = []
    /// Whether the caches know what no commit has laid down, or do not know all that the file has: `begin` reads them anew.
    private var isCacheDirty = false
    /// The catalog's generation that stands in the file; below all where that is not known.
    private var notedGeneration: Int64 = -1
    private var isResting = false
    /// Between `beginPart` and the part's end.
    private var isInPart = false

    /// Opens the file for writing; creates it when it is not there.
    ///
    /// Brings a file of an earlier version up to this one, in one transaction.
    ///
    /// - Throws: SQLITE_NOTADB (26) for a file of a later version; what SQLite says of the disk.
    init(file: HotFile) throws {
        self.file = file
        connection = try SQLiteConnection(path: file.path, mode: .create)
        try HotFileWriter.prepare(connection, file: file)
        // The writer's thread has no time for that: maintenance copies what is left, or the next start does.
        connection.leaveLogWhenClosing()
        log = WALPreallocation(path: file.path + "-wal")
        connection.give(log)
        // Prepared: parsing the two takes a tenth of a small commit's instructions.
        beginning = try connection.statement("BEGIN IMMEDIATE")
        commitment = try connection.statement("COMMIT")
        insertRow = try connection.statement("""
            INSERT INTO rows(id, sequence, ticket, table_id, kind, client, receipt, business_day, issued_at, received_at, state,
                completed_at, callback_url, trace, coding, document_bytes, sha256, document)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?18, ?14, ?15, ?16, ?17) ON CONFLICT DO NOTHING
            """)
        insertPending = try connection.statement("INSERT INTO pending(id, encoded) VALUES(?1, ?2)")
        selectIdentity = try connection.statement("""
            SELECT \(HotFileSchema.receiptColumns) FROM \(HotFileSchema.receiptSource)
            WHERE r.receipt = ?1 AND r.client = ?2 AND r.business_day = ?3 AND r.state <> 2 AND r.table_id > 0 AND t.name = ?4
            """)
        insertVersion = try connection.statement("INSERT INTO versions(id, version, removed, content) VALUES(?1, ?2, ?3, ?4)")
        takesVersions = try connection.integer("SELECT value FROM meta WHERE key = 'ledger_identity'") == 1
        rowCount = try HotFileSchema.rowCount(connection)
        rowCountBefore = rowCount
        try loadCaches()
        file.setPreallocation(log)
    }

    deinit {
        log.close()
        file.setPreallocation(nil)
    }

    /// Every connection that writes passes here: what it sets is not kept in the file, but for the page size and the journal's mode.
    private static func prepare(_ connection: SQLiteConnection, file: HotFile) throws {
        // The log is copied into the file by another connection, so that no commit waits for it; begun anew, it keeps its length (`WALPreallocation`),
        // unless a long reader has let it grow far. A private page cache of 32 MB keeps the index's upper pages at hand. Deleted values need no overwriting: they stand in `rows` and `groups` all the same.
        try connection.execute("""
            PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;
            PRAGMA journal_size_limit=\(Self.preallocationMax); PRAGMA secure_delete=OFF; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY;
            """)
        let version = try connection.integer("PRAGMA user_version") ?? 0
        if (0..<HotFileSchema.version).contains(version) {
            try connection.transaction {
                for step in HotFileSchema.migrations[Int(version)...] { try connection.execute(step) }
                // A file without rows: its index can still be changed for nothing.
                if version == 0 { try connection.execute(HotFileSchema.ledgerIdentity) }
                try connection.execute("PRAGMA user_version = \(HotFileSchema.version)")
            }
        } else if version != HotFileSchema.version {
            throw SQLiteError(code: 26, message: "hot file of version \(version), this program knows \(HotFileSchema.version)", path: file.path)
        }
        try HotFileSchema.renumberLedger(connection)
        // Whose file it is stands in it before it has a row.
        guard let mark = file.mark else { return }
        let known = try connection.statement("SELECT 1 FROM meta WHERE key = ?1")
        try known.bind(1, StoreMark.storeKey)
        defer { known.reset() }
        guard try !known.step() else { return }
        known.reset()
        let insert = try connection.statement("INSERT INTO meta(key, value) VALUES(?1, ?2)")
        try insert.bind(1, StoreMark.storeKey)
        try insert.bind(2, mark.store)
        try insert.run()
    }

    /// Reads a file's log after a crash, and drops flushed groups that were not finished, and those that others took the place of. A file that was closed in order needs neither, and is
    /// not opened for it: what is asked of it here is asked by the connection that reads it next.
    static func recover(_ file: HotFile) throws {
        guard try needsRecovery(file) else { return }
        let connection = try SQLiteConnection(path: file.path, mode: .readWrite)
        try prepare(connection, file: file)
        // What lies on a damaged page cannot go, and is in nobody's way.
        guard try connection.integer("SELECT 1 FROM groups WHERE \(HotGroupStage.isLeftOver) LIMIT 1") != nil else { return }
        do {
            try connection.transaction {
                for table in [false, true].map(HotGroupStage.partsTable) {
                    try connection.execute("DELETE FROM \(table) WHERE id >> \(HotImage.partBits) IN (SELECT id FROM groups WHERE \(HotGroupStage.isLeftOver))")
                }
                try connection.execute("DELETE FROM groups WHERE \(HotGroupStage.isLeftOver)")
            }
        } catch let error as SQLiteError where error.kind == .corrupt {
            StoreLog.note("columns that are of no use stay in a damaged hot file", path: file.path, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// Asked without opening the file to write: a start of a store with a month of files should not write to each.
    private static func needsRecovery(_ file: HotFile) throws -> Bool {
        var status = stat()
        if stat(file.path + "-wal", &status) == 0, status.st_size > 0 { return true }
        return try file.pool.withConnection { connection in
            guard try connection.integer("PRAGMA user_version") == HotFileSchema.version,
                try connection.integer("SELECT 1 FROM groups WHERE \(HotGroupStage.isLeftOver) LIMIT 1") == nil,
                try connection.integer(HotFileSchema.ledgerZero) == nil
            else { return true }
            return try file.mark != nil && connection.integer("SELECT 1 FROM meta WHERE key = '\(StoreMark.storeKey)'") == nil
        }
    }

    /// Notes which rows' documents are damaged, instead of what was noted before.
    ///
    /// Called at the start, before a writer has the file.
    static func note(_ damage: [DamagedDocument], in file: HotFile) throws {
        let connection = try SQLiteConnection(path: file.path, mode: .readWrite)
        try prepare(connection, file: file)
        try connection.transaction {
            try connection.execute("DELETE FROM damaged")
            let insert = try connection.statement("INSERT INTO damaged(id, reason) VALUES(?1, ?2)")
            for damaged in damage {
                insert.bind(1, damaged.row)
                try insert.bind(2, damaged.reason)
                try insert.run()
            }
        }
    }

    /// Not the kinds: their objects are the process's, so they are looked up as they come.
    private func loadCaches() throws {
        kinds = [:]
        tables = [:]
        days = []
        dictionaries = []
        let tableRows = try connection.statement("SELECT id, name FROM tables")
        while try tableRows.step() { tables[tableRows.text(1)] = tableRows.int64(0) }
        let dayRows = try connection.statement("SELECT business_day FROM days")
        while try dayRows.step() { days.insert(Int32(clamping: dayRows.int64(0))) }
        let dictionaryRows = try connection.statement("SELECT id FROM dictionaries")
        while try dictionaryRows.step() { dictionaries.insert(dictionaryRows.int64(0)) }
    }

    /// The file is sealed: what is written to it from now on is little, and so is the cache for it.
    ///
    /// 32 MB of page cache become 2 MB; several sealed files are kept open at once.
    func rest() {
        guard !isResting else { return }
        isResting = true
        // What fails costs memory alone.
        try? connection.execute("PRAGMA cache_size=-2048; PRAGMA shrink_memory")
    }

    /// BEGIN IMMEDIATE: the write lock is taken now, and not in the middle of a group.
    ///
    /// - Throws: also where what the transaction before was rolled back of cannot be read again: nothing is begun then.
    func begin() throws {
        try leavePart()
        if isCacheDirty {
            try loadCaches()
            isCacheDirty = false
        }
        try beginning.run()
        rowCountBefore = rowCount
    }

    /// Returns after fsync.
    ///
    /// - Throws: also where the sync failed, or the commit did behind it (`SQLiteError.leavesDoubt`): then nobody knows what the disk has, and the core takes nothing more.
    func commit() throws {
        let noted = try noteGeneration()
        try commitment.run()
        isCacheDirty = false
        if let noted { file.publish { $0.generation = noted } }
    }

    /// With the first commit after a change of the catalog: a catalog that has not seen that change is recognised by it.
    ///
    /// How a catalog that is older than the files is found out: `docs/decisions/0027-proof-of-the-catalog.md`.
    ///
    /// - Returns: the generation that the open transaction writes; nil where the file bears it already.
    private func noteGeneration() throws -> Int64? {
        guard let mark = file.mark, mark.generation > notedGeneration else { return nil }
        let generation = mark.generation
        let note = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
        try note.bind(1, StoreMark.generationKey)
        note.bind(2, generation)
        try note.run()
        notedGeneration = generation
        return generation
    }

    /// Asks nothing of the disk that has just failed a commit: an answer that did not come would leave `rowCount` at ids that no row has, and the ids would have a gap for
    /// good. What has to be read again `begin` reads.
    func rollback() {
        // What was noted of the generation may have been rolled back with the rest: it is noted again.
        notedGeneration = -1
        connection.rollback()
        rowCount = rowCountBefore
    }

    /// Within a transaction: a part that can be undone alone.
    ///
    /// SAVEPOINT: https://www.sqlite.org/lang_savepoint.html. Parts do not nest.
    ///
    /// No page goes to the log before its part has ended: all that a part changes stays in memory, and is one body's at most. Of SQLite before 3.50.2, where a part is undone of which a
    /// page went to the log twice, what comes behind it stands there without checksums (https://sqlite.org/forum/forumpost/b490f726db). The start after a crash reads a log up to such a
    /// frame: this commit and all behind it would be gone.
    func beginPart() throws {
        isInPart = true
        // In pages; told by OFF it would count from the next transaction on.
        try connection.execute("PRAGMA cache_spill=\(Int32.max)")
        try connection.execute("SAVEPOINT part")
    }

    func endPart() throws {
        try connection.execute("RELEASE part")
        try leavePart()
    }

    func undoPart(rowCount earlier: Int64) throws {
        try connection.execute("ROLLBACK TO part; RELEASE part")
        try leavePart()
        rowCount = earlier
        // Still dirty: what the transaction added before the part is no more laid down than it was.
        if isCacheDirty { try loadCaches() }
    }

    /// From here on pages go to the log as the cache has no room for them. 1 is what SQLite begins with.
    private func leavePart() throws {
        guard isInPart else { return }
        try connection.execute("PRAGMA cache_spill=1")
        isInPart = false
    }

    /// Appends a row under the next id.
    ///
    /// Bytes are bound without copies: they stay where they are until `run` has returned, which the closures see to.
    ///
    /// - Returns: false when a receipt of that identity, not FAILED, is here already.
    func insert(_ row: HotRow, sequence: Int64, ticket: ULID, receivedAt: Int64) throws -> Bool {
        let place = try place(of: row.kind)
        try registerDay(row.businessDay)
        if case .zstdDictionary(let number) = row.coding, !dictionaries.contains(number) { try copyDictionary(number) }
        let id = rowCount + 1
        let completedAt: Int64? = row.state == .processing ? nil : receivedAt
        let isNew = try row.columns.withUnsafeBytes { columns in
            try row.document.withUnsafeBytes { document in
                try withUnsafeBytes(of: (ticket.high.bigEndian, ticket.low.bigEndian)) { ticket in
                    let statement = insertRow
                    statement.bind(1, id)
                    statement.bind(2, sequence)
                    try statement.bindBorrowed(3, ticket)
                    statement.bind(4, place.table)
                    statement.bind(5, place.kind)
                    let receiptEnd = row.clientByteCount + row.receiptByteCount
                    try statement.bindBorrowed(6, UnsafeRawBufferPointer(rebasing: columns[..<row.clientByteCount]))
                    try statement.bindBorrowed(7, UnsafeRawBufferPointer(rebasing: columns[row.clientByteCount..<receiptEnd]))
                    statement.bind(8, Int64(row.businessDay))
                    statement.bind(9, row.issuedAt)
                    statement.bind(10, receivedAt)
                    statement.bind(11, row.state.code)
                    statement.bind(12, completedAt)
                    try statement.bind(13, row.callbackURL)
                    statement.bind(14, row.coding.rawValue)
                    statement.bind(15, Int64(row.documentByteCount))
                    try statement.bindBorrowed(16, UnsafeRawBufferPointer(rebasing: document[..<32]))
                    try statement.bindBorrowed(17, UnsafeRawBufferPointer(rebasing: document[32...]))
                    try statement.bind(18, row.process?.trace)
                    try statement.run()
                    // ON CONFLICT DO NOTHING: no second search of the index before the insertion. Negative table ids are outside it, so a version
                    // never conflicts.
                    guard connection.changeCount == 1 else { return false }
                    if let version = row.version { try insert(version, row: id) }
                    guard !row.isReadable else { return true }
                    insertPending.bind(1, id)
                    try insertPending.bindBorrowed(2, UnsafeRawBufferPointer(rebasing: columns[receiptEnd...]))
                    try insertPending.run()
                    return true
                }
            }
        }
        if isNew { rowCount = id }
        return isNew
    }

    private func insert(_ version: RowVersion, row id: Int64) throws {
        insertVersion.bind(1, id)
        insertVersion.bind(2, Int64(version.number))
        insertVersion.bind(3, version.isRemoval ? 1 : 0)
        try insertVersion.bind(4, version.content)
        try insertVersion.run()
    }

    /// Numbers of the row's kind and table, given now where the file has none.
    ///
    /// - Complexity: O(1) but for the first row of a kind in the process.
    private func place(of kind: RowFormat) throws -> (kind: Int64, table: Int64) {
        if let known = kinds[ObjectIdentifier(kind)] { return (known.id, known.table) }
        isCacheDirty = true
        var table = tables[kind.table]
        if table == nil {
            let sql =
                switch kind.tableKind.uniqueness {
                case .identityAndVersion: "INSERT INTO tables(id, name) SELECT min(coalesce(min(id), 0), 0) - 1, ?1 FROM tables"
                // Not SQLite's own choice: behind a table of the id -1 that is 0, which the index of identities leaves out.
                case .identity: "INSERT INTO tables(id, name) SELECT max(coalesce(max(id), 0), 0) + 1, ?1 FROM tables"
                }
            let insert = try connection.statement(sql)
            try insert.bind(1, kind.table)
            try insert.run()
            table = connection.lastInsertedRowID
            tables[kind.table] = table
        }
        guard let table else { preconditionFailure("a table just registered") }
        // Two kinds of one process may say the same (a type put again unchanged): they share a number.
        let columns = SchemaEncoding.text(kind.fields)
        let select = try connection.statement(
            "SELECT id FROM kinds WHERE table_id = ?1 AND type = ?2 AND version = ?3 AND content_type = ?4 AND columns = ?5")
        try Self.bind(select, table, kind, columns)
        var id: Int64?
        if try select.step() { id = select.int64(0) }
        select.reset()
        if id == nil {
            let insert = try connection.statement(
                "INSERT INTO kinds(table_id, type, version, content_type, columns) VALUES(?1, ?2, ?3, ?4, ?5)")
            try Self.bind(insert, table, kind, columns)
            try insert.run()
            id = connection.lastInsertedRowID
        }
        guard let id else { preconditionFailure("a kind just registered") }
        kinds[ObjectIdentifier(kind)] = (kind, id, table)
        return (id, table)
    }

    private static func bind(_ statement: SQLiteStatement, _ table: Int64, _ kind: RowFormat, _ columns: String) throws {
        statement.bind(1, table)
        try statement.bind(2, kind.type)
        statement.bind(3, Int64(kind.version))
        try statement.bind(4, kind.contentType)
        try statement.bind(5, columns)
    }

    /// Published with the commit: `Published.days` is taken from here.
    private func registerDay(_ day: Int32) throws {
        guard days.insert(day).inserted else { return }
        isCacheDirty = true
        let insert = try connection.statement("INSERT OR IGNORE INTO days(business_day) VALUES(?1)")
        insert.bind(1, Int64(day))
        try insert.run()
    }

    /// The file keeps what its documents need: it can be read without the catalog.
    private func copyDictionary(_ number: Int64) throws {
        guard let bytes = file.dictionaries.bytes(of: number) else {
            throw SQLiteError(code: 1, message: "document dictionary \(number) is not in the catalog", path: file.path)
        }
        isCacheDirty = true
        let insert = try connection.statement("INSERT OR IGNORE INTO dictionaries(id, bytes) VALUES(?1, ?2)")
        insert.bind(1, number)
        try insert.bind(2, bytes)
        try insert.run()
        dictionaries.insert(number)
    }

    /// The receipt of that identity in this file, rows of the present transaction included; FAILED ones do not hold it.
    ///
    /// - Complexity: one search in the index, O(log rows), on the writer's own pages.
    func find(_ identity: ReceiptIdentity) throws -> StoredReceipt? {
        try selectIdentity.bind(1, identity.receipt)
        try selectIdentity.bind(2, identity.client)
        selectIdentity.bind(3, Int64(identity.businessDay))
        try selectIdentity.bind(4, identity.table)
        defer { selectIdentity.reset() }
        guard try selectIdentity.step() else { return nil }
        return try selectIdentity.storedReceipt().receipt
    }

    /// The FAILED receipt of the same document under an identity.
    func findFailed(_ identity: ReceiptIdentity, document sha256: [UInt8]) throws -> StoredReceipt? {
        try connection.statement(HotFileSchema.failedOfDocument).failedReceipt(identity, document: sha256)
    }

    /// The business days that the file holds.
    var businessDays: Set<Int32> { days }

    /// Changes of processes within the present transaction.
    ///
    /// - Parameter sequence: the next one that a change of a state takes.
    func process(now: Int64, sequence: Int64, rules: ProcessRules) -> ProcessTransaction {
        ProcessTransaction(connection: connection, file: file, now: now, nextSequence: sequence, rules: rules)
    }

    // Beside rows: what the flusher and registration write, each within a transaction of the writer.

    func perform(_ body: (SQLiteConnection) throws -> Void) throws { try body(connection) }

    /// Copies what is left of the log, without waiting for readers: once all of it is copied and nobody reads in it, the next commit
    /// begins it anew.
    ///
    /// Called between two groups. Passive copying waits for nobody: https://www.sqlite.org/c3ref/wal_checkpoint_v2.html.
    ///
    /// - Parameter cuts: cut the log off, too, unless somebody reads in it.
    func checkpoint(cuts: Bool) throws {
        if cuts { try connection.cutLog() } else { try connection.checkpoint(.passive) }
    }
}
