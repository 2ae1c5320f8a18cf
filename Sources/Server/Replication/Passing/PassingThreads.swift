internal import ColumnStore

/// Threads for requests that wait for another machine: made as they are wanted, and ended as they are not. Nobody has all of them, however slowly their answers are read.
///
/// 1. At most `threadCountMax` threads, and `waitingCountMax` jobs that wait for one.
/// 2. Of both one caller has three quarters at most; jobs of other callers overtake its own.
/// 3. A thread ends after ten seconds without a job that it may take, unless one waits.
package final class PassingThreads: Sendable {
    private struct State {
        var jobs: [(asker: Int, run: @Sendable () -> Void)] = []
        var idleCount = 0
        var threadCount = 0
        /// By who asked: how many threads work, and how many jobs wait.
        var working: [Int: Int] = [:]
        var waiting: [Int: Int] = [:]

        /// The first whose asker may have one thread more.
        mutating func next(_ shareMax: Int) -> (asker: Int, run: @Sendable () -> Void)? {
            // Not always the first: a caller that has all the threads it may have is passed over.
            guard let place = jobs.firstIndex(where: { working[$0.asker, default: 0] < shareMax }) else { return nil }
            let job = jobs.remove(at: place)
            working[job.asker, default: 0] += 1
            PassingThreads.lower(&waiting, job.asker)
            return job
        }
    }

    private let state = Monitor(State())
    private let threadCountMax: Int
    private let waitingCountMax: Int

    private static let idleSeconds = 10.0

    package init(threadCountMax: Int = 256, waitingCountMax: Int = 1_024) { (self.threadCountMax, self.waitingCountMax) = (threadCountMax, waitingCountMax) }

    /// What one asker may have of `count`.
    private static func share(of count: Int) -> Int { max(1, count / 4 * 3) }

    private static func lower(_ counts: inout [Int: Int], _ asker: Int) {
        let count = counts[asker, default: 0] - 1
        counts[asker] = count > 0 ? count : nil
    }

    /// - Returns: false where as many wait as may, and where the system gives no thread to do it.
    package func run(for asker: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        state.signal { state -> Bool in
            guard state.jobs.count < waitingCountMax, state.waiting[asker, default: 0] < Self.share(of: waitingCountMax) else { return false }
            state.jobs.append((asker, job))
            state.waiting[asker, default: 0] += 1
            // Idle threads are counted until they have a job in hand: of a burst each job beyond them gets a new one.
            guard state.jobs.count > state.idleCount, state.threadCount < threadCountMax else { return true }
            if WorkerThread.start(name: "passing", { [self] in work() }) {
                state.threadCount += 1
            } else if state.threadCount == 0 {
                // Nobody would come to it.
                state.jobs.removeLast()
                Self.lower(&state.waiting, asker)
                return false
            }
            return true
        }
    }

    private func work() {
        let shareMax = Self.share(of: threadCountMax)
        while true {
            state.withLock { $0.idleCount += 1 }
            let job = state.wait(seconds: Self.idleSeconds) { $0.next(shareMax) }
            let isOver = state.withLock { state in
                state.idleCount -= 1
                // One may have come as the wait ended.
                guard job == nil, state.jobs.isEmpty else { return false }
                state.threadCount -= 1
                return true
            }
            if isOver { return }
            guard let job else { continue }
            job.run()
            state.withLock { Self.lower(&$0.working, job.asker) }
        }
    }
}
