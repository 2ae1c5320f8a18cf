internal import CLinux
internal import Glibc

/// A thread of our own, for work that waits or takes long. Swift's concurrency threads must never be held up, so none of it runs there.
package final class WorkerThread: @unchecked Sendable {
    // Proof of Sendable: `thread` is written in init before anyone else has the object, and read by `join`, which its owner calls once.
    private var thread = pthread_t()

    /// Deep expressions and schemas recurse, in debug builds by some 10 KiB a level. Larger ones are nowhere kept for the next thread, and count where a system promises no
    /// more memory than it has.
    #if DEBUG
        private static let stackByteCount = 64 << 20
    #else
        private static let stackByteCount = 8 << 20
    #endif

    private final class Body {
        let run: @Sendable () -> Void
        let name: String
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts `run` on a new thread, which the process cannot do without: as it begins, and as a command of one task.
    ///
    /// Where the system gives none, the process ends with words and status 75, which its unit takes for a reason to begin anew. Whatever a server that runs does for somebody takes
    /// `start` or `joinable`, and has another way.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes, as the system shows it.
    ///   - isDetached: nobody will join it.
    @discardableResult
    package init(name: String, isDetached: Bool = false, _ run: @escaping @Sendable () -> Void) {
        let code = Self.create(&thread, name: name, isDetached: isDetached, stackByteCount: Self.stackByteCount, run)
        if code != 0 { Self.endProcess(without: name, code) }
    }

    private init(_ thread: pthread_t) { self.thread = thread }

    /// A thread that its caller joins; nil where the system gives none: `run` is let go of, and was not called.
    package static func joinable(name: String, _ run: @escaping @Sendable () -> Void) -> WorkerThread? {
        var thread = pthread_t()
        guard create(&thread, name: name, isDetached: false, stackByteCount: stackByteCount, run) == 0 else { return nil }
        return WorkerThread(thread)
    }

    /// Of sysexits.h: a failure that may pass.
    private static let temporaryFailure: Int32 = 75

    /// At once: handlers of an exit would wait for threads that there are not.
    private static func endProcess(without name: String, _ code: Int32) -> Never {
        let words = "till: the system gives no thread (\(name)): \(String(cString: strerror(code))); let it have more (TasksMax of its unit, ulimit -u)\n"
        _ = write(STDERR_FILENO, words, words.utf8.count)
        _exit(temporaryFailure)
    }

    /// For tests: as if the system gave no thread to callers within a scope.
    @TaskLocal package static var areRefused = false

    /// Starts `run` on a new thread that nobody will join, if there is one to be had.
    package typealias Starter = @Sendable (_ name: String, _ run: @escaping @Sendable () -> Void) -> Bool

    /// Starts `run` on a new thread that nobody will join: for one request among many, which alone fails where the system gives no thread.
    ///
    /// - Returns: false where it gives none: `run` is let go of, and was not called.
    package static func start(name: String, _ run: @escaping @Sendable () -> Void) -> Bool { start(name: name, stackByteCount: stackByteCount, run) }

    /// - Parameter stackByteCount: another for tests.
    static func start(name: String, stackByteCount: Int, _ run: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        return create(&thread, name: name, isDetached: true, stackByteCount: stackByteCount, run) == 0
    }

    /// - Returns: 0, or the system's error.
    private static func create(
        _ thread: inout pthread_t, name: String, isDetached: Bool, stackByteCount: Int, _ run: @escaping @Sendable () -> Void
    ) -> Int32 {
        if areRefused { return EAGAIN }
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        pthread_attr_setstacksize(attributes, stackByteCount)
        if isDetached { pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED)) }
        let code = pthread_create(
            &thread, attributes,
            { argument in
                guard let argument else { return nil }
                // Safe: the argument is the body retained above, handed over once.
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                WorkerThread.nameThisThread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        pthread_attr_destroy(attributes)
        attributes.deallocate()
        // Nobody has taken it over.
        if code != 0 { body.release() }
        return code
    }

    package func join() { pthread_join(thread, nil) }

    /// glibc's call for it is hidden from Swift; a thread without its name works as well, so failures don't matter.
    private static func nameThisThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, min(name.utf8.count, 15))
        close(descriptor)
    }

    /// Puts the calling thread behind all others for processor and disk: compaction gives way to documents that come in. For good: what others wait for it does
    /// by `promptly` from then on.
    ///
    /// - Parameter niceness: 0 to 19, how far behind.
    package static func lowerPriority(by niceness: Int32 = 15) {
        _ = PromptThread.shared
        // On Linux 0 names the calling thread alone; and the disk's priority follows this one unless it is set apart.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }

    /// What the calling thread asks of the disk from now on comes behind what others ask, where the disk has a scheduler that knows classes
    /// (mq-deadline and BFQ do). For threads that read much: a commit's sync waits behind every read that is sent before it.
    ///
    /// - Returns: false where the system has no such classes, which changes nothing else.
    @discardableResult
    package static func lowerDiskPriority() -> Bool { till_ioprio_idle() == 0 }
}

/// What one thread does while another waits for it.
private final class DeepWork<Value>: @unchecked Sendable {
    // Proof of Sendable: `result` is written by the thread, and read once that has been joined.
    private let body: () throws -> Value
    private var result: Result<Value, any Error>?

    init(_ body: @escaping () throws -> Value) { self.body = body }

    func run() { result = Result { try body() } }

    func value() throws -> Value {
        guard let result else { preconditionFailure("the work was not done") }
        return try result.get()
    }
}

extension WorkerThread {
    /// Runs `body` with the room that deep queries take, which a process's first thread has not, and waits for it.
    package static func deeply<Value>(name: String, _ body: () throws -> Value) throws -> Value {
        try withoutActuallyEscaping(body) { body in
            let work = DeepWork(body)
            WorkerThread(name: name) { work.run() }.join()
            return try work.value()
        }
    }
}
