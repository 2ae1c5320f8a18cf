import Cluster
import ColumnStore

/// Makes the store of an instant out of the archive of a pair, in a directory that is empty or not there.
///
/// 1. A checkpoint's files are copied to a directory of their own, each held against its hash, and the records up to the instant folded into them: as a standby folds them.
/// 2. What has come of it is a backup, whose cold files lie in the archive, and is restored as every other is.
/// 3. The archive stays as it is, and its pair may work on: the store is one of its own, which belongs to no pair.
package struct ArchiveRestore {
    package struct Summary: Sendable {
        package var files = Restore.Summary()
        /// Commits that were folded, beyond those that the checkpoint has.
        package var commitCount = 0
        /// Of the last of them, in microseconds since 1970.
        package var lastAt: Int64?
    }

    private let place: ArchivePlace
    private let instant: Int64?
    private let directory: String
    private let storages: any StorageFactory
    private let progress: (_ done: Int64, _ all: Int64) -> Void

    /// - Parameter instant: microseconds since 1970; nil: the archive's end.
    package init(
        _ place: ArchivePlace, instant: Int64?, directory: String, storages: any StorageFactory, progress: @escaping (_ done: Int64, _ all: Int64) -> Void = { _, _ in }
    ) {
        (self.place, self.instant, self.directory, self.storages, self.progress) = (place, instant, directory, storages, progress)
    }

    /// Made by one thread; it needs room for hot files beside the store itself.
    ///
    /// - Throws: with nothing made.
    ///   `LogReader.Outside` for an instant that the archive does not have; `ColumnStoreError` for an archive that is damaged or not whole, and a place that gives no answer.
    package func run() throws -> Summary {
        let reader = try ArchiveReader(place, instant: instant)
        let scratch = try ScratchFolder()
        let store = try fold(reader, scratch)
        guard let identity = try store.identity() else { throw LogReader.Outside(description: "the archive at \(place.url) has no store at that instant yet") }
        guard identity == reader.line.store.text else { throw ColumnStoreError(.corruptFile, path: place.url, "has records of the store \(identity), and is the archive of \(reader.line.store.text)") }
        var manifest = BackupManifest(number: 1, store: identity, madeAt: instant ?? store.lastAt ?? reader.checkpoint?.at ?? reader.line.at, warehouse: "")
        let state: Catalog.State
        (manifest.files, state) = try LogRestore.folded(scratch, place.place)
        // Files of uploads, and the administrator's key, were records themselves.
        for path in state.uploads.map({ "uploads/\($0)" }) + [DataDirectory.adminKeyName] where try scratch.files.byteCount(of: path) != nil { manifest.files.append(try LogRestore.file(path, scratch)) }
        var summary = Summary(commitCount: store.commitCount, lastAt: store.lastAt)
        let source = LogBackupStorage(place: place.objects, scratch: scratch.files)
        summary.files = try Restore(manifest: manifest, source: source, directory: directory, storages: storages, progress: progress).run()
        return summary
    }

    /// - Returns: the fold, closed.
    private func fold(_ reader: ArchiveReader, _ scratch: ScratchFolder) throws -> ReplicaStore {
        let root = scratch.files.root
        if let checkpoint = reader.checkpoint {
            for file in checkpoint.storeFiles {
                try FileCopy.copy(file.name, from: place.objects, to: scratch.files, as: file.path, byteCount: file.byteCount, sha256: file.sha256)
            }
            try ReplicaStore.noteEnd(root, at: ReplicaStore.Position(checkpoint.mark))
        }
        let store = try ReplicaStore(directory: root)
        if reader.checkpoint == nil { try store.clear() }
        try reader.run { try store.apply($0, until: reader.instant) }
        try store.settle()
        return store
    }
}
