import Cluster
import ColumnStore

/// A store as of one record, in an archive: the files of a node's checkpoint, and those of cold tables that its catalog names.
///
///     checkpoint := head "\n" manifest
///
/// The head is a `SealedText`, and the manifest has a hash of its own: no number of either is believed that was not written so. Its object is put last, so that whoever finds it finds its files. It serves instants from `at` on.
struct ArchiveCheckpoint: Sendable {
    let line: Int64
    let mark: Mark
    /// Of the last commit that it has, or a little later; microseconds since 1970.
    let at: Int64
    /// Paths are those below DATA; names are keys of the archive.
    let manifest: BackupManifest

    static func key(_ line: Int64, _ record: Int64) -> String { "\(ArchivePlace.folder(of: line))checkpoints/\(LogNumber.text(record))/\(BackupManifest.key)" }

    var key: String { Self.key(line, Int64(mark.sequence)) }

    var bytes: [UInt8] { SealedText.bytes("till-archive-checkpoint 1\nline \(line)\n\(ArchiveLine.text(mark))at \(at)\n") + [0x0A] + manifest.bytes }

    init(line: Int64, mark: Mark, at: Int64, manifest: BackupManifest) { (self.line, self.mark, self.at, self.manifest) = (line, mark, at, manifest) }

    /// - Throws: `.corruptFile`, also for a file that no checkpoint has, or that lies where none of its files does.
    init(parsing bytes: [UInt8], line: Int64, record: Int64, path: String) throws(ColumnStoreError) {
        guard let end = bytes.indices.dropFirst().first(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else { throw ColumnStoreError(.corruptFile, path: path, "is no checkpoint") }
        guard let fields = SealedText.fields(Array(bytes[..<end])), fields.title == "till-archive-checkpoint 1", let said = fields.number("line"), let mark = ArchiveLine.mark(fields), let at = fields.number("at") else {
            throw ColumnStoreError(.corruptFile, path: path, "is no checkpoint that this version reads, or damaged")
        }
        guard said == line, Int64(mark.sequence) == record else { throw ColumnStoreError(.corruptFile, path: path, "is another checkpoint than its name says") }
        self.init(line: line, mark: mark, at: at, manifest: try BackupManifest.parse(Array(bytes[(end + 1)...]), path: path))
        for file in manifest.files {
            let isCold = file.path.hasPrefix("warehouse/") && file.name == LogPlace.base + file.path
            guard isCold || CheckpointFiles.isName(file.path) && file.name == ArchivePlace.fileKey(line, file.sha256) else {
                throw ColumnStoreError(.corruptFile, path: path, "has a file that no checkpoint has: \(file.path.prefix(200))")
            }
        }
    }

    /// Those that a store begins with; cold tables stay where they are.
    var storeFiles: [BackupManifest.File] { manifest.files.filter { CheckpointFiles.isName($0.path) } }
}
