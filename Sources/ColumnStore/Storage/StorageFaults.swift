import Glibc

/// A system call that failed: which, and its `errno`.
public struct FileSystemFault: Error, Sendable, Equatable {
    public let operation: String
    public let code: Int32

    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// Whether a write was refused since there is no room: the device has none, the user's quota, or what a file may have (`ulimit -f`).
    public static func isOfRoom(_ code: Int32?) -> Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
}

extension ColumnStoreError {
    /// Adds the object to a failed system call: a taken name is a conflict, a missing one is not found, all else is I/O.
    init(_ fault: FileSystemFault, key: String) {
        switch fault.code {
        case EEXIST:
            self.init(.conflict, path: key, "exists already, and is never replaced (\(fault.operation))")
        case ENOENT: self.init(.notFound, path: key, "not found (\(fault.operation))")
        case let code where FileSystemFault.isOfRoom(code):
            self.init(
                .io, path: key, "no space left (\(fault.operation)), \(String(cString: strerror(code))): free some and try again",
                systemError: fault.code)
        default:
            self.init(
                .io, path: key, "\(fault.operation) failed: \(String(cString: strerror(fault.code)))",
                systemError: fault.code)
        }
    }

    /// The last system call of this thread failed.
    static func system(_ operation: String, key: String) -> ColumnStoreError {
        ColumnStoreError(FileSystemFault(operation: operation, code: errno), key: key)
    }

    static func tooShort(_ key: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: key, "shorter than the range that was asked for")
    }
}
