internal import ColumnStore

/// A piece of work that runs in steps, so that the pool's threads can turn to other queries between two of them.
protocol WorkerTask: AnyObject, Sendable {
    /// Runs a while. Called by one thread at a time.
    func step() -> WorkerStep
}

enum WorkerStep {
    /// There is more: run again, after others that wait.
    case more
    /// Done, or parked: whoever wakes it submits it anew.
    case leave
}

/// The threads that all queries share. Tasks take turns: after a slice of time a task goes to the end of the line.
package final class WorkerPool: Sendable {
    package let threadCount: Int
    private let queue: Monitor<Line>
    /// Long enough that a turn costs nothing beside it, short enough that a small query is not kept waiting.
    private static let sliceNanoseconds = 10_000_000

    private struct Line {
        /// Nil where it was taken: a task leads to the pool that it runs on, which would hold itself.
        var tasks: [(any WorkerTask)?] = []
        var head = 0
        var isStopped = false

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
    }

    /// - Parameter threadCount: usually the number of cores.
    package init(threadCount: Int) {
        self.threadCount = max(1, threadCount)
        let queue = Monitor(Line())
        self.queue = queue
        for _ in 0..<self.threadCount { WorkerThread(name: "query", isDetached: true) { Self.work(queue) } }
    }

    deinit { queue.broadcast { $0.isStopped = true } }

    func submit(_ task: any WorkerTask) { queue.broadcast { $0.tasks.append(task) } }

    /// Behind the threads that take rows in: those run for microseconds at a time, and should not wait for a slice of a query each time.
    private static let niceness: Int32 = 5

    private static func work(_ queue: Monitor<Line>) {
        WorkerThread.lowerPriority(by: niceness)
        WorkerThread.lowerDiskPriority()
        while true {
            let next: (any WorkerTask)?? = queue.wait { line in
                if let task = line.take() { return .some(task) }
                return line.isStopped ? .some(nil) : nil
            }
            guard let next, let task = next else { return }
            let start = Int(SteadyClock.nanoseconds())
            var step = WorkerStep.more
            while case .more = step {
                step = task.step()
                if Int(SteadyClock.nanoseconds()) - start > sliceNanoseconds { break }
            }
            if case .more = step { queue.broadcast { $0.tasks.append(task) } }
        }
    }
}
