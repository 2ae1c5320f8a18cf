import ColumnStore
import Glibc
import Synchronization

/// A directory that is gone with this, and all that is in it.
///
///     till-aside-<use>-<6 characters>/
///         mark     the directory's own name: who made it holds a lock on it, which ends with the process, however that ends
///         files/   what is made aside
///
/// What a killed process has left is removed when the next directory is made beside it: where a service has its `TMPDIR` nobody else sweeps. That it may go its mark proves, not its name, which
/// anybody may give to files that are put aside.
package final class ScratchFolder {
    let files: any FileStorage
    /// Above `files`, absolute.
    private let path: String
    /// The mark's descriptor.
    private let mark: Int32

    private static let prefix = "till-aside-"
    private static let markName = "mark", filesName = "files"
    /// Besides the lock: machines that share a directory may each have locks of their own there.
    private static let sweptAfterSeconds = 3_600
    /// Paths of those that this process has.
    private static let present = Mutex<Set<String>>([])

    /// Below `TMPDIR`, or `/tmp`.
    ///
    /// - Parameter use: what it is for, in its name.
    init(_ use: String) throws {
        let told = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        let parent = DataDirectory.absolute(told.isEmpty ? "/tmp" : told)
        Self.sweep(parent)
        var template = Array("\(parent)/\(Self.prefix)\(use)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw DataDirectory.Failure.io(operation: "mkdtemp", path: parent, code: errno) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let mark = open("\(path)/\(Self.markName)", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        do {
            guard mark >= 0 else { throw DataDirectory.Failure.io(operation: "open", path: path, code: errno) }
            // A mark says nothing before its lock is there, nor where there is none to be had: nobody sweeps such a directory.
            if flock(mark, LOCK_EX | LOCK_NB) == 0 {
                let name = Array((path.split(separator: "/").last ?? "").utf8)
                _ = name.withUnsafeBytes { write(mark, $0.baseAddress, $0.count) }
            }
            guard mkdir("\(path)/\(Self.filesName)", 0o700) == 0 else { throw DataDirectory.Failure.io(operation: "mkdir", path: path, code: errno) }
            files = try LocalStorageFactory.files("\(path)/\(Self.filesName)")
        } catch {
            Self.remove(path)
            if mark >= 0 { close(mark) }
            throw error
        }
        (self.path, self.mark) = (path, mark)
        Self.present.withLock { _ = $0.insert(path) }
    }

    deinit {
        Self.present.withLock { _ = $0.remove(path) }
        Self.remove(path)
        close(mark)
    }

    /// Of a process that ends at once, and takes down no object: as one does whose output nobody reads any more. What another thread still makes there stays, with its mark, and is swept later.
    package static func removeAll() {
        let paths = present.withLock { present in
            defer { present = [] }
            return present
        }
        for path in paths { remove(path) }
    }

    /// What ended processes of this user have left.
    private static func sweep(_ parent: String) {
        var status = stat()
        // Where others may put something else in the place of what has been looked at nothing is looked for.
        guard stat(parent, &status) == 0, status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else { return }
        for name in (try? DataDirectory.names(in: parent)) ?? [] where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else { continue }
            let mark = leftMark(of: path, named: name)
            guard mark >= 0 else { continue }
            remove(path)
            close(mark)
            StoreLog.note("removed what an ended process had made aside", path: path, reason: "its mark says that it is such, and nobody holds it")
        }
    }

    /// - Returns: the mark's descriptor, with its lock; -1 where nothing proves that the directory was left.
    private static func leftMark(of path: String, named name: String) -> Int32 {
        let mark = open("\(path)/\(markName)", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard mark >= 0 else { return -1 }
        var status = stat()
        // Looked at behind the lock: another that swept it meanwhile has taken the mark away.
        guard flock(mark, LOCK_EX | LOCK_NB) == 0, fstat(mark, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1,
            status.st_mtim.tv_sec < time(nil) - sweptAfterSeconds, content(of: mark) == Array(name.utf8), let names = try? DataDirectory.names(in: path), names.allSatisfy({ $0 == markName || $0 == filesName })
        else {
            close(mark)
            return -1
        }
        return mark
    }

    private static func content(of mark: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = pread(mark, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    /// The mark goes last: of what is not removed to its end the next one finds it.
    private static func remove(_ path: String) {
        empty("\(path)/\(filesName)")
        rmdir("\(path)/\(filesName)")
        guard access("\(path)/\(filesName)", F_OK) != 0 else { return }
        _ = FileRemoval.remove("\(path)/\(markName)", .temporary)
        rmdir(path)
    }

    /// Directories without a file go as well: a listing of the storage does not name them. What cannot be removed stays, and links are not followed.
    private static func empty(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in (try? DataDirectory.names(in: path)) ?? [] {
            let path = "\(path)/\(name)"
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
