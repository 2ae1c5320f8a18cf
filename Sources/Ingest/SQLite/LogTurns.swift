import CSQLite
import Glibc
import Synchronization

/// Who copies a database's log just now, and who begins it anew: never both at once.
///
/// SQLite before 3.51.3 lets a commit begin a log anew between the two looks of a checkpoint, at the log's length and at what is copied of it. The
/// checkpoint then notes as copied what the new log has yet to hold, and frames that are committed later are never copied: rows are lost, or the file is
/// damaged. A commit that cannot begin its log anew goes on behind the frames that are there, and the next one does.
///
/// https://sqlite.org/wal.html#the_wal_reset_bug; the locks are described at https://sqlite.org/walformat.html#wal_locks.
enum LogTurns {
    enum Turn: Sendable {
        case copies, beginsAnew

        /// What an exclusive lock of the index, of `count` places from `first` on, is taken for. Nil for all that is neither.
        init?(first: Int32, count: Int32) {
            if first <= Self.checkpointLock, Self.checkpointLock < first + count {
                self = .copies
            } else if first == Self.firstReadLock, count == Self.readLockCount {
                self = .beginsAnew
            } else {
                return nil
            }
        }

        /// Held by a checkpoint from its first look at the log to its end.
        private static let checkpointLock: Int32 = 1
        /// All readers of frames, those of the database alone left out (place 3).
        private static let (firstReadLock, readLockCount): (Int32, Int32) = (4, 4)
    }

    /// Addresses: of the database's path, which SQLite keeps as long as the file is open, and of the open file.
    private struct Holder: Sendable {
        let (path, file): (UInt, UInt)
        let turn: Turn
    }

    /// Few: as many as checkpoints and commits of that kind at one time.
    private static let holders = Mutex<[Holder]>([])

    /// - Returns: false where another connection has the other turn at the same database. One that has both, as a checkpoint that cuts the log, is in its own way never.
    static func begin(_ turn: Turn, _ path: UnsafePointer<CChar>, _ file: UnsafeRawPointer) -> Bool {
        holders.withLock { holders in
            for holder in holders where holder.turn != turn && holder.file != UInt(bitPattern: file) {
                // Safe: a holder's file is open, and so its path is there.
                guard let other = UnsafePointer<CChar>(bitPattern: holder.path) else { continue }
                if other == path || strcmp(other, path) == 0 { return false }
            }
            holders.append(Holder(path: UInt(bitPattern: path), file: UInt(bitPattern: file), turn: turn))
            return true
        }
    }

    static func end(_ turn: Turn, _ file: UnsafeRawPointer) {
        holders.withLock { $0.removeAll { $0.turn == turn && $0.file == UInt(bitPattern: file) } }
    }

    /// The file is closed, whatever it held.
    static func close(_ file: UnsafeRawPointer) {
        holders.withLock { $0.removeAll { $0.file == UInt(bitPattern: file) } }
    }
}
