/// What the protocol's promises rest on, one bit each, by the names of docs/decisions/0051-two-machines.md.
///
/// A node has all of them. The simulator switches off one at a time, to see that its checker finds what comes of it.
package struct Rules: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A standby confirms what its disk has synced.
    package static let standbySyncs = Rules(rawValue: 1 << 0)
    /// A leader acknowledges what its own disk has synced.
    package static let leaderSyncs = Rules(rawValue: 1 << 1)
    /// A record goes to the leader's own disk, and is seen, after it is on another.
    package static let remoteFirst = Rules(rawValue: 1 << 2)
    /// Whoever wants to lead refuses lower epochs first, on its own disk.
    package static let promise = Rules(rawValue: 1 << 3)
    /// The object is changed only from what one knows it to be.
    package static let conditionalSwap = Rules(rawValue: 1 << 4)
    /// A swap without an answer is looked up by its nonce.
    package static let swapLookup = Rules(rawValue: 1 << 5)
    /// While a swap is open that may change what counts nothing is acknowledged.
    package static let holdInSwap = Rules(rawValue: 1 << 6)
    /// A slot is created, never replaced.
    package static let createOnly = Rules(rawValue: 1 << 7)
    /// A new leader takes over what the slots have beyond its own.
    package static let replay = Rules(rawValue: 1 << 8)
    /// A new leader serves after a record of its own epoch stands where the old one would have gone on.
    package static let fence = Rules(rawValue: 1 << 9)
    /// Before mode log, what may be on one disk only goes to slots.
    package static let sealing = Rules(rawValue: 1 << 10)
    /// In mode log nobody leads whose log does not reach the first slot.
    package static let logBase = Rules(rawValue: 1 << 11)
    /// A process is in sync if the leader told this very process so.
    package static let vouching = Rules(rawValue: 1 << 12)
    /// A node is let in when it has everything, while nothing new is taken.
    package static let caughtUp = Rules(rawValue: 1 << 13)
    /// A confirmation counts if it answers a question put to that very process in this tenure.
    package static let freshWords = Rules(rawValue: 1 << 14)
    /// A log is cut back to where it is equal before it goes on.
    package static let cutBack = Rules(rawValue: 1 << 15)
    /// Who cannot prove that it leads, within ten seconds, ends.
    package static let proof = Rules(rawValue: 1 << 16)
    /// A read is answered on a proof of at most a second, or one asked for after it came.
    package static let readProof = Rules(rawValue: 1 << 17)
    /// A proof is as old as the question that it answers.
    package static let questionAge = Rules(rawValue: 1 << 18)
    /// Who was removed neither leads nor follows.
    package static let removedStayOut = Rules(rawValue: 1 << 19)
    /// Slots outlive the floor by a day.
    package static let slotsStay = Rules(rawValue: 1 << 20)
    /// Records are of a level that all understand.
    package static let levels = Rules(rawValue: 1 << 21)

    /// A process follows nobody before it has read the object.
    package static let readFirst = Rules(rawValue: 1 << 22)

    /// A checkpoint ends with a record that counts.
    package static let checkpointCounts = Rules(rawValue: 1 << 23)

    /// A node takes part in the cluster of the store that it has, and in no other.
    package static let identity = Rules(rawValue: 1 << 24)

    /// In mode log nobody leads who has not seen the slots go on, one from the other, from its own log to their end.
    package static let wholeSlots = Rules(rawValue: 1 << 25)

    package static let all = Rules(rawValue: 1 << 26 - 1)

    package static let names: [(name: String, rule: Rules)] = [
        ("standbySyncs", .standbySyncs), ("leaderSyncs", .leaderSyncs), ("remoteFirst", .remoteFirst), ("promise", .promise), ("conditionalSwap", .conditionalSwap),
        ("swapLookup", .swapLookup), ("holdInSwap", .holdInSwap), ("createOnly", .createOnly), ("replay", .replay), ("fence", .fence), ("sealing", .sealing),
        ("logBase", .logBase), ("vouching", .vouching), ("caughtUp", .caughtUp), ("freshWords", .freshWords), ("cutBack", .cutBack), ("proof", .proof),
        ("readProof", .readProof), ("questionAge", .questionAge), ("removedStayOut", .removedStayOut), ("slotsStay", .slotsStay),
        ("levels", .levels), ("readFirst", .readFirst), ("checkpointCounts", .checkpointCounts), ("identity", .identity), ("wholeSlots", .wholeSlots),
    ]
}
