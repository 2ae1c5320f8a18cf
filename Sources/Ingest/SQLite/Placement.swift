import Glibc
import Synchronization

/// What the place of a database file allows: SQLite reads a file with a log by way of an index that it makes beside it.
enum Placement {
    /// Whether nothing can be made beside a file: a read-only mount, or a directory of somebody else's.
    static func isUnwritable(_ path: String) -> Bool {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return access(directory.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : directory, W_OK) != 0 && (errno == EROFS || errno == EACCES)
    }

    /// Directories and databases in which this process changes nothing, each with how often that is asked for.
    private static let still = Mutex<[String: Int]>([:])

    /// Whether a file is read as it lies, by whatever connection: not even beside it anything is made.
    static func isStill(_ path: String) -> Bool { still.withLock { still in still.keys.contains { path.hasPrefix($0) } } }

    /// As long as this is there nothing in a directory, or no database of one name, is changed by a connection of this process.
    final class Stillness: Sendable {
        private let prefix: String

        /// - Parameter directory: absolute.
        convenience init(_ directory: String) { self.init(prefix: directory + "/") }

        /// - Parameter file: absolute, of one database.
        convenience init(file: String) { self.init(prefix: file) }

        private init(prefix: String) {
            self.prefix = prefix
            Placement.still.withLock { $0[prefix, default: 0] += 1 }
        }

        deinit {
            Placement.still.withLock { [prefix] still in
                let count = (still[prefix] ?? 1) - 1
                still[prefix] = count > 0 ? count : nil
            }
        }
    }

    static func hasLog(_ path: String) -> Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }
}
