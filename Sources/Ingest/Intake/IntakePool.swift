internal import ColumnStore
internal import Glibc

/// Threads for documents that take longer than a connection's thread may give, divided fairly: contracts take turns, and one contract never has
/// all threads, whatever it sends.
///
/// Invariants:
/// 1. Of one contract at most `threadCount - 1` jobs run.
/// 2. Every job that was taken is run, or refused when the pool stops.
///
/// Turns: contracts stand in a line; whoever has run a job stands behind the others again. Threads are begun as jobs come, and live until `stop`.
package final class IntakePool: Sendable {
    /// One of the two is called, once.
    package struct Job: Sendable {
        let run: @Sendable () -> Void
        /// Instead of running, when the store closes.
        let refuse: @Sendable () -> Void

        package init(run: @escaping @Sendable () -> Void, refuse: @escaping @Sendable () -> Void) {
            self.run = run
            self.refuse = refuse
        }
    }

    /// `waitingCount` and `runningCount` are the sums over the contracts.
    private struct State {
        /// Those with jobs that wait, in the order of their turns, and those jobs.
        var turns: [Identity] = []
        var waiting: [Identity: [Job]] = [:]
        var waitingCount = 0
        var running: [Identity: Int] = [:]
        var runningCount = 0
        var startedCount = 0
        var isStopped = false
    }

    /// Jobs that wait hold their bodies: past this many a contract's callers, or all callers, are asked to come again.
    package static let waitingOfContractMax = 64
    package static let waitingMax = 512

    private let state = Monitor(State())
    package let threadCount: Int

    package init(threadCount: Int = max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) {
        precondition(threadCount >= 2, "one contract would have all")
        self.threadCount = threadCount
    }

    /// Jobs that wait, and jobs that run.
    package var load: (waiting: Int, running: Int) { state.withLock { ($0.waitingCount, $0.runningCount) } }

    /// Queues a job; false when too many wait, and where the system gives no thread for any.
    package func submit(for contract: Identity, _ job: Job) -> Bool {
        state.broadcast { state -> Bool in
            let waitingOfContract = state.waiting[contract]?.count ?? 0
            guard !state.isStopped, waitingOfContract < Self.waitingOfContractMax, state.waitingCount < Self.waitingMax else { return false }
            // A store that never sees such documents has no threads for them.
            if state.startedCount < threadCount, WorkerThread.start(name: "intake", { [self] in work() }) { state.startedCount += 1 }
            guard state.startedCount > 0 else { return false }
            if waitingOfContract == 0 { state.turns.append(contract) }
            state.waiting[contract, default: []].append(job)
            state.waitingCount += 1
            return true
        }
    }

    /// A contract at its bound waits for one of its own jobs to end, which wakes all.
    private func work() {
        while true {
            let next = state.wait { state -> (contract: Identity, job: Job)?? in
                if let next = Self.takeNext(&state, ofContractMax: threadCount - 1) { return .some(next) }
                return state.isStopped ? .some(nil) : nil
            }
            guard let (contract, job) = next ?? nil else { break }
            job.run()
            state.broadcast { state in
                state.runningCount -= 1
                state.running[contract, default: 1] -= 1
                if state.running[contract] == 0 { state.running[contract] = nil }
            }
        }
        state.broadcast { $0.startedCount -= 1 }
    }

    /// - Complexity: O(contracts that wait).
    private static func takeNext(_ state: inout State, ofContractMax: Int) -> (contract: Identity, job: Job)? {
        guard let turn = state.turns.firstIndex(where: { state.running[$0, default: 0] < ofContractMax }) else { return nil }
        let contract = state.turns.remove(at: turn)
        guard var jobs = state.waiting.removeValue(forKey: contract), !jobs.isEmpty else { return nil }
        let job = jobs.removeFirst()
        if !jobs.isEmpty {
            state.waiting[contract] = jobs
            state.turns.append(contract)
        }
        state.waitingCount -= 1
        state.running[contract, default: 0] += 1
        state.runningCount += 1
        return (contract, job)
    }

    /// Refuses what waits; returns when what runs has ended.
    package func stop() {
        let jobs = state.broadcast { state -> [Job] in
            state.isStopped = true
            let jobs = state.waiting.values.flatMap { $0 }
            (state.turns, state.waiting, state.waitingCount) = ([], [:], 0)
            return jobs
        }
        for job in jobs { job.refuse() }
        state.wait { $0.startedCount == 0 ? () : nil }
    }
}
