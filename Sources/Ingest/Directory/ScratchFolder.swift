import ColumnStore
import Glibc

/// A directory that is gone with this, and all that is in it.
final class ScratchFolder {
    let files: any FileStorage

    /// Below `TMPDIR`, or `/tmp`.
    ///
    /// - Parameter use: what it is for, in its name.
    init(_ use: String) throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(parent)/till-\(use)-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw DataDirectory.Failure.io(operation: "mkdtemp", path: parent, code: errno) }
        files = try LocalStorageFactory.files(String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit {
        Self.empty(files.root)
        rmdir(files.root)
    }

    /// Directories without a file go as well: a listing of the storage does not name them. What cannot be removed the system's own sweeping takes.
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
