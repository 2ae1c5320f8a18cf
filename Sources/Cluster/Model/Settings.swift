/// What a node knows of itself and its world before anything happens.
package struct Settings: Sendable {
    package var name: String
    package var peers: [String]
    /// Records can go to a bucket; else a witness holds the object, and nothing more.
    package var hasBucket: Bool
    /// Without bucket and standby: acknowledge alone, and say so.
    package var degrades: Bool
    package var version: Int
    package var times: Times
    package var rules: Rules
    /// How many epochs of a log are sent to other nodes; the same at all nodes.
    package var epochsKept: Int

    package init(
        name: String, peers: [String], hasBucket: Bool, degrades: Bool = false, version: Int = 1, times: Times = Times(), rules: Rules = .all, epochsKept: Int = Bounds.epochsKept
    ) {
        (self.name, self.peers, self.hasBucket, self.degrades) = (name, peers, hasBucket, degrades)
        (self.version, self.times, self.rules, self.epochsKept) = (version, times, rules, epochsKept)
    }
}

/// Milliseconds of the boot-time clock, which goes on in pauses.
package struct Times: Sendable {
    /// As all machines have it. What a pair's archive says of its quiet hours hangs on it, too (`ArchiveWriter` of Ingest): longer here alone, and it would tell of an instant for which a leader without proof could still answer.
    package static let proofMilliseconds = 10_000

    /// Without a standby's answer: the bucket instead.
    package var standbyLost = 1_000
    /// Without a leader's word: another one.
    package var leaderLost = 3_000
    /// Without proof that it still leads: fenced.
    package var proof = Times.proofMilliseconds
    /// How old the standby's word may be with which a read is answered.
    package var read = 1_000
    /// Until the object is read, if the standby proves nothing.
    package var look = 2_000
    /// A transfer, and a letting in, that does not come to its end.
    package var patience = 2_000
    /// A transfer that somebody has taken, and says so still: the swap may be a request or two to a place that takes seconds for each. Less than `proof`.
    package var taking = 9_000
    /// Slots below the floor.
    package var keeping = 86_400_000

    package init() {}
}

/// Counts that bound what a node holds.
package enum Bounds {
    /// Records that are made and not acknowledged: what waits beyond waits without a number.
    static let openCountMax = 64
    /// Records of one message, and how far behind one may be that is let in.
    static let batchCount = 16
    /// Records kept at hand for standbys.
    package static let recentCountMax = 256
    /// Nonces for which a leader vouched.
    static let vouchedCountMax = 4
    /// Of what frames hold: clocks, numbers of records, epochs.
    package static let numberMax = 1 << 60
    /// No cluster comes to it: who tells of a higher epoch has a damaged disk, or lies. Whoever goes on above it can still be read.
    package static let epochMax = numberMax / 2
    /// Epochs of a log that another tells of, or a file. Versions before have all of a log's, and came to their end at 65,536, with files that have more: as many again are read, so that such a machine goes on as this version.
    static let spanCountMax = 131_072
    /// Records at the end of a leader's log that one in sync may lack: those that are open, those that were so as the lead was taken, and fences. Their epochs are sent to other nodes whatever is forgotten.
    static let unsettledCountMax = 2 * openCountMax + 2
    /// Epochs that are sent to other nodes beside those, and written; older ones are forgotten (`History`).
    ///
    /// Between machines and on disk: who keeps more takes what one forgot that keeps less for what it is not.
    package static let epochsKept = 32_768
}
