import Glibc

/// The line of DATA/log/state that says whether the store's files were changed without their log: whoever keeps the log begins it anew then.
enum LogMark {
    static let name = "broken"

    /// Notes that files are about to be changed past the log; nothing for a store that has none.
    ///
    /// One byte in its place: a full disk has room for that.
    static func noteBroken(_ directory: String) throws {
        let path = "\(directory)/\(DataDirectory.logName)/state"
        guard access(path, F_OK) == 0 || ![ENOENT, ENOTDIR].contains(errno) else { return }
        // What cannot be read may be that of a log, which would go on as if nothing had been changed.
        guard let text = DataDirectory.text(path) else { throw DataDirectory.Failure.io(operation: "read", path: path, code: errno) }
        guard let line = text.utf8.firstRange(of: "\n\(name) 0\n".utf8) else { return }
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DataDirectory.Failure.io(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        let offset = off_t(text.utf8.distance(from: text.utf8.startIndex, to: line.upperBound) - 2)
        guard pwrite(descriptor, "1", 1, offset) == 1, fdatasync(descriptor) == 0 else { throw DataDirectory.Failure.io(operation: "write", path: path, code: errno) }
    }
}
