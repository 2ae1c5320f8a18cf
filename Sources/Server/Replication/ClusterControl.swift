internal import Cluster
import ColumnStore
import Glibc
import Synchronization

/// Carries out what an administrator asks of a pair: who leads, and who takes part. Each call returns its outcome.
///
/// Calls wait, up to five seconds each. What they want is done by the node's thread, of which `host.standing` tells.
package final class ClusterControl: PairControl {
    private let host: NodeHost
    private let wantsHandOver = Atomic<Bool>(false)

    private static let patienceSeconds = 5.0
    /// A node that is at something else does not hear a command.
    private static let againSeconds = 0.25

    init(_ host: NodeHost) { self.host = host }

    package var pairStanding: PairStanding {
        let standing = host.standing.withLock { $0 }
        let configuration = standing.configuration
        var pair = PairStanding()
        (pair.node, pair.leader, pair.epoch, pair.insync) = (host.name, configuration?.leader, configuration?.epoch ?? 0, configuration?.insync ?? [])
        (pair.removed, pair.mode) = (configuration?.removed ?? [], (configuration?.mode ?? .pair).rawValue)
        (pair.recordCount, pair.isDegraded) = (standing.committed.sequence, standing.isDegraded)
        return pair
    }

    package var leaderURL: String? { host.leaderURL }

    /// The configuration that this node leads by.
    ///
    /// - Throws: a `Refusal` with `not-leader` and `Till-Leader`, where it does not, or ends.
    private var present: Configuration {
        get throws {
            guard let configuration = host.standing.withLock({ $0.role == .leader && $0.ending == nil ? $0.configuration : nil }) else {
                throw Refusal(problem: Problem(.notLeader, "this node of the cluster, \(host.name), leads no more"), headers: leaderURL.map { [.init("Till-Leader", $0)] } ?? [])
            }
            return configuration
        }
    }

    package func transfer(to name: String?) throws -> String {
        let configuration = try present
        if let name { try known(name) }
        if name == host.name { throw Problem(.wrongState, "\(host.name) leads already") }
        let (own, wanted) = (host.name, name)
        // One that was busy for a second is out of step, and comes back by itself.
        let ready = host.standing.wait(seconds: Self.patienceSeconds) { standing -> String? in
            guard standing.role == .leader, standing.ending == nil, let present = standing.configuration else { return own }
            return present.insync.first { $0 != own && $0 == wanted ?? $0 }
        }
        guard let to = ready, to != own else {
            throw Problem(.wrongState, "nobody can take over: \(name.map { "\($0) has not" } ?? "no other node has") everything that was acknowledged (in sync: \(configuration.insync.joined(separator: ", ")))")
        }
        wantsHandOver.store(true, ordering: .releasing)
        // The note is there before the signal: whoever is woken by it finds it.
        // To the thread that waits for signals.
        kill(getpid(), SIGHUP)
        return to
    }

    /// Whether the lead is to be handed over; once.
    func takeHandOver() -> Bool { wantsHandOver.exchange(false, ordering: .acquiringAndReleasing) }

    package func remove(_ name: String) throws {
        let configuration = try present
        try known(name)
        if name == host.name { throw Problem(.wrongState, "\(name) leads: let another lead first (till cluster transfer)") }
        if configuration.removed.contains(name) { return }
        if configuration.insync.contains(name), !host.mayBeAlone {
            throw Problem(.wrongState, "without \(name) what is acknowledged would lie on one machine alone, which cluster.degrade does not allow here: set it on both, or leave the node in")
        }
        try have(.remove(name), "\(name) was not removed within \(Int(Self.patienceSeconds)) s: the node that leads waits for its standby, or for the object that says who leads") { $0.removed.contains(name) }
    }

    package func join(_ name: String) throws {
        let configuration = try present
        try known(name)
        if let own = host.store, let theirs = host.store(of: name), own != theirs {
            throw Problem(.wrongState, "\(name) has the store \(theirs.text), and this cluster keeps the store \(own.text): \(NodeWords.strangerAdvice)")
        }
        guard configuration.removed.contains(name) else { return }
        try have(.join(name), "\(name) was not let in within \(Int(Self.patienceSeconds)) s: the node that leads waits for the object that says who leads") { !$0.removed.contains(name) }
    }

    package func found() throws {
        let configuration = try present
        // The node reads the object each five seconds, and more often without its standby.
        let isGone = host.standing.wait(seconds: Self.lookSeconds) { standing -> Bool? in standing.isObjectGone ? true : standing.role != .leader || standing.ending != nil ? false : nil }
        guard isGone == true else {
            _ = try present
            throw Problem(.wrongState, "the object that says who leads is there, as far as \(host.name) knows, or its place gives no answer: epoch \(configuration.epoch), in sync are \(configuration.insync.joined(separator: " and "))")
        }
        let failure = "it was not made anew within \(Int(Self.patienceSeconds)) s: that takes a leader whose standby is there, and a place that answers. Else stop both, and till cluster found --data on the machine that led last"
        try have(.found, failure) { $0.epoch > configuration.epoch }
    }

    /// Longer than from one look at the object to the next.
    private static let lookSeconds = 6.0

    private func known(_ name: String) throws {
        guard host.members.contains(name) else { throw Problem(.notFound, "the cluster has no node \(MemberReader.shown(name)), only \(host.members.joined(separator: " and "))") }
    }

    /// Gives the command again and again until `isDone`, or five seconds are over.
    ///
    /// - Throws: `wrong-state` with `failure`; `not-leader` where this node stops leading meanwhile.
    private func have(_ command: Cluster.Command, _ failure: String, _ isDone: @Sendable (Configuration) -> Bool) throws {
        let end = SteadyClock.seconds() + Self.patienceSeconds
        repeat {
            _ = try present
            host.give(.command(command))
            let isThere = host.standing.wait(seconds: Self.againSeconds) { standing in standing.configuration.map(isDone) == true ? true : nil }
            if isThere == true { return }
        } while SteadyClock.seconds() < end
        throw Problem(.wrongState, failure)
    }
}
