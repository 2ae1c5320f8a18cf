internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// The jobs of this run of the server: those that wait, run, and the last that ended.
///
/// Each kind of work has one thread, at low priority, and does one job after the other. Nothing else of the server waits for them: figures,
/// health and readers have their own threads.
///
/// 1. A job stands in its kind's queue while it waits, and is its `running` one while it is done; `jobs` has both, and ended ones.
/// 2. A queue's thread is made with its first job and lives as long as the process.
/// 3. `ended` of an item is called outside of all locks.
package final class JobTable: Sendable {
    /// Ended ones beyond these are forgotten, the oldest first.
    private static let endedCountMax = 100
    /// Of one kind; whoever comes later is refused.
    private static let waitingCountMax = 16

    private struct Item: Sendable {
        let job: Job
        let work: @Sendable (Job) throws -> [UInt8]
        let ended: @Sendable (Job.Standing) -> Void
    }
    private struct KindQueue {
        var waiting: [Item] = []
        var running: Job?
        var hasThread = false
    }
    private struct State {
        /// The oldest first.
        var jobs: [Job] = []
        var queues: [Job.Kind: KindQueue] = [:]
        var isStopped = false
    }
    /// What whoever waits for a job that was cancelled is told.
    static let endedEarly = "the job was ended before it was done"

    private let state = Monitor(State())
    private let log: Log

    init(log: Log) { self.log = log }

    // MARK: Taking

    /// Takes a job.
    ///
    /// - Parameters:
    ///   - ended: called once, when the job is over, before callers that wait for it.
    ///   - work: runs on the thread of its kind; gives the result as JSON.
    /// - Throws: `overloaded` when too many of its kind wait, the server stops, or the system gives no thread.
    package func submit(
        _ kind: Job.Kind, actor: String, ended: @escaping @Sendable (Job.Standing) -> Void = { _ in },
        work: @escaping @Sendable (Job) throws -> [UInt8]
    ) throws -> Job {
        let job = try Job(kind: kind, actor: actor)
        try state.broadcast { state in
            guard !state.isStopped else { throw Problem(.overloaded, "the server is stopping") }
            var queue = state.queues[kind] ?? KindQueue()
            guard queue.waiting.count < Self.waitingCountMax else {
                throw Problem(.overloaded, "\(queue.waiting.count) jobs of this kind wait already; GET /v1/admin/jobs lists them")
            }
            // Under the lock, so that a kind has one: it waits for its first job until that is in the queue.
            guard queue.hasThread || WorkerThread.start(name: "job-\(kind.rawValue)", { [self] in run(kind) }) else {
                throw Problem(.overloaded, "the system gives no thread for a job of this kind; try again, or let the server have more (TasksMax of its unit, ulimit -u)")
            }
            queue.hasThread = true
            queue.waiting.append(Item(job: job, work: work, ended: ended))
            state.queues[kind] = queue
            state.jobs.append(job)
            Self.trim(&state.jobs)
        }
        return job
    }

    /// Those that wait or run stay, however many there are.
    private static func trim(_ jobs: inout [Job]) {
        var surplus = jobs.count { $0.standing.state.isFinal } - endedCountMax
        jobs.removeAll { job in
            guard surplus > 0, job.standing.state.isFinal else { return false }
            surplus -= 1
            return true
        }
    }

    package func job(_ id: String) -> Job? { state.withLock { $0.jobs.first { $0.id == id } } }

    /// The newest first.
    package var all: [Job] { state.withLock { $0.jobs.reversed() } }

    /// Tells a job to end: one that waits is dropped; one that runs ends as soon as its work can.
    package func cancel(_ job: Job) {
        let dropped = state.broadcast { state -> [Item] in
            guard var queue = state.queues[job.kind] else { return [] }
            let dropped = queue.waiting.filter { $0.job === job }
            queue.waiting.removeAll { $0.job === job }
            state.queues[job.kind] = queue
            return dropped
        }
        job.cancel()
        for item in dropped { drop(item) }
    }

    /// Ends a job that has not begun: the audit trail has the end before anybody who waits for the job hears of it.
    private func drop(_ item: Item) {
        item.ended(Job.Standing(state: .cancelled))
        item.job.drop()
    }

    // MARK: Running

    private func run(_ kind: Job.Kind) {
        WorkerThread.lowerPriority()
        while true {
            let item = state.wait { state -> Item? in
                guard var queue = state.queues[kind], !queue.waiting.isEmpty else { return nil }
                let item = queue.waiting.removeFirst()
                queue.running = item.job
                state.queues[kind] = queue
                return item
            }
            run(item)
            state.broadcast { $0.queues[kind]?.running = nil }
        }
    }

    private func run(_ item: Item) {
        let job = item.job
        // It was cancelled between the queue and here.
        guard job.begin() else { return drop(item) }
        log.info("job began", ["kind": .text(job.kind.rawValue), "job": .text(job.id)])
        let outcome: Result<[UInt8], Problem>
        do {
            outcome = .success(try item.work(job))
        } catch is Job.Cancelled {
            outcome = .failure(Problem(.overloaded, Self.endedEarly))
        } catch {
            let problem = ProblemMapping.problem(for: error)
            if problem.slug == .internalError {
                log.error("job failed", ["kind": .text(job.kind.rawValue), "job": .text(job.id), "error": .text(problem.cause ?? "\(error)")])
            }
            outcome = .failure(problem)
        }
        var standing = Job.Standing(state: job.isCancelled ? .cancelled : .failed)
        if case .success(let result) = outcome { (standing.state, standing.result) = (.done, result) }
        if case .failure(let problem) = outcome { standing.problem = problem }
        // The audit trail has the end before anybody who waits for the job hears of it.
        item.ended(standing)
        job.end(outcome, isCancelled: job.isCancelled)
        log.info("job ended", ["kind": .text(job.kind.rawValue), "job": .text(job.id), "state": .text(standing.state.rawValue)])
    }

    // MARK: Stopping

    /// Takes no more jobs, drops those that wait, and tells those that run to end.
    package func beginStopping() {
        state.broadcast { $0.isStopped = true }
        for job in all where !job.standing.state.isFinal { cancel(job) }
    }

    /// Whether jobs end since the server does, and not since somebody wants that.
    package var isStopping: Bool { state.withLock { $0.isStopped } }

    /// - Returns: whether none runs any more that reads the store by itself. (Compactions and rebuilds end with the engine.)
    package func waitUntilIdle(seconds: Double) -> Bool {
        state.wait(seconds: seconds) { state in
            state.queues.allSatisfy { $0.key == .compact || $0.key == .rebuild || $0.value.running == nil } ? true : nil
        } ?? false
    }

    package var figures: [(kind: Job.Kind, waiting: Int, running: Int)] {
        state.withLock { state in
            Job.Kind.allCases.map { ($0, state.queues[$0]?.waiting.count ?? 0, state.queues[$0]?.running == nil ? 0 : 1) }
        }
    }
}
