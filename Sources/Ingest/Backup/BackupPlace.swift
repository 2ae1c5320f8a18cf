import ColumnStore
import Glibc

/// Where a backup lies: a directory of this machine, or below a prefix of a bucket. SQLite writes and reads files alone: what is of a bucket goes by way of
/// a directory that is gone with this.
final class BackupPlace {
    let storage: any ObjectStorage
    /// nil in a bucket.
    let files: (any FileStorage)?
    private var scratch: (any FileStorage)?
    /// Within the scratch directory, which makes each once: they stay until its end.
    private var folders: Set<String> = []

    /// In messages.
    var name: String { files?.root ?? String(storage.location(of: "").dropLast()) }

    /// - Parameter bucket: nil: `path` is a directory's.
    init(path: String, bucket: (any ObjectStorage)?) throws {
        files = bucket == nil ? try LocalStorageFactory.files(path) : nil
        storage = try bucket ?? LocalStorageFactory.files(path)
    }

    deinit {
        guard let scratch else { return }
        for folder in folders { rmdir(scratch.path(of: folder)) }
        rmdir(scratch.root)
    }

    /// A directory for copies of databases: the backup's own, or one for the time being.
    ///
    /// Below `TMPDIR`, or `/tmp`; made when first asked for.
    func workspace() throws -> any FileStorage {
        if let files { return files }
        if let scratch { return scratch }
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(parent)/till-backup-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw DataDirectory.Failure.io(operation: "mkdtemp", path: parent, code: errno) }
        let made = try LocalStorageFactory.files(String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        scratch = made
        return made
    }

    /// Sends a copy that was made in the workspace to where the backup lies; nothing where it lies there.
    ///
    /// - Throws: `.corruptFile` where it does not have its hash.
    func send(_ name: String, byteCount: Int64, sha256: [UInt8], beforeEachPiece: () throws -> Void = {}) throws {
        if files != nil { return }
        try FileCopy.copy(name, from: try workspace(), to: storage, as: name, byteCount: byteCount, sha256: sha256, beforeEachPiece: beforeEachPiece)
    }

    /// A database of the backup as a file.
    func fetch(_ file: BackupManifest.File) throws -> String {
        let target = try workspace()
        if files == nil, try target.byteCount(of: file.name) == nil {
            try FileCopy.copy(file.name, from: storage, to: target, as: file.name, byteCount: file.byteCount, sha256: file.sha256)
        }
        return target.path(of: file.name)
    }

    /// The copy in the workspace is not needed any more; nothing where the backup lies there.
    func drop(_ name: String) {
        guard files == nil, let scratch else { return }
        for suffix in ["", "-journal", "-wal", "-shm"] { _ = FileRemoval.remove(scratch.path(of: name + suffix), .temporary) }
        if let folder = name.split(separator: "/").dropLast().first { folders.insert(String(folder)) }
    }
}
