internal import ColumnStore
import Glibc

/// Notices clients that hang up while their connection is suspended: libmicrohttpd does not look at the socket then.
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

    private let actions = Monitor<[Int32: @Sendable () -> Void]>([:])

    package init() {
        WorkerThread(name: "hang-ups", isDetached: true) { [actions] in Self.run(actions) }
    }

    /// Calls `action` once, on the watcher's thread, when the peer of `socket` closes. Ends with `forget`.
    package func watch(_ socket: Int32, _ action: @escaping @Sendable () -> Void) {
        actions.broadcast { $0[socket] = action }
    }

    /// Must come before the socket is closed: its number is used again.
    package func forget(_ socket: Int32) {
        actions.withLock { _ = $0.removeValue(forKey: socket) }
    }

    private static func run(_ actions: Monitor<[Int32: @Sendable () -> Void]>) {
        while true {
            // Sleeps as long as nobody is watched.
            var polled = actions.wait { watched -> [pollfd]? in
                watched.isEmpty ? nil : watched.keys.map { pollfd(fd: $0, events: peerClosed, revents: 0) }
            }
            if poll(&polled, nfds_t(polled.count), 0) > 0 {
                for one in polled where one.revents != 0 {
                    // A socket that was forgotten since has no action any more.
                    let action = actions.withLock { $0.removeValue(forKey: one.fd) }
                    action?()
                }
            }
            usleep(UInt32(period * 1e6))
        }
    }
}
