internal import Cluster
internal import ColumnStore
import Glibc
import Synchronization

/// Takes the connections that peers make, and reads their messages:
///
///     connection := greeting frame*        frame := length:uint32 message
///     greeting   := frame of "till-pair 1\n" from "\n" to "\n" url ["#" door] "\n" ["checkpoints\n" | "checkpoint\n"] ["store " (number | "none") "\n"] ["process " number "\n"]
///     refusal    := frame of "refused " reason, back to who greeted, and then the connection's end
///
/// The door is where requests are passed on to, which a public URL need not lead to. It stands behind the URL, since earlier versions take exactly these lines; later ones may add
/// lines. `checkpoints` says that whoever speaks takes checkpoints; `checkpoint` that this connection is for one, which comes back by it (`CheckpointSender`).
/// `store` says whose records the one who speaks has, and that it reads an object that names a store.
/// `process` tells processes of one name apart.
/// One connection of each peer for messages: a new one ends the one before, unless that is another process's, which still speaks. Two machines that were given one name would
/// take the connection from each other without end, and each would be taken for the other's next process.
///
/// A connection goes through these steps, all on a thread of its own, and ends with the first that fails:
/// 1. TLS, where there are files for it. 2. The greeting, whole within five seconds. 3. It names this node and one of its peers. 4. The certificate names
///    that peer too. 5. No other process speaks for the peer. Then its messages are taken, until five seconds of silence.
final class PeerDoor: Sendable {
    /// Who speaks, and where clients reach it.
    ///
    /// A URL has no blanks, controls or other letters than ASCII's. Lines that this version does not know are passed over.
    struct Greeting: Sendable, Equatable {
        var from: String
        var to: String
        var url: String
        var door: String
        var wants: Wants?
        var store: StoreIdentity?
        /// Versions before do not.
        var namesStores = true
        /// By chance; nil: a version before.
        var process: UInt64?

        enum Wants: String, Sendable {
            case messages = "checkpoints"
            case checkpoint
        }

        private static let title = "\(StrangeGreeting.word)\(StrangeGreeting.own)"
        private static let storeWord = "store "
        private static let noStore = "none"
        private static let processWord = "process "
        /// Of its body; a longer one is none, and its memory is not taken.
        static let byteCountMax = 1_024

        var bytes: [UInt8] {
            let place = "\(url)\(door == url ? "" : "#" + door)"
            let own = namesStores ? "\(Self.storeWord)\(store?.text ?? Self.noStore)\n" : ""
            return PeerDoor.frame(Array("\(Self.title)\n\(from)\n\(to)\n\(place)\n\(wants.map { $0.rawValue + "\n" } ?? "")\(own)\(process.map { "\(Self.processWord)\($0)\n" } ?? "")".utf8))
        }

        init(from: String, to: String, url: String, door: String, wants: Wants? = .messages, store: StoreIdentity?, process: UInt64? = nil) {
            (self.from, self.to, self.url, self.door, self.wants, self.store, self.process) = (from, to, url, door, wants, store, process)
        }

        /// - Returns: nil for what is no greeting.
        init?(_ bytes: [UInt8]) {
            guard bytes.count <= Self.byteCountMax, let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            // The last line ends with a line feed too, so that the text splits into one empty line more.
            guard lines.count >= 5, lines[0] == Self.title, NodeName.isValid(lines[1]), NodeName.isValid(lines[2]), lines[lines.count - 1].isEmpty,
                lines[3].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            // `https://a.example#http://10.0.0.1:8080`: clients' address, then the door's; without `#` they are one.
            let urls = lines[3].split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let own = lines[4...].first { $0.hasPrefix(Self.storeWord) }?.dropFirst(Self.storeWord.utf8.count)
            let store = own.flatMap { StoreIdentity(String($0)) }
            guard own == nil || store != nil || own.map(String.init) == Self.noStore else { return nil }
            self.init(from: lines[1], to: lines[2], url: urls[0], door: urls[urls.count - 1], wants: lines[4...].lazy.compactMap(Wants.init).first, store: store)
            namesStores = own != nil
            process = lines[4...].lazy.filter { $0.hasPrefix(Self.processWord) }.compactMap { UInt64($0.dropFirst(Self.processWord.utf8.count)) }.first
        }
    }

    /// Who speaks for a peer.
    private struct Reader {
        var socket: MemberSocket
        var process: UInt64?
        var url: String
        var heardAt: Double
    }

    private struct State {
        var readers: [String: Reader] = [:]
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
    /// How long a stop may go unnoticed.
    private static let lookMilliseconds: Int32 = 250
    private static let pauseSeconds = 0.01
    /// A process that speaks at all speaks five times in it.
    private static let spokenSeconds = 1.0
    private static let goodbyeSeconds = 1.0
    private static let refusedWord = Array("refused ".utf8)

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
    ///   - doubled: a second process of that name is there, and was refused for that reason.
    ///   - take: its messages, one after the other.
    ///   - give: it wants a checkpoint, by that connection, which ends with the call.
    func start(
        greeted: @escaping @Sendable (Greeting) -> Void, differs: @escaping @Sendable (String, StrangeGreeting) -> Void, doubled: @escaping @Sendable (String, String) -> Void,
        take: @escaping @Sendable (String, Message) -> Void, give: @escaping @Sendable (Greeting, MemberSocket) -> Void
    ) {
        WorkerThread(name: "cluster-door", isDetached: true) { [self] in
            while !state.withLock({ $0.isStopping }) {
                var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                guard poll(&polled, 1, Self.lookMilliseconds) > 0 else { continue }
                // The listening socket does not block: one that has gone since the look is no wait.
                let connection = Glibc.accept(socket, nil, nil)
                guard connection >= 0 else {
                    // Out of files: the socket stays ready, and is not asked at full speed.
                    if errno == EMFILE || errno == ENFILE { _ = state.wait(seconds: Self.pauseSeconds) { $0.isStopping ? true : nil } }
                    continue
                }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                state.withLock { state in
                    // Whoever says nothing makes room for those who may be the peer.
                    if state.count >= Self.connectionCountMax, let oldest = state.unknown.first { shutdown(oldest, Int32(SHUT_RDWR)) }
                    // Counted before its thread is there: it may be the one that makes room for the next.
                    state.count += 1
                    state.unknown.append(connection)
                }
                guard state.withLock({ $0.count <= 2 * Self.connectionCountMax }) else {
                    leave(connection)
                    close(connection)
                    continue
                }
                // A peer whose connection ends makes another: by then there may be a thread.
                guard WorkerThread.start(name: "cluster-peer", { [self] in serve(connection, greeted, differs, doubled, take, give) }) else {
                    refusals.note("a connection to cluster.listen is refused", "the system gives no thread for it")
                    leave(connection)
                    close(connection)
                    continue
                }
            }
            close(socket)
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    private func leave(_ connection: Int32) {
        state.withLock { state in
            state.count -= 1
            state.unknown.removeAll { $0 == connection }
            for (peer, reader) in state.readers where reader.socket.descriptor == connection { state.readers[peer] = nil }
        }
    }

    private func serve(
        _ connection: Int32, _ greeted: (Greeting) -> Void, _ differs: (String, StrangeGreeting) -> Void, _ doubled: (String, String) -> Void, _ take: (String, Message) -> Void,
        _ give: (Greeting, MemberSocket) -> Void
    ) {
        MemberSocket.limitHandshake(connection)
        // A connection that has not identified itself by then is no peer's.
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
        // The one that speaks keeps the seat: were the newcomer heard, the two would throw each other out endlessly.
        if let other = seat(greeting, socket) {
            let reason = "two processes say that they are node \(greeting.from): the one at \(other) is heard, and the one at \(greeting.url) is refused; "
                + "end one of them, or give it the name (cluster.node) and the directory of a node of its own"
            doubled(greeting.from, reason)
            refusals.note("a second process of one node is refused", reason)
            return Self.refuse(socket, reason)
        }
        greeted(greeting)
        while let bytes = socket.frame(byteCountMax: Message.byteCountMax) {
            state.withLock { state in
                if state.readers[greeting.from]?.socket === socket { state.readers[greeting.from]?.heardAt = SteadyClock.seconds() }
            }
            do throws(FrameFault) {
                take(greeting.from, try Message(parsing: bytes[...]))
            } catch {
                return log.warning("a message of the peer cannot be read; its connection is closed", ["peer": .text(greeting.from), "reason": .text(error.reason)])
            }
        }
    }

    /// Makes a connection the one by which that peer speaks.
    ///
    /// - Returns: where clients reach another process of that name, which speaks; nil: it has the seat.
    private func seat(_ greeting: Greeting, _ socket: MemberSocket) -> String? {
        let now = SteadyClock.seconds()
        return state.withLock { state in
            state.unknown.removeAll { $0 == socket.descriptor }
            if let other = state.readers[greeting.from], let theirs = other.process, let own = greeting.process, theirs != own, now - other.heardAt < Self.spokenSeconds { return other.url }
            state.readers.updateValue(Reader(socket: socket, process: greeting.process, url: greeting.url, heardAt: now), forKey: greeting.from)?.socket.cut()
            return nil
        }
    }

    /// Says why, and waits for the other end to have read it: an end at once would take the words with it.
    private static func refuse(_ socket: MemberSocket, _ reason: String) {
        guard socket.send(frame(refusedWord + Array(reason.utf8))[...]) else { return }
        let end = SteadyClock.seconds() + goodbyeSeconds
        while socket.frame(byteCountMax: Message.byteCountMax, until: end) != nil {}
    }

    /// - Returns: why a connection that this node made was refused; nil for what says nothing of it.
    static func refusal(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: refusedWord), bytes.count <= Greeting.byteCountMax, let text = String(validating: bytes.dropFirst(refusedWord.count), as: UTF8.self),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        return text
    }
}
