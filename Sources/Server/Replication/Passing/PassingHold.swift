import Synchronization

/// A connection to another node, for as long as one request has it: whoever asked and has gone ends it, and with it the wait for the answer. Once it is given back it is the next request's, which
/// may be anybody's, while the one that had it may go on for long: its answer is sent as slowly as its client reads.
final class PassingHold: Sendable {
    private struct Held {
        /// Not kept by it: of a try that came to nothing the connection ends at once.
        weak var socket: MemberSocket?
    }

    private let held: Mutex<Held>

    init(_ socket: MemberSocket) { held = Mutex(Held(socket: socket)) }

    /// Ends the connection, unless it was given back. Any thread.
    ///
    /// Under the lock: whoever gives it back meanwhile gives back one that has ended.
    func cut() { held.withLock { $0.socket?.cut() } }

    /// The request needs it no more.
    ///
    /// - Returns: the connection, once.
    func release() -> MemberSocket? {
        held.withLock { held in
            defer { held.socket = nil }
            return held.socket
        }
    }
}
