internal import Cluster
internal import ColumnStore
import Glibc
import Synchronization

/// Takes the connections that peers make, and reads their messages:
///
///     connection := greeting frame*        frame := length:uint32 message
///     greeting   := frame of "till-pair 1\n" from "\n" to "\n" url ["#" door] "\n" ["checkpoints\n" | "checkpoint\n"] ["store " (number | "none") "\n"]
///
/// The door is where requests are passed on to, which a public URL need not lead to. It stands behind the URL, since earlier versions take exactly these lines; later ones may add
/// lines. `checkpoints` says that whoever speaks takes checkpoints; `checkpoint` that this connection is for one, which comes back by it (`CheckpointSender`).
/// `store` says whose records the one who speaks has, and that it reads an object that names a store.
/// One connection of each peer for messages: a new one ends the one before.
final class PeerDoor: Sendable {
    /// Who speaks, and where clients reach it.
    struct Greeting: Sendable, Equatable {
        var from: String
        var to: String
        var url: String
        var door: String
        var wants: Wants?
        var store: StoreIdentity?
        /// Versions before do not.
        var namesStores = true

        enum Wants: String, Sendable {
            case messages = "checkpoints"
            case checkpoint
        }

        private static let title = "\(StrangeGreeting.word)\(StrangeGreeting.own)"
        private static let storeWord = "store "
        private static let noStore = "none"
        static let byteCountMax = 1_024

        var bytes: [UInt8] {
            let place = "\(url)\(door == url ? "" : "#" + door)"
            let own = namesStores ? "\(Self.storeWord)\(store?.text ?? Self.noStore)\n" : ""
            return PeerDoor.frame(Array("\(Self.title)\n\(from)\n\(to)\n\(place)\n\(wants.map { $0.rawValue + "\n" } ?? "")\(own)".utf8))
        }

        init(from: String, to: String, url: String, door: String, wants: Wants? = .messages, store: StoreIdentity?) {
            (self.from, self.to, self.url, self.door, self.wants, self.store) = (from, to, url, door, wants, store)
        }

        /// - Returns: nil for what is no greeting.
        init?(_ bytes: [UInt8]) {
            guard bytes.count <= Self.byteCountMax, let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard lines.count >= 5, lines[0] == Self.title, NodeName.isValid(lines[1]), NodeName.isValid(lines[2]), lines[lines.count - 1].isEmpty,
                lines[3].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            let urls = lines[3].split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let own = lines[4...].first { $0.hasPrefix(Self.storeWord) }?.dropFirst(Self.storeWord.utf8.count)
            let store = own.flatMap { StoreIdentity(String($0)) }
            guard own == nil || store != nil || own.map(String.init) == Self.noStore else { return nil }
            self.init(from: lines[1], to: lines[2], url: urls[0], door: urls[urls.count - 1], wants: lines[4...].lazy.compactMap(Wants.init).first, store: store)
            namesStores = own != nil
        }
    }

    private struct State {
        var readers: [String: MemberSocket] = [:]
        /// Those who have not said who they are, the oldest first.
        var unknown: [Int32] = []
        var count = 0
        var isStopping = false
    }

    let port: UInt16
    private let socket: Int32
    private let name: String
    private let peers: Set<String>
    private let files: LinkFiles?
    private let log: Log
    private let refusals: LinkRefusals
    private let state = Monitor(State())

    private static let connectionCountMax = 32
    private static let lookMilliseconds: Int32 = 250

    /// - Parameters:
    ///   - peers: those whose words count.
    ///   - files: by which both prove who they are; nil: in the clear.
    init(_ address: PeerLink.Address, name: String, peers: Set<String>, files: LinkFiles? = nil, log: Log) throws {
        (self.name, self.peers, self.files, self.log) = (name, peers, files, log)
        refusals = LinkRefusals(log)
        (socket, port) = try ListeningSocket.open(host: address.host, port: address.port)
    }

    static func frame(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(clamping: bytes.count).littleEndian) { Array($0) } + bytes
    }

    /// - Parameters:
    ///   - greeted: a peer is there, whose clients' address that is.
    ///   - differs: a peer is there, and is of another version.
    ///   - take: its messages, one after the other.
    ///   - give: it wants a checkpoint, by that connection, which ends with the call.
    func start(
        greeted: @escaping @Sendable (Greeting) -> Void, differs: @escaping @Sendable (String, StrangeGreeting) -> Void, take: @escaping @Sendable (String, Message) -> Void, give: @escaping @Sendable (Greeting, MemberSocket) -> Void
    ) {
        WorkerThread(name: "cluster-door", isDetached: true) { [self] in
            while !state.withLock({ $0.isStopping }) {
                var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                guard poll(&polled, 1, Self.lookMilliseconds) > 0 else { continue }
                let connection = Glibc.accept(socket, nil, nil)
                guard connection >= 0 else { continue }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                state.withLock { state in
                    // Whoever says nothing makes room for those who may be the peer.
                    if state.count >= Self.connectionCountMax, let oldest = state.unknown.first { shutdown(oldest, Int32(SHUT_RDWR)) }
                    state.count += 1
                    state.unknown.append(connection)
                }
                guard state.withLock({ $0.count <= 2 * Self.connectionCountMax }) else {
                    leave(connection)
                    close(connection)
                    continue
                }
                WorkerThread(name: "cluster-peer", isDetached: true) { [self] in serve(connection, greeted, differs, take, give) }
            }
            close(socket)
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    private func leave(_ connection: Int32) {
        state.withLock { state in
            state.count -= 1
            state.unknown.removeAll { $0 == connection }
            for (peer, socket) in state.readers where socket.descriptor == connection { state.readers[peer] = nil }
        }
    }

    private func serve(
        _ connection: Int32, _ greeted: (Greeting) -> Void, _ differs: (String, StrangeGreeting) -> Void, _ take: (String, Message) -> Void, _ give: (Greeting, MemberSocket) -> Void
    ) {
        MemberSocket.limitHandshake(connection)
        // Who has not said who he is by then is none.
        let end = SteadyClock.seconds() + MemberSocket.silenceSeconds
        let tls: SocketTLS?
        do {
            tls = try files.map { try SocketTLS(try $0.credentials(), socket: connection, isServer: true, name: nil, until: end) }
        } catch {
            refusals.note("a connection to cluster.listen is refused", "\(error)")
            leave(connection)
            return MemberSocket.closeUnused(connection)
        }
        let socket = MemberSocket(connection, tls: tls)
        // Before the descriptor is another's.
        defer { leave(connection) }
        let first = socket.frame(byteCountMax: Greeting.byteCountMax, until: end)
        if let strange = first.flatMap({ StrangeGreeting($0) }) {
            // Whose word counts is known by the same as else.
            if let from = strange.from, strange.to == name, peers.contains(from), tls?.fault(from) == nil { differs(from, strange) }
            return refusals.note("a node of another version came to cluster.listen", strange.words)
        }
        guard let greeting = first.flatMap({ Greeting($0) }) else {
            return refusals.note("somebody came to cluster.listen who is no node of a cluster", tls == nil ? "no greeting came" : "no greeting came, though the certificate is good")
        }
        guard greeting.to == name, peers.contains(greeting.from) else {
            return refusals.note("a node came to cluster.listen that means another, or is not this node's peer", "\(greeting.from), to \(greeting.to)")
        }
        if let fault = tls?.fault(greeting.from) { return refusals.note("a connection to cluster.listen is refused", "\(greeting.from): \(fault)") }
        if greeting.wants == .checkpoint {
            state.withLock { state in state.unknown.removeAll { $0 == connection } }
            return give(greeting, socket)
        }
        state.withLock { state in
            state.unknown.removeAll { $0 == connection }
            state.readers.updateValue(socket, forKey: greeting.from)?.cut()
        }
        greeted(greeting)
        while let bytes = socket.frame(byteCountMax: Message.byteCountMax) {
            do throws(FrameFault) {
                take(greeting.from, try Message(parsing: bytes[...]))
            } catch {
                return log.warning("a message of the peer cannot be read; its connection is closed", ["peer": .text(greeting.from), "reason": .text(error.reason)])
            }
        }
    }
}
