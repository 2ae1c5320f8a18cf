/// What a node knows of another.
///
/// A process that was begun anew is known by its session: what was known of the log of the former is forgotten (`forget`).
struct Peer: Sendable {
    let name: String
    /// The process that was heard last; 0: none.
    var session: UInt64 = 0
    var hello: Hello?
    var helloAt = 0

    /// Whose records it has, as its process said; whether it reads an object that names a store: nil where it was not heard.
    var store: StoreIdentity?
    var namesStores: Bool?

    // A leader's view.
    /// Since when this process is known: older answers are another's.
    var since = 0
    /// The version that it said it speaks.
    var version = 0
    /// The highest epoch that it said it has promised, and when it last said that of one that is later than this node's.
    var promise = 0
    var promisedAt = Int.min / 2
    /// The tenure in which its log was found to go on from this one; 0: not in this one yet.
    var tenure = 0
    /// Of its word that asks for this log's history; nil: none did.
    var attempt: Int?
    /// Up to here its disk has this log.
    var matched = 0
    /// `matched` at the last tick: where that has not moved, what was sent is taken for lost.
    var matchedBefore = 0
    /// The first record that it was not sent.
    var next = 1
    /// When the last question was asked that it has answered.
    var echo: Int
    /// The objects for which it says that it was vouched for.
    var accepts: [Nonce] = []
    /// Whether records for it are being read from the own disk.
    var isFetching = false

    init(name: String) {
        self.name = name
        echo = .min / 2
    }

    /// As at the start of a tenure, or of its process.
    mutating func forget(at now: Int) {
        (since, promise, tenure, attempt, matched, matchedBefore, next, accepts, isFetching) = (now, 0, 0, nil, 0, 0, 1, [], false)
        (echo, promisedAt) = (Int.min / 2, Int.min / 2)
    }
}

/// A leader's side of the link.
extension Node {
    /// One that does not lead says hello. A new process begins anew; one that knows a later epoch, or has promised one, is a reason to look at the object.
    mutating func greeted(by hello: Hello, from peer: Int) {
        if peers[peer].session != hello.session {
            peers[peer].forget(at: now)
            peers[peer].session = hello.session
        }
        peers[peer].version = hello.version
        if hello.epoch > epoch, leading.proof == nil { return look() }
        if hello.promise > epoch { refused(epoch: hello.promise, by: peer) }
    }

    /// One that has promised more: perhaps it leads. Above what no cluster comes to nobody follows: an object of a higher epoch could not be read.
    mutating func refused(epoch theirs: Int, by peer: Int) {
        guard role == .leader, theirs > epoch, theirs <= Bounds.epochMax else { return }
        (peers[peer].promise, peers[peer].promisedAt) = (max(peers[peer].promise, theirs), now)
        if leading.proof == nil { look() }
    }

    /// A follower's answer: proof that this node leads, and how far the follower's disk has come.
    ///
    /// It counts only from the process that was asked, and as old as the question (`freshWords`, `questionAge`).
    mutating func receive(_ word: Word, from peer: Int) {
        guard role == .leader, understands(word.version), isEpoch(word.epoch) else { return }
        if has(.freshWords) { guard word.session == peers[peer].session, word.echo >= peers[peer].since else { return } }
        if word.epoch > epoch, swap?.target.epoch != word.epoch { return end(.fenced) }
        if word.promise > epoch { refused(epoch: word.promise, by: peer) }
        if word.epoch == epoch, word.promise <= epoch {
            let asked = has(.questionAge) ? word.echo : now
            peers[peer].echo = max(peers[peer].echo, asked)
            if others.contains(peers[peer].name) { leading.provenAt = max(leading.provenAt, asked) }
        }
        (peers[peer].version, peers[peer].accepts) = (word.version, word.accepts)
        if word.tenure != leading.tenure, has(.freshWords) || peers[peer].tenure != leading.tenure {
            // Answered at once when it is new; else at the next tick, so that two nodes never answer each other without end.
            let isNew = peers[peer].attempt != word.attempt
            peers[peer].attempt = word.attempt
            (peers[peer].tenure, peers[peer].matched) = (0, 0)
            return isNew ? ping(peer) : ()
        }
        // Of one tenure and yet no part of this log: a word that was long under way.
        let isKnown = history.has(word.tail)
        // One that ends before all that is known here is sent a checkpoint (`ping`).
        guard isKnown || (word.tail.sequence < first - 1 && history.mayHave(word.tail, keeping: settings.epochsKept)) else { return }
        if peers[peer].tenure != leading.tenure {
            peers[peer].tenure = leading.tenure
            peers[peer].next = word.tail.sequence + 1
        }
        guard isKnown else { return }
        peers[peer].matched = max(peers[peer].matched, word.tail.sequence)
        peers[peer].next = max(peers[peer].next, word.tail.sequence + 1)
    }

    /// Asks a peer, with records where it lacks some: once a tick, and where waiting for the tick would hold others up.
    mutating func ping(_ peer: Int) {
        // Sent again from where its disk ends.
        if peers[peer].tenure == leading.tenure, peers[peer].matched == peers[peer].matchedBefore { peers[peer].next = peers[peer].matched + 1 }
        peers[peer].matchedBefore = peers[peer].matched
        if peers[peer].tenure == leading.tenure, peers[peer].next <= top.sequence, record(peers[peer].next) != nil { return stream(peer) }
        send([], to: peer)
        guard peers[peer].tenure == leading.tenure, peers[peer].next < first else { return }
        effects.append(.send(to: peers[peer].name, .gone(Gone(session: session, to: peers[peer].session, tenure: leading.tenure, first: first))))
    }

    /// Sends what the peer has not been sent yet, as much as may be under way.
    mutating func stream(_ peer: Int) {
        guard leading.reconciling == nil, peers[peer].tenure == leading.tenure, peers[peer].next <= top.sequence else { return }
        // A fence for which an overtaken leader's record was quicker is made again, one further: nobody may have the first.
        if configuration?.mode == .log, let fence = leading.fence, leading.remote < fence { return }
        let last = min(top.sequence, peers[peer].next + Bounds.batchCount - 1)
        guard last - peers[peer].matched <= Bounds.openCountMax else { return }
        let ready = records(from: peers[peer].next, through: last)
        if !ready.isEmpty {
            send(ready, to: peer)
        } else if !peers[peer].isFetching, peers[peer].next >= first {
            peers[peer].isFetching = true
            effects.append(.fetch(from: peers[peer].next, count: Bounds.batchCount, peer: peers[peer].name))
        }
    }

    /// Records that were too old to be at hand. Between question and answer the peer may have been sent others.
    mutating func fetched(_ records: [Record], for name: String) {
        guard let peer = peers.firstIndex(where: { $0.name == name }), role == .leader else { return }
        peers[peer].isFetching = false
        guard peers[peer].tenure == leading.tenure, let first = records.first, first.sequence == peers[peer].next, history.has(first.mark) else { return }
        send(records, to: peer)
    }

    /// One message: the object, how far records count, some records, and for which objects this process is vouched for.
    private mutating func send(_ records: [Record], to peer: Int) {
        guard var configuration else { return }
        // Versions before have no place for it in their messages: who leads is heard by them, whose store that is by the object.
        configuration.store = nil
        let name = peers[peer].name
        var vouches: [Nonce] = []
        if let admitting = leading.admitting, admitting.name == name { vouches.append(admitting.nonce) }
        // What was on this disk as it came to lead may have been acknowledged, whether or not this node heard of that.
        if peers[peer].tenure == leading.tenure, peers[peer].matched >= max(committed.sequence, leading.remote, written) || !has(.caughtUp) {
            if others.contains(name) { vouches.append(configuration.nonce) }
            if let swap, swap.target.insync.contains(name), others.contains(name) { vouches.append(swap.target.nonce) }
        }
        // Each message that a standby in step is sent would else copy as many epochs as are kept.
        var resume: Resume?
        if leading.reconciling == nil, peers[peer].tenure != leading.tenure, let attempt = peers[peer].attempt {
            resume = Resume(history: history.shortened(keeping: settings.epochsKept, through: top.sequence - Bounds.unsettledCountMax), attempt: attempt)
        }
        let isOffer = leading.offeredTo == name && leading.offeredIn == configuration.epoch
        let lead = Lead(
            configuration: configuration, session: session, to: peers[peer].session, version: settings.version, sentAt: now, tenure: leading.tenure, committed: committed,
            records: records, resume: resume, vouches: vouches, isOffer: isOffer)
        effects.append(.send(to: name, .lead(lead)))
        if let last = records.last { peers[peer].next = last.sequence + 1 }
    }
}
