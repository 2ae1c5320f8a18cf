import Glibc

/// A thread of our own: writer, flusher, compactor. Joined by its owner.
package final class WorkerThread: @unchecked Sendable {
    // Proof: `thread` is written in init before anyone else has the object, and read by `join`, which its owner calls once.
    private var thread = pthread_t()

    private final class Body {
        let run: @Sendable () -> Void
        let name: String
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// - Parameters:
    ///   - name: at most 15 bytes, as the system shows it.
    ///   - isDetached: nobody will join it.
    package init(name: String, isDetached: Bool = false, _ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let code = pthread_create(
            &thread, nil,
            { argument in
                // Safe: the argument is the body retained above, handed over once.
                let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                WorkerThread.nameThisThread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        precondition(code == 0, "no thread can be started: \(code)")
        if isDetached { pthread_detach(thread) }
    }

    package func join() { pthread_join(thread, nil) }

    /// glibc's call for it is hidden from Swift; a thread without its name works as well, so failures don't matter.
    private static func nameThisThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, min(name.utf8.count, 15))
        close(descriptor)
    }

    /// Puts the calling thread behind all others for processor and disk: compaction gives way to receipts.
    package static func lowerPriority() {
        // On Linux 0 names the calling thread alone; and the disk's priority follows this one unless it is set apart.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15)
    }
}

/// State with a lock and a condition to wait on: what `Mutex` lacks.
package final class Monitor<State>: @unchecked Sendable {
    // Proof: `state` is touched only between lock and unlock of `mutex`.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
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

    /// As `withLock`, and wakes one waiter.
    package func signal<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// As `withLock`, and wakes every waiter.
    package func broadcast<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Waits until `body` gives a result.
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
        let end = Clock.steadyNanoseconds() &+ nanoseconds
        var deadline = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        while true {
            if let result = try body(&state) { return result }
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return try body(&state) }
        }
    }
}
