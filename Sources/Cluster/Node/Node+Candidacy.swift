/// Who may lead, and when.
extension Node {
    mutating func receive(_ hello: Hello, from peer: Int) {
        peers[peer].version = hello.version
        guard understands(hello.version) else { return }
        if role == .leader { return greeted(by: hello, from: peer) }
        peers[peer].session = hello.session
        peers[peer].hello = hello
        peers[peer].helloAt = now
        // It knows this epoch, and says that it does not lead in it: its process was started anew.
        if peers[peer].name == configuration?.leader, hello.epoch >= epoch, hello.session != leaderSession { leaderIsGone = true }
    }

    /// Begins to lead, if everything speaks for it: nothing is open on the disk; the leader is silent, gone, this node by the object, or offers the lead; and
    /// this log has all that was acknowledged.
    mutating func considerLeading() {
        guard role != .candidate, swap == nil, cutTicket == nil, synced == top, promiseSynced >= promised, takesPart, hasStoreOfCluster else { return }
        guard let configuration else {
            // A store that has records is somebody's: it does not found anything by itself.
            // Nor does one that has none, beside a peer that has: the object is gone, and this disk is a new one.
            if isAbsent, top.sequence == 0, promised <= 1, peers.allSatisfy({ $0.store == nil }) { found() }
            return
        }
        let isSilent = now - heardAt > settings.times.leaderLost || leaderIsGone || hasOffer || isOwnLead
        guard isSilent, !isOutgrown || mayHandOn, configuration.mode == .pair ? mayLeadPair(configuration) : mayLeadLog(configuration) else { return }
        role = .candidate
        let name = settings.name
        begin(.lead) {
            $0.leader = name
            $0.insync = $0.mode == .pair ? [name] + $0.insync.filter { $0 != name } : [name]
        }
    }

    /// Whoever could not serve takes the lead to hand it on alone: where the other is here and does not lead, which may lack what this one has, or cannot know that it has all.
    private var mayHandOn: Bool { peers.contains { $0.hello != nil && now - $0.helloAt <= settings.times.standbyLost } }

    /// All that was acknowledged is on the disk of each who is in sync.
    ///
    /// It is known in one of two ways: the leader vouched to this process for this object; or all who are in sync are here, none was vouched for, and this
    /// log is the longest of them.
    private mutating func mayLeadPair(_ configuration: Configuration) -> Bool {
        guard configuration.insync.contains(settings.name) else { return false }
        if vouched.contains(configuration.nonce) || !has(.vouching) { return true }
        // This process cannot know that its disk is what it was. If all who are in sync are here and none knows, the longest log has everything, even if one disk
        // is an old one.
        guard promiseAtStart >= configuration.epoch || configuration.insync.count > 1 || !has(.promise) else { return false }
        var shared = top
        for name in configuration.insync where name != settings.name {
            guard let peer = peers.first(where: { $0.name == name }), let hello = peer.hello, now - peer.helloAt <= settings.times.standbyLost, hello.heard == session,
                hello.epoch == configuration.epoch, !hello.isVouched
            else { return false }
            let (theirs, ours) = ((hello.tail.epoch, hello.tail.sequence), (top.epoch, top.sequence))
            let isFirst = configuration.leader == settings.name || (configuration.leader != name && settings.name < name)
            guard theirs < ours || (theirs == ours && isFirst) else { return false }
            // Only an old image's end is not in the longest log: then nothing is known to be on both.
            if hello.tail.sequence <= shared.sequence { shared = history.has(hello.tail) ? hello.tail : committed }
        }
        if shared.sequence > committed.sequence { committed = shared }
        return true
    }

    /// All that was acknowledged is in the slots, and before them on disks that reach up to there.
    private func mayLeadLog(_ configuration: Configuration) -> Bool {
        guard settings.hasBucket, let log = configuration.log, watch.isWhole || !has(.wholeSlots) else { return false }
        return reaches(log.base) || !has(.logBase)
    }

    /// Whether this log has the record before the first slot. What counts here is the cluster's line, and so is that one: it is here too where its epoch is forgotten.
    func reaches(_ base: Mark) -> Bool {
        history.has(base) || (base.sequence <= committed.sequence && history.mayHave(base, keeping: settings.epochsKept))
    }

    /// The object says that this node leads, and this process does not.
    var isOwnLead: Bool { configuration?.leader == settings.name }
}
