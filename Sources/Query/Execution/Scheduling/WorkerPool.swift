internal import ColumnStore

/// A piece of work that runs in steps, so that the pool's threads can turn to other queries between two of them.
///
/// A step is to last about as long as a batch takes; nothing interrupts it, and a step that waits keeps a thread, unless it waits by `ThreadRelief`. One that takes longer looks
/// at its `Cancellation` now and then, which lets others in.
protocol WorkerTask: AnyObject, Sendable {
    /// Runs a while. Called by one thread at a time.
    /// Whatever it throws in itself it has to keep: nobody above catches.
    func step() -> WorkerStep
}

enum WorkerStep {
    /// There is more: run again, after others that wait.
    case more
    /// Done, or parked: whoever wakes it submits it anew.
    case leave
}

/// The threads that all queries share. Tasks take turns: after a slice of time a task goes to the end of the line.
///
/// No task belongs to a thread. That a query is parallel comes of its tasks taking morsels from one scan (Leis et al.,
/// "Morsel-driven parallelism", SIGMOD 2014).
///
/// While a task waits by `ThreadRelief`, another thread has its turn: as many run as before. So it is with a step that goes on and on while others wait: its thread becomes one of
/// the least, to which the system gives what the others, and those that take rows in, leave of the processors, and ends with that turn, as no thread may raise itself again.
///
/// Invariant: there are `threadCount` + `extraCount` threads until the pool goes; of the extra ones `surplusCount` have nobody to stand in for, and end when they next look
/// for a task.
package final class WorkerPool: Sendable {
    package let threadCount: Int
    /// Apart from the pool, so that its threads do not hold the pool itself.
    private let queue: Monitor<Line>
    /// Long enough that a turn costs nothing beside it, short enough that a small query is not kept waiting.
    private static let sliceNanoseconds: UInt64 = 10_000_000
    /// A step of which no batch comes (a filter that lets nothing pass) has the thread for so long before those that wait get another.
    private static let longNanoseconds: UInt64 = 100_000_000

    /// A queue in an array: `tasks[head...]` wait, the first to run first.
    private struct Line {
        /// Nil where it was taken: a task leads to the pool that it runs on, which would hold itself.
        var tasks: [(any WorkerTask)?] = []
        var head = 0
        var isStopped = false
        var extraCount = 0
        var surplusCount = 0

        var isEmpty: Bool { head == tasks.count }

        /// - Complexity: O(1) amortised: places in front are given up once they are more than 64 and half of all.
        mutating func take() -> (any WorkerTask)? {
            guard head < tasks.count else { return nil }
            let task = tasks[head]
            tasks[head] = nil
            head += 1
            if head > 64, head * 2 > tasks.count {
                tasks.removeFirst(head)
                head = 0
            }
            return task
        }

        /// Whether a thread that looks for a task is to end instead.
        mutating func dismiss() -> Bool {
            guard surplusCount > 0 else { return false }
            surplusCount -= 1
            extraCount -= 1
            return true
        }
    }

    /// One thread's turn with a task, in which another one may take its place.
    private final class Turn: ThreadRelief, @unchecked Sendable {
        // Safe to share: a thread makes its own, and nobody else has it.
        private let queue: Monitor<Line>
        private let starter: WorkerThread.Starter
        /// Another runs in this one's place for good: this thread ends with its turn.
        private(set) var isReplaced = false
        /// On `SteadyClock`: when it is looked next whether somebody waits.
        private var nextLook = UInt64.max

        init(_ queue: Monitor<Line>, _ starter: @escaping WorkerThread.Starter) { (self.queue, self.starter) = (queue, starter) }

        /// From now on the time counts that its task takes.
        func begin(at now: UInt64) { nextLook = now.addingSaturating(WorkerPool.longNanoseconds) }

        func leave() throws(QueryError) -> Bool {
            switch letIn(ifSomebodyWaits: false) {
            case .kept: return false
            case .left: return true
            case .noThread:
                // Many others may wait for this one.
                throw QueryError(
                    .tooManyQueries, "the system gives no thread that could run other queries while this one waits: try again later, or let the server have more (TasksMax of its unit, ulimit -u)")
            }
        }

        func comeBack() {
            queue.broadcast { $0.surplusCount += 1 }
            begin(at: SteadyClock.nanoseconds())
        }

        func look(at now: UInt64) {
            guard now >= nextLook, !isReplaced else { return }
            nextLook = now.addingSaturating(WorkerPool.sliceNanoseconds)
            // Where there is no thread to be had the others wait, as the task goes on.
            guard case .left = letIn(ifSomebodyWaits: true) else { return }
            isReplaced = true
            WorkerThread.lowerPriority(by: WorkerPool.longNiceness)
        }

        private enum Exchange { case left, kept, noThread }

        private func letIn(ifSomebodyWaits isConditional: Bool) -> Exchange {
            if isReplaced { return .kept }
            // Of as many threads as there may be none is worth an error: who waits past that keeps its own.
            let (mayLeave, isNew) = queue.withLock { line -> (Bool, Bool) in
                if isConditional, line.isEmpty { return (false, false) }
                if line.surplusCount > 0 {
                    line.surplusCount -= 1
                    return (true, false)
                }
                guard line.extraCount < WorkerPool.extraCountMax else { return (false, false) }
                line.extraCount += 1
                return (true, true)
            }
            if isNew, !starter("query", WorkerPool.life(queue, starter)) {
                queue.withLock { $0.extraCount -= 1 }
                return .noThread
            }
            return mayLeave ? .left : .kept
        }
    }

    /// For tests: how many threads there are beside `threadCount`.
    var extraThreadCount: Int { queue.withLock { $0.extraCount } }

    /// How many tasks may have another thread in their place: more than questions run at once on usual machines, and fewer threads than any system gives.
    static let extraCountMax = 128

    /// - Parameter threadCount: usually the number of cores.
    package convenience init(threadCount: Int) { self.init(threadCount: threadCount) { WorkerThread.start(name: $0, $1) } }

    /// - Parameter starter: of threads beyond `threadCount`; another for tests.
    init(threadCount: Int, starter: @escaping WorkerThread.Starter) {
        self.threadCount = max(1, threadCount)
        let queue = Monitor(Line())
        self.queue = queue
        for _ in 0..<self.threadCount { WorkerThread(name: "query", isDetached: true, Self.life(queue, starter)) }
    }

    /// All that one thread of the pool does.
    private static func life(_ queue: Monitor<Line>, _ starter: @escaping WorkerThread.Starter) -> @Sendable () -> Void {
        return {
            let turn = Turn(queue, starter)
            ThreadWait.$relief.withValue(turn) { work(queue, turn) }
        }
    }

    // Threads end when the line is empty: `take` goes before the look at `isStopped`.
    deinit { queue.broadcast { $0.isStopped = true } }

    /// Puts a task at the end of the line, from any thread.
    func submit(_ task: any WorkerTask) { queue.broadcast { $0.tasks.append(task) } }

    /// Behind the threads that take rows in: those run for microseconds at a time, and should not wait for a slice of a query each time.
    private static let niceness: Int32 = 5
    /// Of steps beside which others were let in, as many as those may be: a third of the weight of other queries, and a ninth of that of threads that take rows in. Not less: what
    /// such a thread holds for a moment (memory's lock, a stream's) others wait for.
    private static let longNiceness: Int32 = 10

    /// The life of one thread of the pool.
    private static func work(_ queue: Monitor<Line>, _ turn: Turn) {
        WorkerThread.lowerPriority(by: niceness)
        WorkerThread.lowerDiskPriority()
        while true {
            let next: (any WorkerTask)?? = queue.wait { line in
                if line.dismiss() { return .some(nil) }
                if let task = line.take() { return .some(task) }
                return line.isStopped ? .some(nil) : nil
            }
            guard let next, let task = next else { return }
            let start = SteadyClock.nanoseconds()
            turn.begin(at: start)
            var step = WorkerStep.more
            // A task keeps its thread for a slice; the clock is read once a step, so that a step is the least that it may
            // run over.
            while case .more = step {
                step = task.step()
                if SteadyClock.nanoseconds() &- start > sliceNanoseconds { break }
            }
            let isOver = turn.isReplaced
            guard step == .more || isOver else { continue }
            queue.broadcast { line in
                if step == .more { line.tasks.append(task) }
                if isOver { line.extraCount -= 1 }
            }
            if isOver { return }
        }
    }
}
