import Synchronization

/// The thread of an object that starts and ends it: one at a time, and joined once, whoever ends it.
package final class HeldThread: Sendable {
    private let thread = Mutex<WorkerThread?>(nil)

    package init() {}

    /// Starts `run` on a new thread. One that is held already goes on instead.
    ///
    /// - Parameter name: at most 15 bytes, as the system shows it.
    package func start(name: String, _ run: @escaping @Sendable () -> Void) {
        thread.withLock { thread in
            if thread == nil { thread = WorkerThread(name: name, run) }
        }
    }

    /// Waits until the thread has ended, which its owner has told it to; without one it returns at once.
    package func join() {
        let held = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        // Outside the lock: what the thread does last may ask for it.
        held?.join()
    }
}
