/// What a leader has beside its log.
///
/// Begun anew with each tenure (`lead`), and empty while the node does not lead. Instants are milliseconds of this machine's boot-time clock.
struct Leading: Sendable {
    /// A look at the object that is under way, and the reads that its answer decides.
    struct Proof: Sendable {
        var ticket: Int
        var askedAt: Int
        var reads: [Int]
    }
    /// A node that is being let in: while it is, no new records are made, so that it can have them all.
    struct Admission: Sendable {
        var name: String
        var session: UInt64
        var nonce: Nonce
        var since: Int
    }
    /// What is on the own disk and may be nowhere else goes to slots before the object says that all is in slots.
    struct Sealing: Sendable {
        /// Records: the next to be put, and the last one that must be.
        var next: Int
        var last: Int
    }

    /// The epoch in which it came to lead.
    var tenure = 0
    /// When the last question was asked whose answer proved that this node leads.
    var provenAt = 0
    var proof: Proof?
    /// When the object was last asked for.
    var lookedAt = 0
    /// The object lacks the store's name that was given to it: whoever kept it then took none.
    var isUnnamed = false
    /// There was no object as it was last looked for.
    var isObjectGone = false
    /// How often in a row another object was there, and no later one.
    var olderCount = 0
    /// The last record that another place than the own disk has.
    var remote = 0
    /// The record with which serving begins; nil until it is made.
    var fence: Int?
    /// Without a number yet.
    var waiting: [Submission] = []
    /// Tokens of reads that the next look decides.
    var reads: [Int] = []
    var sealing: Sealing?
    var admitting: Admission?
    /// To whom the lead is offered, since when, and the epoch in which that was said to it; 0: not yet.
    var offeredTo: String?
    var offeredAt = 0
    var offeredIn = 0
    /// Until then the standby is waited for, whatever it says or does not.
    var lostAfter = 0
    /// A standby that is to be removed once it is not one any more.
    var removing: String?
    /// Since when something waits to count, and behind which record.
    var waitsSince: Int?
    var waitsBehind = 0
    // Slots.
    var reconciling: Node.Reconciliation?
    /// The last slot that was filled as this node looked at all of them, before it came to lead; 0: it did not.
    var lastSlot = 0
    /// The first record that is in no slot.
    var nextSlot = 0
    /// When a record last came into its slot.
    var putAt = 0
    var slot: Node.SlotCall?
}

/// A leader: makes records, says when they count, and keeps the pair together.
extension Node {
    /// Whether the fence counts: then all that earlier leaders acknowledged is in this log.
    package var isServing: Bool { leading.fence.map { $0 <= committed.sequence } ?? false }

    /// Those in sync but this node: one at most, of a pair.
    var others: [String] { configuration?.insync.filter { $0 != settings.name } ?? [] }

    /// Whether this node's disk is the only one, and that is wanted.
    package var isAlone: Bool { configuration?.mode == .pair && others.isEmpty && settings.degrades && !settings.hasBucket }

    /// Comes to lead, in the object's epoch.
    ///
    /// - Parameter sentAt: when the swap was sent that made it so; the first proof is as old as that.
    mutating func lead(since sentAt: Int) {
        guard let configuration else { return }
        role = .leader
        leading = Leading()
        (leading.tenure, leading.provenAt, leading.remote, leading.lastSlot) = (configuration.epoch, sentAt, committed.sequence, watch.last)
        // Only one that just spoke is waited for.
        let isHere = hasOffer || peers.contains { configuration.insync.contains($0.name) && $0.hello != nil && now - $0.helloAt < settings.times.standbyLost }
        leading.lostAfter = isHere ? now + settings.times.standbyLost : now
        (echo, vouched, tenureFollowed, hasOffer, leaderIsGone, pollTicket) = (nil, [], 0, false, false, nil)
        watch = Watch()
        for peer in peers.indices { peers[peer].forget(at: now) }
        // Who wanted slots removed may have ended before their day was over.
        removeSlots()
        if configuration.mode == .log {
            leading.nextSlot = top.sequence + 1
            if has(.replay) {
                reconcile()
            } else {
                leading.remote = top.sequence
                makeFence()
            }
        } else {
            makeFence()
        }
    }

    /// Those below the object's floor, in a day.
    mutating func removeSlots() {
        guard settings.hasBucket, let floor = configuration?.floor else { return }
        effects.append(.removeSlots(below: floor, afterMilliseconds: has(.slotsStay) ? settings.times.keeping : 0))
    }

    /// Makes the record with which the tenure begins. Nothing may be made before it.
    mutating func makeFence() {
        guard has(.fence) else { return leading.fence = 0 }
        let record = Record(after: top, epoch: epoch, kind: .fence, level: 1, body: [])
        push(record)
        leading.fence = record.sequence
    }

    /// Takes a submission that is to get a number as soon as there is room, or refuses it at once.
    mutating func submit(_ submission: Submission) {
        guard role == .leader, isServing, let configuration else { return effects.append(.refuse(token: submission.token, .notLeader(configuration?.leader))) }
        guard submission.level <= configuration.level || !has(.levels) else { return effects.append(.refuse(token: submission.token, .notYet)) }
        leading.waiting.append(submission)
    }

    /// What a leader does by the clock: asks its peers and the object, makes the sign of life, and notices who is lost, to be removed, or to be let in. One
    /// change of the object at a time.
    mutating func tickLeading() {
        if let offeredTo = leading.offeredTo, hasLapsed(offerTo: offeredTo) { leading.offeredTo = nil }
        for peer in peers.indices { ping(peer) }
        guard let configuration else { return }
        if isOutgrown, leading.offeredTo == nil, let other = others.first { take(Command.transfer(to: other)) }
        // The standby's word is proof enough, and yet the object is read now and then: both may have missed the same.
        if leading.proof == nil, now - leading.provenAt >= settings.times.look || now - leading.lookedAt >= settings.times.proof / 2 { look() }
        tickSlots()
        guard swap == nil, leading.sealing == nil else { return }
        if configuration.mode == .log, isServing, leading.admitting == nil, committed == top, now - leading.putAt >= settings.times.standbyLost {
            // A sign of life for who hears nothing but the bucket.
            push(Record(after: top, epoch: configuration.epoch, kind: .noop, level: 1, body: []))
        }
        // Who takes the lead refuses this node until it has it: a change of the object meanwhile would undo the one that was wanted, or end this node for having been late.
        if isOfferTaken { return }
        if configuration.mode == .pair, let standby = peers.first(where: { others.contains($0.name) }), now > leading.lostAfter,
            now - standby.echo > settings.times.standbyLost {
            standbyLost()
        } else if let removing = leading.removing, others.isEmpty {
            leading.removing = nil
            begin(.change) { $0.removed.append(removing) }
        } else if isServing || configuration.mode == .pair, others.isEmpty, leading.admitting == nil, leading.offeredTo == nil {
            considerAdmission()
        }
        if swap == nil, leading.sealing == nil, leading.admitting == nil, promised > configuration.epoch || peers.contains(where: { $0.promise > configuration.epoch }) {
            // Somebody promised an epoch that did not come: it follows again from above it. Not in it: where the object was lost, or put back, it may have come, and have records.
            let promise = peers.map(\.promise).max() ?? 0
            begin(.change) { $0.epoch = max($0.epoch, min(promise, Int.max - 1) + 1) }
        }
        if swap == nil, leading.sealing == nil, leading.admitting == nil, leading.offeredTo == nil, isServing, has(.identity), configuration.store != named || leading.isUnnamed { begin(.change) { _ in } }
    }

    /// Whether whoever was offered the lead has promised a later epoch than this one, and so is about to lead. It is waited for as long as an offer stands.
    package var isOfferTaken: Bool { role == .leader && leading.offeredTo.map { name in peers.contains { $0.name == name && $0.promise > epoch } } ?? false }

    /// One that was taken stands for as long as whoever took it is heard and refuses this node still: so it is about to lead, and both would change the object.
    private func hasLapsed(offerTo name: String) -> Bool {
        guard swap == nil, others.contains(name) else { return true }
        let isTaken = peers.contains { $0.name == name && $0.promise > epoch && now - $0.promisedAt <= settings.times.standbyLost }
        return now - leading.offeredAt > (isTaken ? settings.times.taking : settings.times.patience)
    }

    /// Goes on without the standby: through slots where there is a bucket, alone where the settings let it; else waits.
    mutating func standbyLost() {
        leading.admitting = nil
        leading.offeredTo = nil
        if settings.hasBucket {
            let first = has(.sealing) ? committed.sequence + 1 : written + 1
            // Only after an old image came back: the standby that has it is here, and will be given the rest.
            guard first > written || record(first) != nil else { return }
            leading.sealing = Leading.Sealing(next: first, last: written)
            if !has(.sealing) { leading.remote = max(leading.remote, written) }
        } else if settings.degrades {
            let name = settings.name
            begin(.alone) { $0.insync = [name] }
        }
    }

    /// Chooses who is let in: a node that follows in this tenure, answered within a second, understands the records and is at most a batch behind.
    private mutating func considerAdmission() {
        guard let configuration else { return }
        let ready = peers.filter {
            !configuration.removed.contains($0.name) && $0.version >= configuration.level && $0.tenure == leading.tenure && $0.promise <= configuration.epoch
                && now - $0.echo <= settings.times.standbyLost && top.sequence - $0.matched <= Bounds.batchCount
        }
        // The one that has most: another that comes no further must not keep it out.
        guard let peer = ready.max(by: { $0.matched < $1.matched }) else { return }
        leading.admitting = Leading.Admission(name: peer.name, session: peer.session, nonce: newNonce(), since: now)
    }

    /// Everything that can go on goes on; asked after each event.
    mutating func advance() {
        guard let configuration, role == .leader else { return }
        giveUpSwap()
        if leading.reconciling == nil {
            let isHeld = hasHoldingSwap && has(.holdInSwap)
            if leading.sealing != nil {
                seal()
                if has(.holdInSwap) { return }
            }
            if !isHeld {
                makeRecords()
                if configuration.mode == .pair {
                    if let standby = peers.first(where: { others.contains($0.name) }) {
                        leading.remote = max(leading.remote, min(standby.matched, top.sequence))
                    } else if isAlone {
                        leading.remote = top.sequence
                    }
                } else {
                    putNext()
                }
                commit()
            }
        }
        for peer in peers.indices { stream(peer) }
        admit()
        offer()
    }

    /// Gives submissions their numbers, while fewer than `Bounds.openCountMax` records are open.
    private mutating func makeRecords() {
        guard isServing, leading.admitting == nil || !has(.caughtUp), leading.offeredTo == nil, let configuration else { return }
        while !leading.waiting.isEmpty, top.sequence - committed.sequence < Bounds.openCountMax {
            let submission = leading.waiting.removeFirst()
            push(Record(after: top, epoch: configuration.epoch, kind: submission.kind, level: submission.level, body: submission.body))
            effects.append(.numbered(token: submission.token, sequence: top.sequence))
        }
    }

    /// A record is first on the other place (`leading.remote`), then on this disk (`synced`); then it counts and is answered.
    private mutating func commit() {
        write(through: has(.remoteFirst) ? min(leading.remote, top.sequence) : top.sequence)
        let through = min(leading.remote, has(.leaderSyncs) ? synced.sequence : top.sequence)
        guard through > committed.sequence, let record = record(through) else { return }
        committed = record.mark
        effects.append(.commit(through: committed, isDegraded: isAlone))
    }

    /// Lets one in that has everything, while nothing new is made.
    /// Swaps a node in that has everything, and that has heard (vouched) of the object to come.
    private mutating func admit() {
        guard let admitting = leading.admitting, swap == nil, let configuration, let peer = peers.first(where: { $0.name == admitting.name }) else { return }
        guard now - admitting.since <= settings.times.patience, peer.session == admitting.session, others.isEmpty else { return leading.admitting = nil }
        if has(.caughtUp) {
            // Who may not acknowledge alone has acknowledged nothing that the other lacks.
            let isSettled = committed == top || (configuration.mode == .pair && !settings.degrades)
            guard peer.matched == top.sequence, isSettled, leading.slot == nil, peer.accepts.contains(admitting.nonce) else { return }
        }
        let insync = [settings.name, admitting.name]
        begin(.admit, nonce: admitting.nonce) {
            ($0.insync, $0.mode, $0.log) = (insync, .pair, nil)
            $0.floor = max($0.floor, configuration.epoch + 1)
        }
    }
}
