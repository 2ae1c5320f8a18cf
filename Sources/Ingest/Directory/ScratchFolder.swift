import ColumnStore
import Glibc

/// A directory that is gone with this, and all that is in it.
final class ScratchFolder {
    let files: any FileStorage

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(parent)/till-log-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw DataDirectory.Failure.io(operation: "mkdtemp", path: parent, code: errno) }
        files = try LocalStorageFactory.files(String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit {
        var folders: Set<String> = []
        // What cannot be removed the system's own sweeping takes.
        try? files.list(prefix: "") { object in
            _ = FileRemoval.remove(files.path(of: object.key), .temporary)
            let parts = object.key.split(separator: "/").dropLast()
            for count in 0..<parts.count { folders.insert(parts.prefix(count + 1).joined(separator: "/")) }
        }
        for folder in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir(files.path(of: folder)) }
        rmdir(files.root)
    }
}
