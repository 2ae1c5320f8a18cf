internal import ColumnStore
internal import Synchronization

/// Ends a query from outside: its client is gone, its time is over, the server stops. Looked at once a batch.
package final class Cancellation: Sendable {
    private let isCancelled = Atomic<Bool>(false)
    /// On `SteadyClock`; `Int.max` is never.
    private let deadline: Atomic<Int>

    /// Where threads wait that go on when it is over: made by the first, as few queries wait.
    private let waiting = Mutex<Monitor<Void>?>(nil)

    /// The setting that the time comes from, and what has it.
    private let setting: String
    private let subject: String

    /// - Parameters:
    ///   - seconds: how long the query may run; nil is without limit.
    ///   - subject: what it is, for the message.
    package init(timeLimitSeconds seconds: Double? = nil, of setting: String = "limits.query_time", ending subject: String = "the query") {
        (self.setting, self.subject) = (setting, subject)
        deadline = Atomic(seconds.map { Int(SteadyClock.nanoseconds()) + Int($0 * 1e9) } ?? Int.max)
    }

    /// For work that cannot throw: it stops in the middle, and who asked for it calls `check` before the result is used.
    package var isOver: Bool { isCancelled.load(ordering: .relaxed) || isPast() }

    /// Why it is over; nil while it is not. Whatever failed then failed for that.
    var reason: QueryError? {
        do throws(QueryError) { try check() } catch { return error }
        return nil
    }

    package func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        // Whoever begins to wait after this look has not looked at the flag yet.
        if let monitor = waiting.withLock({ $0 }) { monitor.broadcast { _ in } }
    }

    /// As long as a thread's turn: to wait so long is not worth another thread.
    private static let shortSeconds = 0.01

    /// Waits on the caller's thread, in whose place another one runs meanwhile if it is a pool's; no more than a moment past the end of the query.
    ///
    /// - Returns: whether the query was over before the time was.
    /// - Throws: too-many-queries where the system gives no thread for the other.
    @discardableResult
    package func wait(seconds: Double) throws(QueryError) -> Bool {
        guard seconds > 0 else { return isOver }
        let monitor = waiting.withLock { known in
            let monitor = known ?? Monitor<Void>(())
            known = monitor
            return monitor
        }
        // A millisecond more, so that its time is over when it is asked.
        let left = Double(deadline.load(ordering: .relaxed).subtractingReportingOverflow(Int(SteadyClock.nanoseconds())).partialValue) / 1e9 + 0.001
        let time = min(seconds, left)
        func wait() { _ = monitor.wait(seconds: time) { _ in isCancelled.load(ordering: .relaxed) ? true : nil } }
        if time > Self.shortSeconds { try ThreadWait.run(wait) } else { wait() }
        return isOver
    }

    /// Asked by all that goes on for long, on whose thread others are let in here.
    private func isPast() -> Bool {
        let now = SteadyClock.nanoseconds()
        ThreadWait.relief?.look(at: now)
        return deadline.load(ordering: .relaxed) < Int(now)
    }

    /// - Throws: `QueryError` cancelled or query-timeout.
    package func check() throws(QueryError) {
        if isCancelled.load(ordering: .relaxed) { throw QueryError(.cancelled, "the query was cancelled") }
        if isPast() {
            throw QueryError(.queryTimeout, "\(subject) ran out of time: ask for less, or raise \(setting)")
        }
    }
}
