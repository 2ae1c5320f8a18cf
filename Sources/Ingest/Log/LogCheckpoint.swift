import ColumnStore

/// A backup that records are folded into.
///
/// Its files were copied while commits went on: all records up to `from` are in it, some of those up to `to`, and none after. Since a fold of the
/// records after `from` ends right whatever of them was there before, it gives every state from `at` on.
///
///     checkpoint := "till-checkpoint 1\n" ( name " " value "\n" )* "\n" manifest
///
/// Its object is put last, so that whoever finds it finds its files.
struct LogCheckpoint: Sendable {
    var epoch: Int64
    var from: Int64
    var to: Int64
    /// Microseconds since 1970.
    var at: Int64
    var manifest: BackupManifest

    static let folder = "checkpoints/"

    var key: String { "\(Self.folder)\(LogNumber.text(epoch))-\(LogNumber.text(from))-\(LogNumber.text(to))" }

    /// Whether a key is one of a checkpoint: the place may hold other objects.
    static func isName(_ key: String) -> Bool {
        let parts = key.dropFirst(folder.utf8.count).split(separator: "-", omittingEmptySubsequences: false)
        return key.hasPrefix(folder) && parts.count == 3 && parts.allSatisfy { LogNumber.number($0) != nil }
    }

    var bytes: [UInt8] {
        Array("""
            till-checkpoint 1
            epoch \(epoch)
            from \(from)
            to \(to)
            at \(at)


            """.utf8) + manifest.bytes
    }

    init(epoch: Int64, from: Int64, to: Int64, at: Int64, manifest: BackupManifest) {
        (self.epoch, self.from, self.to, self.at, self.manifest) = (epoch, from, to, at, manifest)
    }

    /// - Throws: `.corruptFile`.
    init(parsing bytes: [UInt8], path: String) throws(ColumnStoreError) {
        // An empty line parts the two.
        guard let end = bytes.indices.dropFirst().first(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else {
            throw ColumnStoreError(.corruptFile, path: path, "is no checkpoint")
        }
        let fields = LogFields(Array(bytes[..<end]))
        guard fields.title == "till-checkpoint 1", let epoch = fields.number("epoch"), let from = fields.number("from"), let to = fields.number("to"),
            let at = fields.number("at")
        else { throw ColumnStoreError(.corruptFile, path: path, "is no checkpoint that this version reads") }
        self.init(epoch: epoch, from: from, to: to, at: at, manifest: try BackupManifest.parse(Array(bytes[(end + 1)...]), path: path))
        guard path.hasSuffix(key) else { throw ColumnStoreError(.corruptFile, path: path, "is another checkpoint than its name says") }
    }
}
