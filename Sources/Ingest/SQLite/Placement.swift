import Glibc

/// What the place of a database file allows: SQLite reads a file with a log by way of an index that it makes beside it.
enum Placement {
    /// Whether nothing can be made beside a file: a read-only mount, or a directory of somebody else's.
    static func isUnwritable(_ path: String) -> Bool {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return access(directory.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : directory, W_OK) != 0 && (errno == EROFS || errno == EACCES)
    }

    static func hasLog(_ path: String) -> Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }
}
