internal import ColumnStore
import CSQLite
import Glibc

/// The names of a write-ahead log and of its database, by which the next start will look for them.
///
/// A file whose name was taken away (the store's directory was removed, say) is synced without complaint, and is gone with the process: what is committed to
/// it must not be acknowledged. So a commit's sync looks whether both names still lead to the files that were opened.
struct LogNames {
    private struct Named {
        /// SQLite's own, which is there for as long as the file is open.
        let path: UnsafePointer<CChar>
        let file: FileIdentity

        init?(_ path: UnsafePointer<CChar>) {
            guard let file = FileIdentity(path: path) else { return nil }
            (self.path, self.file) = (path, file)
        }

        /// What cannot be looked at for another reason is not known to be gone.
        var isGone: Bool {
            guard let now = FileIdentity(path: path) else { return errno == ENOENT || errno == ENOTDIR }
            return now != file
        }
    }

    private let log: Named
    private let database: Named

    /// - Parameter log: as SQLite hands it to `xOpen`.
    init?(_ log: UnsafePointer<CChar>) {
        guard let database = sqlite3_filename_database(log), let own = Named(log), let other = Named(database) else { return nil }
        (self.log, self.database) = (own, other)
    }

    /// The name that leads nowhere, or elsewhere, by now.
    var gone: String? {
        if log.isGone { return String(cString: log.path) }
        return database.isGone ? String(cString: database.path) : nil
    }
}
