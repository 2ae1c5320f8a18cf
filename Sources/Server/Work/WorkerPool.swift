package import ColumnStore

/// Threads for what may take long: the threads that serve connections never wait for a disk or a query.
///
/// Jobs belong to somebody: those who wait are served in turn, and nobody's jobs hold all threads or all places, so that one client's work never stops
/// another's (`PoolTurns`).
///
/// 1. A job leaves by `drop`, as late, or runs: one that was taken is never forgotten, also after `stop`.
/// 2. While a job that may run waits, no thread sleeps: whoever takes one and leaves others wakes the next.
package final class WorkerPool: Sendable {
    package struct Limits: Sendable {
        package let threadCount: Int
        /// Jobs beyond this that wait are refused: of the short ones, and as many of the long ones.
        package let waitingMax: Int
        /// Of one owner, at a time.
        let ownRunningMax: Int
        let ownWaitingMax: Int
        /// Of all owners' long jobs.
        let longRunningMax: Int
        /// Whether threads that an owner leaves to others are its own while none of them waits.
        let lendsIdle: Bool

        /// - Parameters:
        ///   - isShared: whether one owner must leave a thread and a quarter of the places to others.
        ///   - lendsIdle: whether it may have that thread for a short job while nobody else waits. Others then wait for one of its jobs to end.
        package init(threadCount: Int, waitingMax: Int, isShared: Bool = true, lendsIdle: Bool = false) {
            (self.threadCount, self.waitingMax, self.lendsIdle) = (threadCount, waitingMax, lendsIdle)
            // Of four threads three, of eight six; of one the one, which is then shared by turns alone.
            ownRunningMax = isShared ? max(1, threadCount - max(1, threadCount / 4)) : threadCount
            ownWaitingMax = isShared ? max(1, waitingMax - waitingMax / 4) : waitingMax
            longRunningMax = max(1, threadCount - 1)
        }
    }

    /// How long a job waits for its turn that has something to do instead.
    package struct Patience: Sendable {
        let seconds: Double
        let timers: Timers

        package init(seconds: Double, _ timers: Timers) { (self.seconds, self.timers) = (seconds, timers) }
    }

    /// A job that was taken, so that it can be dropped while it waits.
    package struct Ticket: Sendable {
        fileprivate let line: PoolLine
        fileprivate let number: Int
    }

    private struct Job {
        let run: @Sendable () -> Void
        let late: (@Sendable () -> Void)?
    }

    private struct State {
        var turns: PoolTurns<Job>
        var isStopped = false
        /// A timer looks for jobs that have waited too long.
        var isWatched = false
    }

    private let state: Monitor<State>
    private let patience: Patience?

    /// - Parameter patience: nil: who waits is never late.
    package init(_ limits: Limits, _ patience: Patience? = nil) {
        let state = Monitor(State(turns: PoolTurns(limits)))
        (self.state, self.patience) = (state, patience)
        for _ in 0..<limits.threadCount {
            WorkerThread(name: "http-worker", isDetached: true) { Self.run(state) }
        }
    }

    /// Queues `job`.
    ///
    /// - Parameters:
    ///   - owner: compared by its identity, and must live as long as the job does.
    ///   - isLong: whether nothing ends it soon.
    ///   - late: called in its place, on the timers' thread, where its turn has not come within the pool's patience; it must return quickly.
    /// - Returns: nil when the owner's places or all are taken, or the pool has stopped.
    package func submit(
        for owner: AnyObject, isLong: Bool = false, _ job: @escaping @Sendable () -> Void, late: (@Sendable () -> Void)? = nil
    ) -> Ticket? {
        let line = PoolLine(owner: ObjectIdentifier(owner), isLong: isLong)
        let lateAt = late == nil ? nil : patience.map { SteadyClock.seconds() + $0.seconds }
        // One job, one thread: all of them wait for the same.
        let number = state.signal { state -> Int? in state.isStopped ? nil : state.turns.add(Job(run: job, late: late), to: line, lateAt: lateAt) }
        guard let number else { return nil }
        if lateAt != nil { watch() }
        return Ticket(line: line, number: number)
    }

    /// Takes a job out that has not begun: nobody waits for its answer any more.
    ///
    /// - Returns: false when it has begun, or was late.
    package func drop(_ ticket: Ticket) -> Bool { state.withLock { $0.turns.drop(ticket.number, of: ticket.line) } }

    /// Jobs that wait, and jobs that run.
    package var load: (waiting: Int, running: Int) { state.withLock { $0.turns.load } }

    /// Whether somebody waits for a thread that others have.
    package var isCrowded: Bool { state.withLock { $0.turns.isCrowded } }

    /// Whether more than half of the places are taken, of short jobs or of long ones.
    package var isHalfTaken: Bool { state.withLock { $0.turns.isHalfTaken } }

    /// Takes no more jobs; those queued still run.
    package func stop() { state.broadcast { $0.isStopped = true } }

    /// One timer for all that wait: whoever comes later is late later.
    private func watch() {
        guard let timers = patience?.timers else { return }
        let lateAt = state.withLock { state -> Double? in
            guard !state.isWatched, let lateAt = state.turns.earliestLate else { return nil }
            state.isWatched = true
            return lateAt
        }
        guard let lateAt else { return }
        timers.after(max(0, lateAt - SteadyClock.seconds())) { [self] in
            let late = state.withLock { state in
                state.isWatched = false
                return state.turns.takeLate(by: SteadyClock.seconds())
            }
            for job in late { job.late?() }
            watch()
        }
    }

    private static func run(_ state: Monitor<State>) {
        enum Turn { case job(PoolLine, @Sendable () -> Void, isLast: Bool), end }
        while true {
            let turn = state.wait { state -> Turn? in
                if let (line, job) = state.turns.next() { return .job(line, job.run, isLast: state.turns.load.waiting == 0) }
                return state.isStopped && state.turns.load.waiting == 0 ? .end : nil
            }
            guard case .job(let line, let job, let isLast) = turn else { return }
            // The end of one may let two begin, of other owners, and only one thread has looked.
            if !isLast { state.wakeOne() }
            job()
            state.withLock { $0.turns.end(line) }
        }
    }
}
