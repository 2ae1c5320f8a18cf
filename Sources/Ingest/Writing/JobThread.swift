import ColumnStore

/// A thread that does one job after another, for callers that must not wait for them.
///
/// In the order of their submission. A job is called exactly once, on the thread, or on the caller's where it is passed over.
final class JobThread: Sendable {
    private struct State {
        var jobs: [@Sendable (_ isPassed: Bool) -> Void] = []
        var isStopping = false
    }

    private let name: String
    private let waitingMax: Int
    private let state = Monitor(State())
    private let thread = HeldThread()

    /// - Parameter waitingMax: the bound of jobs that wait; further ones are passed over.
    init(name: String, waitingMax: Int = .max) { (self.name, self.waitingMax) = (name, waitingMax) }

    func start() { thread.start(name: name) { [self] in run() } }

    /// Ends the thread, once the job that is under way is done. Jobs that wait are called with `true` (passed over), and so are later ones.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// - Parameter job: called with `true` where its work is not to be done, but only ended.
    func submit(_ job: @escaping @Sendable (_ isPassed: Bool) -> Void) {
        let isTaken = state.signal { state in
            if state.isStopping || state.jobs.count >= waitingMax { return false }
            state.jobs.append(job)
            return true
        }
        if !isTaken { job(true) }
    }

    private func run() {
        while true {
            // One at a time: those behind it wait, and are counted, until their turns come, and a stop passes them over.
            let (job, isPassed) = state.wait { state -> ((@Sendable (Bool) -> Void)?, Bool)? in
                guard !state.jobs.isEmpty else { return state.isStopping ? .some((nil, true)) : nil }
                return (state.jobs.removeFirst(), state.isStopping)
            }
            guard let job else { return }
            job(isPassed)
        }
    }
}
