import ColumnStore
import Glibc

/// Folds records into copies of a store's databases. One thread.
///
/// 1. Each database that a record has named has one open transaction until `close`; all are committed together after `changeCountMax` changes, but for
///    `isHeld`.
/// 2. An entry says what a row is, not how it changed: applied again, or to a copy that has it already, it leaves the same row.
/// 3. Records come in the order of their numbers; that they follow from each other is the reader's to prove.
final class LogFold {
    private final class File {
        let connection: SQLiteConnection
        var shapes: [String: TableShape] = [:]

        init(path: String, isDurable: Bool) throws {
            connection = try SQLiteConnection(path: path, mode: .create)
            // Statements on the schema are texts out of records, which lie where others may write.
            connection.confine()
            // A crash ends the whole restore. Where it must not, logs are synced before the files that they are copied to, and these before a log begins anew.
            try connection.execute("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=\(isDurable ? "NORMAL" : "OFF"); PRAGMA foreign_keys=OFF; PRAGMA cache_size=-16384")
            try connection.execute("BEGIN IMMEDIATE")
        }

        /// A table's columns and key, asked of SQLite once; statements of the schema forget what is known.
        func shape(_ name: String) throws -> TableShape {
            if let known = shapes[name] { return known }
            let shape = try TableShape(name, connection)
            shapes[name] = shape
            return shape
        }

        /// - Parameter isRead: somebody may read it meanwhile, who is not waited for: what is committed stays in the log.
        func close(isRead: Bool) throws {
            try connection.execute("COMMIT")
            if isRead { try connection.cutLog() } else { try connection.checkpoint(.truncate) }
        }
    }

    private let workspace: any FileStorage
    private var files: [String: File] = [:]
    private var changeCount = 0
    private(set) var recordCount = 0
    /// Rows changed within one transaction of a file: its log grows by so much.
    private static let changeCountMax = 20_000

    /// Whether records may come that are in the databases already.
    private let isAgain: Bool
    /// Whether others read the databases while they are folded.
    private let isRead: Bool
    /// Whether a crash of the machine leaves each database as of some record, and once it is closed as of the last.
    private let isDurable: Bool
    /// The first database that records have brought to a version which this program does not know. They are folded all the same: what rows are is SQLite's.
    private(set) var later: LaterFormat?
    /// Databases that records have changed.
    private(set) var changed: Set<String> = []
    /// Nothing is committed until `close`: whoever opens a database meanwhile finds them all as of one record.
    var isHeld = false

    /// - Parameter workspace: has the databases by their paths below DATA.
    init(_ workspace: any FileStorage, isAgain: Bool = false, isRead: Bool = false, isDurable: Bool = false) {
        (self.workspace, self.isAgain, self.isRead, self.isDurable) = (workspace, isAgain, isRead, isDurable)
    }

    /// Folds one record; fences, and commits that came to nothing, change nothing.
    ///
    /// - Throws: `ColumnStoreError.corruptFile` for a record that does not fit.
    ///   `SQLiteError` for a disk that is full or fails, which says nothing of the record.
    func apply(_ record: LogRecord) throws {
        recordCount += 1
        guard record.kind == .rows || record.kind == .catalog else { return }
        // The size is the record's word, and is asked before memory is taken for it.
        guard record.byteCount <= LogSegment.payloadByteCountMax else { throw misfit(record, "it is too large") }
        let bytes: [UInt8]
        do { bytes = try record.inflated() } catch { throw misfit(record, "\(error)") }
        // Below a standby's DATA lie files that no commit may touch.
        guard let payload = LogPayload(bytes), ObjectKey.isValid(payload.file), CommitLog.isName(payload.file) else { throw misfit(record, "it names no file of a store") }
        do {
            var reader = ChangeReader(payload.changes)
            while let change = try reader.next() { try apply(change, to: payload.file) }
        } catch is ChangeReader.Damaged {
            throw misfit(record, "its changes are none")
        } catch let error as SQLiteError where error.kind != .full && error.kind != .io {
            throw misfit(record, "\(error)")
        }
    }

    private func misfit(_ record: LogRecord, _ what: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: "record \(record.sequence) of epoch \(record.epoch)", "cannot be folded: \(what)")
    }

    private func apply(_ change: ChangeReader.Change, to name: String) throws {
        if case .schema(_, isNew: true, _) = change { try begin(name) }
        let file = try file(name)
        switch change {
        case .insert(let table, let row, let values): try file.shape(table.name).insert(row, values, file.connection)
        case .update(let table, let key, let columns): try file.shape(table.name).update(key, columns, file.connection)
        case .delete(let table, let key): try file.shape(table.name).delete(key, file.connection)
        case .schema(let sql, _, let version):
            later = later ?? LaterFormat(version: version, of: name)
            do { try file.connection.execute(sql) } catch {
                // A table that is there, or gone, by a record that is folded a second time. SQLite has one code for it and for every other fault of a
                // statement.
                guard isAgain, error.message.contains("already exists") || error.message.contains("duplicate column") || error.message.contains("no such") else { throw error }
            }
            file.shapes = [:]
        }
        changeCount += 1
        guard changeCount >= Self.changeCountMax, !isHeld else { return }
        changeCount = 0
        for file in files.values { try file.connection.execute("COMMIT; BEGIN IMMEDIATE") }
    }

    private func file(_ name: String) throws -> File {
        if let known = files[name] { return known }
        try workspace.prepare(name)
        let file = try File(path: workspace.path(of: name), isDurable: isDurable)
        files[name] = file
        changed.insert(name)
        return file
    }

    /// A file that is made anew: what a copy of it has, the records that follow bring again.
    private func begin(_ name: String) throws {
        try files.removeValue(forKey: name)?.close(isRead: isRead)
        for suffix in ["", "-wal", "-shm"] { _ = FileRemoval.remove(workspace.path(of: name + suffix), .temporary) }
    }

    /// Ends all transactions, so that the databases can be copied.
    func close() throws {
        for file in files.values { try file.close(isRead: isRead) }
        files = [:]
    }
}
