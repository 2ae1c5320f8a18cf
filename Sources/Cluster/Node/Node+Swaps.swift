/// The object is changed by one swap at a time: a promise on the own disk, the swap, and where its answer says nothing a look at the object.
///
/// 1. `promising`: the new epoch is promised, and the promise synced, so that this node refuses earlier leaders whatever becomes of the swap.
/// 2. `sending`: the swap, on condition that the object is the expected one.
/// 3. Done: the target is the object. No word, or a conflict: `looking`, and the nonce there tells whose it is. The expected one still: sent again;
///    another's: lost.
///
/// Only one that surely was never sent is given up (`giveUpSwap`). Of any other nobody knows that it will not be applied still: a leader that had gone on to mode log, say, and counted by its standby's
/// word all the same, would have records in no slot, and by that object whoever reaches the base may lead without them.
extension Node {
    struct Swap: Sendable {
        /// The first object; to come to lead; to go to mode log; to go on without a standby; to let one in; all else.
        enum Purpose: Sendable { case found, lead, toLog, alone, admit, change }
        enum Stage: Equatable, Sendable {
            case promising
            case sending(ticket: Int)
            /// To be sent again at the next tick.
            case waiting
            case looking(ticket: Int)
            case lookingAgain
        }

        /// Of the object that it is to replace; nil: there is none.
        var expected: Nonce?
        var target: Configuration
        var purpose: Purpose
        var stage = Stage.promising
        /// When it was last sent: the proof of having been the leader is as old as that.
        var sentAt = 0
        /// Since when it is open.
        var begunAt = 0
        /// Whether some try of it was sent whose end nobody knows: it may have been applied, or be so at any time.
        var mayBeApplied = false

        /// Whether what counts may be another behind it than before it. An object that is changed in anything else has the leader, the mode and those in sync that it had: what is acknowledged meanwhile
        /// lies where it must by either.
        var changesWhatCounts: Bool { purpose != .change }
    }

    /// Whether nothing may count, and nothing be proven by the standby's word, until the open swap has ended. A place that takes no writes keeps one open for as long as that lasts.
    var hasHoldingSwap: Bool { swap?.changesWhatCounts == true }

    /// The next object, of this node's making.
    ///
    /// - Parameters:
    ///   - nonce: of the new object, where the node that it is about has been sent it before; nil: a new one.
    ///   - isFirst: whether there is none any more: it is created, and takes nobody's place.
    ///   - change: of the present object, whose epoch and nonce are raised already. Nothing is done while another swap is open.
    mutating func begin(_ purpose: Swap.Purpose, nonce: Nonce? = nil, isFirst: Bool = false, _ change: (inout Configuration) -> Void) {
        guard swap == nil, var target = configuration else { return }
        // Above what was promised, too: an object that was put back from before names a lower epoch than its leaders have made records in, and no epoch is ever two leaders'.
        // And above this log's last record, which a disk that has lost its promise has still.
        target.epoch = min(max(target.epoch, promised, top.epoch), Int.max - 1) + 1
        target.nonce = nonce ?? newNonce()
        if has(.identity) { target.store = named }
        change(&target)
        start(Swap(expected: isFirst ? nil : configuration?.nonce, target: target, purpose: purpose))
    }

    /// The first object. There are no records yet, so that it is of the first level: a machine of the version before, to which one may have to go back, reads what comes until the level is raised.
    mutating func found() {
        let log = settings.hasBucket ? Configuration.LogStart(generation: 1, base: .start) : nil
        let target = Configuration(
            epoch: 1, nonce: newNonce(), leader: settings.name, insync: [settings.name], mode: settings.hasBucket ? .log : .pair, log: log, floor: 1, removed: [],
            level: 1)
        role = .candidate
        start(Swap(expected: nil, target: target, purpose: .found))
    }

    /// Promises the target's epoch; the swap is sent at once where that is synced, else with the disk's word.
    private mutating func start(_ next: Swap) {
        swap = next
        swap?.begunAt = now
        if has(.promise) { promise(next.target.epoch) }
        if promiseSynced >= promised { continueSwap() }
    }

    /// Sends the swap, or the look at what became of it.
    mutating func continueSwap() {
        guard var next = swap else { return }
        let ticket = newTicket()
        if next.stage == .lookingAgain {
            next.stage = .looking(ticket: ticket)
            effects.append(.readConfiguration(ticket: ticket))
        } else {
            next.stage = .sending(ticket: ticket)
            next.sentAt = now
            effects.append(.swap(expected: next.expected, next.target, isConditional: has(.conditionalSwap), ticket: ticket))
        }
        swap = next
    }

    /// What came of a swap. Answers to an earlier try are none to this one.
    mutating func swapped(_ result: Writing, ticket: Int) {
        guard swap?.stage == .sending(ticket: ticket) else { return }
        switch result {
        case .done: swapDone()
        case .again: swap?.stage = .waiting
        case .unknown where !has(.swapLookup): swapForgotten()
        case .conflict, .unknown:
            // A conflict may be with this very swap, sent twice on its way.
            swap?.mayBeApplied = true
            swap?.stage = .lookingAgain
            continueSwap()
        }
    }

    /// What a look at the object says of the open swap.
    ///
    /// - Returns: whether the look was the swap's.
    mutating func lookedUp(_ reading: Reading<Configuration>, ticket: Int) -> Bool {
        guard let open = swap, open.stage == .looking(ticket: ticket) else { return false }
        switch reading {
        case .failed, .lost: swap?.stage = .lookingAgain
        case .absent:
            leading.isObjectGone = true
            // It may still be applied, so it is sent again until it was or cannot be. An object that is gone is nobody's word.
            swap?.stage = open.expected == nil ? .waiting : .lookingAgain
        case .found(let found) where found.nonce == open.target.nonce: swapDone()
        case .found(let found) where found.nonce == open.expected: swap?.stage = .waiting
        // It was to be made anew, and is back as this leader knows it.
        case .found(let found) where role == .leader && open.expected == nil && found.nonce == configuration?.nonce: (swap, leading.isObjectGone) = (nil, false)
        case .found(let found): swapLost(found)
        }
        return true
    }

    /// The target is the object: what it was changed for begins.
    private mutating func swapDone() {
        guard let done = swap else { return }
        swap = nil
        configuration = done.target
        (leading.isUnnamed, leading.isObjectGone, leading.olderCount) = (false, false, 0)
        if done.purpose == .found || done.purpose == .lead { return lead(since: done.sentAt) }
        if done.purpose == .toLog { leading.sealing = nil }
        if done.purpose == .admit {
            leading.admitting = nil
            leading.lostAfter = now + settings.times.standbyLost
            removeSlots()
        }
        if done.purpose == .change { leading.lostAfter = max(leading.lostAfter, now + settings.times.standbyLost / 2) }
        leading.provenAt = max(leading.provenAt, done.sentAt)
    }

    /// Gives up a leader's change whose last try came to nothing, that surely was not made, and that nothing needs: to go on without a standby that is back, or to let a node in. What counts goes on
    /// counting as it did, at a place that takes no writes, too.
    ///
    /// In its place the epoch alone is raised, and until that is done no other change is begun: what the attempt has left below this epoch's slots, a base or records, the next one does not meet.
    mutating func giveUpSwap() {
        if let swap {
            guard swap.stage == .waiting, swap.changesWhatCounts, !swap.mayBeApplied, swap.purpose == .admit || isStandbyBack else { return }
        } else {
            guard leading.sealing != nil, leading.slot?.ticket == 0, isStandbyBack else { return }
        }
        if swap?.purpose == .admit {
            leading.admitting = nil
        } else {
            // A removal that began it was not done, and whoever asked for it sees that.
            (leading.sealing, leading.slot, leading.removing) = (nil, nil, nil)
        }
        swap = nil
        begin(.change) { _ in }
    }

    /// Whether the standby answers this leader, by which it has promised no later epoch, and has all that is on this disk: with its word what counts goes on.
    private var isStandbyBack: Bool {
        peers.contains { others.contains($0.name) && $0.tenure == leading.tenure && now - $0.echo <= settings.times.standbyLost && $0.matched >= written }
    }

    /// Another's object stands there. A leader that learns so from the object ends.
    private mutating func swapLost(_ found: Configuration) {
        swap = nil
        if role == .leader { return end(.fenced, for: found.leader) }
        role = .rejoining
        adopt(found)
    }

    /// What a node without the rule of looking up believes: nothing came of it.
    private mutating func swapForgotten() {
        swap = nil
        leading.sealing = nil
        leading.admitting = nil
        if role != .leader { role = .rejoining }
    }

    /// An answer to a look: the open swap's, a leader's proof, or the poll of one that follows.
    mutating func take(_ reading: Reading<Configuration>, ticket: Int) {
        if lookedUp(reading, ticket: ticket) { return }
        if role == .leader { return proven(by: reading, ticket: ticket) }
        // Late or not: the object as it was since this process began. An older one than is known is passed over.
        guard let firstPoll, ticket >= firstPoll else { return }
        if ticket == pollTicket { pollTicket = nil }
        switch reading {
        case .found(let found):
            (isAbsent, hasRead) = (false, true)
            adopt(found)
        case .absent: (isAbsent, hasRead) = (configuration == nil, true)
        case .failed, .lost: break
        }
    }

    /// What a node that does not lead learns of the object.
    mutating func adopt(_ found: Configuration) {
        // A promise that could not be read again would be the end of this disk.
        guard role != .leader, role != .fenced, found.epoch >= epoch, found.epoch < Bounds.numberMax else { return }
        // Another cluster's epochs are nothing to promise.
        if let theirs = found.store, isStranger(to: theirs) { return end(.stranger(theirs)) }
        guard found.epoch > epoch else { return learn(of: found) }
        let before = configuration?.store
        configuration = found
        if found.store == nil { configuration?.store = before }
        isAbsent = false
        // A question of an earlier leader was asked by another clock.
        (leaderSession, leaderIsGone, hasOffer, echo) = (nil, false, false, nil)
        watch = Watch()
        // From here on the new leader has its three seconds.
        (heardAt, ledAt) = (now, now)
        // Whether it is in sync with that leader, that leader says.
        if role == .standby { role = .rejoining }
        if has(.promise) { promise(found.epoch) }
    }

    /// The object itself, where a leader's message was quicker, which has no word for the store.
    private mutating func learn(of found: Configuration) {
        guard has(.identity), found.nonce == configuration?.nonce, configuration?.store == nil else { return }
        configuration?.store = found.store
    }
}
