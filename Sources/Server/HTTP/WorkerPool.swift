internal import ColumnStore

/// Threads for what may take long: the threads that serve connections never wait for a disk or a query.
package final class WorkerPool: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// The first job not yet taken; the taken ones before it are dropped now and then.
        var head = 0
        var runningCount = 0
        var isStopped = false
    }
    private let state: Monitor<State>
    /// Jobs beyond this that wait are refused.
    private let waitingMax: Int

    package init(threadCount: Int, waitingMax: Int) {
        state = Monitor(State())
        self.waitingMax = waitingMax
        for _ in 0..<threadCount { WorkerThread(name: "http-worker", isDetached: true) { [state] in Self.run(state) } }
    }

    /// Queues `job`; false when the queue is full or the pool has stopped.
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        // One job, one thread: all of them wait for the same.
        state.signal { state in
            guard !state.isStopped, state.jobs.count - state.head < waitingMax else { return false }
            state.jobs.append(job)
            return true
        }
    }

    /// Jobs that wait, and jobs that run.
    package var load: (waiting: Int, running: Int) {
        state.withLock { ($0.jobs.count - $0.head, $0.runningCount) }
    }

    /// Takes no more jobs; those queued still run.
    package func stop() { state.broadcast { $0.isStopped = true } }

    private static func run(_ state: Monitor<State>) {
        enum Turn { case job(@Sendable () -> Void), end }
        while true {
            let turn = state.wait { state -> Turn? in
                guard state.head < state.jobs.count else { return state.isStopped ? .end : nil }
                let job = state.jobs[state.head]
                state.head += 1
                if state.head >= 64, state.head * 2 >= state.jobs.count {
                    state.jobs.removeFirst(state.head)
                    state.head = 0
                }
                state.runningCount += 1
                return .job(job)
            }
            guard case .job(let job) = turn else { return }
            job()
            state.withLock { $0.runningCount -= 1 }
        }
    }
}
