internal import Glibc

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
        var tasks: [any WorkerTask] = []
        var head = 0
        var isStopped = false

        mutating func take() -> (any WorkerTask)? {
            guard head < tasks.count else { return nil }
            let task = tasks[head]
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
        for _ in 0..<self.threadCount { Self.startThread { Self.work(queue) } }
    }

    deinit { queue.update { $0.isStopped = true } }

    func submit(_ task: any WorkerTask) { queue.update { $0.tasks.append(task) } }

    private static func work(_ queue: Monitor<Line>) {
        while true {
            let next: (any WorkerTask)?? = queue.wait(checkingEvery: 10_000) { line in
                if let task = line.take() { return .some(task) }
                return line.isStopped ? .some(nil) : nil
            }
            guard let next, let task = next else { return }
            let start = MonotonicClock.now()
            var step = WorkerStep.more
            while case .more = step {
                step = task.step()
                if MonotonicClock.now() - start > sliceNanoseconds { break }
            }
            if case .more = step { queue.update { $0.tasks.append(task) } }
        }
    }

    private final class ThreadBody {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Deep expressions recurse: 8 MiB, as the main thread has.
    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(attributes, 8 << 20)
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        let argument = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        precondition(code == 0, "no thread can be started: error \(code)")
    }
}
