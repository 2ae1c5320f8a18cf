internal import Cluster

/// What a node says of itself to people: in its log and in `/readyz`.
enum NodeWords {
    /// What is to be done with a directory of another cluster.
    static let strangerAdvice = "start it with an empty directory, which its peer or the bucket fills, or name the object of its own cluster (cluster.config, cluster.witness) and its own cluster.peer"

    static func why(_ ending: Ending, own: StoreIdentity?) -> String {
        switch ending {
        case .fenced: "another node leads, or may lead"
        case .diverged: "what this node has and what its cluster has are two histories"
        case .stranger(let named): stranger(own: own?.text ?? "another", named: named.text)
        }
    }

    static func stranger(own: String, named: String) -> String {
        "the directory of this node has the store \(own), and its cluster's object names the store \(named): \(strangerAdvice)"
    }

    /// Why a node neither leads nor has everything; nil: it follows.
    static func why(_ standing: NodeHost.Standing, node: String) -> String? {
        if let ending = standing.ending { return ending }
        if standing.role == .leader { return standing.isServing ? nil : "this node leads, and waits until another place has what it acknowledges: its standby, or the slots of log.url" }
        return standing.obstacle.map { why($0, standing, node: node) }
    }

    private static func why(_ obstacle: Node.Obstacle, _ standing: NodeHost.Standing, node: String) -> String {
        let own = standing.store?.text ?? "none"
        switch obstacle {
        case .objectUnread: return "the object that says who leads could not be read since the start of this node: the bucket of cluster.config, or cluster.witness, does not answer; it is asked again each second"
        case .objectGone: return "there is no object that says who leads, and this node has records: it founds no cluster anew; put the object back (cluster/object below cluster.config), or the directory of the witness"
        case .removed: return "this node was removed from its cluster: till cluster join \(node) lets it in again"
        case .level(let level): return "the cluster makes records of level \(level), which this version does not understand: start a newer one"
        case .version(let peer, let version): return "\(peer) speaks version \(version) of the protocol, and versions that differ by more than one do not understand each other: bring both to neighbouring versions"
        case .peer(let peer, let theirs):
            return "\(peer) has the store \(theirs.text), and this node the store \(own): one of them has another cluster's directory, and the object does not say which; neither comes to lead: find out which one, and \(strangerAdvice)"
        case .emptyLeader(let peer): return "\(peer) leads a cluster that has no store yet, and the directory of this node has the store \(own): \(strangerAdvice)"
        case .lacking(let named):
            return "the cluster keeps the store \(named.text), and this node has nothing of it: it waits for a node that has it"
        }
    }
}
