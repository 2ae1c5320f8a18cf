internal import ColumnStore
internal import Documents
internal import Processes

/// Hands tasks to those who carry them out: one thread decides, they work. What is open stands in the file; here are only numbers of what is due, with instants of a clock that nobody sets.
///
/// The way of a task: its row comes with a transition's commit; `add` puts its number into its resource's lane; the thread takes it when it is due and
/// there is a place, reads the row and calls the executor; what comes of it is submitted to the writer, and only when that is durable the place is free
/// again.
///
/// 1. A task is in one lane at most once: as long as it waits there or is under way.
/// 2. A task is carried out at least once. Whatever is lost here, a restart finds by its row.
/// 3. What a lane has no room for is read from the file once it has (`WorkLane.hasMore`).
/// 4. `State` is held for a look or a change of lanes, and never while a task is read or begun.
final class TaskDispatch: Sendable {
    private struct State {
        var lanes: [String: TaskLane] = [:]
        var isStopping = false
    }

    private let state = Monitor(State())
    private let thread = HeldThread()
    private let store: ExecutionStore
    private let executor: any TaskExecutor
    /// Of each lane.
    private let capacity: Int

    /// A task whose answer could not be written is looked at again after so long, in microseconds.
    private static let patience: Int64 = 5_000_000
    /// The clock by which tasks are due may be another than the monitor's, and whether answers are taken is nobody's signal: so the lanes are looked at
    /// that often.
    /// As many of a lane are begun before the others have their turn.
    private static let turnCount = 16
    private static let lookSeconds = 0.5

    init(store: ExecutionStore, executor: any TaskExecutor, capacity: Int = TaskLane.countMax) {
        (self.store, self.executor, self.capacity) = (store, executor, capacity)
    }

    /// Takes up what the file has, due or not, then starts the thread.
    ///
    /// - Throws: `SQLiteError` where it cannot be read.
    func start() throws {
        let (tasks, isCut) = try store.reader.dueTasks(of: nil, limit: capacity * 4)
        add(tasks)
        // All that a lane has may stand behind those of others: the thread reads each lane by itself.
        if isCut { for lane in try store.reader.dueLanes() { noteMore(lane) } }
        thread.start(name: "tasks") { [self] in run() }
    }

    /// Returns once the thread has ended; executors may go on, and what they end with is refused by the writer, or tried again after the next start.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// - Parameter lead: what makes their instants those of the steady clock; nil: as it is at present.
    func add(_ tasks: [(key: TaskKey, lane: Resource, dueAt: Int64)], lead: Int64? = nil) {
        guard !tasks.isEmpty else { return }
        let ahead = lead ?? steadyLead
        state.signal { state in
            for task in tasks {
                let work = QueuedTask(key: task.key, dueAt: task.dueAt.addingSaturating(ahead))
                state.lanes[task.lane.lane, default: made(task.lane)].lane.add(work)
            }
        }
    }

    private func made(_ lane: Resource) -> TaskLane { TaskLane(lane, limit: executor.concurrency(of: lane), capacity: capacity) }

    /// Something of the lane is in the file alone.
    func noteMore(_ lane: Resource) { state.withLock { $0.lanes[lane.lane, default: made(lane)].lane.noteMore() } }

    private func steadyNow() -> Int64 { store.surroundings.steady?() ?? store.clock.now() }

    /// What makes an instant of the store's clock one of the steady clock, at present.
    private var steadyLead: Int64 { steadyNow().subtractingSaturating(store.clock.now()) }

    private func run() {
        while let ready = next() {
            for (lane, key) in ready { perform(key, lane) }
            for lane in state.withLock({ $0.lanes.values.filter(\.lane.wantsMore).map(\.resource) }) { reload(lane) }
        }
    }

    /// Waits for something to do: tasks to begin, or lanes to fill, which are looked for with each round; nil when it is time to stop.
    private func next() -> [(Resource, TaskKey)]? {
        while true {
            let ready = state.wait(seconds: Self.lookSeconds) { state -> [(Resource, TaskKey)]? in
                if state.isStopping { return [] }
                // Their answers would be written.
                guard store.takesAnswers else { return nil }
                let now = steadyNow()
                var ready: [(Resource, TaskKey)] = []
                for name in state.lanes.keys {
                    for _ in 0..<Self.turnCount {
                        guard let task = state.lanes[name]?.lane.take(now: now), let resource = state.lanes[name]?.resource else { break }
                        ready.append((resource, task.key))
                    }
                }
                return ready.isEmpty ? nil : ready
            }
            if state.withLock({ $0.isStopping }) { return nil }
            if let ready, !ready.isEmpty { return ready }
            // A lane that has nothing to take would wait for ever for what the file has of it.
            if state.withLock({ $0.lanes.values.contains { $0.lane.wantsMore } }) { return [] }
        }
    }

    /// Takes up what a lane had no room for. What waits in it already is passed over by its key.
    private func reload(_ lane: Resource) {
        let limit = state.withLock { state -> Int in
            state.lanes[lane.lane]?.lane.beginReload()
            return state.lanes[lane.lane]?.lane.reloadCount ?? capacity
        }
        // What cannot be read now is read again when the lane is asked next.
        guard let (tasks, isCut) = try? store.reader.dueTasks(of: lane, limit: limit) else { return noteMore(lane) }
        add(tasks)
        if isCut { noteMore(lane) }
    }

    /// Reads the task and has it carried out. Its place in the lane is held until `release`.
    private func perform(_ key: TaskKey, _ lane: Resource) {
        let work: TaskWork?
        do {
            work = try store.reader.task(key)
        } catch {
            StoreLog.note("a task cannot be read; it is tried again", path: store.path, reason: StoreLog.text(error), level: .warning)
            return release(key, lane, "unreadable", again: steadyNow().addingSaturating(Self.patience))
        }
        // Answered, or not wanted any more.
        guard let work else { return release(key, lane, "settled") }
        executor.carryOut(work) { [self] ending in finish(work, lane, ending) }
    }

    /// - Parameter again: when it is looked at once more, by the steady clock.
    private func release(_ key: TaskKey, _ lane: Resource, _ outcome: String, worked: Bool? = nil, again: Int64? = nil) {
        let now = steadyNow()
        state.signal { state in
            state.lanes[lane.lane]?.lane.end(QueuedTask(key: key, dueAt: now), worked: worked, outcome: outcome, now: now)
            if let again { state.lanes[lane.lane]?.lane.add(QueuedTask(key: key, dueAt: again)) }
        }
    }

    /// On any thread, once for each task that was begun.
    private func finish(_ work: TaskWork, _ lane: Resource, _ ending: TaskEnding) {
        let key = work.key
        switch ending {
        case .succeeded(let output): answer(work, lane, .taskSucceeded(token: work.call.token, output: output), "succeeded")
        case .failed(let error): answer(work, lane, .taskFailed(token: work.call.token, error), "failed")
        case .abandoned: release(key, lane, "abandoned")
        case .later(let at, let reason): putOff(work, lane, to: at, isFailure: true, reason, "put off")
        case .awaited(let at): putOff(work, lane, to: at, isFailure: false, nil, "awaited")
        }
    }

    private func answer(_ work: TaskWork, _ lane: Resource, _ event: Event, _ outcome: String) {
        store.submit(execution: work.executionID, { core in
            do {
                try core.answer(work.call.token, event)
            } catch let fault as Fault where fault.code == .taskEnded || fault.code == .notFound {
                // The row goes too: it would be handed out again and again, and nobody wants it.
                // Somebody else was first, or its time was over.
                try core.removeTask(work.key)
            }
        }) { [self] result in
            switch result {
            case .success: release(work.key, lane, outcome, worked: true)
            case .failure: release(work.key, lane, "unwritten", again: steadyNow().addingSaturating(Self.patience))
            }
        }
    }

    /// - Parameters:
    ///   - at: microseconds since 1970; nil: it is looked at no more until somebody answers.
    ///   - isFailure: counts an attempt, and tells the breaker.
    private func putOff(_ work: TaskWork, _ lane: Resource, to at: Int64?, isFailure: Bool, _ reason: String?, _ outcome: String) {
        // Somebody may set the clock before it is written.
        let again = at.map { $0.addingSaturating(steadyLead) }
        store.submit({ core in try core.putOff(work.key, to: again.map { $0.subtractingSaturating(core.steadyLead) }, isFailure: isFailure, reason: reason) }) { [self] result in
            switch result {
            // A task that was answered meanwhile has no row, and does not come again.
            case .success(let isWanted): release(work.key, lane, outcome, worked: !isFailure, again: isWanted ? again : nil)
            case .failure: release(work.key, lane, "unwritten", again: steadyNow().addingSaturating(Self.patience))
            }
        }
    }

    // MARK: Figures

    func metrics() -> [Metric] {
        let lanes = state.withLock { state in
            state.lanes.values.map { (name: $0.resource.text, waiting: $0.lane.waitingCount, running: $0.lane.inFlightCount, ended: $0.lane.outcomes) }
        }
        var metrics: [Metric] = []
        for lane in lanes.sorted(by: { $0.name < $1.name }) {
            let label = [(name: "resource", value: lane.name)]
            let help = "Tasks of executions: those that wait to be carried out, and those that are being."
            metrics.append(Metric(name: "tasks", help: help, kind: .gauge, labels: label + [(name: "state", value: "waiting")], value: Double(lane.waiting)))
            metrics.append(Metric(name: "tasks", help: help, kind: .gauge, labels: label + [(name: "state", value: "running")], value: Double(lane.running)))
            for (outcome, ended) in lane.ended.sorted(by: { $0.key < $1.key }) {
                metrics.append(
                    Metric(
                        name: "task_attempts_total", help: "Attempts to carry out tasks, by what came of them.", kind: .counter,
                        labels: label + [(name: "outcome", value: outcome)], value: Double(ended.count)))
            }
        }
        return metrics
    }
}
