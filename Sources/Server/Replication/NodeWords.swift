internal import Cluster

/// What a node says of itself to people: in its log and in `/readyz`.
///
/// Words for the operator who is woken at night: what is the matter, what it means for what is acknowledged, and what can be done.
enum NodeWords {
    /// What is to be done with a directory of another cluster.
    static let strangerAdvice = "start it with an empty directory, which its peer or the bucket fills, or name the object of its own cluster (cluster.config, cluster.witness) and its own cluster.peer"

    /// Nothing is lost by it while both are there, and the next machine that is lost takes the pair with it.
    static let leaderWithoutObject = "the object that says who leads is gone: its place answers, and has none. The pair goes on while both machines are there, and nobody can take over; "
        + "till cluster found --url URL has the node that leads make it anew, while its standby is there"

    /// The same: it would be swapped on condition that it is another than it is.
    static let leaderWithOlderObject = "the object that says who leads is one of before: somebody has put it back. The pair goes on while both machines are there, and nobody can take over; "
        + "take it away, and till cluster found --url URL has the node that leads make it anew, while its standby is there"

    /// As `leaderWithoutObject`: a machine that is lost then takes the pair with it.
    static func leaderWithUnread(_ fault: String) -> String {
        "the object that says who leads cannot be read (\(fault)): the pair goes on while both machines are there, and until it can nobody can take over; see the bucket of cluster.config, or the witness, its credentials and the way there"
    }

    /// - Parameter fault: what the place of the object said last, where it said nothing good.
    static func why(_ ending: Ending, own: StoreIdentity?, fault: String? = nil) -> String {
        switch ending {
        case .fenced: "another node leads, or may lead" + (fault.map { ": the object that says who leads gives no proof (\($0))" } ?? "")
        case .diverged: "what this node has and what its cluster has are two histories"
        case .brokenSlots(let number): brokenSlots(number)
        case .stranger(let named): stranger(own: own?.text ?? "another", named: named.text)
        }
    }

    private static func brokenSlots(_ number: Int) -> String {
        "slot \(number) of log.url is lost, damaged or not the cluster's, and what lies behind it was acknowledged: this node does not lead without it; start the other machine with its disk, which may have all, or put the slot back (what else can be done is in docs/operations.md)"
    }

    static func stranger(own: String, named: String) -> String {
        "the directory of this node has the store \(own), and its cluster's object names the store \(named): \(strangerAdvice)"
    }

    /// By what holds first: its end, what is in its way, whom it does not hear, that it leads and does not serve yet.
    ///
    /// Why a node neither leads nor has everything; nil: it follows.
    static func why(_ standing: NodeHost.Standing, node: String) -> String? {
        if let ending = standing.ending { return ending }
        // What the place has said is named first there: at another place than the leader's no slot is lost, and each that is looked for is not there.
        if case .slots(let number)? = standing.obstacle, let fault = standing.fault { return "\(fault); \(brokenSlots(number))" }
        let said = standing.fault.map { " (\($0))" } ?? ""
        if let obstacle = standing.obstacle { return why(obstacle, standing, node: node) + said }
        if let silence = standing.silence { return why(silence, standing) + said }
        return standing.role == .leader && !standing.isServing ? "this node leads, and waits until another place has what it acknowledges: its standby, or the slots of log.url" : nil
    }

    static func waitsForSlots(_ standing: NodeHost.Standing) -> Bool {
        if case .slots = standing.obstacle { return true }
        return standing.silence == .slots || standing.silence == .slotsUnread
    }

    /// Whether it is the object that says who leads for which a node waits.
    static func waitsForObject(_ standing: NodeHost.Standing) -> Bool { standing.silence == .object || standing.obstacle == .objectUnread }

    /// Whether it is a peer for which a node waits.
    static func waitsForPeer(_ standing: NodeHost.Standing) -> Bool {
        switch standing.silence {
        case .standby?, .leader(_)?, .inSync(_)?, .behind(_, leader: _)?: true
        default: false
        }
    }

    static func noConnection(_ fault: String) -> String { "no connection to it can be made: \(fault)" }

    /// Of a leader that goes on without its peer: with the slots of log.url, or alone.
    static func apart(_ fault: String) -> String { "the other node has not everything that is acknowledged, and \(noConnection(fault))" }

    /// Of a machine that follows: what it would need to lead.
    static func withoutWarehouse(_ doubt: PlaceProof.Doubt) -> String {
        doubt.isUnkept
            ? "the bucket of cold receipts answers this node, and is not what it must be, so that this node cannot take over: it is asked again every few minutes (\(doubt.reason))"
            : "the bucket of cold receipts has given this node no answer since its start, and without one it cannot take over: it is asked again each five seconds (\(doubt.reason))"
    }

    private static func why(_ silence: Node.Silence, _ standing: NodeHost.Standing) -> String {
        let leads = standing.role == .leader
        switch silence {
        case .standby: return "this node leads, and its standby is not heard, or does not confirm: nothing is acknowledged until it is back (without log.url only cluster.degrade would let this node go on alone)"
        case .slots: return "this node leads, and the slots of log.url take nothing: nothing is acknowledged until they do, or the standby is back"
        case .slotsUnread:
            let left = standing.slotsLeft.map { ", about \($0) more" } ?? ""
            return "this node leads, and reads what the slots of log.url have\(left): nothing is acknowledged until it has all of them"
        case .object: return "this node \(leads ? "leads" : "is to take over"), and the object that says who leads cannot be changed: \(leads ? "nothing is acknowledged" : "nobody leads") until it can"
        case .leader(let name): return "\(name) leads by the object, and is not heard here: what it acknowledges meanwhile this node lacks; look at \(name), and at cluster.peer and cluster.listen of both"
        case .behind(let number, let leader):
            return "the slots of log.url begin behind record \(number), and what this node has ends or parts before it (its directory is older than that, or another's): it waits for \(leader), or for a disk that has all up to there"
        case .inSync(let names) where names.isEmpty:
            return "this node went on alone, by the object that says who leads, and its directory is from before that: what was acknowledged since is on the disk that it had then; put that back"
        case .inSync(let names):
            return "this node cannot know whether it has all that was acknowledged, since \(names.joined(separator: ", ")) may have led meanwhile: it waits for \(names.joined(separator: " and ")) to be there"
        }
    }

    private static func why(_ obstacle: Node.Obstacle, _ standing: NodeHost.Standing, node: String) -> String {
        let own = standing.store?.text ?? "none"
        switch obstacle {
        case .objectUnread: return "the object that says who leads could not be read since the start of this node: the bucket of cluster.config, or cluster.witness, does not answer; it is asked again each second"
        case .objectGone: return "there is no object that says who leads, and this node or its peer has records: it founds no cluster anew; put the object back (cluster/object below cluster.config), or the directory of the witness, or stop both and have the machine that led last make it anew (till cluster found --data DIR)"
        case .removed: return "this node was removed from its cluster: till cluster join \(node) lets it in again"
        case .level(let level): return "the cluster makes records of level \(level), which this version does not understand: start a newer one"
        case .version(let peer, let theirs, let version): return "\(peer) speaks version \(theirs) of the protocol, and this node version \(version); versions that differ by more than one do not understand each other: bring both to neighbouring versions"
        case .peer(let peer, let theirs):
            return "\(peer) has the store \(theirs.text), and this node the store \(own): one of them has another cluster's directory, and the object does not say which; neither comes to lead: find out which one, and \(strangerAdvice)"
        case .emptyLeader(let peer): return "\(peer) leads a cluster that has no store yet, and the directory of this node has the store \(own): \(strangerAdvice)"
        case .apart(let peer):
            return "\(peer) leads a cluster of this node's store (\(own)) that has none of its records: it was founded of a copy of the store, a backup say. The directory of this node stays as it is, and may have what came after that copy: "
                + "where it is not needed, put it aside, and start this node with an empty one; where it is, stop both, put the object that says who leads elsewhere, and till cluster found --data with this directory"
        case .slots(let number): return brokenSlots(number)
        case .outgrown: return "a later version has led, and what it has made this node's version does not know (\(standing.later ?? "files of a later format")): it keeps what is acknowledged, serves nothing, and leads only to hand the lead on; start this node with the other machine's version"
        case .lacking(let named):
            return "the cluster keeps the store \(named.text), and this node has nothing of it: it waits for a node that has it"
        }
    }
}
