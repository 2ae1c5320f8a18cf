/// Runs the tasks of encoding, oldest first, on threads of its own and on that of its owner, who goes on gathering rows meanwhile.
///
/// Threads begin with the first work and end with the pool; they have the priority of the thread that began them. The owner is one thread.
///
/// Invariants, under the lock:
/// 1. A batch is in `waiting` as long as it has tasks that nobody has begun.
/// 2. Each task is begun once at most, `nextTask` and `runningCount` of its batch say how many were and run.
/// 3. A batch with a failure begins no further task.
final class EncodingPool {
    /// Tasks that belong together.
    final class Batch: @unchecked Sendable {
        // Proof of Sendable: the counts and the failure are touched under the pool's lock only; the owner promises that tasks share nothing
        // that changes.
        private let body: (_ worker: Int, _ task: Int) throws(ColumnStoreError) -> Void
        fileprivate let taskCount: Int
        fileprivate var nextTask = 0
        fileprivate var runningCount = 0
        /// The first one.
        fileprivate var failure: ColumnStoreError?

        fileprivate init(_ taskCount: Int, _ body: @escaping (_ worker: Int, _ task: Int) throws(ColumnStoreError) -> Void) {
            self.taskCount = taskCount
            self.body = body
        }

        fileprivate var isDone: Bool { nextTask == taskCount && runningCount == 0 }

        fileprivate func run(_ worker: Int, _ task: Int) -> ColumnStoreError? {
            do throws(ColumnStoreError) {
                try body(worker, task)
                return nil
            } catch {
                return error
            }
        }
    }

    private struct State {
        /// With tasks that nobody has begun.
        var waiting: [Batch] = []
        var isStopping = false

        /// The next task of the oldest batch.
        mutating func take() -> (batch: Batch, task: Int)? {
            guard let batch = waiting.first else { return nil }
            let task = batch.nextTask
            batch.nextTask += 1
            batch.runningCount += 1
            if batch.nextTask == batch.taskCount { waiting.removeFirst() }
            return (batch, task)
        }

        /// Counts a task as ended.
        mutating func end(_ batch: Batch, _ failure: ColumnStoreError?) {
            batch.runningCount -= 1
            guard let failure, batch.failure == nil else { return }
            batch.failure = failure
            // What has not begun is left out.
            batch.nextTask = batch.taskCount
            waiting.removeAll { $0 === batch }
        }
    }

    private let state = Monitor(State())
    private let threadCount: Int
    private var threads: [WorkerThread] = []

    /// - Parameter workerCount: the owner's thread among them.
    init(workerCount: Int) { threadCount = max(0, workerCount - 1) }

    // Running tasks are waited for; what waits is dropped. Nobody is left who would ask for it.
    deinit {
        state.broadcast { state in
            state.isStopping = true
            state.waiting = []
        }
        for thread in threads { thread.join() }
    }

    /// Hands over tasks. Without threads nothing runs before it is waited for.
    ///
    /// - Parameter body: takes the worker, 0 for the owner, so that it can use what belongs to that worker alone, and the task.
    ///
    /// - Returns: what `finish` waits for. A batch of no tasks is done at once.
    func begin(_ taskCount: Int, _ body: @escaping (_ worker: Int, _ task: Int) throws(ColumnStoreError) -> Void) -> Batch {
        let batch = Batch(taskCount, body)
        guard taskCount > 0 else { return batch }
        if threads.isEmpty {
            // What no thread is had for the owner does, as it waits.
            threads = (0..<threadCount).compactMap { [state] number in
                WorkerThread.joinable(name: "encoder") { Self.work(state, worker: number + 1) }
            }
        }
        state.broadcast { $0.waiting.append(batch) }
        return batch
    }

    /// Returns when all of the batch's tasks have ended, and works until then, on older batches first.
    ///
    /// - Throws: the first error that one of its tasks threw.
    ///
    /// - Precondition: called by the owner.
    func finish(_ batch: Batch) throws(ColumnStoreError) {
        while true {
            let next = state.wait { state -> (batch: Batch, task: Int)?? in
                if batch.isDone { return .some(nil) }
                return state.take().map { .some($0) }
            }
            guard let (other, task) = next else { break }
            let failure = other.run(0, task)
            state.broadcast { $0.end(other, failure) }
        }
        if let failure = state.withLock({ _ in batch.failure }) { throw failure }
    }

    /// A thread's life: tasks until the pool ends.
    private static func work(_ state: Monitor<State>, worker: Int) {
        while true {
            let next = state.wait { state -> (batch: Batch, task: Int)?? in
                if state.isStopping { return .some(nil) }
                return state.take().map { .some($0) }
            }
            guard let (batch, task) = next else { return }
            let failure = batch.run(worker, task)
            state.broadcast { $0.end(batch, failure) }
        }
    }
}
