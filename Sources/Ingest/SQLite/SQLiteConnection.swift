import CSQLite
import Glibc

/// One connection to one SQLite file, with its prepared statements. One owner on one thread at a time: shared ones live in a `Mutex`.
///
/// A statement's text is its key among the prepared ones: texts are few, values are bound.
package final class SQLiteConnection {
    package enum Mode: Sendable {
        case readWrite
        /// Creates the file when it is not there.
        case create
        case readOnly
        /// As `readOnly`, of a file that nobody writes: no log is looked for, and nothing is made beside it.
        case immutable
        /// As `readOnly`, of a file with a log that nobody writes: the log's frames are read as they lie, by an index in memory.
        case still
    }

    package let path: String
    fileprivate let raw: OpaquePointer
    /// By their text; all that were ever asked for.
    private var statements: [String: SQLiteStatement] = [:]
    /// Of a file whose commits go elsewhere too.
    fileprivate let capture: CommitCapture?

    /// - Throws: when the file cannot be opened as an SQLite file in that mode.
    package init(path: String, mode asked: Mode) throws(SQLiteError) {
        let mode = try Self.mode(asked, path)
        let flags: Int32 =
            switch mode {
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable, .still: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        let name =
            switch mode {
            case .immutable: Self.uri(path, "immutable=1")
            case .still: Self.uri(path, "readonly_shm=1")
            case .readWrite, .create, .readOnly: path
            }
        guard SQLiteFileSystem.isRegistered else { throw SQLiteError(code: SQLITE_ERROR, message: "SQLite has no system of files", path: path) }
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, SQLiteFileSystem.name)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            let systemError = handle.map { sqlite3_system_errno($0) } ?? 0
            sqlite3_close_v2(handle)  // a failed open still allocates
            throw SQLiteError(code: code, message: message, path: path, systemError: systemError)
        }
        self.path = path
        raw = handle
        capture = switch mode {
        case .create, .readWrite: CommitSinks.capture(path)
        case .readOnly, .immutable, .still: nil
        }
        sqlite3_busy_timeout(raw, Self.busyTimeoutMilliseconds)
        if case .create = mode {
            // A file that is there already keeps what it was made with.
            var reserved = Int32(PageSum.byteCount)
            sqlite3_file_control(raw, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved)
        }
        guard let capture else { return }
        capture.attach(raw)
        capture.setTables(try changedTables())
    }

    /// To read a file that nobody has open: with the log that a crash left, and without one by nothing that would be made beside it.
    package convenience init(atRest path: String) throws(SQLiteError) { try self.init(path: path, mode: Placement.hasLog(path) ? .readOnly : .immutable) }

    /// Where nothing may be made beside it, a file without a log can be read all the same: nobody writes it. One that is to be left as it is is only read, whoever
    /// asks: what writes fails.
    private static func mode(_ asked: Mode, _ path: String) throws(SQLiteError) -> Mode {
        if Placement.isStill(path) {
            guard Placement.hasLog(path) else { return .immutable }
            // SQLite reads a log so only where there is the index of those who wrote it, though it looks at nothing in that (`walBeginShmUnreliable`).
            if access(path + "-shm", F_OK) != 0 {
                throw SQLiteError(
                    code: SQLITE_CANTOPEN, message: "its log cannot be read without making a file beside it: let `till serve`, or `till compact`, have the store once, which takes the log in", path: path)
            }
            return .still
        }
        guard case .readOnly = asked, Placement.isUnwritable(path), !Placement.hasLog(path) else { return asked }
        return .immutable
    }

    /// Copying the log when the connection closes, should it be the last, is left to others: it may take long.
    package func leaveLogWhenClosing() { till_sqlite3_leave_log_when_closing(raw) }

    /// From now on no statement reaches another file than this one: for texts that somebody else may have written. `VACUUM INTO` attaches its file as `ATTACH` does.
    func confine() { sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0) }

    /// The log's writes are reported to `room` from now on. Once the connection has read or written: before that it has no log.
    func give(_ room: WALPreallocation) { SQLiteFileSystem.give(room, toLogOf: raw) }

    /// Of the file's map single pages will be read, wherever they lie. Before anything is read.
    func expectSinglePages() { SQLiteFileSystem.expectSinglePages(raw) }

    private static func uri(_ path: String, _ parameter: String) -> String {
        "file:" + path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23") + "?" + parameter
    }

    /// Longer than any transaction of ours lasts; a wait for longer is a fault that somebody should hear of.
    private static let busyTimeoutMilliseconds: Int32 = 10_000

    deinit {
        statements.removeAll()
        // v2: statements still held elsewhere keep the connection alive until they go.
        sqlite3_close_v2(raw)
    }

    /// Runs SQL without results: pragmas, schema, transactions. Several statements may stand in it.
    ///
    /// - Throws: what the first statement that fails says; those before it have been done.
    package func execute(_ sql: String) throws(SQLiteError) {
        guard let capture else {
            let code = sqlite3_exec(raw, sql, nil, nil, nil)
            if code != SQLITE_OK { throw error(code, sql) }
            return
        }
        try execute(sql, capture)
    }

    /// Of a file whose commits go elsewhere, too: a statement on the schema is noted by its text in the commit that it is part of.
    private func execute(_ sql: String, _ capture: CommitCapture) throws(SQLiteError) {
        let meaning = CommitCapture.meaning(sql)
        if meaning == .schema, sqlite3_get_autocommit(raw) != 0 {
            // The statements and what is noted of them are one commit.
            try run("BEGIN IMMEDIATE", capture)
            do {
                try run(sql, capture)
                try run("COMMIT", capture)
            } catch {
                rollback()
                throw error
            }
        } else {
            try run(sql, capture)
        }
    }

    private func run(_ sql: String, _ capture: CommitCapture) throws(SQLiteError) {
        let meaning = CommitCapture.meaning(sql)
        let isNew = meaning == .schema ? try integer("SELECT count(*) FROM sqlite_schema") == 0 : false
        capture.begin(meaning)
        let code = runEach(sql, capture)
        capture.end(meaning, isDone: code == SQLITE_OK)
        guard code == SQLITE_OK else { throw error(code, sql) }
        guard meaning == .schema else { return }
        capture.note(schema: sql, isNew: isNew, version: try integer("PRAGMA user_version") ?? 0)
        capture.setTables(try changedTables())
    }

    /// As `sqlite3_exec` does, with what became of each statement told before the next one: one that commits may stand before one that fails.
    ///
    /// - Returns: the code of the first that fails.
    private func runEach(_ sql: String, _ capture: CommitCapture) -> Int32 {
        sql.withCString { text in
            var code = SQLITE_OK
            var rest: UnsafePointer<CChar>? = text
            while code == SQLITE_OK, let next = rest, next.pointee != 0 {
                let mark = capture.mark
                var handle: OpaquePointer?
                code = sqlite3_prepare_v2(raw, next, -1, &handle, &rest)
                // Blanks and comments are no statement.
                if code == SQLITE_OK, let handle {
                    while sqlite3_step(handle) == SQLITE_ROW {}
                    code = sqlite3_finalize(handle)
                }
                capture.settle(code, isOpen: sqlite3_get_autocommit(raw) == 0, from: mark)
            }
            return code
        }
    }

    /// Tables whose rows may change, with what tells their rows apart.
    ///
    /// `wr` of `table_list` is 1 for WITHOUT ROWID; `pk` of `table_info` is a column's place in the primary key, from 1.
    private func changedTables() throws(SQLiteError) -> [String: ChangeWriter.Table] {
        var tables: [String: ChangeWriter.Table] = [:]
        let list = try statement("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        while try list.step() { tables[list.text(0)] = ChangeWriter.Table(hasRowID: list.int64(1) == 0, keyColumns: []) }
        for name in tables.keys where tables[name]?.hasRowID == false {
            let columns = try statement("SELECT cid FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")
            try columns.bind(1, name)
            while try columns.step() { tables[name]?.keyColumns.append(Int32(clamping: columns.int64(0))) }
        }
        return tables
    }

    /// The prepared form of `sql`, which is kept for the next call. Its bindings are those of the last use until bound anew.
    ///
    /// - Complexity: O(1) but for the first time.
    package func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let known = statements[sql] {
            known.reset()
            return known
        }
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(raw, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw error(code, sql) }
        let statement = SQLiteStatement(raw: handle, connection: self, sql: sql)
        statements[sql] = statement
        return statement
    }

    /// Runs `body` in one transaction that takes the write lock at once; rolls back when it throws.
    package func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            rollback()
            throw error
        }
    }

    /// Runs `body`, all of which sees one state of the file: many short looks cost one beginning.
    package func reading<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN")
        defer { rollback() }
        return try body()
    }

    /// Ends a transaction without effect, if there is one. SQLite may have rolled it back by itself already.
    package func rollback() {
        guard sqlite3_get_autocommit(raw) == 0 else { return }
        // Its failure leaves the transaction to the next open of the file, which rolls it back: there is nothing to add here.
        let code = sqlite3_exec(raw, "ROLLBACK", nil, nil, nil)
        capture?.settle(code, isOpen: sqlite3_get_autocommit(raw) == 0, from: nil)
    }

    /// How many rows the last INSERT, UPDATE or DELETE touched.
    package var changeCount: Int { Int(sqlite3_changes(raw)) }
    package var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(raw) }

    /// A single value of a query without parameters; nil when there is no row or it is NULL.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try statement(sql)
        defer { statement.reset() }
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.int64(0)
    }

    /// The first column of all rows of a query without parameters, as texts.
    package func texts(_ sql: String) throws(SQLiteError) -> [String] {
        let statement = try statement(sql)
        defer { statement.reset() }
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    /// Copies a part of a BLOB: of the pages that hold it those of the part alone are read whole.
    ///
    /// https://www.sqlite.org/c3ref/blob_read.html
    ///
    /// - Returns: how many bytes from `offset` on there were, at most as many as `target` holds; nil when there is no such row.
    package func readBlob(
        _ table: String, _ column: String, row: Int64, at offset: Int, into target: UnsafeMutableRawBufferPointer
    ) throws(SQLiteError) -> Int? {
        var blob: OpaquePointer?
        let opened = sqlite3_blob_open(raw, "main", table, column, row, 0, &blob)
        defer { sqlite3_blob_close(blob) }
        guard opened == SQLITE_OK else {
            // The one plain error is a row or a column that is not there.
            if opened == SQLITE_ERROR { return nil }
            throw error(opened, "blob \(row) of \(table)")
        }
        // An offset beyond the end gives none.
        let count = min(target.count, Int(sqlite3_blob_bytes(blob)) - offset)
        guard count > 0 else { return 0 }
        let code = sqlite3_blob_read(blob, target.baseAddress, Int32(count), Int32(offset))
        guard code == SQLITE_OK else { throw error(code, "blob \(row) of \(table)") }
        return count
    }

    /// https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
    package enum CheckpointMode: Sendable {
        /// Copies what it can without waiting for anybody.
        case passive
        /// Waits for readers of old frames, as long as the connection's busy timeout, and makes the log empty.
        case truncate
    }

    /// Copies the write-ahead log into the file.
    ///
    /// - Returns: frames in the log, and how many of them are copied now. None of either where a passive one finds that somebody else copies the log, or begins it
    ///   anew, at this very moment.
    @discardableResult
    package func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> (logged: Int, copied: Int) {
        let flag: Int32 =
            switch mode {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        var logged: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(raw, nil, flag, &logged, &copied)
        if case .passive = mode, code & 0xff == SQLITE_BUSY { return (0, 0) }
        if code != SQLITE_OK { throw error(code, "wal_checkpoint") }
        return (Int(logged), Int(copied))
    }

    /// Copies the log and makes it empty, unless somebody reads or writes in it just now.
    ///
    /// - Returns: false where somebody does.
    @discardableResult
    package func cutLog() throws(SQLiteError) -> Bool {
        try execute("PRAGMA busy_timeout=0")
        defer { sqlite3_busy_timeout(raw, Self.busyTimeoutMilliseconds) }
        do {
            try checkpoint(.truncate)
            return true
        } catch {
            // Another time.
            if error.kind != .busy { throw error }
            return false
        }
    }

    /// Copies the whole file, as one consistent state, to a new file at `path`.
    ///
    /// - Throws: also where the target cannot be written. It is left there, half made.
    package func copy(to path: String) throws(SQLiteError) {
        let target = try SQLiteConnection(path: path, mode: .create)
        // The caller syncs the whole file at the end; half a copy is of no use.
        try target.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF")
        // Pages go to the file as memory runs out, the first one at the end.
        if reservedByteCount == Int32(PageSum.byteCount) { SQLiteFileSystem.expectSums(target.raw) }
        guard let backup = sqlite3_backup_init(target.raw, "main", raw, "main") else {
            throw target.error(sqlite3_extended_errcode(target.raw), "backup")
        }
        let code = sqlite3_backup_step(backup, -1)
        let finished = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, finished == SQLITE_OK else { throw target.error(code, "backup") }
    }

    /// Bytes of the file itself as they lie on the disk: past the log, and not held against sums.
    ///
    /// - Returns: fewer at the end of the file.
    func fileBytes(at offset: Int64, count: Int) throws(SQLiteError) -> [UInt8] {
        let read = SQLiteFileSystem.bytes(ofFileOf: raw, at: offset, count: count)
        guard read.code == SQLITE_OK else { throw SQLiteError(code: read.code, message: "cannot be read at \(offset)", path: path) }
        return read.bytes
    }

    /// Writes pages of the file itself, past the log, and syncs them once.
    ///
    /// - Precondition: nobody commits to the file meanwhile, and its log is empty: a copy of a page of that would be written over one of these, or it over that.
    func overwrite(_ pages: [(bytes: [UInt8], offset: Int64)]) throws(SQLiteError) {
        let code = SQLiteFileSystem.overwrite(pages, inFileOf: raw)
        guard code == SQLITE_OK else { throw SQLiteError(code: code, message: "pages cannot be written", path: path) }
    }

    /// Bytes at the end of each page that are not SQLite's.
    private var reservedByteCount: Int32 {
        var count: Int32 = -1
        return sqlite3_file_control(raw, "main", SQLITE_FCNTL_RESERVE_BYTES, &count) == SQLITE_OK ? count : 0
    }

    fileprivate func error(_ code: Int32, _ sql: String?) -> SQLiteError {
        Self.error(code, raw, path, sql)
    }

    private static func error(_ code: Int32, _ handle: OpaquePointer, _ path: String, _ sql: String?) -> SQLiteError {
        // A constraint is what rows may break: this is none.
        guard code != CommitCapture.refusal else { return SQLiteError(code: SQLITE_TOOBIG, message: "the transaction changes more than a record of the log can hold", path: path, sql: sql) }
        return SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)), path: path, sql: sql, systemError: sqlite3_system_errno(handle))
    }

    fileprivate static func failure(of statement: SQLiteStatement, _ code: Int32) -> SQLiteError {
        guard let handle = sqlite3_db_handle(statement.raw) else {
            return SQLiteError(code: code, message: "no connection", path: "", sql: statement.sql)
        }
        return error(code, handle, statement.path, statement.sql)
    }
}

/// A prepared statement of one connection: parameters are numbered from 1, columns from 0, as SQLite does.
///
/// Values that are read are those of the present row: after `step` returned true, until the next `step` or `reset`. A column of another type is
/// converted as SQLite does, NULL to 0 or nothing.
package final class SQLiteStatement {
    fileprivate let raw: OpaquePointer
    fileprivate let path: String
    package let sql: String
    private let capture: CommitCapture?

    fileprivate init(raw: OpaquePointer, connection: SQLiteConnection, sql: String) {
        self.raw = raw
        self.path = connection.path
        self.sql = sql
        // What only reads changes nothing, unless it ends a transaction, or begins one.
        capture = connection.capture
    }

    deinit { sqlite3_finalize(raw) }

    /// - Returns: whether there is a row. After the last one the statement is reset.
    package func step() throws(SQLiteError) -> Bool {
        let code = advance()
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(raw)
            return false
        default:
            let error = SQLiteConnection.failure(of: self, code)
            sqlite3_reset(raw)
            throw error
        }
    }

    private func advance() -> Int32 {
        guard let capture else { return sqlite3_step(raw) }
        let mark = capture.mark
        let code = sqlite3_step(raw)
        capture.settle(code, isOpen: sqlite3_get_autocommit(sqlite3_db_handle(raw)) == 0, from: mark)
        return code
    }

    /// Runs a statement that gives no rows.
    package func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Gives back the read lock that a row which was not the last holds.
    package func reset() {
        let code = sqlite3_reset(raw)
        // A statement that gives rows of what it changes commits as it ends.
        if let capture { capture.settle(code, isOpen: sqlite3_get_autocommit(sqlite3_db_handle(raw)) == 0, from: capture.mark) }
    }

    // Binding. The indices are ours, so a wrong one is a bug.

    package func bind(_ index: Int32, _ value: Int64) {
        let code = sqlite3_bind_int64(raw, index, value)
        precondition(code == SQLITE_OK, "bind \(index): \(code)")
    }

    package func bind(_ index: Int32, _ value: Int64?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }

    package func bind(_ index: Int32, _ value: Double?) {
        guard let value else { return bindNull(index) }
        let code = sqlite3_bind_double(raw, index, value)
        precondition(code == SQLITE_OK, "bind \(index): \(code)")
    }

    package func bindNull(_ index: Int32) {
        let code = sqlite3_bind_null(raw, index)
        precondition(code == SQLITE_OK, "bind \(index): \(code)")
    }

    /// Copies the text.
    package func bind(_ index: Int32, _ text: String?) throws(SQLiteError) {
        guard let text else { return bindNull(index) }
        let code = sqlite3_bind_text64(raw, index, text, UInt64(text.utf8.count), Self.transient, UInt8(SQLITE_UTF8))
        if code != SQLITE_OK { throw SQLiteConnection.failure(of: self, code) }
    }

    /// Copies bytes that stand for a text, whatever they are.
    func bindText(_ index: Int32, _ bytes: [UInt8]) throws(SQLiteError) {
        // An empty array has no address, and a null address would bind NULL.
        if bytes.isEmpty { return try bind(index, "") }
        let code = bytes.withUnsafeBytes { buffer in
            sqlite3_bind_text64(
                raw, index, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64(buffer.count), Self.transient, UInt8(SQLITE_UTF8))
        }
        if code != SQLITE_OK { throw SQLiteConnection.failure(of: self, code) }
    }

    /// Copies the bytes.
    package func bind(_ index: Int32, _ bytes: [UInt8]?) throws(SQLiteError) {
        guard let bytes else { return bindNull(index) }
        let code = bytes.withUnsafeBytes { buffer in
            // An empty array has no address, and a null address would bind NULL.
            buffer.isEmpty
                ? sqlite3_bind_zeroblob(raw, index, 0)
                : sqlite3_bind_blob64(raw, index, buffer.baseAddress, UInt64(buffer.count), Self.transient)
        }
        if code != SQLITE_OK { throw SQLiteConnection.failure(of: self, code) }
    }

    /// Lends the bytes: they must stay where they are until the statement was stepped and reset, or bound anew.
    package func bindBorrowed(_ index: Int32, _ buffer: UnsafeRawBufferPointer) throws(SQLiteError) {
        let code =
            buffer.isEmpty
            ? sqlite3_bind_zeroblob(raw, index, 0)
            : sqlite3_bind_blob64(raw, index, buffer.baseAddress, UInt64(buffer.count), nil)
        if code != SQLITE_OK { throw SQLiteConnection.failure(of: self, code) }
    }

    /// Copies a column of another statement's present row, whatever its type.
    func bindValue(_ index: Int32, of row: SQLiteStatement, _ column: Int32) throws(SQLiteError) {
        let code = sqlite3_bind_value(raw, index, sqlite3_column_value(row.raw, column))
        if code != SQLITE_OK { throw SQLiteConnection.failure(of: self, code) }
    }

    /// SQLITE_TRANSIENT, a macro: SQLite makes a copy before the call returns.
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    // Reading the present row.

    enum Kind { case null, integer, double, text, blob }

    func kind(_ column: Int32) -> Kind {
        switch sqlite3_column_type(raw, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .double
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(raw, column) == SQLITE_NULL }
    package func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }
    package func double(_ column: Int32) -> Double { sqlite3_column_double(raw, column) }
    package func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }

    package func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { Array($0) } }
    package func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

    /// Lends the bytes of a BLOB or TEXT until `body` returns. Empty for NULL.
    package func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        // The address first: asking for it may convert the value, which changes the count.
        let address = sqlite3_column_blob(raw, column)
        let count = Int(sqlite3_column_bytes(raw, column))
        return try body(UnsafeRawBufferPointer(start: address, count: address == nil ? 0 : count))
    }

    /// Bytes that are no UTF-8 are replaced, not refused.
    package func text(_ column: Int32) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }
    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
}
