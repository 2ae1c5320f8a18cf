internal import Cluster
internal import ColumnStore
import Glibc
import Synchronization

/// Takes the connections that peers make, and reads their messages:
///
///     connection := greeting frame*        frame := length:uint32 message        greeting := frame of "till-pair 1\n" from "\n" to "\n" url ["#" door] "\n"
///
/// The door is where requests are passed on to, which a public URL need not lead to. It stands behind the URL, since earlier versions take exactly these lines; later ones may add
/// lines.
/// One connection of each peer: a new one ends the one before.
final class PeerDoor: Sendable {
    /// Who speaks, and where clients reach it.
    struct Greeting: Sendable, Equatable {
        var from: String
        var to: String
        var url: String
        var door: String

        private static let title = "till-pair 1"
        static let byteCountMax = 1_024

        var bytes: [UInt8] { PeerDoor.frame(Array("\(Self.title)\n\(from)\n\(to)\n\(url)\(door == url ? "" : "#" + door)\n".utf8)) }

        init(from: String, to: String, url: String, door: String) { (self.from, self.to, self.url, self.door) = (from, to, url, door) }

        /// - Returns: nil for what is no greeting.
        init?(_ bytes: [UInt8]) {
            guard bytes.count <= Self.byteCountMax, let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard lines.count >= 5, lines[0] == Self.title, NodeName.isValid(lines[1]), NodeName.isValid(lines[2]), lines[lines.count - 1].isEmpty,
                lines[3].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            let urls = lines[3].split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            self.init(from: lines[1], to: lines[2], url: urls[0], door: urls[urls.count - 1])
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

    /// A peer that lives says something five times a second; who has not said who he is by then is none.
    private static let silenceSeconds = 5
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
    ///   - take: its messages, one after the other.
    func start(greeted: @escaping @Sendable (Greeting) -> Void, take: @escaping @Sendable (String, Message) -> Void) {
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
                WorkerThread(name: "cluster-peer", isDetached: true) { [self] in serve(connection, greeted, take) }
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

    private func serve(_ connection: Int32, _ greeted: (Greeting) -> Void, _ take: (String, Message) -> Void) {
        MemberSocket.limitHandshake(connection)
        let end = SteadyClock.seconds() + Double(Self.silenceSeconds)
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
        guard let first = read(socket, byteCountMax: Greeting.byteCountMax, until: end), let greeting = Greeting(first) else {
            return refusals.note("somebody came to cluster.listen who is no node of a cluster", tls == nil ? "no greeting came" : "no greeting came, though the certificate is good")
        }
        guard greeting.to == name, peers.contains(greeting.from) else {
            return refusals.note("a node came to cluster.listen that means another, or is not this node's peer", "\(greeting.from), to \(greeting.to)")
        }
        if let fault = tls?.fault(greeting.from) { return refusals.note("a connection to cluster.listen is refused", "\(greeting.from): \(fault)") }
        state.withLock { state in
            state.unknown.removeAll { $0 == connection }
            state.readers.updateValue(socket, forKey: greeting.from)?.cut()
        }
        greeted(greeting)
        while let bytes = read(socket, byteCountMax: Message.byteCountMax) {
            do throws(FrameFault) {
                take(greeting.from, try Message(parsing: bytes[...]))
            } catch {
                return log.warning("a message of the peer cannot be read; its connection is closed", ["peer": .text(greeting.from), "reason": .text(error.reason)])
            }
        }
    }

    /// - Returns: nil at the end, after silence, and for a frame that is too long: its memory is not taken.
    private func read(_ socket: MemberSocket, byteCountMax: Int, until end: Double = .infinity) -> [UInt8]? {
        guard let head = read(socket, count: 4, until: end) else { return nil }
        let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count > 0, count <= byteCountMax else { return nil }
        return read(socket, count: count, until: end)
    }

    private func read(_ socket: MemberSocket, count: Int, until end: Double) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while filled < count {
                let silence = SteadyClock.seconds() + Double(Self.silenceSeconds)
                socket.isAbandoned = { SteadyClock.seconds() > min(end, silence) }
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[filled...])
                guard let done = try? socket.read(into: rest), done > 0, SteadyClock.seconds() < end else { break }
                filled += done
            }
        }
        return bytes.count == count ? bytes : nil
    }
}
