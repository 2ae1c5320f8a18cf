import ColumnStore
import Glibc

/// Folds records into copies of a store's databases. One thread.
///
/// 1. Each database that a record has named has one open transaction until `close`; all are committed together after `changeCountMax` changes, but for
///    `isHeld`.
/// 2. An entry says what a row is, not how it changed: applied again, or to a copy that has it already, it leaves the same row.
/// 3. Records come in the order of their numbers; that they follow from each other is the reader's to prove.
/// 4. Day files go once their rows are in cold, and what was under way on them (groups that are laid down, a row that is mended) may be committed behind that: a checkpoint that was made in between, and
///    a standby, have no such file any more, and need nothing of it.
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

    private static let catalog = "catalog.sqlite"

    private let workspace: any FileStorage
    private var files: [String: File] = [:]
    private var changeCount = 0
    private(set) var recordCount = 0
    /// Rows changed within one transaction of a file: its log grows by so much.
    private static let changeCountMax = 20_000

    /// Whether records may come that are in the databases already.
    var isAgain: Bool
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
    /// Called before files are committed, one after the other or in the middle of a record: whoever ends then leaves some that tell more than others.
    ///
    /// Of one alone, too. Beside it no other has anything of its records, and as it lies then it tells the last of them; but who does not know of that brings the first ones to it again, and rows
    /// of later records beside older states of others are the state of no record.
    var willCommit: () throws -> Void = {}

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
            try apply(payload.changes, to: payload.file)
        } catch is ChangeReader.Damaged {
            throw misfit(record, "its changes are none")
        } catch let error as SQLiteError where error.kind != .full && error.kind != .io {
            throw misfit(record, "\(error)")
        }
    }

    private func apply(_ changes: ArraySlice<UInt8>, to name: String) throws {
        var reader = ChangeReader(changes)
        while let change = try reader.next() {
            if case .schema(_, isNew: true, _) = change { try begin(name) } else if try isGone(name) { return }
            try apply(change, to: name)
        }
    }

    private func misfit(_ record: LogRecord, _ what: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: "record \(record.sequence) of epoch \(record.epoch)", "cannot be folded: \(what)")
    }

    private func apply(_ change: ChangeReader.Change, to name: String) throws {
        let file = try file(name)
        switch change {
        case .insert(let table, let row, let values): try file.shape(table.name).insert(row, values, isAgain: isAgain, file.connection)
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
        try willCommit()
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

    /// Whether a day file is not there, and the catalog as it is folded by now has no rows in it: one that is missing where there should be one is not.
    private func isGone(_ name: String) throws -> Bool {
        guard files[name] == nil, name.hasPrefix("hot/"), let (day, part) = HotFileName.parse(String(name.dropFirst("hot/".utf8.count).dropLast(".sqlite".utf8.count))) else { return false }
        guard access(workspace.path(of: name), F_OK) != 0, errno == ENOENT, access(workspace.path(of: Self.catalog), F_OK) == 0 else { return false }
        // What is not committed yet the fold's own connection sees.
        let catalog = try files[Self.catalog]?.connection ?? SQLiteConnection(atRest: workspace.path(of: Self.catalog))
        let present = try catalog.statement("SELECT 1 FROM hot_files WHERE day = ?1 AND part = ?2 AND state <> '\(Catalog.HotFileState.moved.rawValue)'")
        defer { present.reset() }
        present.bind(1, Int64(day))
        present.bind(2, Int64(part))
        return try !present.step()
    }

    /// A file that is made anew: what a copy of it has, the records that follow bring again.
    private func begin(_ name: String) throws {
        if access(workspace.path(of: name), F_OK) == 0 { try willCommit() }
        try files.removeValue(forKey: name)?.close(isRead: isRead)
        for suffix in ["", "-wal", "-shm"] { _ = FileRemoval.remove(workspace.path(of: name + suffix), .temporary) }
    }

    /// Ends all transactions, so that the databases can be copied.
    func close() throws {
        if !files.isEmpty { try willCommit() }
        for file in files.values { try file.close(isRead: isRead) }
        files = [:]
    }
}
