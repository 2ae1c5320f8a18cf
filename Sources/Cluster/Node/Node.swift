/// One of two machines, as a value: `step` says what an event makes of it and what is to be done.
///
/// Invariants: (1) what is committed is never cut. (2) `history.last == top.sequence`, and it is right of all records that the disk or `recent` has, and of the one before them. (3) A follower's log is what it wrote; a leader's goes on in memory, and reaches
/// its disk after another place has it.
package struct Node: Sendable {
    package enum Role: String, Sendable { case leader, standby, candidate, fenced, rejoining }

    /// What a disk had as the process started.
    package struct Disk: Sendable {
        package var promise: Int
        package var history: History
        package var tail: Mark
        /// The last `Bounds.recentCountMax` records.
        package var recent: [Record]
        /// The record before the first one that the disk has: all up to it is in a checkpoint, and counts.
        package var base: Mark
        /// Whose records it has; nil where that is not known yet.
        package var store: StoreIdentity?

        package init(promise: Int, history: History, tail: Mark, recent: [Record], base: Mark = .start, store: StoreIdentity? = nil) {
            (self.promise, self.history, self.tail, self.recent, self.base, self.store) = (promise, history, tail, recent, base, store)
        }
    }

    package let settings: Settings
    /// Of this process: chance, unlike any other's.
    package let session: UInt64
    package internal(set) var role = Role.rejoining
    package internal(set) var configuration: Configuration?
    package internal(set) var committed: Mark
    /// Who leads, where this node has ended for that.
    package internal(set) var successor: String?
    /// A later version has led, and made what this program would not serve rightly. Its records are as good as any.
    package internal(set) var isOutgrown = false

    /// The instant of the last step, in milliseconds of the boot-time clock; never goes back.
    var now: Int
    /// Of the step that is being taken; empty between two.
    var effects: [Effect] = []
    /// Counts what was asked of disk, object and slots: an answer names its question.
    var ticket = 0
    var nonceCount = 0

    // The disk.
    /// The highest epoch promised, and what of it is synced. Lower ones are refused.
    var promised: Int
    var promiseSynced: Int
    var promiseTicket = 0
    /// The last ticket of the disk that was answered.
    var wroteTicket = 0
    let promiseAtStart: Int
    /// The last record known here, written or not.
    package internal(set) var top: Mark
    var history: History
    /// The end of the log, without gaps; what is not committed is in it.
    var recent: [Record]
    /// The last record that the disk was given, and the last that it has synced.
    var written: Int
    var synced: Mark
    /// The first record that the disk has; those before went into its checkpoint.
    var first: Int
    /// Whose records it has; nil while there are none that count.
    package internal(set) var store: StoreIdentity?
    /// Whether the process began with them.
    let hadStore: Bool
    /// A cut that is not synced yet: nothing is appended meanwhile.
    var cutTicket: Int?

    // Following.
    let startedAt: Int
    var heardAt: Int
    /// When it was last heard itself, and not by what it does.
    var ledAt: Int
    /// When a follower last asked for the object, by which question that is open, and the first one of this process.
    var polledAt: Int
    var pollTicket: Int?
    var firstPoll: Int?
    /// Whether this process has read the object.
    var hasRead = false
    /// The process that leads, as its last message said.
    var leaderSession: UInt64?
    /// The tenure for which this log was cut back; 0: none. Each one that it begins to follow raises `attempt`.
    var tenureFollowed = 0
    var attempt = 1
    /// Whether this log has no record of the leader's, though both have the cluster's store: it is not cut back to nothing.
    var isApart = false
    /// The leader's clock in its last message, which the next word gives back.
    var echo: Int?
    /// How far records count, as the leader says; `committed` follows once the disk has them.
    var told = Mark.start
    /// Objects of which a leader told this process that it is in sync.
    var vouched: [Nonce] = []
    /// What a follower knows of the object and its leader: there was no object; the lead is offered; its process was begun anew.
    var isAbsent = false
    var hasOffer = false
    var leaderIsGone = false
    var peers: [Peer]
    var watch = Watch()

    // Changing the object.
    var swap: Swap?

    // Leading.
    var leading = Leading()

    package init(_ settings: Settings, session: UInt64, disk: Disk, at now: Int) {
        (self.settings, self.session, self.now) = (settings, session, now)
        (promised, promiseSynced, promiseAtStart) = (disk.promise, disk.promise, disk.promise)
        (top, history, recent) = (disk.tail, disk.history, disk.recent)
        (written, synced) = (disk.tail.sequence, disk.tail)
        (committed, first) = (disk.base, disk.base.sequence + 1)
        (store, hadStore) = (disk.store, disk.store != nil)
        (startedAt, heardAt, ledAt, polledAt) = (now, now, now, now - settings.times.look)
        peers = settings.peers.map { Peer(name: $0) }
    }

    /// The node as a process that was started anew: on another disk, since a checkpoint has taken the place of what was there. Answers to what the former one asked are none to it.
    package func restarted(session: UInt64, disk: Disk, at now: Int) -> Node {
        var node = Node(settings, session: session, disk: disk, at: now)
        (node.ticket, node.wroteTicket, node.isOutgrown) = (ticket, ticket, isOutgrown)
        for (place, peer) in peers.enumerated() { (node.peers[place].store, node.peers[place].namesStores) = (peer.store, peer.namesStores) }
        return node
    }

    /// Whether a checkpoint may take the place of what this node has: it leads nothing, and has nothing under way that would make it lead.
    package var mayRestart: Bool { role != .leader && role != .candidate && role != .fenced && swap == nil }

    /// Up to here a checkpoint may go.
    package var checkpointLimit: Mark { has(.checkpointCounts) ? committed : synced }

    /// What an event makes of a node, and what is to be done about it.
    ///
    /// - Parameter time: milliseconds of the boot-time clock. One that goes back stands still.
    package static func step(_ node: inout Node, _ event: Event, at time: Int) -> [Effect] {
        node.now = max(node.now, time)
        node.take(event)
        let effects = node.effects
        node.effects = []
        return effects
    }

    private mutating func take(_ event: Event) {
        guard role != .fenced else { return }
        // Whatever it is that came after a pause: first ask whether one still leads.
        if role == .leader, has(.proof), now - leading.provenAt > settings.times.proof { return end(.fenced) }
        switch event {
        case .tick: tick()
        case .message(let from, let message): receive(message, from: from)
        case .met(let name, let store, let namesStores): met(name, store, namesStores: namesStores)
        case .learned(let store): learned(store)
        case .configuration(let reading, let ticket): take(reading, ticket: ticket)
        case .swapped(let writing, let ticket): swapped(writing, ticket: ticket)
        case .slot(let reading, let ticket): slotRead(reading, ticket: ticket)
        case .put(let writing, let ticket): slotPut(writing, ticket: ticket)
        case .wrote(let ticket, let tail): wrote(ticket: ticket, tail: tail)
        case .fetched(let records, let peer): fetched(records, for: peer)
        case .dropped(let sequence):
            first = max(first, sequence + 1)
            // Of what can still be sent from memory the epochs are known, too: where a peer's log ends there, it is no checkpoint that it lacks.
            history.forget(keeping: settings.epochsKept, through: min(first, recent.first?.sequence ?? first) - 1)
        case .submit(let submission): submit(submission)
        case .read(let token): read(token)
        case .command(let command): take(command)
        case .outgrown: (isOutgrown, hasOffer) = (true, false)
        }
        if role == .leader { advance() }
        noteWaiting()
    }

    private mutating func tick() {
        if let swap, swap.stage == .waiting || swap.stage == .lookingAgain { continueSwap() }
        if role == .leader { return tickLeading() }
        tickFollowing()
    }

    private mutating func receive(_ message: Message, from: String) {
        guard let peer = peers.firstIndex(where: { $0.name == from }), !isStranger(peers[peer]) else { return }
        switch message {
        case .hello(let hello): receive(hello, from: peer)
        case .lead(let lead): receive(lead, from: peer)
        case .word(let word): receive(word, from: peer)
        case .refusal(let epoch): refused(epoch: epoch, by: peer)
        case .gone(let gone): receive(gone, from: peer)
        }
    }

    // MARK: What all parts use

    func has(_ rule: Rules) -> Bool { settings.rules.contains(rule) }

    mutating func newTicket() -> Int {
        ticket += 1
        return ticket
    }

    mutating func newNonce() -> Nonce {
        nonceCount += 1
        return Nonce(session: session, count: nonceCount)
    }

    var epoch: Int { configuration?.epoch ?? 0 }

    /// Whether the object lets this node take part.
    var takesPart: Bool {
        guard let configuration else { return true }
        if has(.removedStayOut), configuration.removed.contains(settings.name) { return false }
        return !has(.levels) || configuration.level <= settings.version
    }

    /// - Parameter leader: who leads, where that is why.
    mutating func end(_ ending: Ending, for leader: String? = nil) {
        role = .fenced
        successor = leader
        release(to: leader)
        effects.append(.end(ending))
    }

    /// What waits here is another's to answer.
    mutating func release(to leader: String?) {
        let tokens = leading.waiting.map(\.token) + leading.reads + (leading.proof?.reads ?? [])
        for token in tokens { effects.append(.refuse(token: token, .notLeader(leader))) }
        leading = Leading()
    }

    // MARK: The log

    /// Takes a record after the last one, in memory.
    mutating func push(_ record: Record) {
        history.append(record)
        top = record.mark
        recent.append(record)
        if recent.count > 2 * Bounds.recentCountMax {
            // What is not committed or not written stays: there are at most `Bounds.openCountMax` of it.
            recent.removeFirst(max(0, min(Bounds.recentCountMax, (min(committed.sequence, written) - recent[0].sequence))))
        }
    }

    /// Of what is at hand.
    func record(_ sequence: Int) -> Record? {
        guard let first = recent.first?.sequence, sequence >= first, sequence <= top.sequence else { return nil }
        return recent[sequence - first]
    }

    func records(from first: Int, through last: Int) -> [Record] {
        guard let start = recent.first?.sequence, first >= start, last <= top.sequence, first <= last else { return [] }
        return Array(recent[(first - start)...(last - start)])
    }

    /// Brings records that are known here to the disk.
    mutating func write(through sequence: Int) {
        guard sequence > written else { return }
        effects.append(.append(records(from: written + 1, through: sequence), ticket: newTicket()))
        written = sequence
    }

    /// Drops what comes after a record, from memory and disk.
    ///
    /// - Parameter mark: that record, where its hash is known.
    mutating func cut(to sequence: Int, mark: Mark? = nil) {
        guard sequence >= committed.sequence else { return end(.diverged) }
        history.cut(to: sequence)
        (watch.next, watch.isWhole) = (nil, false)
        while let last = recent.last, last.sequence > sequence { recent.removeLast() }
        if written > sequence {
            let ticket = newTicket()
            effects.append(.cut(to: sequence, ticket: ticket))
            written = sequence
            if mark == nil { cutTicket = ticket }
        }
        top = mark ?? recent.last?.mark ?? Mark(sequence: sequence, epoch: history.epoch(at: sequence) ?? 0, hash: .zero)
        synced = synced.sequence > sequence ? top : synced
    }

    mutating func promise(_ epoch: Int) {
        guard epoch > promised else { return }
        promised = epoch
        promiseTicket = newTicket()
        effects.append(.promise(epoch, ticket: promiseTicket))
    }

    private mutating func wrote(ticket: Int, tail: Mark) {
        // An answer that was overtaken says what was, not what is.
        guard ticket > wroteTicket else { return }
        wroteTicket = ticket
        if let cut = cutTicket {
            // What was written before the cut is no more.
            guard ticket >= cut else { return }
            cutTicket = nil
            if top.sequence == tail.sequence { top = tail }
        }
        if history.has(tail) { synced = tail }
        if ticket >= promiseTicket, promiseSynced < promised {
            promiseSynced = promised
            if swap?.stage == .promising { continueSwap() }
        }
        if role != .leader { confirm() }
    }
}
