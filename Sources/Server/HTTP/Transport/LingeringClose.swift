internal import ColumnStore
import Glibc

/// Closes connections whose client may still be sending, so that it gets to read the answer.
///
/// A socket that is closed with unread bytes resets its connection, and the reset may overtake the answer. So the writing half is closed
/// first, and what still comes is read past for a moment.
///
/// One thread for all of them, which sleeps while there is none. What it reads past goes nowhere.
package final class LingeringClose: Sendable {
    /// In seconds, for each connection.
    private static let patience = 2.0
    /// Read past, for each connection.
    private static let byteCountMax = 4 << 20
    /// Beyond so many a connection is closed at once: they must not use up the descriptors.
    private static let connectionCountMax = 256
    private static let periodMilliseconds: Int32 = 100

    private struct Leaving {
        let socket: Int32
        let deadline: Double
        var byteCount = 0
    }

    private let arriving = Monitor<[Leaving]>([])

    package init() {
        WorkerThread(name: "lingering", isDetached: true) { [arriving] in Self.run(arriving) }
    }

    /// Keeps the connection of `socket` open, by a descriptor of its own; the caller closes `socket` as it would.
    package func keep(_ socket: Int32) {
        // Another number for the same connection: the library closes its own, and the connection stays.
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        shutdown(copy, HangupWatcher.writing)
        let isTaken = arriving.broadcast { arriving in
            guard arriving.count < Self.connectionCountMax else { return false }
            arriving.append(Leaving(socket: copy, deadline: SteadyClock.seconds() + Self.patience))
            return true
        }
        if !isTaken { close(copy) }
    }

    private static func taken(_ arriving: inout [Leaving]) -> [Leaving]? {
        defer { arriving = [] }
        return arriving.isEmpty ? nil : arriving
    }

    private static func run(_ arriving: Monitor<[Leaving]>) {
        var leaving: [Leaving] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // Sleeps as long as nobody is leaving.
            leaving += leaving.isEmpty ? arriving.wait { Self.taken(&$0) } : arriving.withLock { Self.taken(&$0) } ?? []
            while leaving.count > connectionCountMax { close(leaving.removeFirst().socket) }
            var polled = leaving.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
            poll(&polled, nfds_t(polled.count), periodMilliseconds)
            let now = SteadyClock.seconds()
            for index in leaving.indices.reversed() {
                var isOver = now > leaving[index].deadline
                if polled[index].revents != 0 {
                    let count = recv(leaving[index].socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                    leaving[index].byteCount += max(count, 0)
                    isOver = isOver || count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
                        || leaving[index].byteCount > byteCountMax
                }
                if isOver { close(leaving.remove(at: index).socket) }
            }
        }
    }
}
