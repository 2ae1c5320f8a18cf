package import ColumnStore
import Synchronization

/// The server from its start to its stop, for all doors together: the list of doors, whether the server starts or stops, and the deadlines of waits.
package final class ServerLife: Sendable {
    private let starting = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private let doors = Mutex<[any Door]>([])
    /// Ends of waits, which a stop brings forward.
    package let deadlines: Deadlines
    package let timers: Timers

    package init(_ timers: Timers) {
        self.timers = timers
        deadlines = Deadlines(timers)
    }

    package var isStarting: Bool { starting.load(ordering: .relaxed) }
    package var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// While true the server is not ready: what comes before the first request is still being done.
    package func setStarting(_ isStarting: Bool) { starting.store(isStarting, ordering: .relaxed) }

    /// From here on a stop closes `door` too.
    package func add(_ door: any Door) { doors.withLock { $0.append(door) } }

    /// - Parameter jobsEnd: asks jobs to end, which must happen before waits end.
    package func beginStopping(_ jobsEnd: () -> Void) {
        stopping.store(true, ordering: .relaxed)
        jobsEnd()
        deadlines.fireAll()
    }

    package func closeDoors() { for door in doors.withLock({ $0 }) { door.stopAccepting() } }

    /// Waits until no door has anything under way, at most `seconds` for all; after `closeDoors`.
    package func waitUntilIdle(seconds: Double) -> Bool {
        let deadline = SteadyClock.seconds() + seconds
        return doors.withLock { $0 }.allSatisfy { $0.waitUntilIdle(seconds: max(0, deadline - SteadyClock.seconds())) }
    }

    package var inFlightCount: Int { doors.withLock { $0 }.reduce(0) { $0 + $1.inFlightCount } }
}
