internal import Dispatch
import Synchronization

/// Runs independent tasks on a few threads and waits for them all.
enum ParallelWork {
    /// Calls `body` once for each task, on up to `workerCount` threads, the caller's among them.
    ///
    /// - Parameter body: takes the worker, so that it can use what belongs to that worker alone, and the task. It must touch
    ///   nothing else that another task touches.
    /// - Throws: the first error that a task threw; tasks not begun then are left out.
    static func run(
        taskCount: Int, workerCount: Int, _ body: (_ worker: Int, _ task: Int) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError) {
        if workerCount <= 1 || taskCount <= 1 {
            for task in 0..<taskCount { try body(0, task) }
            return
        }
        let next = Atomic<Int>(0)
        let failure = Mutex<ColumnStoreError?>(nil)
        withoutActuallyEscaping(body) { body in
            // Safe: the caller promises that tasks share nothing, and concurrentPerform returns when all have ended.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: min(workerCount, taskCount)) { worker in
                while case let task = next.wrappingAdd(1, ordering: .relaxed).oldValue, task < taskCount {
                    do throws(ColumnStoreError) {
                        try body(worker, task)
                    } catch {
                        failure.withLock { if $0 == nil { $0 = error } }
                        next.store(taskCount, ordering: .relaxed)
                    }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
