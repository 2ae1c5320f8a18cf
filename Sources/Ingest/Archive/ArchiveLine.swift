import Cluster
import ColumnStore

/// A chain of records without a gap, in an archive. It begins with record 1, or behind a checkpoint; another one begins where a leader cannot go on with it: records between its end and
/// what that leader still has are in no segment, or its end is of a history that was given up.
struct ArchiveLine: Equatable, Sendable {
    /// From 1.
    let number: Int64
    let store: StoreIdentity
    /// The record before its first segment's first.
    let base: Mark
    /// The time of the last commit up to `base`, or later; 0 before the first record. As `begun` in microseconds since 1970.
    let at: Int64
    /// When it was begun, by the clock of who did.
    let begun: Int64

    var bytes: [UInt8] { SealedText.bytes("till-archive-line 1\nline \(number)\nstore \(store.text)\n\(Self.text(base))at \(at)\nbegun \(begun)\n") }

    init(number: Int64, store: StoreIdentity, base: Mark, at: Int64, begun: Int64) {
        (self.number, self.store, self.base, self.at, self.begun) = (number, store, base, at, begun)
    }

    /// - Parameter number: as its name has it.
    /// - Throws: `.corruptFile`, also for another line's object.
    init(parsing bytes: [UInt8], number: Int64, path: String) throws(ColumnStoreError) {
        guard let fields = SealedText.fields(bytes), fields.title == "till-archive-line 1", let said = fields.number("line"), let store = fields["store"].flatMap({ StoreIdentity($0) }), let base = Self.mark(fields), let at = fields.number("at"),
            let begun = fields.number("begun")
        else { throw ColumnStoreError(.corruptFile, path: path, "is no line of an archive that this version reads, or damaged") }
        guard said == number else { throw ColumnStoreError(.corruptFile, path: path, "is another line than its name says") }
        self.init(number: number, store: store, base: base, at: at, begun: begun)
    }

    static func text(_ mark: Mark) -> String { "sequence \(mark.sequence)\nepoch \(mark.epoch)\nhash \(mark.hash.text)\n" }

    /// - Returns: nil where there is none, or one with a number that no record has.
    static func mark(_ fields: LogFields) -> Mark? {
        guard let sequence = fields.number("sequence"), let epoch = fields.number("epoch"), let hash = fields["hash"], hash.utf8.count == 32,
            let high = UInt64(hash.prefix(16), radix: 16), let low = UInt64(hash.suffix(16), radix: 16)
        else { return nil }
        return Mark(sequence: Int(sequence), epoch: Int(epoch), hash: Cluster.Digest(high: high, low: low))
    }
}
