/// Tells one's own write from another's, after a time-out too: a process's number and how many it has made.
package struct Nonce: Hashable, Sendable {
    package var session: UInt64
    package var count: Int

    package init(session: UInt64, count: Int) {
        (self.session, self.count) = (session, count)
    }
}

/// The one object that says who leads. It is changed by swaps only, and each raises its epoch.
package struct Configuration: Equatable, Sendable {
    package enum Mode: String, Sendable { case pair, log }

    /// Where the bucket's slots begin, in mode log.
    package struct LogStart: Equatable, Sendable {
        /// The epoch under which the first slot was put. It is part of the slots' keys: no key is ever used by two histories.
        package var generation: Int
        /// The record before the first slot. All up to it are on the disks of those who were in sync then.
        package var base: Mark

        package init(generation: Int, base: Mark) { (self.generation, self.base) = (generation, base) }
    }

    package var epoch: Int
    package var nonce: Nonce
    package var leader: String
    /// Who has everything that was acknowledged on a disk of its own, the leader first.
    package var insync: [String]
    package var mode: Mode
    package var log: LogStart?
    /// Slots of earlier generations go, a day after it was raised.
    package var floor: Int
    /// Who does not take part until an administrator lets it.
    package var removed: [String]
    /// Records of higher levels are not made: somebody might not understand them.
    package var level: Int
    /// Whose records the cluster has; nil while there are none, or somebody is there who could not read it.
    package var store: StoreIdentity?

    package init(
        epoch: Int, nonce: Nonce, leader: String, insync: [String], mode: Mode, log: LogStart?, floor: Int, removed: [String], level: Int, store: StoreIdentity? = nil
    ) {
        (self.epoch, self.nonce, self.leader, self.insync) = (epoch, nonce, leader, insync)
        (self.mode, self.log, self.floor, self.removed, self.level, self.store) = (mode, log, floor, removed, level, store)
    }
}
