import ColumnStore
import Glibc

/// A directory that is gone with this, and all that is in it.
///
/// It is locked, and the lock ends with the process, however that ends: what a killed one has left is removed when the next directory is made beside it. Where a
/// service has its `TMPDIR` nobody else sweeps.
final class ScratchFolder {
    let files: any FileStorage
    /// A descriptor; -1 where the file system gives no locks: there nobody sweeps either.
    private let lock: Int32

    private static let prefix = "till-aside-"
    /// One that was made a moment ago may not be locked yet.
    private static let sweptAfterSeconds = 3_600

    /// Below `TMPDIR`, or `/tmp`.
    ///
    /// - Parameter use: what it is for, in its name.
    init(_ use: String) throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        Self.sweep(parent)
        var name = Array("\(parent)/\(Self.prefix)\(use)-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw DataDirectory.Failure.io(operation: "mkdtemp", path: parent, code: errno) }
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        files = try LocalStorageFactory.files(path)
        lock = Self.locked(path)
    }

    deinit {
        Self.empty(files.root)
        rmdir(files.root)
        if lock >= 0 { close(lock) }
    }

    /// What ended processes of this user have left.
    private static func sweep(_ parent: String) {
        let since = time(nil) - sweptAfterSeconds
        for name in (try? DataDirectory.names(in: parent)) ?? [] where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            var status = stat()
            // Another user's may change under our hands.
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mtim.tv_sec < since else { continue }
            let lock = locked(path)
            guard lock >= 0 else { continue }
            empty(path)
            rmdir(path)
            close(lock)
        }
    }

    /// - Returns: a descriptor that holds the lock; -1 where another holds it, or there is none to be had.
    private static func locked(_ path: String) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return -1 }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    /// Directories without a file go as well: a listing of the storage does not name them. What cannot be removed stays.
    private static func empty(_ path: String) {
        for name in (try? DataDirectory.names(in: path)) ?? [] {
            let path = "\(path)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                empty(path)
                rmdir(path)
            } else {
                _ = FileRemoval.remove(path, .temporary)
            }
        }
    }
}
