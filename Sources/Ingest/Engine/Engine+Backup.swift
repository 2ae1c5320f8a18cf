import ColumnStore
import Documents
import Glibc
import Synchronization

extension Engine {
    package func backup(to destination: String, isCancelled: @escaping @Sendable () -> Bool) throws -> BackupSummary {
        guard destination.hasPrefix("/"), !destination.utf8.contains(0) else {
            throw Fault(
                .badParameter, "an absolute path on the server's machine is wanted",
                errors: [.init(pointer: "/destination", code: "bad-destination", message: "an absolute path is wanted")])
        }
        // On a thread of its own, so that its low priority is not left to another's work.
        let done = Monitor<Result<BackupSummary, any Error>?>(nil)
        let isFree = isBackingUp.withLock { isBackingUp in
            defer { isBackingUp = true }
            return !isBackingUp
        }
        guard isFree else { throw Fault(.overloaded, "another backup is under way") }
        defer { isBackingUp.withLock { $0 = false } }
        let thread = WorkerThread(name: "backup") { [self] in
            WorkerThread.lowerPriority()
            let result = Result { try Backup(parts, destination: destination, isCancelled: isCancelled).run() }
            done.broadcast { $0 = result }
        }
        defer { thread.join() }
        do {
            let summary = try done.wait { $0 }.get()
            try noteBackup()
            return summary
        } catch is Backup.Cancelled {
            throw Fault(.overloaded, "the backup was ended before it was done, and the last one is as it was")
        } catch let error as SQLiteError {
            if error.kind == .full { throw Fault(.diskFull, "there is no room for the backup") }
            throw Fault(.internalError, "the backup failed, and the last one is as it was: \(error)")
        } catch let error as ColumnStoreError where error.systemError != ENOSPC && error.systemError != EDQUOT {
            throw Fault(.internalError, "the backup failed, and the last one is as it was: \(error)")
        }
    }
}
