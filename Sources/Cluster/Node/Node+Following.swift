/// Whoever does not lead: says hello, takes what the leader sends, confirms what is synced.
extension Node {
    /// Says hello to everybody, and looks for oneself where the leader is silent: at the object each second, in mode log at the slots each tick.
    mutating func tickFollowing() {
        for peer in peers {
            let hello = Hello(
                session: session, heard: peer.session, version: settings.version, epoch: epoch, promise: promised,
                isVouched: configuration.map { vouched.contains($0.nonce) } ?? false, tail: synced)
            effects.append(.send(to: peer.name, .hello(hello)))
        }
        // A place that is slow is not asked again before it has answered: it would answer what nobody waits for any more.
        let pause = pollTicket == nil ? settings.times.standbyLost : settings.times.proof / 2
        if now - heardAt >= settings.times.standbyLost || !hasRead, now - polledAt >= pause, swap == nil {
            let ticket = newTicket()
            (pollTicket, polledAt, firstPoll) = (ticket, now, firstPoll ?? ticket)
            effects.append(.readConfiguration(ticket: ticket))
        }
        if isOwnLead || leaderIsGone || now - heardAt >= settings.times.standbyLost, watch.ticket == nil, swap == nil { readWatched() }
        considerLeading()
    }

    /// What a leader says: taken if it leads by an object that is not older than what was promised and known here, and if it speaks to this very process.
    mutating func receive(_ lead: Lead, from peer: Int) {
        let name = peers[peer].name
        let theirs = lead.configuration
        peers[peer].version = lead.version
        guard theirs.leader == name, understands(lead.version), isEpoch(theirs.epoch) else { return }
        // A disk that is an old image of itself has forgotten what it promised; the object has not.
        guard hasRead || !has(.readFirst), !mayNotFollow(peers[peer]) else { return }
        if theirs.epoch < max(has(.promise) ? promised : 0, epoch) {
            effects.append(.send(to: name, .refusal(epoch: max(promised, epoch))))
            return
        }
        if role == .leader {
            guard theirs.epoch > epoch else { return }
            // Only who was offered the lead is followed by the process that led, and only if its disk has all that it made.
            guard leading.offeredTo == name, top.sequence == written else { return end(.fenced, for: name) }
            stepDown(for: name)
        }
        if role == .candidate {
            // The object is at their epoch, so that one's own swap, from an earlier one, cannot be applied any more.
            (role, swap) = (.rejoining, nil)
        }
        adopt(theirs)
        guard theirs.epoch == epoch, theirs.leader == configuration?.leader else { return }
        (heardAt, ledAt, leaderSession, leaderIsGone) = (now, now, lead.session, false)
        peers[peer].session = lead.session
        guard takesPart, lead.to == session else { return }
        take(lead)
        echo = lead.sentAt
        confirm()
        // Clients wait meanwhile.
        if hasOffer { considerLeading() }
    }

    /// Whether a peer's word of an epoch is believed. One that no cluster comes to is where the object has it: promised by a message alone it would be on this disk for good, and nobody could go on above it.
    func isEpoch(_ theirs: Int) -> Bool { theirs <= max(Bounds.epochMax, epoch) }

    /// Takes the leader's records after the last one here. With the first message of a tenure the log is cut back to what both have.
    private mutating func take(_ lead: Lead) {
        if tenureFollowed != lead.tenure {
            // A history that was asked for earlier may cut what came since: only the answer to the last word counts.
            guard let resume = lead.resume, resume.attempt == attempt, cutTicket == nil else { return }
            let common = self.common(with: resume.history)
            // A store is named once a record counts, and all who have one of its records have its first. So a person has had a cluster founded of a copy of the store, a backup perhaps, and this disk may
            // be the only one that has what came since: it waits, for a person too.
            isApart = has(.identity) && hadStore && configuration?.store == store && common == 0 && top.sequence > 0
            guard !isApart else { return }
            (tenureFollowed, attempt, told) = (lead.tenure, attempt + 1, .start)
            if has(.cutBack) {
                if common < top.sequence { cut(to: common) }
                guard role != .fenced else { return }
            }
        }
        takeIdentity()
        for nonce in lead.vouches where !vouched.contains(nonce) {
            vouched.append(nonce)
            if vouched.count > Bounds.vouchedCountMax { vouched.removeFirst() }
        }
        guard cutTicket == nil else { return }
        // Messages come late, twice, or out of order: what does not go on from here is passed over, and sent again.
        for record in lead.records where record.sequence == top.sequence + 1 {
            guard record.follows(top) || !has(.cutBack) else { break }
            push(record)
        }
        write(through: top.sequence)
        if lead.committed.sequence > told.sequence { told = lead.committed }
        if lead.isOffer, !isOutgrown, top == synced, lead.committed == top { hasOffer = true }
    }

    /// Up to where this log is the leader's: what it is cut back to.
    ///
    /// Where that is not known, since epochs in which they part are forgotten, it is what each leader has: what counts here, and the record before the first slot. What follows is sent anew, or a checkpoint is.
    /// So a machine that was away for more than `epochsKept` epochs is cut back further than it need be. One whose copy counts is not: in mode log that is of records up to the first slot, and in mode pair both disks have all that
    /// counts, behind which the leader has no more than `unsettledCountMax` records, whose epochs it tells; what it has forgotten by itself lies in its checkpoint, which is of what counts.
    private func common(with theirs: History) -> Int {
        let common = History.common(history, theirs, keeping: settings.epochsKept)
        var known = [committed.sequence]
        if let base = configuration?.log?.base, history.has(base) { known.append(base.sequence) }
        return max(common.lowerBound, known.filter { $0 <= common.upperBound }.max() ?? 0)
    }

    /// The leader's disk has no more what this one lacks. What this log has is the leader's, and ends before that.
    mutating func receive(_ gone: Gone, from peer: Int) {
        guard mayRestart, takesPart, peers[peer].name == configuration?.leader, gone.to == session, gone.session == leaderSession else { return }
        guard gone.tenure == tenureFollowed, cutTicket == nil, top == synced, top.sequence + 1 < gone.first else { return }
        effects.append(.takeCheckpoint(from: peers[peer].name))
    }

    /// Tells the leader what the disk has, if this node may do so now.
    ///
    /// What the leader says counts, counts here as soon as this disk has it. A word is sent only while the disk holds what was promised, and no cut is
    /// open: it tells what would be there after a crash.
    mutating func confirm() {
        if told.sequence > committed.sequence, told.sequence <= synced.sequence, history.has(told) { committed = told }
        guard let configuration, let echo, cutTicket == nil, promiseSynced >= configuration.epoch || !has(.promise), role != .candidate else { return }
        role = vouched.contains(configuration.nonce) && configuration.insync.contains(settings.name) ? .standby : .rejoining
        let word = Word(
            session: session, version: settings.version, epoch: configuration.epoch, promise: promised, echo: echo, tenure: tenureFollowed, attempt: attempt,
            tail: has(.standbySyncs) ? synced : top, accepts: vouched)
        effects.append(.send(to: configuration.leader, .word(word)))
    }

    /// Versions that differ by more than one do not speak to each other.
    func understands(_ version: Int) -> Bool { (settings.version - 1...settings.version + 1).contains(version) }

    /// The leadership was offered and taken: what waits here is the other's.
    mutating func stepDown(for leader: String) {
        release(to: leader)
        (role, swap) = (.rejoining, nil)
        (tenureFollowed, echo, vouched) = (0, nil, [])
    }
}
