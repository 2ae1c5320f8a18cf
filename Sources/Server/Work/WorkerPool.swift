internal import ColumnStore

/// Threads for what may take long: the threads that serve connections never wait for a disk or a query.
///
/// Jobs belong to somebody: those who wait are served in turn, and nobody's jobs hold all threads or all places, so that one client's work never stops
/// another's.
///
/// 1. An owner stands in `turns` exactly while it has a job that waits, once.
/// 2. `runningCount` and `waitingCount` are the sums over `owners`.
/// 3. A job leaves by `drop` or runs: one that was taken is never forgotten, also after `stop`.
///
/// Fair by rounds and not by time: each owner in turn has one job begun. A thread is never taken from a job.
package final class WorkerPool: Sendable {
    package struct Limits: Sendable {
        package let threadCount: Int
        /// Jobs beyond this that wait are refused.
        package let waitingMax: Int
        /// Of one owner, at a time.
        let ownRunningMax: Int
        let ownWaitingMax: Int
        /// Whether threads that an owner leaves to others are its own while none of them waits.
        let lendsIdle: Bool

        /// - Parameters:
        ///   - isShared: whether one owner must leave a thread and a quarter of the places to others.
        ///   - lendsIdle: whether it may have that thread while nobody else waits. Others then wait for one of its jobs to end.
        package init(threadCount: Int, waitingMax: Int, isShared: Bool = true, lendsIdle: Bool = false) {
            (self.threadCount, self.waitingMax, self.lendsIdle) = (threadCount, waitingMax, lendsIdle)
            // Of four threads three, of eight six; of one the one, which is then shared by turns alone.
            ownRunningMax = isShared ? max(1, threadCount - max(1, threadCount / 4)) : threadCount
            ownWaitingMax = isShared ? max(1, waitingMax - waitingMax / 4) : waitingMax
        }
    }

    /// A job that was taken, so that it can be dropped while it waits.
    package struct Ticket: Sendable {
        fileprivate let owner: ObjectIdentifier
        fileprivate let number: Int
    }

    private struct Owner {
        var waiting: [(number: Int, job: @Sendable () -> Void)] = []
        var runningCount = 0
    }

    private struct State {
        /// Those who have a job here.
        var owners: [ObjectIdentifier: Owner] = [:]
        /// Owners with jobs that wait, in the order of their turns.
        var turns: [ObjectIdentifier] = []
        var waitingCount = 0
        var runningCount = 0
        var number = 0
        var isStopped = false
    }

    private let state = Monitor(State())
    private let limits: Limits

    package init(_ limits: Limits) {
        self.limits = limits
        for _ in 0..<limits.threadCount {
            WorkerThread(name: "http-worker", isDetached: true) { [state] in Self.run(state, limits) }
        }
    }

    /// Queues `job`.
    ///
    /// - Parameter owner: compared by its identity, and must live as long as the job does.
    /// - Returns: nil when the owner's places or all are taken, or the pool has stopped.
    package func submit(for owner: AnyObject, _ job: @escaping @Sendable () -> Void) -> Ticket? {
        let identity = ObjectIdentifier(owner)
        // One job, one thread: all of them wait for the same.
        return state.signal { state -> Ticket? in
            guard !state.isStopped, state.waitingCount < limits.waitingMax else { return nil }
            var own = state.owners[identity] ?? Owner()
            guard own.waiting.count < limits.ownWaitingMax else { return nil }
            if own.waiting.isEmpty { state.turns.append(identity) }
            state.number += 1
            state.waitingCount += 1
            own.waiting.append((state.number, job))
            state.owners[identity] = own
            return Ticket(owner: identity, number: state.number)
        }
    }

    /// Takes a job out that has not begun: nobody waits for its answer any more.
    ///
    /// - Returns: false when it has begun.
    package func drop(_ ticket: Ticket) -> Bool {
        state.withLock { state in
            guard let index = state.owners[ticket.owner]?.waiting.firstIndex(where: { $0.number == ticket.number }) else { return false }
            state.owners[ticket.owner]?.waiting.remove(at: index)
            state.waitingCount -= 1
            Self.tidy(&state, ticket.owner)
            return true
        }
    }

    /// Jobs that wait, and jobs that run.
    package var load: (waiting: Int, running: Int) { state.withLock { ($0.waitingCount, $0.runningCount) } }

    /// Takes no more jobs; those queued still run.
    package func stop() { state.broadcast { $0.isStopped = true } }

    /// Forgets an owner without jobs, and the turn of one without jobs that wait.
    private static func tidy(_ state: inout State, _ identity: ObjectIdentifier) {
        guard let own = state.owners[identity], own.waiting.isEmpty else { return }
        state.turns.removeAll { $0 == identity }
        if own.runningCount == 0 { state.owners[identity] = nil }
    }

    /// The first job of the first owner in turn who may have another thread.
    private static func next(_ state: inout State, _ limits: Limits) -> (owner: ObjectIdentifier, job: @Sendable () -> Void)? {
        // Nobody loses a turn by it; the next to come waits for one of these jobs to end.
        let isAlone = limits.lendsIdle && state.turns.count == 1
        for (index, identity) in state.turns.enumerated() {
            guard var own = state.owners[identity], isAlone || own.runningCount < limits.ownRunningMax else { continue }
            state.turns.remove(at: index)
            let job = own.waiting.removeFirst().job
            own.runningCount += 1
            if !own.waiting.isEmpty { state.turns.append(identity) }
            state.owners[identity] = own
            state.waitingCount -= 1
            state.runningCount += 1
            return (identity, job)
        }
        return nil
    }

    private static func run(_ state: Monitor<State>, _ limits: Limits) {
        enum Turn { case job(owner: ObjectIdentifier, @Sendable () -> Void), end }
        while true {
            let turn = state.wait { state -> Turn? in
                if let (owner, job) = next(&state, limits) { return .job(owner: owner, job) }
                return state.isStopped && state.waitingCount == 0 ? .end : nil
            }
            guard case .job(let owner, let job) = turn else { return }
            job()
            state.withLock { state in
                state.runningCount -= 1
                state.owners[owner]?.runningCount -= 1
                tidy(&state, owner)
            }
        }
    }
}
