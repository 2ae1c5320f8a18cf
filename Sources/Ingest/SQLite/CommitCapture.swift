import CSQLite
import ColumnStore

/// Sees what a connection changes, and hands it on with each commit. Belongs to the connection's one thread.
///
/// 1. `changes` has what the open transaction has changed; what a savepoint or a statement takes back is cut off again.
/// 2. `number` is set from the moment at which SQLite begins to make a commit durable until it is known what became of it.
///
/// Order of calls for one statement: `mark`, SQLite's own call (in which rows come by the pre-update hook and a commit by the commit hook), `settle`. Of statements that stand in one text each is
/// run and settled by itself: what became of a commit is known from its own statement's code, and not from that of one behind it.
/// https://www.sqlite.org/c3ref/preupdate_blobwrite.html, https://www.sqlite.org/c3ref/commit_hook.html
final class CommitCapture {
    private let sink: any CommitSink
    private let file: String
    private var changes = ChangeWriter()
    private var number: Int64?
    private var tables: [String: ChangeWriter.Table] = [:]
    private var savepoints: [ChangeWriter.Mark] = []
    /// While statements run that are noted themselves.
    private var isInSchema = false
    /// Why the file's changes are not all here.
    private var loss: String?

    init(_ sink: any CommitSink, file: String) { (self.sink, self.file) = (sink, file) }

    /// The connection keeps this as long as it lives, so that SQLite's calls find it.
    func attach(_ connection: OpaquePointer) {
        // Safe: see above; the hooks go with the connection.
        let own = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_preupdate_hook(
            connection,
            { context, connection, operation, _, table, old, new in
                guard let context, let connection, let table else { return }
                Unmanaged<CommitCapture>.fromOpaque(context).takeUnretainedValue().changed(connection, operation, table, old, new)
            }, own)
        _ = sqlite3_commit_hook(
            connection,
            { context in
                guard let context else { return 0 }
                return Unmanaged<CommitCapture>.fromOpaque(context).takeUnretainedValue().willCommit() ? 0 : 1
            }, own)
    }

    /// Takes in which tables there are, and what their keys are.
    func setTables(_ tables: [String: ChangeWriter.Table]) { self.tables = tables }

    // MARK: Rows

    /// Called by SQLite before it changes a row. Nothing may be asked of the connection here but the row's values.
    private func changed(_ connection: OpaquePointer, _ operation: Int32, _ name: UnsafePointer<CChar>, _ oldRow: Int64, _ newRow: Int64) {
        if isInSchema { return }
        assert(number == nil, "a commit that was not settled")
        let name = String(cString: name)
        guard let table = tables[name] else {
            loss = "the table \(name) came past the log"
            return
        }
        func old(_ column: Int32) -> OpaquePointer? {
            var value: OpaquePointer?
            if sqlite3_preupdate_old(connection, column, &value) != SQLITE_OK { loss = "a value of \(name) could not be read" }
            return value
        }
        func new(_ column: Int32) -> OpaquePointer? {
            var value: OpaquePointer?
            if sqlite3_preupdate_new(connection, column, &value) != SQLITE_OK { loss = "a value of \(name) could not be read" }
            return value
        }
        let columnCount = sqlite3_preupdate_count(connection)
        switch operation {
        case SQLITE_INSERT: changes.insert(name, table, row: newRow, columnCount: columnCount, new)
        case SQLITE_DELETE: changes.delete(name, table, row: oldRow, old)
        default:
            let columns = (0..<columnCount).filter { !Self.isSame(old($0), new($0)) }
            // A fold knows a row by its key: under another key it is another row.
            let isMoved = table.hasRowID ? oldRow != newRow : columns.contains(where: table.keyColumns.contains)
            if isMoved {
                changes.delete(name, table, row: oldRow, old)
                changes.insert(name, table, row: newRow, columnCount: columnCount, new)
            } else if !columns.isEmpty {
                changes.update(name, table, row: oldRow, columns: columns, old, new)
            }
        }
    }

    /// Whether two values are the same bytes of the same type.
    private static func isSame(_ one: OpaquePointer?, _ other: OpaquePointer?) -> Bool {
        guard let one, let other else { return one == other }
        let type = sqlite3_value_type(one)
        guard type == sqlite3_value_type(other) else { return false }
        switch type {
        case SQLITE_NULL: return true
        case SQLITE_INTEGER: return sqlite3_value_int64(one) == sqlite3_value_int64(other)
        case SQLITE_FLOAT: return sqlite3_value_double(one).bitPattern == sqlite3_value_double(other).bitPattern
        default:
            let (first, second) = (sqlite3_value_blob(one), sqlite3_value_blob(other))
            let count = sqlite3_value_bytes(one)
            guard count == sqlite3_value_bytes(other) else { return false }
            guard let first, let second else { return count == 0 }
            return UnsafeRawBufferPointer(start: first, count: Int(count)).elementsEqual(UnsafeRawBufferPointer(start: second, count: Int(count)))
        }
    }

    // MARK: Commits

    /// What SQLite says of a commit that was refused here, extended; the transaction is undone then.
    static let refusal: Int32 = SQLITE_CONSTRAINT | (2 << 8)

    /// Called by SQLite as a commit begins, before any of it is durable. What is lost is reported to the sink.
    ///
    /// - Returns: false where no record could hold it: whoever has made it hears of it at once, and not the machines that could never go on behind it.
    private func willCommit() -> Bool {
        assert(number == nil, "a commit that was not settled")
        let byteCountMax = sink.byteCountMax
        guard changes.count <= byteCountMax else {
            StoreLog.note("a commit was refused, and is undone: no record of the log can hold it", path: file, reason: "it changes \(changes.count) bytes, and \(byteCountMax) is the most", level: .warning)
            return false
        }
        if let loss { sink.lose(file, reason: loss) }
        loss = nil
        guard !changes.isEmpty else { return true }
        number = changes.bytes.withUnsafeBytes { sink.prepare(file, $0) }
        return true
    }

    /// Before a call of SQLite that may change something.
    var mark: ChangeWriter.Mark? { changes.isEmpty ? nil : changes.mark }

    /// After it.
    ///
    /// Afterwards the sink knows what became of the commit, if one was begun, and `changes` has what the open transaction still has.
    ///
    /// - Parameters:
    ///   - isOpen: whether a transaction is open still.
    ///   - mark: from before.
    func settle(_ code: Int32, isOpen: Bool, from mark: ChangeWriter.Mark?) {
        let isDone = code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW
        if let number {
            // First: whoever is killed in between leaves a log that does not say for certain what came to nothing.
            if !isDone, SQLiteError.leavesDoubt(code) { sink.doubt(file) }
            sink.resolve(number, isCommitted: isDone)
            self.number = nil
            // A commit that could not be made now may be tried again.
            if isDone || !isOpen { forget() }
        } else if !isDone, isOpen {
            if let mark { changes.cut(to: mark) } else { changes.removeAll() }
        } else if !isOpen, code != SQLITE_ROW {
            forget()
        }
    }

    private func forget() {
        if !changes.isEmpty { changes.removeAll() }
        if !savepoints.isEmpty { savepoints.removeAll() }
        loss = nil
    }

    // MARK: Statements

    /// What of statements that are run by their text needs more than the rows that they change.
    enum Meaning { case plain, savepoint, undoing, releasing, schema }

    /// By the beginnings and words that this store writes, not by parsing: nobody else gives statements to these connections.
    static func meaning(_ sql: String) -> Meaning {
        if sql.hasPrefix("SAVEPOINT ") { return .savepoint }
        if sql.hasPrefix("ROLLBACK TO ") { return .undoing }
        if sql.hasPrefix("RELEASE ") { return .releasing }
        // Transactions and settings are short, and most of all.
        guard sql.utf8.count >= 12 else { return .plain }
        return schemaWords.contains(where: sql.contains) ? .schema : .plain
    }

    private static let schemaWords = ["CREATE ", "ALTER ", "DROP ", "PRAGMA user_version ="]

    func begin(_ meaning: Meaning) {
        switch meaning {
        case .savepoint: savepoints.append(changes.mark)
        case .schema: isInSchema = true
        default: break
        }
    }

    /// - Parameter isDone: whether SQLite has done it.
    func end(_ meaning: Meaning, isDone: Bool) {
        isInSchema = false
        switch meaning {
        case .savepoint where !isDone: _ = savepoints.popLast()
        // Each of ours is released with what undoes it.
        case .undoing: if let mark = savepoints.popLast(), isDone { changes.cut(to: mark) }
        case .releasing: if isDone { _ = savepoints.popLast() }
        default: break
        }
    }

    /// Statements that were run, in a transaction that is open.
    func note(schema sql: String, isNew: Bool, version: Int64) { changes.schema(sql, isNew: isNew, version: version) }
}
