internal import CLinux
internal import Glibc

/// State under a lock, with threads that wait for it to change: what `Mutex` lacks.
package final class Monitor<State>: @unchecked Sendable {
    // Proof of Sendable: `state` is touched only between lock and unlock of `mutex`; the two pthread objects never move.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// As `withLock`, and wakes one thread that waits.
    package func signal<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        // Woken after the lock is free, or the woken thread would sleep again for it.
        defer { wakeOne() }
        return try withLock(body)
    }

    /// Wakes one thread that waits, for what was changed by `withLock`.
    package func wakeOne() { pthread_cond_signal(condition) }

    /// As `withLock`, and wakes every thread that waits.
    package func broadcast<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        defer { pthread_cond_broadcast(condition) }
        return try withLock(body)
    }

    /// Waits until `body` gives a result, asking it at once and again each time that the thread is woken.
    package func wait<Result>(_ body: (inout State) throws -> Result?) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = try body(&state) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Waits until `body` gives a result, at most that long; then nil.
    package func wait<Result>(nanoseconds: UInt64, _ body: (inout State) throws -> Result?) rethrows -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let end = SteadyClock.nanoseconds() &+ nanoseconds
        var deadline = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        while true {
            if let result = try body(&state) { return result }
            // By a clock that nobody sets.
            if till_wait_until(condition, mutex, &deadline) == ETIMEDOUT { return try body(&state) }
        }
    }

    /// As `wait(nanoseconds:)`. A negative time does not wait, and one past a century is that.
    package func wait<Result>(seconds: Double, _ body: (inout State) throws -> Result?) rethrows -> Result? {
        try wait(nanoseconds: UInt64(min(max(0, seconds), 3e9) * 1e9), body)
    }

    /// Waits until `body` gives a result, asking it at least that often, for what changes without waking anyone.
    package func wait<Result>(checkingEvery milliseconds: UInt64, _ body: (inout State) throws -> Result?) rethrows -> Result {
        while true {
            if let result = try wait(nanoseconds: milliseconds * 1_000_000, body) { return result }
        }
    }
}
