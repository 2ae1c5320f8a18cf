internal import ColumnStore
import Glibc

/// The one deadline of a stop, whatever its parts wait for: whoever ends the process kills it without a word some seconds later.
///
/// 1. Each wait of a stop has a bound of its own, and takes what is left of the whole where that is less (`left`).
/// 2. Some parts have no bound: a request to a bucket, a piece of a compaction, some records that are folded. Once the time is over the log says in which part the process is, and it ends.
///    What was acknowledged is durable by then, as behind a kill.
final class StopDeadline: Sendable {
    private struct State {
        var part = "requests"
        var isOver = false
    }

    /// Below `TimeoutStopSec` of the unit (`packaging/debian/till.service`) by what a line of the log takes.
    static let seconds = 27.0

    /// Of a stop that was cut off, as `EX_UNAVAILABLE` of sysexits.h: what it waited for gave no answer. The unit leaves it at that (`RestartPreventExitStatus`).
    static let status: Int32 = 69

    private let end: Double
    private let state = Monitor(State())

    /// - Parameter late: called on a thread of its own, with the part that is not done.
    init(seconds: Double = StopDeadline.seconds, late: @escaping @Sendable (_ part: String) -> Void) {
        end = SteadyClock.seconds() + seconds
        let state = state
        WorkerThread(name: "stop-deadline", isDetached: true) {
            let isOver = state.wait(seconds: seconds) { $0.isOver ? true : nil } ?? false
            if !isOver { late(state.withLock { $0.part }) }
        }
    }

    /// That of this process, which ends by it: without handlers of other threads, which may hold what these would wait for.
    ///
    /// - Parameters:
    ///   - isFenced: whether the process is to be started anew, however its stop ends.
    ///   - exit: ends the process with a status.
    convenience init(
        of log: Log, seconds: Double = StopDeadline.seconds, isFenced: @escaping @Sendable () -> Bool, exit: @escaping @Sendable (_ status: Int32) -> Void = { _exit($0) }
    ) {
        self.init(seconds: seconds) { part in
            let status = isFenced() ? LogFence.status : StopDeadline.status
            log.error("the stop takes too long, and is cut off", ["part": .text(part), "status": .number(Int(status))])
            log.flush()
            exit(status)
        }
    }

    /// What comes next.
    func begin(_ part: String) { state.withLock { $0.part = part } }

    /// - Parameters:
    ///   - most: the bound of the part's own, in seconds.
    ///   - keeping: what those after it need.
    func left(_ most: Double, keeping: Double = 0) -> Double { max(0, min(most, end - SteadyClock.seconds() - keeping)) }

    /// It was in time.
    func finish() { state.broadcast { $0.isOver = true } }
}
