internal import Synchronization

/// Threads on which requests wait beside the caller's own: started as they are needed, at most so many, ended with the pool.
///
/// Each waits for a network and does little else, so more of them than processors are of use.
package final class TransferPool: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var threadCount = 0
        /// Of `threadCount`, those that do a job.
        var busyCount = 0
        var isClosing = false
    }
    /// What becomes of a job: a thread takes it, nobody does any more, or the asking one must.
    private enum Way { case taken, closing, here }

    private let state = Monitor(State())
    private let threadCountMax: Int

    package init(threadCountMax: Int) { self.threadCountMax = threadCountMax }

    deinit { close() }

    /// What a thread of the pool will have found.
    final class Promise<Value: Sendable>: Sendable {
        private let value = Monitor<Result<Value, BucketFailure>?>(nil)

        /// Once; wakes all who wait.
        func fulfil(_ result: Result<Value, BucketFailure>) { value.broadcast { $0 = result } }

        /// Whether nothing comes of it any more. Waits for nothing.
        var hasFailed: Bool { value.withLock { if case .failure? = $0 { true } else { false } } }

        /// Waits for it, unless the waiting thread's question is given up.
        func wait() throws(BucketFailure) -> Value {
            let scope = WaitScope.current
            let result = value.wait(checkingEvery: 20) { value -> Result<Value, BucketFailure>? in
                if let value { return value }
                if scope.isCancelled() { return .failure(.givenUp) }
                // Another may wait longer for the same.
                return SteadyClock.nanoseconds() > scope.endsAt ? .failure(BucketFailure(.unavailable, code: "TimedOut", "no answer in the time there was")) : nil
            }
            return try result.get()
        }
    }

    /// Has `body` done on a thread of the pool, for the scope of the thread that asks.
    ///
    /// Returns at once, but where the system gives no thread: then the asking one does it. After `close` the promise fails with `.cancelled`.
    func start<Value: Sendable>(_ body: @escaping @Sendable () throws(BucketFailure) -> Value) -> Promise<Value> {
        let promise = Promise<Value>()
        let job = Self.job(body, promise)
        switch hand(job) {
        case .taken: break
        case .closing: promise.fulfil(.failure(.givenUp))
        case .here: job()
        }
        return promise
    }

    /// As `start`, for what is wanted ahead of its time, by one who perhaps holds a lock: it never waits. Where the system gives no thread the promise fails with `.cancelled`, too,
    /// and the one that needs it fetches it itself.
    func startAhead<Value: Sendable>(_ body: @escaping @Sendable () throws(BucketFailure) -> Value) -> Promise<Value> {
        let promise = Promise<Value>()
        switch hand(Self.job(body, promise)) {
        case .taken: break
        case .closing, .here: promise.fulfil(.failure(.givenUp))
        }
        return promise
    }

    /// What keeps a promise, in the scope of the thread that asks.
    private static func job<Value: Sendable>(
        _ body: @escaping @Sendable () throws(BucketFailure) -> Value, _ promise: Promise<Value>
    ) -> @Sendable () -> Void {
        let scope = WaitScope.current
        return {
            WaitScope.run(scope) {
                do throws(BucketFailure) { promise.fulfil(.success(try body())) } catch { promise.fulfil(.failure(error)) }
            }
        }
    }

    private func hand(_ job: @escaping @Sendable () -> Void) -> Way {
        state.signal { state -> Way in
            guard !state.isClosing else { return .closing }
            state.waiting.append(job)
            // A thread that is free takes it; else one more, while there may be.
            guard state.waiting.count > state.threadCount - state.busyCount, state.threadCount < threadCountMax else { return .taken }
            // The thread holds the state and not the pool, which would otherwise never be let go.
            if WorkerThread.start(name: "transfer", { [state = self.state] in Self.work(state) }) {
                state.threadCount += 1
            } else if state.threadCount == 0 {
                // Nobody would come to it.
                state.waiting.removeLast()
                return .here
            }
            return .taken
        }
    }

    private static func work(_ state: Monitor<State>) {
        while true {
            let job: (@Sendable () -> Void)? = state.wait { state in
                if !state.waiting.isEmpty {
                    state.busyCount += 1
                    return .some(state.waiting.removeFirst())
                }
                guard state.isClosing else { return nil }
                state.threadCount -= 1
                return .some(nil)
            }
            guard let job else { return }
            job()
            state.withLock { $0.busyCount -= 1 }
        }
    }

    /// Threads end when they have done what waits.
    package func close() { state.broadcast { $0.isClosing = true } }
}

extension BucketFailure {
    /// The caller wants it no more.
    static var givenUp: BucketFailure { BucketFailure(.cancelled, code: "Cancelled", "given up by the one who asked") }
}
