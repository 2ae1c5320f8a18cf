import Cluster
package import ColumnStore

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
        package var line: Int64 = 0
        /// The record of the checkpoint that it begins with; nil: it begins with the first record.
        package var checkpoint: Int?
        /// The last one that it has.
        package var record: Int64 = 0
        /// What it is the store of: the instant that was asked for, or the last commit's; microseconds since 1970.
        package var madeAt: Int64 = 0
        /// What whoever restores should know, in words.
        package var doubts: [String] = []
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
        let folded = try Self.fold(place, instant: instant)
        let (reader, store, manifest) = (folded.reader, folded.store, folded.manifest)
        var summary = Summary(commitCount: store.commitCount, lastAt: store.lastAt)
        (summary.line, summary.checkpoint, summary.record, summary.madeAt) = (reader.line.number, reader.checkpoint?.mark.sequence, store.position?.sequence ?? 0, manifest.madeAt)
        summary.doubts = reader.doubts
        for fault in reader.faults {
            let instead = reader.checkpoint.map { "the checkpoint of record \($0.mark.sequence)" } ?? "its first record"
            summary.doubts.append("a checkpoint of line \(reader.line.number) of the archive is damaged or not whole (\(fault)): the store was made with \(instead) and what lies behind it, which is the same")
        }
        let source = LogBackupStorage(place: place.objects, scratch: folded.scratch.files)
        summary.files = try withExtendedLifetime(folded.scratch) { try Restore(manifest: manifest, source: source, directory: directory, storages: storages, progress: progress).run() }
        return summary
    }

    /// A store as of an instant, closed, in a folder of its own.
    struct Folded {
        let reader: ArchiveReader
        let scratch: ScratchFolder
        let store: ReplicaStore
        /// Of a backup of it: its files lie in the scratch folder, or in the archive.
        let manifest: BackupManifest
        /// Files of uploads that newer checkpoints have otherwise than they came.
        var changedUploads: [ColumnStoreError] = []
    }

    /// The file of an upload is not there as it came, and was still to be read: what is left of it would be read, and nobody would miss the rest.
    private struct ChangedUpload: Error {
        let id: String
        let error: ColumnStoreError
    }

    /// - Throws: as `run`.
    static func fold(_ place: ArchivePlace, instant: Int64?) throws -> Folded {
        var reader = try ArchiveReader(place, instant: instant)
        var changed: [ColumnStoreError] = []
        while true {
            let scratch: ScratchFolder
            (reader, scratch) = try begin(reader)
            do {
                var folded = try fold(place, instant, reader, scratch)
                folded.changedUploads = changed
                return folded
            } catch let upload as ChangedUpload {
                // A checkpoint of before it came is followed by the records that have brought it.
                changed.append(upload.error)
                guard let older = try reader.older(upload.error) else {
                    let newest = reader.faults.first ?? upload.error
                    throw ColumnStoreError(newest.code, path: newest.path, "\(newest.detail): name an instant before the upload \(upload.id) came, or after its end (--to)")
                }
                reader = older
            }
        }
    }

    private static func fold(_ place: ArchivePlace, _ instant: Int64?, _ reader: ArchiveReader, _ scratch: ScratchFolder) throws -> Folded {
        let store = try fold(reader, scratch)
        guard let identity = try store.identity() else { throw LogReader.Outside(description: "the archive at \(place.url) has no store at that instant yet") }
        guard identity == reader.line.store.text else { throw ColumnStoreError(.corruptFile, path: place.url, "has records of the store \(identity), and is the archive of \(reader.line.store.text)") }
        var manifest = BackupManifest(number: 1, store: identity, madeAt: instant ?? store.lastAt ?? reader.checkpoint?.at ?? reader.line.at, warehouse: "")
        let state: Catalog.State
        (manifest.files, state) = try LogRestore.folded(scratch, place.place)
        for upload in state.unreadUploads where upload.byteCount > 0 {
            guard let fault = try upload.fault(in: scratch.files) else { continue }
            let name = reader.checkpoint.map { place.name($0.key) } ?? "\(place.url), line \(reader.line.number)"
            throw ChangedUpload(id: upload.id, error: ColumnStoreError(.corruptFile, path: name, "the file uploads/\(upload.id) \(fault)"))
        }
        // Files of uploads, and the administrator's key, were records themselves.
        for path in state.uploads.map({ "uploads/\($0)" }) + [DataDirectory.adminKeyName] where try scratch.files.byteCount(of: path) != nil { manifest.files.append(try LogRestore.file(path, scratch)) }
        return Folded(reader: reader, scratch: scratch, store: store, manifest: manifest)
    }

    /// Copies the checkpoint's files, or those of an older one where they are not as they were put: it takes longer, and comes to the same.
    ///
    /// - Throws: what is wrong with the newest one, where none is whole.
    private static func begin(_ first: ArchiveReader) throws -> (ArchiveReader, ScratchFolder) {
        let place = first.place
        var reader = first
        while true {
            let scratch = try ScratchFolder("log")
            guard let checkpoint = reader.checkpoint else { return (reader, scratch) }
            do {
                for file in checkpoint.storeFiles {
                    try FileCopy.copy(file.name, from: place.objects, to: scratch.files, as: file.path, byteCount: file.byteCount, sha256: file.sha256)
                }
                return (reader, scratch)
            } catch let error as ColumnStoreError where ObjectFindings.isFault(error) {
                guard let older = try reader.older(error) else { throw reader.faults.first ?? error }
                reader = older
            }
        }
    }

    /// - Returns: the fold, closed.
    private static func fold(_ reader: ArchiveReader, _ scratch: ScratchFolder) throws -> ReplicaStore {
        let root = scratch.files.root
        if let checkpoint = reader.checkpoint { try ReplicaStore.noteEnd(root, at: ReplicaStore.Position(checkpoint.mark)) }
        let store = try ReplicaStore(directory: root)
        if reader.checkpoint == nil { try store.clear() }
        try reader.run { try store.apply($0, until: reader.instant) }
        try store.settle()
        return store
    }
}
