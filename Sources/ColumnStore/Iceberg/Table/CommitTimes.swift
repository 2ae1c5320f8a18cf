/// When a table's commits were made, though their stamps may be ahead of the clock.
///
/// Stamps ascend, so that a time names one snapshot: after one commit under a clock that was ahead those of all later ones are ahead too, though the clock is right again. Such commits
/// note what the clock said, and ages go by that.
struct CommitTimes {
    /// In a snapshot's summary, where its stamp is later than the clock was: what the clock said, in milliseconds since 1970.
    static let summaryName = "till.made-at"

    private let present: Int64
    /// Of snapshots whose time can be right, ascending by both.
    private let known: [(stamp: Int64, time: Int64)]

    /// - Parameter present: what the clock says, in milliseconds since 1970: no commit was made after it.
    init(_ metadata: TableMetadata, present: Int64) {
        self.present = present
        let snapshots = Dictionary(metadata.snapshots.map { ($0.id, $0) }) { $1 }
        var known: [(stamp: Int64, time: Int64)] = []
        for entry in metadata.snapshotLog {
            let stamp = entry.timestampMilliseconds
            let said = stamp <= present ? stamp : snapshots[entry.snapshotID]?.saidMilliseconds
            // A clock that was behind an earlier commit says nothing: files would go too early by it.
            guard let said, said <= present, said >= known.last?.time ?? .min else { continue }
            known.append((stamp, said))
        }
        self.known = known
    }

    /// - Parameter stamp: a commit's. Where it is ahead, and the clock was too, the commit was made no later than the next one whose time is known.
    /// - Returns: the stamp where there is none: nothing that nobody knows the age of is old.
    func time(of stamp: Int64) -> Int64 {
        if stamp <= present { return stamp }
        let next = known.partitioningIndex { $0.stamp >= stamp }
        return next < known.count ? known[next].time : stamp
    }
}

extension Snapshot {
    /// What the clock said when it was made, in milliseconds since 1970; nil where its stamp says so.
    public var saidMilliseconds: Int64? { summary[CommitTimes.summaryName].flatMap { Int64($0) } }
}
