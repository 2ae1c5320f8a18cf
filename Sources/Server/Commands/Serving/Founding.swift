internal import Cluster
internal import ColumnStore
import Glibc
internal import Ingest

/// Founds a cluster by a person's word: with a store that one machine had alone (`LoneFounding`), or with what a member's disk has, where the object is gone (`MemberFounding`).
///
/// What the protocol never does by itself is done here, once: an object is made beside records. So everything that could speak against it is looked at first, and the object is created, never replaced:
/// of two that found at once one gets an error that names the other.
struct Founding {
    let settings: Settings
    /// Absolute.
    let directory: String
    let node: String
    let peer: String
    let places: FoundingPlaces
    let log: Log
    /// Tells the person a line.
    let say: (String) -> Void
    /// Called behind each step that an end may come after; tests throw there.
    var reached: (Step) throws -> Void = { _ in }
    /// How long the other machine is waited for.
    var peerSeconds = PeerSight.patienceSeconds

    enum Step: CaseIterable { case copied, noted, created, promised }

    /// - Throws: `DataDirectory.Failure.noStore` before anything else; `UsageError` where no cluster is set.
    init(_ settings: Settings, directory: String, _ log: Log, say: @escaping (String) -> Void) throws {
        guard let node = settings.pair.node, let peer = settings.pair.peer?.name else {
            throw UsageError("cluster is not set: give the configuration with which this machine is to be served as a member (--config FILE, TILL_CLUSTER)")
        }
        places = try FoundingPlaces(settings, directory: directory)
        (self.settings, self.directory, self.node, self.peer, self.log, self.say) = (settings, directory, node, peer, log, say)
    }

    /// - Parameter withoutSlots: what slots have that the disk lacks is left out.
    func run(withoutSlots: Bool) throws {
        if ReplicaStore.isMember(directory) { return try MemberFounding(self).run(withoutSlots: withoutSlots) }
        guard !withoutSlots else { throw UsageError("--without-slots is for a member's directory: a store that one machine had alone has none") }
        try LoneFounding(self).run()
    }

    // MARK: What both have in common

    /// No node can have come to this epoch by itself: what a disk knows of others' epochs may be less than there were, and two records of one number and epoch would be taken for one.
    ///
    /// - Parameter known: the highest that is known here.
    static func epoch(above known: Int) throws -> Int {
        let (epoch, isOver) = known.addingReportingOverflow(.random(in: jump))
        guard !isOver, epoch <= Bounds.epochMax else { throw CommandError("epoch \(known) is none that a cluster comes to: what is on this disk, or in log.url, is damaged") }
        return epoch
    }

    private static let jump = 1_000_000...1_000_000_000_000

    static func nonce() -> Nonce { Nonce(session: .random(in: 1 ... .max), count: 1) }

    /// The object of a leader that is alone: this machine comes to lead by it as it is started, as a founder does.
    ///
    /// - Parameters:
    ///   - level: of the records that are there, and of those in slots that go on from them: no machine takes part that could not read them.
    ///   - rest: what it reads in slots first: their generation goes on, and none of them is removed.
    func configuration(epoch: Int, nonce: Nonce, base: Mark, store: StoreIdentity, level: Int = 1, rest: FoundingPlaces.Rest? = nil) -> Configuration {
        let start = rest?.log ?? Configuration.LogStart(generation: epoch, base: base)
        return Configuration(
            epoch: epoch, nonce: nonce, leader: node, insync: [node], mode: places.hasBucket ? .log : .pair, log: places.hasBucket ? start : nil, floor: rest?.log.generation ?? epoch,
            removed: [], level: level, store: store)
    }

    /// - Returns: what the other machine's disk has, where its server runs.
    /// - Throws: where it leads, or speaks another version.
    func lookForPeer(_ store: StoreIdentity?) throws -> PeerSight.Seen? {
        switch try PeerSight.look(settings, seconds: peerSeconds, log) {
        case .nobody: return nil
        case .otherVersion(let words): throw CommandError("\(peer) is there, and its version is another (\(words)): bring both machines to one version first")
        case .leads(let epoch):
            throw CommandError("\(peer) leads, in epoch \(epoch): ask it with till cluster found --url, where the object is gone, and nothing is to be done with this directory")
        case .follows(let seen):
            if let store, let theirs = seen.store, theirs != store { throw UsageError("\(peer) has the store \(theirs.text), and \(directory) the store \(store.text): give \(peer) an empty directory first") }
            return seen
        }
    }

    func sayWhatIsNext() {
        let waits = places.hasBucket || settings.pair.degrades ? "" : ", and acknowledges once \(peer) is there (there is no log.url, and cluster.degrade is not set)"
        say("next: start \(node) (till serve --data \(directory)); it leads\(waits)")
    }
}
