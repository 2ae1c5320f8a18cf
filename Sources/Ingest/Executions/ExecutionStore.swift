internal import ColumnStore
internal import Documents
package import Processes
import Synchronization

/// Executions of state machines, durable: the one writer of `DATA/executions.sqlite`, and what is read beside it.
///
/// Whatever happens to executions meanwhile, starts, answers, timers, is one commit with one fsync; only then is it answered, and only then are tasks
/// handed on. What an execution waits for stands in the file alone.
///
/// 1. A call is answered once: after its commit, or with a refusal.
/// 2. The thread starts with the first call; timers and plans run after `begin` alone.
/// 3. After a failed sync, or a commit that may be there though it failed (`SQLiteError.leavesDoubt`), no further call is taken, none that waits is done, and no timer fires until the process is started anew: what the disk holds is not known.
/// 4. Locks are `queue`, and those of dispatch and notices for a look; none is held over a commit but `definitions`, which no commit waits for.
package final class ExecutionStore: Sendable {
    private struct Submission: Sendable {
        /// Whether the file is made for it where there is none.
        let makes: Bool
        /// The id of the execution that it is about, where that is known.
        let execution: String?
        /// Within the transaction; gives what is to be called once it is durable.
        let run: @Sendable (ExecutionCore) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct Queue {
        var waiting: [Submission] = []
        var isStopping = false
        /// Nothing is written any more: a sync failed.
        var failure: Fault?
        /// When a timer or a plan is due next; `max` for none.
        var nextAt = Int64.max
        /// The disk was full: timers rest until then, on the steady clock.
        var restsUntil = 0.0
    }

    /// Proof: used by the writer's thread alone.
    private struct Shared: @unchecked Sendable { let core: ExecutionCore }

    let path: String
    let clock: Clock
    let reader: ExecutionReader
    let surroundings: Surroundings
    package let figures = ExecutionFigures()
    private let queue = Monitor(Queue())
    private let shared: Shared
    private let thread = HeldThread()
    /// Held while a definition is put or deleted, and its topics follow it: they follow what is there in the end, whoever comes at once.
    let definitions = Mutex(())
    private let dispatch = Mutex<TaskDispatch?>(nil)
    private let notices = Mutex<EndNotices?>(nil)

    /// So many requests wait; further ones are refused.
    private static let waitingCountMax = 20_000
    /// Of one commit.
    private static let groupCount = 256
    private static let timerCount = 256
    /// The clock on the wall may be set: no timer waits longer than so many seconds without a look at it.
    private static let lookSeconds = 0.25
    static let idleSeconds = 60.0
    private static let restSeconds = 1.0

    /// What it asks of the store that it is part of.
    package struct Surroundings: Sendable {
        /// On the disk, below which nothing new is started, and what runs stands still; it can be read and aborted.
        package let minFreeBytes: Int64
        /// Topics, whose events start executions, and to which ends of executions are published; nil where there are none.
        package let events: (any EventPublishing)?
        /// Who there is to do tasks, as definitions that are put may say.
        package let tasks: TaskVocabulary
        /// Called before a definition is put: what executions will need later can be made.
        package let prepare: @Sendable () -> Void
        /// Called before anything is put into the file: that the store has it is to be known.
        let noteFile: @Sendable () throws -> Void
        /// Told now and then how far the file has come; nil: nobody asks.
        let noteReach: (@Sendable (Int64) throws -> Void)?
        /// Whether there is a queue of that name; nil: nobody is asked. Tasks that wait for workers of one that is no more are carried out again after a start.
        let hasQueue: (@Sendable (String) -> Bool)?
        /// Of executions that are kept in memory.
        let cachedByteCountMax: Int
        /// Bytes that the history of one execution may come to: past it the execution fails.
        let historyByteCountMax: Int
        /// Microseconds of a clock that nobody sets: durations outlast jumps of the other. Nil where a test moves that by hand.
        let steady: (@Sendable () -> Int64)?
        /// Which start of the machine that counts from.
        let boot: String

        /// - Parameters:
        ///   - cachedByteCountMax: of small executions, in memory; large ones may have twice that.
        ///   - boot: nil: the machine's own.
        package init(
            minFreeBytes: Int64 = 0, events: (any EventPublishing)? = nil, cachedByteCountMax: Int = 36 << 20, historyByteCountMax: Int = Execution.historyByteCountMax,
            steady: (@Sendable () -> Int64)? = nil, boot: String? = nil, tasks: TaskVocabulary = .any, noteFile: @escaping @Sendable () throws -> Void = {},
            noteReach: (@Sendable (Int64) throws -> Void)? = nil, hasQueue: (@Sendable (String) -> Bool)? = nil, prepare: @escaping @Sendable () -> Void = {}
        ) {
            (self.tasks, self.noteReach, self.hasQueue) = (tasks, noteReach, hasQueue)
            self.noteFile = noteFile
            (self.historyByteCountMax, self.steady, self.boot) = (historyByteCountMax, steady, boot ?? MachineStart.clock)
            (self.minFreeBytes, self.events, self.cachedByteCountMax, self.prepare) = (minFreeBytes, events, cachedByteCountMax, prepare)
        }
    }

    package init(path: String, clock: Clock, _ surroundings: Surroundings = Surroundings()) throws {
        (self.path, self.clock, self.surroundings) = (path, clock, surroundings)
        reader = ExecutionReader(path: path)
        let core = ExecutionCore(
            path: path, clock: clock, steady: surroundings.steady, boot: surroundings.boot, cachedByteCountMax: surroundings.cachedByteCountMax, historyByteCountMax: surroundings.historyByteCountMax,
            isHeard: { [events = surroundings.events] in events?.isHeard ?? false }, noteFile: surroundings.noteFile, noteReach: surroundings.noteReach)
        try core.open(makes: false)
        shared = Shared(core: core)
        figures.running.store(core.file == nil ? 0 : try reader.runningCount(), ordering: .relaxed)
    }

    /// Begins to carry out tasks and to fire timers: a server does, a command on a directory leaves it to the next one.
    package func begin(_ executor: any TaskExecutor) throws {
        let made = TaskDispatch(store: self, executor: executor)
        dispatch.withLock { $0 = made }
        try made.start()
        if let events = surroundings.events {
            definitions.withLock { _ in followAll(events) }
            let notices = EndNotices(store: self, events: events)
            self.notices.withLock { $0 = notices }
            notices.start()
        }
        // Whatever stands in the file is looked at once.
        queue.broadcast { $0.nextAt = .min }
        startThread()
    }

    /// Ends what runs: tasks that are under way are carried out again after the next start.
    package func stop() {
        dispatch.withLock { $0 }?.stop()
        notices.withLock { $0 }?.stop()
        queue.broadcast { $0.isStopping = true }
        thread.join()
        // The writer is the last to close: what only reads leaves the log where it is.
        reader.close()
        shared.core.close(isSound: queue.withLock { $0.failure == nil })
    }

    /// Who was to answer the tasks of a resource is gone: those that wait for it are carried out again, durably.
    ///
    /// One whose resource has just been asked is among them, where that was submitted before this is called: calls are written in their order.
    func lookAgain(at resource: Resource) throws {
        for owner in try perform({ core in try core.lookAgain(at: resource) }) { dispatch.withLock { $0 }?.noteMore(resource, of: owner) }
    }

    private func startThread() {
        thread.start(name: "executions") { [self] in run() }
    }

    // MARK: Handing in

    /// Has `body` run within the next commit.
    ///
    /// - Parameters:
    ///   - execution: its id, where it is about one: what comes for one at once is done together.
    ///   - done: called once, when it is durable or refused, on the writer's thread: it must not wait.
    func submit<Value: Sendable>(
        makes: Bool = false, execution: String? = nil, _ body: @escaping @Sendable (ExecutionCore) throws -> Value, done: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let submission = Submission(
            makes: makes, execution: execution,
            run: { core in
                do {
                    let value = try body(core)
                    return { done(.success(value)) }
                } catch let fault as Fault {
                    return { done(.failure(fault)) }
                } catch let unreadable as UnreadableExecution {
                    return { done(.failure(Fault(.internalError, "the execution cannot be read", cause: unreadable.description))) }
                }
            }, fail: { done(.failure($0)) })
        let refusal = queue.signal { queue -> Fault? in
            if let failure = queue.failure { return failure }
            if queue.isStopping { return Fault(.overloaded, "the server is stopping") }
            if queue.waiting.count >= Self.waitingCountMax { return Fault(.overloaded, "\(queue.waiting.count) calls wait for the disk", advice: .sendAgainLater) }
            queue.waiting.append(submission)
            return nil
        }
        if let refusal { return done(.failure(refusal)) }
        startThread()
    }

    /// As `submit`, for a thread that may wait.
    func perform<Value: Sendable>(makes: Bool = false, _ body: @escaping @Sendable (ExecutionCore) throws -> Value) throws -> Value {
        let result = Monitor<Result<Value, any Error>?>(nil)
        submit(makes: makes, body) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get()
    }

    // MARK: The writer's thread

    private func run() {
        while let (batch, fires) = next() { commit(batch.gathered(by: \.execution), fires: fires) }
    }

    /// Waits for calls, or for what is due.
    ///
    /// Time goes by a clock that may be set, so it sleeps for `lookSeconds` at most while something is planned. A full disk lets timers rest, not calls:
    /// each of them is to hear of it.
    ///
    /// - Returns: nil when it is time to end, and nothing waits.
    private func next() -> (batch: [Submission], fires: Bool)? {
        while true {
            let isServing = dispatch.withLock { $0 != nil }
            let (nextAt, restsUntil, hasFailed) = queue.withLock { ($0.nextAt, $0.restsUntil, $0.failure != nil) }
            let pause = isServing ? Self.pause(until: nextAt, now: clock.now(), restingFor: restsUntil - SteadyClock.seconds(), hasFailed: hasFailed) : Self.idleSeconds
            let taken = queue.wait(seconds: pause) { queue -> (batch: [Submission], fires: Bool)? in
                let rests = queue.failure != nil || queue.isStopping || SteadyClock.seconds() < queue.restsUntil
                let fires = isServing && !rests && (queue.nextAt <= clock.now() || shared.core.isClockSet)
                if queue.waiting.isEmpty, !fires, !queue.isStopping, queue.nextAt == nextAt { return nil }
                let batch = Array(queue.waiting.prefix(Self.groupCount))
                queue.waiting.removeFirst(batch.count)
                return (batch, fires)
            }
            guard let taken else { continue }
            if !taken.batch.isEmpty || taken.fires { return taken }
            if queue.withLock({ $0.isStopping }) { return nil }
        }
    }

    /// For how many seconds nothing has to be done but what calls ask for.
    ///
    /// - Parameters:
    ///   - nextAt: when a timer or a plan is due; `max` for none.
    ///   - rest: seconds for which timers rest.
    ///   - hasFailed: nothing is written any more: no timer fires, and one that is due is no reason to look.
    static func pause(until nextAt: Int64, now: Int64, restingFor rest: Double, hasFailed: Bool) -> Double {
        guard nextAt != .max, !hasFailed else { return idleSeconds }
        return max(min(Double(nextAt.subtractingSaturating(now)) / 1e6, lookSeconds), rest, 0)
    }

    /// One commit of all; where that fails for another reason than the disk, each by itself, so that a fault meets whom it belongs to.
    private func commit(_ batch: [Submission], fires: Bool) {
        // A sync has failed: those who waited by then are refused as those are who come now.
        if let failure = queue.withLock({ $0.failure }) {
            for one in batch { one.fail(failure) }
            return
        }
        do {
            try commitOnce(batch, fires: fires)
        } catch {
            let isWhole = (error as? SQLiteError).map { $0.kind == .full || $0.kind == .io } ?? false
            if !isWhole, batch.count + (fires ? 1 : 0) > 1 {
                // One that cannot be done is no reason for the others.
                for one in batch { commit([one], fires: false) }
                if fires { commit([], fires: true) }
                return
            }
            note(error, fires: fires)
            let shown = Self.shown(error)
            for one in batch { one.fail(shown) }
        }
    }

    private func commitOnce(_ batch: [Submission], fires isDue: Bool) throws {
        let core = shared.core
        let fires = isDue && hasRoom
        if isDue, !fires { queue.withLock { $0.restsUntil = SteadyClock.seconds() + Self.restSeconds } }
        if batch.isEmpty, !fires { return }
        // Before the transaction: all of a commit happens at one instant.
        core.look()
        try core.open(makes: batch.contains(where: \.makes))
        var ends: [@Sendable () -> Void] = []
        var next: Int64?
        do {
            try core.file?.execute("BEGIN IMMEDIATE")
            try core.keepDurations()
            for one in batch { ends.append(try one.run(core)) }
            if fires {
                figures.note(lateness: try core.fireTimers(countMax: Self.timerCount) ?? 0)
                try core.fireSchedules(countMax: Self.timerCount)
                next = min(try core.nextTimer() ?? .max, try core.nextSchedule() ?? .max)
            }
            try core.writeReach()
            try core.file?.execute("COMMIT")
        } catch {
            core.file?.rollback()
            core.forget()
            throw error
        }
        // Durable from here on. Tasks and notices are handed on first, then callers are answered.
        core.noteCommitted()
        let aftermath = core.takeAftermath()
        figures.add(aftermath)
        queue.withLock { queue in queue.nextAt = min(next ?? queue.nextAt, aftermath.earliest) }
        dispatch.withLock { $0 }?.add(aftermath.tasks, lead: core.steadyLead)
        if aftermath.noticeCount > 0 { notices.withLock { $0 }?.wake() }
        for end in ends { end() }
        core.noteReach()
    }

    private func note(_ error: any Error, fires: Bool) {
        StoreLog.note("a change of executions was not written", path: path, reason: StoreLog.text(error), level: .warning)
        queue.withLock { queue in
            queue.restsUntil = SteadyClock.seconds() + Self.restSeconds
            if (error as? SQLiteError)?.leavesDoubt == true {
                queue.failure = Fault(.diskFull, "the disk did not confirm a write: executions stand still until the server is restarted and has checked its files", cause: "\(error)")
            }
        }
    }

    private static func shown(_ error: any Error) -> any Error {
        guard let error = error as? SQLiteError else { return error }
        switch error.kind {
        case .full: return Fault(.diskFull, "there is no room to make it durable", advice: .sendAgainLater, cause: "\(error)")
        case .io: return Fault(.diskFull, "the disk cannot be written: send it again later", advice: .sendAgainLater, cause: "\(error)")
        case .busy: return Fault(.overloaded, "the store is busy: send it again", advice: .sendAgainLater, cause: "\(error)")
        case .corrupt, .constraint, .other: break
        }
        return Fault(.internalError, "the store could not do it", cause: "\(error)")
    }

    /// Whether answers of tasks would be written now: else what carries them out would do so again and again.
    var takesAnswers: Bool { queue.withLock { $0.failure == nil && SteadyClock.seconds() >= $0.restsUntil } && hasRoom }

    // MARK: Figures

    package func metrics() -> [Metric] { figures.metrics(now: clock.now(), nextAt: queue.withLock { $0.nextAt }) + (dispatch.withLock { $0 }?.metrics() ?? []) }
}
