internal import Cluster
internal import ColumnStore
import Synchronization

/// The way of messages to one peer: a connection of this node's making, which is only written. The other way is the peer's to make (`PeerDoor`).
///
/// Messages may be lost, so nothing is sent twice: what does not fit in the queue, or was there when the connection ended, is gone.
///
/// 1. Frames wait in the order in which they were sent, at most 16 MiB of them.
/// 2. One thread makes the connection, writes, and begins anew when it ends; it reads nothing but a refusal.
/// 3. A new connection begins with the greeting and no frame of the one before.
final class PeerLink: Sendable {
    struct Address: Sendable, Equatable {
        var host: String
        var port: UInt16
    }

    private struct State {
        var frames: [[UInt8]] = []
        var byteCount = 0
        var isStopping = false
        /// Why the peer refused the last connection; nil once it takes one.
        var refusal: (reason: String, at: Double)?
        /// Why no connection comes about, or none lasts.
        var fault: String?
    }

    private let name: String
    private let address: Address
    private let files: LinkFiles?
    private let log: Log
    private let refusals: LinkRefusals
    private let state = Monitor(State())
    private let thread = HeldThread()

    private static let queueByteCountMax = 16 << 20
    private static let connectSeconds = 2.0
    /// A connection that ended sooner was refused.
    private static let keptSeconds = 1.0
    /// Doubles with each try, up to a second.
    private static let backoffSeconds = 0.1...1.0
    /// Who is refused comes again sooner than that.
    private static let refusedSeconds = 5.0
    private static let replySeconds = 1.0
    /// So long a peer that is there may take to come to a door that is new: it still has its connection to a machine that was there before, and is gone; one try has begun before
    /// the door was there, and is unanswered to its end; after the longest pause the next one connects, and shakes hands.
    static let comingSeconds = MemberSocket.unansweredSeconds + connectSeconds + backoffSeconds.upperBound + connectSeconds + connectSeconds

    /// - Parameter files: by which both prove who they are; nil: in the clear.
    init(to name: String, _ address: Address, files: LinkFiles? = nil, log: Log) {
        (self.name, self.address, self.files, self.log) = (name, address, files, log)
        refusals = LinkRefusals(log)
    }

    /// - Parameter greeting: said first on each connection, as it is then.
    func start(greeting: @escaping @Sendable () -> [UInt8]) { thread.start(name: "cluster-link") { [self] in run(greeting) } }

    /// Any thread; never waits.
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

    /// Why the peer takes no connection of this node.
    var refusal: String? {
        let now = SteadyClock.seconds()
        return state.withLock { state in state.refusal.flatMap { now - $0.at < Self.refusedSeconds ? $0.reason : nil } }
    }

    /// Why there is no connection to the peer; nil while there is one, and before the first was tried.
    var fault: String? { state.withLock { $0.fault } }

    /// Said in the log as it begins: a peer may be away for days.
    private func note(_ fault: String?) {
        let before = state.withLock { state in
            defer { state.fault = fault }
            return state.fault
        }
        if let fault, before == nil { log.warning("no connection to the peer can be made; it is tried again", ["peer": .text(name), "reason": .text(fault)]) }
    }

    /// Does not wait for its thread, which may be connecting still.
    func stop() { state.broadcast { $0.isStopping = true } }

    private func run(_ greeting: @Sendable () -> [UInt8]) {
        var backoff = Self.backoffSeconds.lowerBound
        while !state.withLock({ $0.isStopping }) {
            if let socket = connect() {
                let begun = SteadyClock.seconds()
                if socket.send(greeting()[...]) {
                    log.info("connected to the peer", ["peer": .text(name)])
                    // All that waits goes out at once: the queue is emptied by one lock, and written without it.
                    while let frames = state.wait({ state -> [[UInt8]]?? in
                        if state.isStopping { return .some(nil) }
                        guard !state.frames.isEmpty else { return nil }
                        defer { (state.frames, state.byteCount) = ([], 0) }
                        return state.frames
                    }), !hasRefused(socket), frames.allSatisfy({ socket.send($0[...]) }) {
                        // Each time: another connection than this one may have failed meanwhile, as one for a checkpoint.
                        if SteadyClock.seconds() - begun > Self.keptSeconds { note(nil) }
                    }
                    log.info("the connection to the peer has ended", ["peer": .text(name)])
                }
                if SteadyClock.seconds() - begun > Self.keptSeconds { backoff = Self.backoffSeconds.lowerBound } else { note("it ends each at once, and its log says why") }
            }
            _ = state.wait(seconds: backoff) { $0.isStopping ? () : nil }
            backoff = min(Self.backoffSeconds.upperBound, backoff * 2)
            // What was said before is old by now.
            state.withLock { ($0.frames, $0.byteCount) = ([], 0) }
        }
    }

    /// Whether the peer takes nothing by this connection: it has ended it, and may have said why.
    private func hasRefused(_ socket: MemberSocket) -> Bool {
        let now = SteadyClock.seconds()
        switch socket.news(byteCountMax: PeerDoor.Greeting.byteCountMax, until: now + Self.replySeconds) {
        case .none: return false
        case .ended: return true
        case .frame(let bytes):
            guard let reason = PeerDoor.refusal(bytes) else { return true }
            state.withLock { $0.refusal = (reason, now) }
            refusals.note("the peer refuses this node", reason)
            return true
        }
    }

    /// A connection of its own; nil where the peer does not take it.
    func connect() -> MemberSocket? {
        guard let descriptor = MemberSocket.connect(host: address.host, port: address.port, seconds: Self.connectSeconds) else {
            note("nobody takes one at \(address.host):\(address.port)")
            return nil
        }
        MemberSocket.endWhereUnanswered(descriptor)
        guard let files else { return MemberSocket(descriptor, tls: nil) }
        MemberSocket.limitHandshake(descriptor)
        do {
            // As long again as it took to connect (`comingSeconds`).
            let end = SteadyClock.seconds() + Self.connectSeconds
            return MemberSocket(descriptor, tls: try SocketTLS(try files.credentials(), socket: descriptor, isServer: false, name: name, until: end))
        } catch {
            MemberSocket.closeUnused(descriptor)
            refusals.note("the connection to the peer is refused", "\(name): \(error)")
            note("\(error)")
            return nil
        }
    }
}
