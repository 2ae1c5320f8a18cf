import Glibc
import Synchronization

/// Ends a server whose log was taken over: what it would take from then on is in nobody's log, and the store that was restored does not know of it.
final class LogFence: Sendable {
    private let log: Log
    private let closed = Atomic<Bool>(false)

    /// As `EX_TEMPFAIL` of sysexits.h: whoever starts servers is to look first which one is meant.
    static let status: Int32 = 75

    init(_ log: Log) { self.log = log }

    var isClosed: Bool { closed.load(ordering: .acquiring) }

    @Sendable
    func close(_ reason: String) {
        log.error("the log was taken over; the server ends", ["reason": .text(reason)])
        closed.store(true, ordering: .releasing)
        // To the thread that waits for signals.
        kill(getpid(), SIGTERM)
    }
}
