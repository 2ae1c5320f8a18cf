/// How far a log goes: its last record's number, epoch and digest.
package struct Mark: Hashable, Sendable {
    /// 0 before the first record.
    package var sequence: Int
    package var epoch: Int
    package var hash: Digest

    /// Of a log without a record.
    package static let start = Mark(sequence: 0, epoch: 0, hash: .zero)

    package init(sequence: Int, epoch: Int, hash: Digest) {
        (self.sequence, self.epoch, self.hash) = (sequence, epoch, hash)
    }
}

/// One group commit, in its place in the one order of all.
///
/// Made by a leader alone (`init(after:…)`); read from disks, slots and messages by `init(parsing:)`, which believes none whose hash is wrong.
package struct Record: Hashable, Sendable {
    /// On disk: do not renumber.
    package enum Kind: UInt8, Sendable {
        case rows = 0, catalog, noop
        /// The first of a leader's tenure: it stands where an overtaken leader would have gone on.
        case fence
    }

    /// The object's, as it was made: it may rise within a tenure.
    package let epoch: Int
    /// 1 is the first record's.
    package let sequence: Int
    /// The hash of the record before it; `zero` before the first.
    package let previous: Digest
    /// Over `previous` and all other members.
    package let hash: Digest
    package let kind: Kind
    /// The lowest version that understands it.
    package let level: Int
    package let body: [UInt8]

    package init(after mark: Mark, epoch: Int, kind: Kind, level: Int, body: [UInt8]) {
        (self.epoch, self.kind, self.level, self.body) = (epoch, kind, level, body)
        sequence = mark.sequence + 1
        previous = mark.hash
        hash = Self.hash(epoch, mark.sequence + 1, mark.hash, kind, level, body)
    }

    /// A record as it was read. `isWhole` says whether to believe it.
    package init(epoch: Int, sequence: Int, previous: Digest, hash: Digest, kind: Kind, level: Int, body: [UInt8]) {
        (self.epoch, self.sequence, self.previous, self.hash) = (epoch, sequence, previous, hash)
        (self.kind, self.level, self.body) = (kind, level, body)
    }

    package var mark: Mark { Mark(sequence: sequence, epoch: epoch, hash: hash) }

    package var isWhole: Bool { hash == Self.hash(epoch, sequence, previous, kind, level, body) }

    /// Whether it may stand right behind that record: the next number, its hash, an epoch that is not lower.
    package func follows(_ mark: Mark) -> Bool {
        sequence - 1 == mark.sequence && previous == mark.hash && epoch >= mark.epoch && isWhole
    }

    /// On disk, and compared between machines: the order of what is taken in must not change.
    private static func hash(_ epoch: Int, _ sequence: Int, _ previous: Digest, _ kind: Kind, _ level: Int, _ body: [UInt8]) -> Digest {
        var digest = previous
        digest.take(UInt64(bitPattern: Int64(epoch)))
        digest.take(UInt64(bitPattern: Int64(sequence)))
        digest.take(UInt64(kind.rawValue))
        digest.take(UInt64(bitPattern: Int64(level)))
        digest.take(body)
        return digest
    }
}
