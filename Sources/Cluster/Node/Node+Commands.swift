/// What an administrator wants of the leader. What cannot be done now is not done: the caller looks at the object.
extension Node {
    mutating func take(_ command: Command) {
        guard role == .leader, isServing, swap == nil, leading.sealing == nil, leading.admitting == nil, let configuration else { return }
        switch command {
        case .transfer(let name):
            guard others.contains(name), let peer = peers.first(where: { $0.name == name }), now - peer.echo <= settings.times.standbyLost else { return }
            (leading.offeredTo, leading.offeredAt, leading.offeredIn) = (name, now, 0)
        case .remove(let name):
            guard name != settings.name, !configuration.removed.contains(name) else { return }
            if others.contains(name) {
                guard settings.hasBucket || settings.degrades else { return }
                leading.removing = name
                return standbyLost()
            }
            // Asked again once it is left behind: the next tick writes it down.
            guard leading.removing == nil else { return }
            begin(.change) { $0.removed.append(name) }
        case .join(let name):
            guard configuration.removed.contains(name) else { return }
            begin(.change) { $0.removed.removeAll { $0 == name } }
        case .raiseLevel:
            let level = configuration.level + 1
            guard settings.version >= level, others.count == 1, peers.allSatisfy({ !others.contains($0.name) || $0.version >= level }) else { return }
            begin(.change) { $0.level = level }
        case .found:
            // A standby that has just answered has not come to lead, and while there is no object nobody can.
            guard leading.isObjectGone, configuration.mode == .pair, leading.offeredTo == nil, hasLease else { return }
            begin(.change, isFirst: true) { _ in }
        }
    }

    /// Nothing new is made; once the standby has everything it may lead without waiting.
    mutating func offer() {
        guard let name = leading.offeredTo, leading.offeredIn != epoch, swap == nil, committed == top, let peer = peers.firstIndex(where: { $0.name == name }) else { return }
        guard peers[peer].matched == top.sequence else { return }
        leading.offeredIn = epoch
        ping(peer)
    }
}
