import Synchronization

/// A compaction that is over.
package struct CompactionRecord: Sendable {
    /// Microseconds since 1970.
    package let startedAt: Int64
    package let endedAt: Int64
    /// Somebody asked for it; else it was time.
    package let isRequested: Bool
    /// Nil where it failed.
    package let summary: CompactionSummary?
    package let failure: String?

    package init(startedAt: Int64, endedAt: Int64, isRequested: Bool, summary: CompactionSummary?, failure: String?) {
        (self.startedAt, self.endedAt, self.isRequested, self.summary, self.failure) = (startedAt, endedAt, isRequested, summary, failure)
    }

    /// Whether anything came of it: by themselves most find nothing to do.
    var isWorthKeeping: Bool {
        guard !isRequested, let summary else { return true }
        return summary.filesMoved + summary.filesMerged + summary.filesLeft > 0
    }
}

/// The last compactions of this run of the store.
///
/// In memory only: a restart begins with none.
final class CompactionLog: Sendable {
    /// Older ones are forgotten: of months, at one an hour.
    private static let countMax = 1_000

    private let records = Mutex<[CompactionRecord]>([])

    func add(_ record: CompactionRecord) {
        guard record.isWorthKeeping else { return }
        records.withLock { records in
            if records.count >= Self.countMax { records.removeFirst() }
            records.append(record)
        }
    }

    /// The oldest first.
    var all: [CompactionRecord] { records.withLock { $0 } }
}
