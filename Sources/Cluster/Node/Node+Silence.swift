/// What a node waits for in vain, whatever its part: a second is the time in which a standby answers, two that of a place outside. It decides nothing, and is reported to people and load balancers.
extension Node {
    package enum Silence: Equatable, Sendable {
        /// A leader's standby, and nothing may take its place.
        case standby
        /// The slots of a leader.
        case slots
        /// What slots have, which a new leader reads before it serves.
        case slotsUnread
        /// The object that this node is to change.
        case object
        /// Who leads by the object.
        case leader(String)
        /// Those of whom one has all that was acknowledged, perhaps: this process cannot know that it has. None: this node was alone, and its disk is from before that.
        case inSync([String])
        /// Slots that begin behind that record, which this node's log does not reach.
        case behind(Int, leader: String)
    }

    /// Whether what is submitted now would be acknowledged, as far as this node knows.
    package var mayAcknowledge: Bool { role == .leader && isServing && silence == nil }

    package var silence: Silence? {
        guard let configuration, takesPart else { return nil }
        switch role {
        case .fenced: return nil
        case .leader: return silenceOfLeader(configuration)
        case .candidate: return swap.map { now - $0.begunAt > settings.times.look } == true ? .object : nil
        case .standby, .rejoining: return silenceOfFollower(configuration)
        }
    }

    private func silenceOfLeader(_ configuration: Configuration) -> Silence? {
        let isLate = leading.waitsSince.map { now - $0 > settings.times.look } ?? false
        if hasHoldingSwap { return isLate ? .object : nil }
        if configuration.mode == .log || leading.sealing != nil {
            guard isLate else { return nil }
            return leading.reconciling != nil && leading.slot?.kind == .read ? .slotsUnread : .slots
        }
        guard let standby = peers.first(where: { others.contains($0.name) }) else { return isAlone ? nil : .standby }
        let isLost = now > leading.lostAfter && now - standby.echo > settings.times.standbyLost
        // Going on without it begins once the change that is open has ended.
        if isLost, swap != nil, settings.hasBucket || settings.degrades { return .object }
        return isLost || isLate ? .standby : nil
    }

    /// How many slots a new leader has still to read, as far as is known: others may have been filled since it looked at them all. nil: it reads none.
    package var slotsLeft: Int? {
        guard role == .leader, leading.reconciling != nil, let slot = leading.slot, leading.lastSlot >= slot.sequence else { return nil }
        return leading.lastSlot - slot.sequence + 1
    }

    /// A leader's object is gone: it goes on with its standby's word, and nobody can take over.
    package var isObjectGone: Bool { role == .leader && leading.isObjectGone }

    /// A leader's object is an older one, put back, as two looks have shown: one alone may have been under way while it was swapped.
    package var isObjectOlder: Bool { role == .leader && leading.olderCount > 1 }

    private func silenceOfFollower(_ configuration: Configuration) -> Silence? {
        guard hasRead, now - startedAt >= settings.times.look else { return nil }
        let isUnheard = now - ledAt > settings.times.leaderLost + settings.times.standbyLost
        if configuration.leader != settings.name { guard isUnheard else { return nil } }
        if configuration.mode == .log, let base = configuration.log?.base, !reaches(base) { return .behind(base.sequence, leader: configuration.leader) }
        // Only those who are in sync can tell.
        if configuration.mode == .pair, configuration.insync.contains(settings.name), !vouched.contains(configuration.nonce) { return .inSync(others) }
        return configuration.leader == settings.name ? (others.isEmpty ? nil : .inSync(others)) : .leader(configuration.leader)
    }

    /// Since when nothing came to count, though something is to.
    mutating func noteWaiting() {
        guard role == .leader else { return }
        let waits = committed != top || !leading.waiting.isEmpty || hasHoldingSwap || leading.sealing != nil || leading.reconciling != nil
        if !waits {
            leading.waitsSince = nil
        } else if leading.waitsSince == nil || leading.waitsBehind != committed.sequence {
            (leading.waitsSince, leading.waitsBehind) = (now, committed.sequence)
        }
    }
}
