import Glibc
import Synchronization

/// Ends a server whose log was taken over, or whose cluster another leads: what it would take from then on is in nobody's log, and the store that goes on does not know of it.
final class LogFence: Sendable {
    private let log: Log
    private let closed = Atomic<Bool>(false)

    /// As `EX_TEMPFAIL` of sysexits.h: whoever starts servers is to look first which one is meant.
    static let status: Int32 = 75

    init(_ log: Log) { self.log = log }

    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// This machine of a cluster leads no more: it is to be started anew, to follow.
    func leave(_ reason: String) { end("this machine leads no more; the server ends", reason) }

    @Sendable
    func close(_ reason: String) { end("the log was taken over; the server ends", reason) }

    /// Any thread, and more than once: the process ends by the same way as by a stop from outside, so that what runs has its time.
    private func end(_ event: String, _ reason: String) {
        log.error(event, ["reason": .text(reason)])
        closed.store(true, ordering: .releasing)
        // To the thread that waits for signals.
        kill(getpid(), SIGTERM)
    }
}
