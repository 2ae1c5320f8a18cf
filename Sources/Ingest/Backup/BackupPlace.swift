import ColumnStore

/// Where a backup lies: a directory of this machine, or below a prefix of a bucket. SQLite writes and reads files alone: what is of a bucket goes by way of
/// a directory that is gone with this.
final class BackupPlace {
    let storage: any ObjectStorage
    /// nil in a bucket.
    let files: (any FileStorage)?
    private var scratch: ScratchFolder?

    /// In messages.
    var name: String { files?.root ?? String(storage.location(of: "").dropLast()) }

    /// - Parameter bucket: nil: `path` is a directory's.
    init(path: String, bucket: (any ObjectStorage)?) throws {
        files = bucket == nil ? try LocalStorageFactory.files(path) : nil
        storage = try bucket ?? LocalStorageFactory.files(path)
    }

    /// A directory for copies of databases: the backup's own, or one for the time being.
    ///
    /// That one is made when first asked for; what a backup that fails leaves in it is gone with this.
    func workspace() throws -> any FileStorage {
        if let files { return files }
        if let scratch { return scratch.files }
        let made = try ScratchFolder("backup")
        scratch = made
        return made.files
    }

    /// Removes what an attempt of the same number has left under a name that is to be taken now; mostly nothing, and then the log is to tell of nothing. What stands beside a database lies in a directory alone.
    func clear(_ name: String) throws {
        for suffix in files == nil ? [""] : ["", "-journal", "-wal", "-shm"] where try storage.byteCount(of: name + suffix) != nil {
            try storage.delete(name + suffix, .named("an attempt that was cut off left it"))
        }
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

    /// The copy in the workspace is not needed any more; nothing where the backup lies there. Its directory stays, which the workspace makes once.
    func drop(_ name: String) {
        guard files == nil, let scratch else { return }
        for suffix in ["", "-journal", "-wal", "-shm"] { _ = FileRemoval.remove(scratch.files.path(of: name + suffix), .temporary) }
    }
}
