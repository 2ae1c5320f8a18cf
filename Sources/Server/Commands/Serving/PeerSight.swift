internal import Cluster
internal import ColumnStore

/// Looks for the other machine of a cluster that is to be founded, while no server of this one runs: where its server does, it says of itself how far its disk goes.
///
/// It makes its connections to `cluster.listen` by itself, so nothing is said to it, and it takes this process for none of its cluster.
struct PeerSight {
    /// What a process of the other machine has.
    struct Seen: Sendable {
        var store: StoreIdentity?
        var tail: Mark
    }

    enum Found: Sendable {
        case nobody
        case follows(Seen)
        /// It leads, and its cluster needs no founding by this machine.
        case leads(epoch: Int)
        case otherVersion(String)
    }

    /// It says hello five times a second, and makes a connection that was lost within a second or so.
    static let patienceSeconds = 3.0

    private struct State {
        var store: StoreIdentity?
        var found: Found?
    }

    /// Waits for it some seconds.
    ///
    /// - Throws: where `cluster.listen` is taken: the server of this machine runs, say.
    static func look(_ settings: Settings, seconds: Double, _ log: Log) throws -> Found {
        let pair = settings.pair
        guard let node = pair.node, let peer = pair.peer else { return .nobody }
        let state = Monitor(State())
        let door = try PeerDoor(.init(host: pair.host, port: pair.port), name: node, peers: [peer.name], files: LinkFiles(pair), log: log)
        defer { door.stop() }
        door.start(
            greeted: { greeting in state.signal { $0.store = greeting.store } }, differs: { _, greeting in state.broadcast { $0.found = $0.found ?? .otherVersion(greeting.words) } },
            doubled: { _, _ in },
            take: { _, message in
                state.broadcast { state in
                    guard state.found == nil else { return }
                    if case .hello(let hello) = message { state.found = .follows(Seen(store: state.store, tail: hello.tail)) }
                    if case .lead(let lead) = message { state.found = .leads(epoch: lead.configuration.epoch) }
                }
            }, give: { _, _ in })
        return state.wait(seconds: seconds) { $0.found } ?? .nobody
    }
}
