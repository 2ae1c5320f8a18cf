internal import Glibc
import Synchronization

/// The thread that does, at the priority that the process has, what threads of lower priority may not do by themselves: whatever others wait for.
///
/// A thread that was put behind all others stands still between any two of its steps while the processors are busy: at the lowest priority it gets a
/// sixtieth of one. Should it hold a lock then, whoever serves clients waits as long for that lock. And it may not raise its priority again.
/// So it hands over what it would do under such a lock, and waits.
///
/// Invariant: what is done here waits for no thread of lower priority.
final class PromptThread: Sendable {
    /// Made before the first thread lowers its priority, so that it has none of that.
    static let shared = PromptThread()
    private static let exists = Atomic<Bool>(false)

    /// Proof of Sendable: `body` is made by a thread that waits until it has run, and touches nothing of it meanwhile.
    private final class Work: @unchecked Sendable {
        private var body: (() -> Void)?
        private let isDone = Monitor(false)

        init(_ body: @escaping () -> Void) { self.body = body }

        func run() {
            perform()
            isDone.broadcast { $0 = true }
        }

        /// Nobody has the body any more when it returns: it lives no longer than the call that waits.
        @inline(never)
        private func perform() {
            let own = body
            body = nil
            own?()
        }

        func wait() { isDone.wait { $0 ? () : nil } }
    }

    private let queue = Monitor<[Work]>([])
    private let niceness: Int32

    private init() {
        niceness = Self.presentNiceness
        WorkerThread(name: "prompt", isDetached: true) { [queue] in
            while true {
                let work = queue.wait { queue in queue.isEmpty ? nil : queue.removeFirst() }
                work.run()
            }
        }
        Self.exists.store(true, ordering: .releasing)
    }

    /// Of the calling thread.
    static var presentNiceness: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    /// Whether the calling thread has less than the process's priority.
    static var isWanted: Bool { exists.load(ordering: .acquiring) && presentNiceness > shared.niceness }

    /// Runs `body` on this thread, and waits for it.
    func run(_ body: () -> Void) {
        withoutActuallyEscaping(body) { body in
            let work = Work(body)
            queue.signal { $0.append(work) }
            work.wait()
        }
    }
}

extension WorkerThread {
    /// Runs `body`, under whose locks others may come to wait: not on a thread of lower priority.
    package static func promptly<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        guard PromptThread.isWanted else { return try body() }
        var result: Result<Value, Failure>?
        PromptThread.shared.run {
            do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
        }
        guard let result else { preconditionFailure("the work was not done") }
        return try result.get()
    }
}
