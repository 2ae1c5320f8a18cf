package import ColumnStore
import Glibc
import Synchronization

/// Notices clients that hang up while their connection is suspended: libmicrohttpd does not look at the socket then.
///
/// A client that has only ended its sending side looks as one that has closed: it reads what it is answered, which must not be a success of what was not done.
///
/// One `poll` over all of them four times a second, and none while nobody is watched.
package final class HangupWatcher: Sendable {
    /// In seconds: a gone client is noticed well within one.
    private static let period = 0.25
    /// Linux: the peer has shut down its writing half. Not among what Glibc's module exports.
    static let peerClosed: Int16 = 0x2000
    /// What `shutdown` ends. Linux's numbers: which of the C modules has the names depends on who includes the header first.
    static let reading: Int32 = 0, writing: Int32 = 1, both: Int32 = 2

    /// Whether the peer of `socket` sends no more.
    static func isHalfClosed(_ socket: Int32) -> Bool {
        var polled = pollfd(fd: socket, events: peerClosed, revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// Whether the connection of `socket` is at its end: its peer takes nothing any more, either. Of a peer that has closed it this is known only once something was sent.
    static func isReset(_ socket: Int32) -> Bool {
        // Both are told of without being asked for.
        var polled = pollfd(fd: socket, events: 0, revents: 0)
        return poll(&polled, 1, 0) > 0 && Int32(polled.revents) & (POLLERR | POLLHUP) != 0
    }

    private struct State {
        var actions: [Int32: @Sendable () -> Void] = [:]
        /// A look at the sockets is due.
        var isArmed = false
    }
    private let state = Mutex(State())
    private let timers: Timers

    package init(_ timers: Timers) { self.timers = timers }

    /// Calls `action` once, on the timers' thread, when the peer of `socket` closes. Ends with `forget`.
    package func watch(_ socket: Int32, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions[socket] = action }
        arm()
    }

    /// Must come before the socket is closed: its number is used again.
    package func forget(_ socket: Int32) {
        state.withLock { _ = $0.actions.removeValue(forKey: socket) }
    }

    /// Looks again, unless nobody is watched or a look is due anyway.
    private func arm() {
        let isDue = state.withLock { state in
            guard !state.isArmed, !state.actions.isEmpty else { return false }
            state.isArmed = true
            return true
        }
        if isDue { timers.after(Self.period) { [weak self] in self?.look() } }
    }

    private func look() {
        var polled = state.withLock { state in
            state.isArmed = false
            return state.actions.keys.map { pollfd(fd: $0, events: Self.peerClosed, revents: 0) }
        }
        if poll(&polled, nfds_t(polled.count), 0) > 0 {
            for one in polled where one.revents != 0 {
                // A socket that was forgotten since has no action any more.
                let action = state.withLock { $0.actions.removeValue(forKey: one.fd) }
                action?()
            }
        }
        arm()
    }
}
