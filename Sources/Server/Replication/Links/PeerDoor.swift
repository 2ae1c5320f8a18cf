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
        var readers: [String: Int32] = [:]
        var count = 0
        var isStopping = false
    }

    let port: UInt16
    private let socket: Int32
    private let name: String
    private let peers: Set<String>
    private let log: Log
    private let state = Monitor(State())

    /// A peer that lives says something five times a second; who has not said who he is by then is none.
    private static let silenceSeconds = 5
    private static let connectionCountMax = 8
    private static let lookMilliseconds: Int32 = 250

    /// - Parameter peers: those whose words count.
    init(_ address: PeerLink.Address, name: String, peers: Set<String>, log: Log) throws {
        (self.name, self.peers, self.log) = (name, peers, log)
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
                guard state.withLock({ state in
                    guard state.count < Self.connectionCountMax else { return false }
                    state.count += 1
                    return true
                }) else {
                    close(connection)
                    continue
                }
                WorkerThread(name: "cluster-peer", isDetached: true) { [self] in
                    serve(connection, greeted, take)
                    state.withLock { state in
                        state.count -= 1
                        for (peer, descriptor) in state.readers where descriptor == connection { state.readers[peer] = nil }
                    }
                    close(connection)
                }
            }
            close(socket)
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    private func serve(_ connection: Int32, _ greeted: (Greeting) -> Void, _ take: (String, Message) -> Void) {
        var patience = timeval(tv_sec: Self.silenceSeconds, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard let first = read(connection, byteCountMax: Greeting.byteCountMax, until: SteadyClock.seconds() + Double(Self.silenceSeconds)), let greeting = Greeting(first) else {
            return log.warning("somebody came to cluster.listen who is no node of a cluster")
        }
        guard greeting.to == name, peers.contains(greeting.from) else {
            return log.warning("a node came to cluster.listen that means another, or is not this node's peer", ["from": .text(greeting.from), "to": .text(greeting.to)])
        }
        state.withLock { state in
            if let earlier = state.readers.updateValue(connection, forKey: greeting.from) { shutdown(earlier, Int32(SHUT_RDWR)) }
        }
        greeted(greeting)
        while let bytes = read(connection, byteCountMax: Message.byteCountMax) {
            do throws(FrameFault) {
                take(greeting.from, try Message(parsing: bytes[...]))
            } catch {
                return log.warning("a message of the peer cannot be read; its connection is closed", ["peer": .text(greeting.from), "reason": .text(error.reason)])
            }
        }
    }

    /// - Returns: nil at the end, after silence, and for a frame that is too long: its memory is not taken.
    private func read(_ connection: Int32, byteCountMax: Int, until end: Double = .infinity) -> [UInt8]? {
        guard let head = read(connection, count: 4, until: end) else { return nil }
        let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count > 0, count <= byteCountMax else { return nil }
        return read(connection, count: count, until: end)
    }

    private func read(_ connection: Int32, count: Int, until end: Double) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while filled < count {
                let done = recv(connection, target.baseAddress.map { $0 + filled }, count - filled, 0)
                if done < 0, errno == EINTR { continue }
                guard done > 0, SteadyClock.seconds() < end else { break }
                filled += done
            }
        }
        return bytes.count == count ? bytes : nil
    }
}
