internal import ColumnStore
import CSQLite
import Glibc

/// An SQLite call that did not return what it should: the extended code, SQLite's words, the file and the statement.
///
/// Values that were bound are not part of it: they may be a client's data.
package struct SQLiteError: Error, CustomStringConvertible, Sendable {
    /// The extended result code.
    package let code: Int32
    package let message: String
    package let path: String
    package let sql: String?
    /// The system's number where a file could not be opened, or the log's index not be made, and the system has said why; else 0.
    let systemError: Int32

    package init(code: Int32, message: String, path: String, sql: String? = nil, systemError: Int32 = 0) {
        self.code = code
        self.message = message
        self.path = path
        self.sql = sql
        self.systemError = Self.isOfOpening(code) && Self.reasons.contains(systemError) ? systemError : 0
    }

    /// What the system refuses: of other numbers nobody knows whether they are of this call.
    private static let reasons: Set<Int32> = [EACCES, EPERM, EROFS, EMFILE, ENFILE, ENOMEM, EIO, ENOSPC, EDQUOT, EFBIG]

    /// Of a file, or of the log's index: SQLITE_CANTOPEN, SQLITE_IOERR_SHMOPEN, _SHMSIZE and _SHMMAP.
    private static func isOfOpening(_ code: Int32) -> Bool { code & 0xFF == SQLITE_CANTOPEN || [18, 19, 21].contains { code == SQLITE_IOERR | ($0 << 8) } }

    /// The code without its extension.
    ///
    /// Table of codes: https://www.sqlite.org/rescode.html
    package var primaryCode: Int32 { code & 0xFF }

    /// What the caller can do about it.
    package enum Kind: Sendable {
        /// No room on the device: the same write may work when there is some.
        case full
        /// Reading or writing failed; after it nothing is known of what the device holds.
        case io
        /// The file's bytes contradict the format.
        case corrupt
        case busy
        case constraint
        case other
    }

    // A page without its sum comes as an I/O error of its own number (`ioErrorData`), and is damage, not a failing device.
    package var kind: Kind {
        if code == Self.ioErrorData { return .corrupt }
        return switch primaryCode {
        case SQLITE_FULL: .full
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY: .io
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CONSTRAINT: .constraint
        default: .other
        }
    }

    /// Whether the file's bytes are not what was written; not so of one that another version wrote, whose words say what to do.
    package var isDamage: Bool { kind == .corrupt && (primaryCode != SQLITE_NOTADB || message == "file is not a database") }

    /// Whether the same may work a little later, and nothing is said of the file: it is locked, or memory or descriptors ran out.
    package var isPassing: Bool { kind == .busy || primaryCode == SQLITE_NOMEM || primaryCode == SQLITE_CANTOPEN }

    /// Whether it is the system that keeps a file from being read: nothing follows from that for what is in the file.
    package var isOfTheSystem: Bool { isPassing || kind == .io && ![Self.ioErrorShortRead, Self.ioErrorFileSystem, Self.readOnlyRollback].contains(code) }

    /// Whether the device does not give a part of the file, which says nothing of other files.
    package var isUnreadPart: Bool { [Self.ioErrorRead, Self.ioErrorShortRead, Self.ioErrorFileSystem].contains(code) }

    /// Whether a sync failed: the kernel may have dropped what it could not write, so nothing may be acknowledged until the
    /// file was opened anew and checked.
    package var isFailedSync: Bool { Self.isFailedSync(code) }

    /// - Parameter code: extended.
    static func isFailedSync(_ code: Int32) -> Bool { code == ioErrorFsync || code == ioErrorDirFsync }

    /// Whether nobody knows what the file has for whoever opens it next: a sync failed, or a commit did that may be there all the same. Whoever writes the file takes nothing more until a restart has
    /// read it: what was refused may be there, and its numbers would be given out twice.
    ///
    /// The log's index is also looked for as a transaction begins, and by reads: what fails so there leaves none.
    var leavesDoubt: Bool { isFailedSync || Self.leavesDoubt(code) && sql?.hasPrefix("COMMIT") == true }

    /// Whether a commit that failed so may be in the file for whoever opens it next: a sync failed, or the index of the log could not grow, which SQLite does once the log has the commit and is synced
    /// (`sqlite3WalFrames`; a full disk, mostly).
    ///
    /// - Parameter code: extended, of the statement that commits.
    static func leavesDoubt(_ code: Int32) -> Bool { isFailedSync(code) || [18, 19, 21].contains { code == SQLITE_IOERR | ($0 << 8) } }

    /// A page does not have its sum.
    static let ioErrorData: Int32 = SQLITE_IOERR | (32 << 8)
    /// The file ends before the page does.
    private static let ioErrorShortRead: Int32 = SQLITE_IOERR | (2 << 8)
    static let ioErrorRead: Int32 = SQLITE_IOERR | (1 << 8)
    /// The file system says that what it has of the file is damaged.
    private static let ioErrorFileSystem: Int32 = SQLITE_IOERR | (33 << 8)
    /// A journal beside the file, as a crash leaves it, of which a reader cannot make use.
    private static let readOnlyRollback: Int32 = SQLITE_READONLY | (3 << 8)
    // The extended codes are macros with shifts, which Swift does not import.
    static let ioErrorFsync: Int32 = SQLITE_IOERR | (4 << 8)
    private static let ioErrorDirFsync: Int32 = SQLITE_IOERR | (5 << 8)

    /// What SQLite would say of a write that the system refused.
    static func code(ofFailedWrite number: Int32) -> Int32 {
        FileSystemFault.isOfRoom(number) ? SQLITE_FULL : SQLITE_IOERR | (3 << 8)
    }

    package var description: String {
        if FileSystemFault.isOfRoom(systemError) {
            return "the disk is full: \(path)\(primaryCode == SQLITE_CANTOPEN ? ", or what SQLite makes beside it," : "-shm") cannot be made, or made longer (SQLite \(code))"
        }
        var text = "SQLite \(code): \(message)\(systemError == 0 ? "" : ": \(String(cString: strerror(systemError)))") [\(path)]"
        if let sql { text += " in: \(sql)" }
        return text
    }
}
