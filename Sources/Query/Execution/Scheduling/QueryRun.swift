internal import ColumnStore
internal import Synchronization

/// One execution of a plan: what its operators share.
///
/// Made by `QueryEngine` for a query, and by operators that run a part of it by other rules (`Recursion`). All of its
/// properties are safe to use from any thread.
package final class QueryRun: Sendable {
    /// The zone, the session, the source of chance; with the memory and the cancellation of this run in it.
    package let context: EvaluationContext
    package let cancellation: Cancellation
    /// Of this query; its parent is the budget of all queries.
    package let memory: MemoryBudget
    package let spill: SpillSpace
    /// What its scans have read, unless a node has counters of its own (`figures`).
    package let counters: ScanCounters
    let pool: WorkerPool
    /// How many workers a part of the query may have at once.
    let workerCount: Int
    /// Jobs run on the thread that asks for them: for work that is over before another thread would have woken.
    let isInline: Bool
    /// Of EXPLAIN ANALYZE: what operators took.
    let figures: RunFigures?
    var isMeasured: Bool { figures != nil }
    /// What is asked of storages behind a network.
    let tally = RequestTally()
    /// Where threads of this run wait for storage: a cancelled query ends the wait.
    let waits: WaitScope
    /// Of jobs that `parallel` ran, less what its callers waited for them; only where operators are measured. The parts of `prepare` come one
    /// after another, so that what is added during one is its own.
    let workerNanoseconds = Atomic<Int>(0)

    /// What takes less than this stays in memory, whether the budget has room for it or not: writing it aside frees nothing worth it.
    var smallByteCount: Int { min(8 << 20, memory.byteCountMax / (16 * workerCount)) }
    /// What cannot be divided is refused past this: less is not worth an error, even of a query that has hardly any memory.
    var refusedByteCount: Int { max(1 << 20, smallByteCount) }

    /// - Parameter workerCount: nil is one for each thread of the pool; at least one.
    /// - Parameter isInline: whether `parallel` runs its jobs on the caller's thread, in turn.
    init(
        pool: WorkerPool, workerCount: Int? = nil, context: EvaluationContext = EvaluationContext(), cancellation: Cancellation = Cancellation(),
        memory: MemoryBudget = MemoryBudget(byteCountMax: 256 << 20), spill: SpillSpace = SpillSpace(directory: "/tmp", byteCountMax: 64 << 30),
        counters: ScanCounters = ScanCounters(), figures: RunFigures? = nil, isInline: Bool = false
    ) {
        self.pool = pool
        self.isInline = isInline
        self.workerCount = max(1, workerCount ?? pool.threadCount)
        var context = context
        (context.memory, context.cancellation) = (memory, cancellation)
        context.deferred = DeferredErrors()
        self.context = context
        self.cancellation = cancellation
        waits = WaitScope(isCancelled: { cancellation.isOver }, tally: tally)
        self.memory = memory
        self.spill = spill
        self.counters = counters
        self.figures = figures
    }

    /// Runs `count` stepwise jobs on the pool and waits for all. The first error ends the others and is thrown.
    ///
    /// The caller's thread waits and runs none of them, so that it must not be one of the pool's: with all threads waiting,
    /// none would be left to run the jobs. `isInline` is for those.
    ///
    /// - Parameter makeJob: gives worker `index` its job, which returns false when it is done.
    /// - Throws: the first error of a job; when the query is over, why it is, whatever a job has thrown.
    func parallel(_ count: Int, _ makeJob: (Int) throws -> (() throws -> Bool)) throws {
        if isInline { return try inTurn(count, makeJob) }
        let group = JobGroup(self)
        // All jobs are made before one is submitted: should one fail to be made, none runs.
        var tasks: [Job] = []
        for index in 0..<count { tasks.append(Job(group, try makeJob(index))) }
        group.begin(tasks.count)
        for task in tasks { pool.submit(task) }
        let start = isMeasured ? Int(SteadyClock.nanoseconds()) : 0
        defer { if isMeasured { workerNanoseconds.wrappingSubtract(Int(SteadyClock.nanoseconds()) - start, ordering: .relaxed) } }
        try group.wait()
    }

    /// Each job to its end before the next: jobs that share a counter leave all of the work to the first.
    private func inTurn(_ count: Int, _ makeJob: (Int) throws -> (() throws -> Bool)) throws {
        do {
            for index in 0..<count {
                let body = try makeJob(index)
                repeat { try cancellation.check() } while try WaitScope.run(waits, { try body() })
            }
        } catch { throw cancellation.reason ?? error }
    }

    /// Reads all of `input` with as many workers as it allows; each gives its batches to a consumer of its own.
    ///
    /// What a join's right side, a sort and a grouping take their rows in by. Batches of one stream go to one consumer, in
    /// their order; consumers of several workers run at the same time.
    ///
    /// - Parameter dividing: whether a consumer that finds the rows too large together gets them again, fewer at a time. It must have changed
    ///   nothing by then: all that it evaluates comes first.
    func drain(_ input: PreparedOperator, dividing: Bool = false, _ makeConsumer: (Int) throws -> ((ColumnBatch) throws -> Void)) throws {
        try parallel(min(workerCount, input.streamCountMax)) { index in
            let stream = try input.stream(self, worker: index)
            let consume = try makeConsumer(index)
            return {
                guard let batch = try stream.next() else { return false }
                if dividing { try BatchPieces.each(of: batch, consume) } else { try consume(batch) }
                return true
            }
        }
    }

    /// One worker's part of `parallel`, a step a turn.
    private final class Job: WorkerTask, @unchecked Sendable {
        // Safe to share: the pool runs a task on one thread at a time.
        private let group: JobGroup
        /// Nil once it is over: what it captured is free before the caller goes on.
        private var body: (() throws -> Bool)?

        init(_ group: JobGroup, _ body: @escaping () throws -> Bool) {
            self.group = group
            self.body = body
        }

        func step() -> WorkerStep {
            do {
                // Another job's error ends this one at its next turn, not within a batch.
                guard !group.hasFailed else {
                    finish()
                    return .leave
                }
                try group.run.cancellation.check()
                if let body, try WaitScope.run(group.run.waits, { try measured(body) }) { return .more }
            } catch {
                group.fail(group.run.cancellation.reason ?? error)
            }
            finish()
            return .leave
        }

        private func measured(_ body: () throws -> Bool) rethrows -> Bool {
            guard group.run.isMeasured else { return try body() }
            let start = Int(SteadyClock.nanoseconds())
            defer { group.run.workerNanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start, ordering: .relaxed) }
            return try body()
        }

        private func finish() {
            body = nil
            group.end()
        }
    }

    /// The jobs of one call of `parallel`: how many still run, and the first error.
    ///
    /// Invariant: `running` sinks by one for each job, also for one that fails; the caller wakes at 0, when no job touches
    /// its state any more.
    private final class JobGroup: Sendable {
        let run: QueryRun
        private let state = Monitor<(running: Int, error: (any Error)?)>((0, nil))

        init(_ run: QueryRun) { self.run = run }

        var hasFailed: Bool { state.withLock { $0.error != nil } }
        func begin(_ count: Int) { state.broadcast { $0.running = count } }
        func end() { state.broadcast { $0.running -= 1 } }
        func fail(_ error: any Error) { state.broadcast { if $0.error == nil { $0.error = error } } }

        func wait() throws {
            // Two optionals: the outer says whether the wait is over, the inner whether a job failed.
            let error = state.wait { state -> (any Error)?? in state.running == 0 ? .some(state.error) : nil }
            if let error { throw error }
        }
    }
}
