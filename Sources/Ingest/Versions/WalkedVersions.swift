import ColumnStore
import Query
import Synchronization

/// Documents of which a version ended, or was taken up again, after a walk began: what each of them shows in the walk, whatever is so now.
///
/// All else follows from what is known now, as nothing has changed of it but what came later. A few as a rule: what registrars have decided about since.
/// Charged to a query's memory as long as anybody has it, or to a page's.
struct WalkedVersions: Sendable {
    /// Every version of these documents that had come, by sequence.
    let all: SequenceRoster
    /// Of each document the one that is shown, if any.
    let shown: SequenceRoster
    /// The first and last of them; nil for none.
    let shownBounds: ClosedRange<Int64>?
    private let charge: QueryCharge

    /// Gathers versions whose states changed since, in any order.
    struct Maker {
        /// By document and sequence, the states of then.
        private var changed: [VersionKey: [Int64: ReceiptState]] = [:]
        private let charge: QueryCharge
        /// Charged and not used yet.
        private var room = 0

        /// Of a document beside its texts: places in a table that is copied as it doubles, and two arrays.
        private static let documentByteCount = 400
        /// Of a version: its place among the changed ones, or in lists of all and in a set.
        private static let versionByteCount = 64
        /// Of a row that has changed since the snapshot was taken: its place in a table that is copied as it doubles.
        private static let changeByteCount = 192
        /// Asked for at a time.
        private static let stepByteCount = 64 << 10
        /// Versions that are asked of the index at a time.
        private static let versionCount = 1_024

        /// - Parameters: as `QueryCharge`'s.
        init(_ memory: MemoryBudget?, page: PageMemory? = nil) { charge = QueryCharge(memory, page: page, of: "the versions that have ended since the walk began") }

        /// - Throws: as `QueryCharge.add`.
        private mutating func take(_ byteCount: Int) throws {
            if byteCount > room {
                let more = max(byteCount, Self.stepByteCount)
                try charge.add(more)
                room = room.addingSaturating(more)
            }
            room -= byteCount
        }

        /// - Parameter state: of then. Of several that are said of a version the last counts.
        mutating func add(_ key: VersionKey, sequence: Int64, was state: ReceiptState) throws {
            try take(Self.versionByteCount + (changed[key] == nil ? Self.documentByteCount + key.client.count + key.receipt.count : 0))
            changed[key, default: [:]][sequence] = state
        }

        /// - Parameters:
        ///   - sequence: of the walk's beginning.
        ///   - states: of the snapshot that changed versions were found in; the index may be younger.
        /// - Throws: `SnapshotTooOld` too.
        mutating func made(_ view: SupersededRows.View, through sequence: Int64, _ index: VersionIndex, _ states: EarlierStates) throws -> WalkedVersions {
            var (all, shown) = ([Int64](), [Int64]())
            var earlier = EarlierStates.Reader(states)
            for (key, known) in changed {
                var (bound, isFound) = (Int32.max, false)
                while true {
                    let entries = try index.versions(key, below: bound, limit: Self.versionCount)
                    // After the index, so that all is here that the snapshot is older than.
                    try earlier.goOn { try take($0.multipliedSaturating(by: Self.changeByteCount)) }
                    for entry in entries where entry.sequence <= sequence {
                        try take(Self.versionByteCount)
                        all.append(entry.sequence)
                        let state = known[entry.sequence] ?? earlier.bySequence[entry.sequence]?.state ?? entry.state
                        guard !isFound, view == .newest ? state != .failed : state == .complete else { continue }
                        isFound = true
                        // A removal is the newest, and shows nothing.
                        if !entry.isRemoval { shown.append(entry.sequence) }
                    }
                    guard entries.count == Self.versionCount, let last = entries.last else { break }
                    bound = last.version
                }
            }
            shown.sort()
            return WalkedVersions(
                all: SequenceRoster(sorted: all.sorted()), shown: SequenceRoster(sorted: shown), shownBounds: shown.first.flatMap { first in shown.last.map { first...$0 } },
                charge: charge)
        }
    }
}

/// What a table's scans know of the beginning of the walk that they are of: found by the first of them, and kept for the others of a page.
final class WalkedDocuments: Sendable {
    /// Of whose rows, and by which view.
    struct Question: Hashable {
        let view: SupersededRows.View
        let scope: [ColumnFilter]
    }

    let index: VersionIndex
    /// What ended later had not ended.
    let instant: Int64
    private let found = Mutex<[Question: WalkedVersions]>([:])

    init(_ index: VersionIndex, since instant: Int64) { (self.index, self.instant) = (index, instant) }

    /// - Parameter make: may be called by two who ask at once.
    func versions(_ question: Question, _ make: () throws -> WalkedVersions) rethrows -> WalkedVersions {
        if let known = found.withLock({ $0[question] }) { return known }
        let made = try make()
        found.withLock { $0[question] = made }
        return made
    }
}
