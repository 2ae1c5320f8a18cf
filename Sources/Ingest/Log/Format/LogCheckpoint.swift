import ColumnStore

/// A backup that records are folded into.
///
/// Its files were copied while commits went on: all records up to `from` are in it, some of those up to `to`, and none after. Since a fold of the
/// records after `from` ends right whatever of them was there before, it gives every state from `at` on.
///
///     checkpoint := head "\n" manifest
///     head       := "till-checkpoint 1\nsealed 1\n" ( name " " value "\n" )* end
///
/// The head is a `SealedText`, and the manifest has a hash of its own: no number of either is believed that was not written so. Earlier versions wrote heads without `sealed` and `end`, which are
/// read as they are, and read this one, passing over both: `sealed` stands first, so that a head that has lost its end is none of theirs.
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
    static func isName(_ key: String) -> Bool { end(ofKey: key) != nil }

    /// - Returns: a checkpoint's epoch, and the last record that may be in it; nil for a key that is none.
    static func end(ofKey key: String) -> (epoch: Int64, to: Int64)? {
        let parts = key.dropFirst(folder.utf8.count).split(separator: "-", omittingEmptySubsequences: false)
        guard key.hasPrefix(folder), parts.count == 3, let epoch = LogNumber.number(parts[0]), LogNumber.number(parts[1]) != nil, let to = LogNumber.number(parts[2]) else { return nil }
        return (epoch, to)
    }

    var bytes: [UInt8] { SealedText.bytes("till-checkpoint 1\nsealed 1\nepoch \(epoch)\nfrom \(from)\nto \(to)\nat \(at)\n") + [0x0A] + manifest.bytes }

    init(epoch: Int64, from: Int64, to: Int64, at: Int64, manifest: BackupManifest) {
        (self.epoch, self.from, self.to, self.at, self.manifest) = (epoch, from, to, at, manifest)
    }

    /// - Throws: `.corruptFile`.
    init(parsing bytes: [UInt8], path: String) throws(ColumnStoreError) {
        // An empty line parts the two.
        guard let end = bytes.indices.dropFirst().first(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else {
            throw ColumnStoreError(.corruptFile, path: path, "is no checkpoint")
        }
        let head = Array(bytes[..<end])
        let fields = LogFields(head)
        // Of two signs of a seal one is enough: whatever has become of the other, the head is not as it was written.
        guard fields["sealed"] == nil && fields["end"] == nil || SealedText.fields(head) != nil else { throw ColumnStoreError(.corruptFile, path: path, "does not have the hash that stands at its head's end") }
        guard fields.title == "till-checkpoint 1", let epoch = fields.number("epoch"), let from = fields.number("from"), let to = fields.number("to"),
            let at = fields.number("at")
        else { throw ColumnStoreError(.corruptFile, path: path, "is no checkpoint that this version reads") }
        self.init(epoch: epoch, from: from, to: to, at: at, manifest: try BackupManifest.parse(Array(bytes[(end + 1)...]), path: path))
        guard path.hasSuffix(key) else { throw ColumnStoreError(.corruptFile, path: path, "is another checkpoint than its name says") }
    }
}

extension LogCheckpoint {
    /// When the next one is due, and when one that failed is tried again. Times are seconds of one steady clock.
    struct Pace {
        /// When the last one was made, by this process or one before; nil while that is not known.
        private(set) var madeAt: Double?
        /// Bytes of segments that this process had sent as the last one was begun.
        private var byteCountThen: Int64 = 0

        /// Attempts in vain since the last one that was made.
        private var failureCount = 0
        /// Nothing is tried before it.
        private var pauseEnd = -Double.infinity
        private var isReached = true

        static let seconds = 86_400.0
        /// Of the pause after attempts in vain, each of which may have copied the whole store.
        static let pauseMax = 300.0
        static let byteCount: Int64 = 1 << 30

        /// The log has one that a process before has made.
        ///
        /// - Parameter age: in seconds; infinite where there should be one and is none.
        mutating func found(age: Double, at now: Double) { madeAt = now - max(0, age) }

        /// - Parameter byteCount: sent as it was begun: what came meanwhile may not be in it.
        mutating func made(at now: Double, byteCount: Int64) {
            (madeAt, byteCountThen) = (now, byteCount)
            (failureCount, pauseEnd) = (0, -.infinity)
        }

        /// Twice as long each time, beginning with a second.
        mutating func failed(at now: Double) {
            failureCount += 1
            pauseEnd = now + min(Self.pauseMax, Double(1 << min(failureCount - 1, 20)))
        }

        /// - Parameter isReached: whether the log's place gives answers. Once it does again nothing is left to wait for: answers may wait for the checkpoint.
        mutating func hear(isReached: Bool) {
            if isReached, !self.isReached { pauseEnd = -.infinity }
            self.isReached = isReached
        }

        /// - Parameters:
        ///   - byteCount: sent by now.
        ///   - isAsked: something else than time and bytes wants one.
        func isDue(at now: Double, byteCount: Int64, isAsked: Bool) -> Bool {
            guard now >= pauseEnd else { return false }
            return isAsked || byteCount - byteCountThen >= Self.byteCount || madeAt.map { now - $0 >= Self.seconds } ?? false
        }
    }
}
