internal import Cluster
internal import ColumnStore
import Glibc
import Synchronization

/// The way of messages to one peer: a connection of this node's making, which is only written. The other way is the peer's to make (`PeerDoor`).
///
/// Messages may be lost, so nothing is sent twice: what does not fit in the queue, or was there when the connection ended, is gone.
final class PeerLink: Sendable {
    struct Address: Sendable, Equatable {
        var host: String
        var port: UInt16
    }

    private struct State {
        var frames: [[UInt8]] = []
        var byteCount = 0
        var isStopping = false
    }

    private let name: String
    private let address: Address
    private let log: Log
    private let state = Monitor(State())
    private let thread = HeldThread()

    private static let queueByteCountMax = 16 << 20
    private static let writeSeconds = 2
    private static let backoffSeconds = 0.1...1.0

    init(to name: String, _ address: Address, log: Log) {
        (self.name, self.address, self.log) = (name, address, log)
    }

    /// - Parameter greeting: said first on each connection.
    func start(greeting: [UInt8]) { thread.start(name: "cluster-link") { [self] in run(greeting) } }

    func send(_ message: Message) {
        let bytes = message.bytes
        guard bytes.count <= Message.byteCountMax else { return log.error("a message to the peer is too long, and was not sent", ["bytes": .number(bytes.count)]) }
        let frame = PeerDoor.frame(bytes)
        state.signal { state in
            guard state.byteCount + frame.count <= Self.queueByteCountMax else { return }
            state.frames.append(frame)
            state.byteCount += frame.count
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    private func run(_ greeting: [UInt8]) {
        var backoff = Self.backoffSeconds.lowerBound
        while !state.withLock({ $0.isStopping }) {
            if let socket = connect() {
                defer { close(socket) }
                if write(greeting, to: socket) {
                    log.info("connected to the peer", ["peer": .text(name)])
                    backoff = Self.backoffSeconds.lowerBound
                    while let frames = state.wait({ state -> [[UInt8]]?? in
                        if state.isStopping { return .some(nil) }
                        guard !state.frames.isEmpty else { return nil }
                        defer { (state.frames, state.byteCount) = ([], 0) }
                        return state.frames
                    }), frames.allSatisfy({ write($0, to: socket) }) {}
                    log.info("the connection to the peer has ended", ["peer": .text(name)])
                }
            }
            _ = state.wait(seconds: backoff) { $0.isStopping ? () : nil }
            backoff = min(Self.backoffSeconds.upperBound, backoff * 2)
            // What was said before is old by now.
            state.withLock { ($0.frames, $0.byteCount) = ([], 0) }
        }
    }

    private func connect() -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &list) == 0, let first = list?.pointee else { return nil }
        defer { freeaddrinfo(list) }
        let descriptor = socket(first.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var patience = timeval(tv_sec: Self.writeSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard Glibc.connect(descriptor, first.ai_addr, first.ai_addrlen) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
