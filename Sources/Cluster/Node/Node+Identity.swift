/// Whose records this node has. It takes part in the cluster of that store, and in no other: epochs and numbers of two stores are alike, and by them alone another's longer log would lead.
extension Node {
    /// Why a node waits that neither leads nor has everything: what a person is to look after.
    package enum Obstacle: Equatable, Sendable {
        /// The object that says who leads could not be read since the start.
        case objectUnread
        /// There is none, and this node or its peer has records: it founds nothing.
        case objectGone
        case removed
        /// The cluster has records of a level that this version does not understand.
        case level(Int)
        /// A peer whose version is too far from this one's.
        case version(String, theirs: Int, own: Int)
        /// A peer has another store, and the object does not say which is the cluster's.
        case peer(String, StoreIdentity)
        /// A peer that began without a store leads a cluster that has none yet, and this node has one.
        case emptyLeader(String)
        /// A peer leads the cluster of this node's store, and has not one of its records: it was founded of a copy of the store.
        case apart(String)
        /// A slot is lost, cannot be read, or does not go on from the one before: what was acknowledged behind it this node would leave out.
        case slots(Int)
        /// The object names a store, and this node has nothing of it.
        case lacking(StoreIdentity)
        /// A later version has led: this one keeps its records, and could not serve.
        case outgrown
    }

    package var obstacle: Obstacle? {
        // Of a standby too: it has everything, and is none that could take over.
        if isOutgrown, role != .fenced { return .outgrown }
        // A start takes a moment, and is no news.
        guard role != .leader, role != .standby, role != .fenced, now - startedAt >= settings.times.look else { return nil }
        if !hasRead { return .objectUnread }
        guard let configuration else { return isAbsent && (top.sequence > 0 || peers.contains { $0.store != nil }) ? .objectGone : nil }
        if configuration.removed.contains(settings.name) { return .removed }
        if configuration.level > settings.version { return .level(configuration.level) }
        if let peer = peers.first(where: isStranger), let theirs = peer.store, configuration.store == nil { return .peer(peer.name, theirs) }
        if let peer = peers.first(where: { $0.name == configuration.leader }), mayNotFollow(peer) { return .emptyLeader(peer.name) }
        if isApart { return .apart(configuration.leader) }
        if let peer = peers.first(where: { $0.version > 0 && !understands($0.version) }) { return .version(peer.name, theirs: peer.version, own: settings.version) }
        if let broken = watch.broken, configuration.mode == .log, isOwnLead || leaderIsGone || now - heardAt > settings.times.leaderLost { return .slots(broken) }
        if let named = configuration.store, store == nil, !hasRecordsOfALeader { return .lacking(named) }
        return nil
    }

    /// Records that count are those of a store.
    mutating func learned(_ found: StoreIdentity) {
        guard has(.identity) else { return }
        if let store { return store == found ? () : end(.diverged) }
        store = found
        if let named = configuration?.store, isStranger(to: named) { end(.stranger(named)) }
    }

    /// A process of a peer says whose records it has; nil: nobody's. Versions before say nothing, and read no object that names a store.
    mutating func met(_ name: String, _ theirs: StoreIdentity?, namesStores: Bool) {
        guard let peer = peers.firstIndex(where: { $0.name == name }) else { return }
        (peers[peer].store, peers[peer].namesStores) = (theirs, namesStores)
    }

    func isStranger(to theirs: StoreIdentity?) -> Bool {
        guard has(.identity), let theirs, let store else { return false }
        return theirs != store
    }

    func isStranger(_ peer: Peer) -> Bool { isStranger(to: peer.store) }

    /// What this disk has would be cut back to nothing. Who is in sync by the object has the leader's own records: it came to lead before it had found out whose they are.
    func mayNotFollow(_ peer: Peer) -> Bool {
        guard has(.identity), hadStore, configuration?.store == nil, configuration?.insync.contains(settings.name) != true else { return false }
        return peer.namesStores == true && peer.store == nil
    }

    /// What it has it was sent by a leader, since the start: those are the cluster's records, before it has found out what that cluster's store is called.
    private var hasRecordsOfALeader: Bool { store == nil && tenureFollowed > 0 && top.sequence > 0 }

    /// Whether this node's records are the cluster's, as far as anybody says. In mode log the slots have what it lacks.
    var hasStoreOfCluster: Bool {
        guard has(.identity) else { return true }
        guard let configuration, let named = configuration.store else { return !peers.contains(where: isStranger) }
        return store == named || (store == nil && configuration.mode == .log) || hasRecordsOfALeader
    }

    /// What the next object is to say: nothing where somebody could not read it then.
    var named: StoreIdentity? {
        let known = configuration?.store
        return peers.allSatisfy { $0.namesStores ?? (known != nil) } ? store ?? known : nil
    }

    /// Takes the identity of the cluster that it follows, before it has a record of it.
    mutating func takeIdentity() {
        guard has(.identity), store == nil, let named = configuration?.store else { return }
        store = named
        effects.append(.identify(named))
    }
}
