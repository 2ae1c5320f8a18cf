internal import ColumnStore
internal import Documents
package import Synchronization

/// The one writer of hot files, mostly a thread of its own: gathers what all connections hand in, commits it as one group with one fsync, makes it
/// visible, then answers.
///
/// The queue is bounded: past it a submission is refused at once. After a failed fsync every submission is refused until a restart
/// has read the file back.
///
/// 1. At any time one thread works with the core: it has set `isBusy`, under the queue's lock.
/// 2. Each submission and each change is answered once; a submission that was taken is answered after its fsync.
/// 3. What is answered as stored is durable and visible to every reader that begins afterwards.
/// 4. Submissions are committed in the order in which they were handed in. Within a turn jobs come first, then the group with its changes.
package final class HotWriter: Sendable {
    package struct Limits: Sendable {
        /// Bounds of rows and bytes that wait: a submission beyond them is refused.
        package var queuedRows = 50_000
        package var queuedBytes = 128 << 20
        /// A group is closed at this many rows: a commit of them takes some 30 ms, and nobody waits for more than two.
        package var groupRows = 2_048
        package var groupBytes = 16 << 20
        /// Free bytes on the device below which nothing more is taken.
        package var minFreeBytes: Int64 = 1 << 30
        /// Bound of rows whose columns are in memory only: beyond it submissions are refused. About 150 MB.
        package var unflushedRows = 262_144
        /// And of the bytes of those columns, for rows that are long.
        package var unflushedBytes = 256 << 20
        /// All of a file's rows are laid down when its tables have so many bytes in memory together, though none has a group's: long rows of many tables. Below `unflushedBytes`: a
        /// disk that keeps up is never waited for, and what one that does not has refused for is laid down once it does.
        package var lagBytes = 128 << 20
        /// When the last commit took longer, the next one is left to the writer's thread: the disk is slow, and a connection's thread has
        /// others to serve.
        package var ownCommitNanoseconds: UInt64 = 1_000_000

        package init() {}
    }

    /// Something that the writer's thread does to a file, in a transaction of its own.
    ///
    /// Only `.file` has a transaction and a body; for the others the target says everything.
    struct Job: Sendable {
        enum Target: Sendable {
            case file(HotFile)
            /// Seal the open file, if there is one with rows and of a day before that.
            case seal(before: Int32)
            /// Copy the rest of the open file's log, so that the next commit begins it anew; or also cut it off.
            case checkpoint(HotFile, cuts: Bool)
            /// Close what is open of a sealed file: its rows are elsewhere.
            case forget(HotFile)
            /// Something between two groups, while nothing is written to any file.
            case hold(@Sendable () throws -> Void)
            /// Give sequences to rows that do not go into a hot file.
            case number(@Sendable (_ first: Int64, ULIDGenerator) throws -> Int64)
        }
        let target: Target
        let body: @Sendable (HotFileWriter) throws -> Void
        /// Called on the thread that did it.
        let completion: @Sendable (Result<Void, any Error>) -> Void
    }

    /// `rowCount` and `byteCount` are sums over `submissions`: what waits, without the group that is being committed.
    private struct Queue {
        var submissions: [Submission] = []
        var changes: [ProcessChange] = []
        var jobs: [Job] = []
        var rowCount = 0
        var byteCount = 0
        var isStopping = false
        var hasStopped = false
        /// A thread works with the core.
        var isBusy = false
        var failure: Fault?

        var isEmpty: Bool { submissions.isEmpty && changes.isEmpty && jobs.isEmpty }
    }

    /// Proof: used only by the thread that has set `isBusy`; the queue's lock puts one use after the other.
    private struct Shared: @unchecked Sendable { let core: HotWriterCore }

    private let queue: Monitor<Queue>
    private let shared: Shared
    let limits: Limits
    private let thread = HeldThread()
    package let statistics = Statistics()

    /// Counters since the start, each by itself: read at any moment, from any thread, for metrics and for the bounds above.
    package final class Statistics: Sendable {
        package let rows = Atomic<Int>(0)
        package let groups = Atomic<Int>(0)
        /// Sum over all groups.
        package let commitNanoseconds = Atomic<UInt64>(0)
        package let rejected = Atomic<Int>(0)
        /// Commits that were made on the thread of their connection.
        package let ownCommits = Atomic<Int>(0)
        /// How long the last commit took.
        ///
        /// `.max` before the first: the first commit is the thread's.
        fileprivate let lastNanoseconds = Atomic<UInt64>(.max)
        package let commits = DurationCounts()
        /// Between two groups: parts of column images, and other work on files.
        package let jobs = DurationCounts()
        /// Of all rows, before they are laid into columns.
        fileprivate let bytes = Atomic<Int>(0)
        /// Rows whose columns are in memory only, less those committed since the start: the flusher counts now and then.
        private let unflushedBase = Atomic<Int>(0)
        /// Of their bytes, less `bytes`.
        private let unflushedBytesBase = Atomic<Int>(0)

        package var unflushedRows: Int { unflushedBase.load(ordering: .relaxed) + rows.load(ordering: .relaxed) }
        package var unflushedBytes: Int { unflushedBytesBase.load(ordering: .relaxed) &+ bytes.load(ordering: .relaxed) }

        /// Called by the maintenance thread after each group that it laid down.
        ///
        /// - Parameter count: counts the rows in memory, and their bytes; those that come meanwhile may be counted twice.
        func setUnflushed(_ count: () -> (rowCount: Int, byteCount: Int)) {
            let (rowsBefore, bytesBefore) = (rows.load(ordering: .relaxed), bytes.load(ordering: .relaxed))
            let counted = count()
            unflushedBase.store(counted.rowCount - rowsBefore, ordering: .relaxed)
            unflushedBytesBase.store(counted.byteCount &- bytesBefore, ordering: .relaxed)
        }
    }

    /// - Parameter core: what the thread works with; nobody else does from here on.
    init(limits: Limits, core: sending HotWriterCore) {
        self.limits = limits
        let shared = Shared(core: core)
        self.shared = shared
        let queue = Monitor(Queue())
        self.queue = queue
        let statistics = statistics
        thread.start(name: "hot-writer") { Self.run(queue, shared.core, limits, statistics) }
    }

    private enum Turn { case refused(Fault), queued, own }

    /// Hands rows in. Answers at once when the queue is full or the writer has failed.
    ///
    /// The answer comes by `submission.completion`: at once, where it is refused, or after the commit.
    ///
    /// - Parameter isAlone: nobody else is being served. If the writer has nothing to do either, the caller's thread commits and answers
    ///   before it returns: waking two threads would take as long as the commit.
    package func submit(_ submission: Submission, isAlone: Bool = false) {
        switch queue.withLock({ enqueue(submission, isAlone, &$0) }) {
        case .queued: queue.wakeOne()
        case .own: commitHere(submission)
        case .refused(let refusal):
            statistics.rejected.wrappingAdd(1, ordering: .relaxed)
            submission.completion(.refused(refusal))
        }
    }

    /// Under the queue's lock: what it decides and what it puts down are one step.
    private func enqueue(_ submission: Submission, _ isAlone: Bool, _ queue: inout Queue) -> Turn {
        if let failure = queue.failure { return .refused(failure) }
        if queue.isStopping { return .refused(Fault(.overloaded, "the server is stopping; send it again")) }
        if statistics.unflushedRows > limits.unflushedRows || statistics.unflushedBytes > limits.unflushedBytes {
            return .refused(Fault(.overloaded, "columns are written more slowly than receipts arrive", advice: .sendAgainLater))
        }
        // The lone caller takes the core without the thread; `leave` wakes the thread for what came meanwhile.
        if isAlone, !queue.isBusy, queue.isEmpty, statistics.lastNanoseconds.load(ordering: .relaxed) <= limits.ownCommitNanoseconds {
            queue.isBusy = true
            return .own
        }
        let byteCount = submission.byteCount
        // A submission larger than the bound passes when nothing else waits: its own limit is the body's.
        if !queue.submissions.isEmpty, queue.rowCount + submission.rows.count > limits.queuedRows || queue.byteCount + byteCount > limits.queuedBytes {
            return .refused(Fault(.overloaded, "more receipts arrive than can be written", advice: .sendAgainLater))
        }
        queue.submissions.append(submission)
        queue.rowCount += submission.rows.count
        queue.byteCount += byteCount
        return .queued
    }

    /// On a connection's thread, which holds the core as the writer's thread would.
    private func commitHere(_ submission: Submission) {
        Self.commit([submission], [], shared.core, statistics)
        statistics.ownCommits.wrappingAdd(1, ordering: .relaxed)
        if Self.leave(queue, shared.core) { queue.wakeOne() }
    }

    /// The core is free for the next.
    ///
    /// - Returns: whether something waits for it.
    private static func leave(_ queue: Monitor<Queue>, _ core: HotWriterCore) -> Bool {
        let failure = core.failure
        return queue.withLock { queue in
            queue.isBusy = false
            if let failure { queue.failure = failure }
            return !queue.isEmpty || queue.isStopping
        }
    }

    /// Hands in a change of a process. Never refused for their number: each follows from a call, and calls are limited.
    package func submit(_ change: ProcessChange) {
        let refusal = queue.signal { queue -> Fault? in
            if let failure = queue.failure { return failure }
            if queue.isStopping { return Fault(.overloaded, "the server is stopping; send it again") }
            queue.changes.append(change)
            return nil
        }
        if let refusal { change.completion(.failure(refusal)) }
    }

    /// Set for good by a failed fsync.
    ///
    /// PostgreSQL's answer to a failed fsync is a restart, too: what the kernel has dropped cannot be written again
    /// (https://wiki.postgresql.org/wiki/Fsync_Errors).
    var failure: Fault? { queue.withLock { $0.failure } }

    /// How many rows wait.
    package var queuedRowCount: Int { queue.withLock { $0.rowCount } }

    /// Runs `body` on the writer's thread between two groups, in one transaction of `file`; waits for it.
    ///
    /// - Throws: what `body` throws, after the transaction was rolled back; `Fault` where the writer has stopped, or has failed for good.
    func perform(on file: HotFile, _ body: @escaping @Sendable (HotFileWriter) throws -> Void) throws {
        try run(.file(file), body)
    }

    /// Seals the open file, so that the next receipt begins another one; returns when done.
    ///
    /// - Parameter day: only a file of an earlier day.
    func seal(before day: Int32 = .max) throws { try run(.seal(before: day)) { _ in } }

    /// Copies the rest of the file's log, and cuts it off if `cuts`. Does nothing for a file that is not the open one, or that somebody has pinned.
    func checkpoint(_ file: HotFile, cuts: Bool) throws { try run(.checkpoint(file, cuts: cuts)) { _ in } }

    /// Closes what the writer holds open of a sealed file, so that the file can be removed.
    func forget(_ file: HotFile) throws { try run(.forget(file)) { _ in } }

    /// Runs `body` on the writer's thread between two groups, while nothing is written to any hot file; waits for it.
    func hold(_ body: @escaping @Sendable () throws -> Void) throws { try run(.hold(body)) { _ in } }

    /// Lends the counters to rows that go to cold at once: `body` takes sequences from the one it is given on, and returns the next free one.
    /// It runs on the writer's thread, between two groups: nothing else is stored meanwhile.
    ///
    /// - Throws: as `perform`.
    func number(_ body: @escaping @Sendable (_ first: Int64, ULIDGenerator) throws -> Int64) throws { try run(.number(body)) { _ in } }

    /// - Precondition: not called on the writer's thread, which would wait for itself.
    private func run(_ target: Job.Target, _ body: @escaping @Sendable (HotFileWriter) throws -> Void) throws {
        let done = Monitor<Result<Void, any Error>?>(nil)
        let job = Job(target: target, body: body) { result in done.broadcast { $0 = result } }
        let isTaken = queue.signal { queue in
            if queue.hasStopped { return false }
            queue.jobs.append(job)
            return true
        }
        guard isTaken else { throw Fault(.overloaded, "the writer has stopped") }
        try done.wait { $0 }.get()
    }

    /// Writes what waits, then ends the thread.
    package func stop() {
        queue.broadcast { $0.isStopping = true }
        thread.join()
    }

    // MARK: The thread

    /// What was handed in before `isStopping` is still done: the loop ends at a turn that finds nothing.
    private static func run(_ queue: Monitor<Queue>, _ core: HotWriterCore, _ limits: Limits, _ statistics: Statistics) {
        while true {
            let work = queue.wait { queue -> (group: [Submission], changes: [ProcessChange], jobs: [Job])? in
                if queue.isBusy || (queue.isEmpty && !queue.isStopping) { return nil }
                queue.isBusy = true
                // All jobs, but a group's worth of submissions and of changes: those that stay wait for one commit.
                return (takeGroup(&queue, limits), takeChanges(&queue, limits), take(&queue.jobs))
            }
            if work.group.isEmpty && work.changes.isEmpty && work.jobs.isEmpty { break }
            for job in work.jobs { statistics.jobs.measure { core.perform(job) } }
            if !work.group.isEmpty || !work.changes.isEmpty { commit(work.group, work.changes, core, statistics) }
            _ = leave(queue, core)
        }
        // Jobs that were handed in behind the last turn are refused: nobody would do them.
        core.close()
        let late = queue.broadcast { queue -> [Job] in
            queue.hasStopped = true
            return take(&queue.jobs)
        }
        for job in late { job.completion(.failure(Fault(.overloaded, "the writer has stopped"))) }
    }

    private static func commit(_ group: [Submission], _ changes: [ProcessChange], _ core: HotWriterCore, _ statistics: Statistics) {
        let began = SteadyClock.nanoseconds()
        // Before the maintenance hears of the commit: it counts what is in memory then, and what is added behind its count would be counted twice until the next commit.
        core.commit(group, changes) { stored in
            statistics.rows.wrappingAdd(stored.rowCount, ordering: .relaxed)
            statistics.bytes.wrappingAdd(stored.byteCount, ordering: .relaxed)
        }
        statistics.groups.wrappingAdd(1, ordering: .relaxed)
        let nanoseconds = SteadyClock.nanoseconds() &- began
        statistics.commitNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
        statistics.lastNanoseconds.store(nanoseconds, ordering: .relaxed)
        statistics.commits.record(nanoseconds)
    }

    private static func take(_ jobs: inout [Job]) -> [Job] {
        defer { jobs = [] }
        return jobs
    }

    private static func takeChanges(_ queue: inout Queue, _ limits: Limits) -> [ProcessChange] {
        let taken = Array(queue.changes.prefix(limits.groupRows))
        queue.changes.removeFirst(taken.count)
        return taken
    }

    /// From the front, up to the bounds; the first always, however large it is.
    private static func takeGroup(_ queue: inout Queue, _ limits: Limits) -> [Submission] {
        var rows = 0
        var bytes = 0
        var count = 0
        for submission in queue.submissions {
            if count > 0, rows + submission.rows.count > limits.groupRows || bytes + submission.byteCount > limits.groupBytes { break }
            rows += submission.rows.count
            bytes += submission.byteCount
            count += 1
        }
        let group = Array(queue.submissions.prefix(count))
        queue.submissions.removeFirst(count)
        queue.rowCount -= rows
        queue.byteCount -= bytes
        return group
    }
}
