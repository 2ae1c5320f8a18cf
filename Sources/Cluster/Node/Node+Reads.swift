/// What proves that this node leads: a standby's word, or a look at the object.
extension Node {
    mutating func read(_ token: Int) {
        guard role == .leader, isServing else { return effects.append(.refuse(token: token, .notLeader(configuration?.leader))) }
        guard has(.readProof), !hasLease else { return effects.append(.answerRead(token: token)) }
        leading.reads.append(token)
        if leading.proof == nil { look() }
    }

    /// The standby waits three seconds from its last answer before it wants to lead. One that was offered to waits for this node, a second, before it goes on without it.
    var hasLease: Bool {
        guard let configuration, configuration.mode == .pair, !hasHoldingSwap else { return false }
        return peers.contains { configuration.insync.contains($0.name) && now - $0.echo <= settings.times.read }
    }

    mutating func look() {
        let ticket = newTicket()
        leading.proof = Leading.Proof(ticket: ticket, askedAt: now, reads: leading.reads)
        leading.reads = []
        leading.lookedAt = now
        effects.append(.readConfiguration(ticket: ticket))
    }

    mutating func proven(by reading: Reading<Configuration>, ticket: Int) {
        guard let proof = leading.proof, proof.ticket == ticket, let configuration else { return }
        leading.proof = nil
        if case .absent = reading { (leading.isObjectGone, leading.olderCount) = (true, 0) } else if case .found(let found) = reading {
            let isOlder = found.nonce != configuration.nonce && found.nonce != swap?.target.nonce && found.epoch <= configuration.epoch
            (leading.isObjectGone, leading.olderCount) = (false, isOlder ? min(leading.olderCount, 1) + 1 : 0)
        }
        switch reading {
        case .found(let found) where found.nonce == configuration.nonce:
            leading.provenAt = max(leading.provenAt, proof.askedAt)
            leading.isUnnamed = found.store == nil && configuration.store != nil
            for token in proof.reads { effects.append(.answerRead(token: token)) }
        case .found(let found) where found.epoch > configuration.epoch && found.nonce != swap?.target.nonce:
            for token in proof.reads { effects.append(.refuse(token: token, .notLeader(found.leader))) }
            guard leading.offeredTo == found.leader, top.sequence == written else { return end(.fenced, for: found.leader) }
            // What was offered has been taken.
            stepDown(for: found.leader)
            return adopt(found)
        case .found, .absent, .failed, .lost:
            for token in proof.reads { effects.append(.refuse(token: token, .unproven)) }
        }
        if !leading.reads.isEmpty { look() }
    }
}
