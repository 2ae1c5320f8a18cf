internal import ColumnStore
internal import Documents
internal import Processes

/// Hands tasks to those who carry them out: one thread decides, they work. What is open stands in the file; here are only numbers of what is due, with instants of a clock that nobody sets.
///
/// The way of a task: its row comes with a transition's commit; `add` puts its number into its resource's queue; the thread takes it when it is due and
/// there is a place, reads the row and calls the executor; what comes of it is submitted to the writer, and only when that is durable the place is free
/// again.
///
/// 1. A task is in one queue at most once: as long as it waits there or is under way.
/// 2. A task is carried out at least once. Whatever is lost here, a restart finds by its row.
/// 3. What a queue has no room for is read from the file once it has (`EndpointQueue.hasMore`).
/// 4. `State` is held for a look or a change of queues, and never while a task is read or begun.
/// 5. Inputs of tasks under way take `heldByteCountMax` of memory, and one more. Past it those queues go on that have an eighth of it or less, up to four times as much in all, and each other has
///    one task under way: so that none is held up by another's.
final class TaskDispatch: Sendable {
    private struct State {
        var queues: [String: ResourceQueue] = [:]
        var isStopping = false
        /// What the inputs of tasks under way take, in bytes of memory, and their sums by queue and in all.
        var inputs: [TaskKey: Int] = [:]
        var heldByteCounts: [String: Int] = [:]
        var heldByteCount = 0

        /// - Parameter count: of the queue's tasks that are under way, this one not among them.
        func hasRoom(in queue: String, besides count: Int) -> Bool {
            if count == 0 || heldByteCount < TaskDispatch.heldByteCountMax { return true }
            return heldByteCounts[queue] ?? 0 <= TaskDispatch.heldByteCountMax / 8 && heldByteCount < TaskDispatch.heldByteCountMax * 4
        }

        mutating func hold(_ key: TaskKey, of queue: String, _ byteCount: Int) {
            inputs[key] = byteCount
            heldByteCounts[queue, default: 0] += byteCount
            heldByteCount += byteCount
        }

        mutating func letGo(_ key: TaskKey, of queue: String) {
            guard let byteCount = inputs.removeValue(forKey: key) else { return }
            heldByteCounts[queue, default: 0] -= byteCount
            heldByteCount -= byteCount
        }
    }

    private let state = Monitor(State())
    private let thread = HeldThread()
    private let store: ExecutionStore
    private let executor: any TaskExecutor
    /// Of each queue.
    private let capacity: Int

    /// A task whose answer could not be written is looked at again after so long, in microseconds.
    private static let patience: Int64 = 5_000_000
    /// As many of a queue are begun before the others have their turn.
    private static let turnCount = 16
    /// The clock by which tasks are due may be another than the monitor's, and whether answers are taken is nobody's signal: so the queues are looked at
    /// that often.
    private static let lookSeconds = 0.5
    /// A megabyte of small numbers takes twenty, and hundreds of tasks may be under way.
    static let heldByteCountMax = 64 << 20

    init(store: ExecutionStore, executor: any TaskExecutor, capacity: Int = ResourceQueue.countMax) {
        (self.store, self.executor, self.capacity) = (store, executor, capacity)
    }

    /// Takes up what the file has, due or not, then starts the thread.
    ///
    /// - Throws: `SQLiteError` where it cannot be read.
    func start() throws {
        let (tasks, isCut) = try store.reader.dueTasks(of: nil, limit: capacity * 4)
        add(tasks)
        // All that a queue has may stand behind those of others: the thread reads each queue by itself.
        if isCut { for resource in try store.reader.dueResources() { noteMore(resource) } }
        thread.start(name: "tasks") { [self] in run() }
    }

    /// Returns once the thread has ended; executors may go on, and what they end with is refused by the writer, or tried again after the next start.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// - Parameter lead: what makes their instants those of the steady clock; nil: as it is at present.
    func add(_ tasks: [(key: TaskKey, resource: Resource, dueAt: Int64)], lead: Int64? = nil) {
        guard !tasks.isEmpty else { return }
        let ahead = lead ?? steadyLead
        state.signal { state in
            for task in tasks {
                let work = QueuedTask(key: task.key, dueAt: task.dueAt.addingSaturating(ahead))
                state.queues[task.resource.queueName, default: made(task.resource)].queue.add(work)
            }
        }
    }

    private func made(_ resource: Resource) -> ResourceQueue { ResourceQueue(resource, limit: executor.concurrency(of: resource), capacity: capacity) }

    /// Something of the queue is in the file alone.
    func noteMore(_ resource: Resource) { state.withLock { $0.queues[resource.queueName, default: made(resource)].queue.noteMore() } }

    private func steadyNow() -> Int64 { store.surroundings.steady?() ?? store.clock.now() }

    /// What makes an instant of the store's clock one of the steady clock, at present.
    private var steadyLead: Int64 { steadyNow().subtractingSaturating(store.clock.now()) }

    private func run() {
        while let ready = next() {
            for (resource, task) in ready { perform(task, resource) }
            for resource in state.withLock({ $0.queues.values.filter(\.queue.wantsMore).map(\.resource) }) { reload(resource) }
        }
    }

    /// Waits for something to do: tasks to begin, or queues to fill, which are looked for with each round; nil when it is time to stop.
    private func next() -> [(Resource, QueuedTask)]? {
        while true {
            let ready = state.wait(seconds: Self.lookSeconds) { state -> [(Resource, QueuedTask)]? in
                if state.isStopping { return [] }
                // Their answers would be written.
                guard store.takesAnswers else { return nil }
                let now = steadyNow()
                var ready: [(Resource, QueuedTask)] = []
                for name in state.queues.keys {
                    for _ in 0..<Self.turnCount {
                        guard state.hasRoom(in: name, besides: state.queues[name]?.queue.inFlightCount ?? 0), let task = state.queues[name]?.queue.take(now: now),
                            let resource = state.queues[name]?.resource
                        else { break }
                        ready.append((resource, task))
                    }
                }
                return ready.isEmpty ? nil : ready
            }
            if state.withLock({ $0.isStopping }) { return nil }
            if let ready, !ready.isEmpty { return ready }
            // A queue that has nothing at hand would wait indefinitely for its tasks in the file.
            if state.withLock({ $0.queues.values.contains { $0.queue.wantsMore } }) { return [] }
        }
    }

    /// Takes up what a queue had no room for. What waits in it already is passed over by its key.
    private func reload(_ resource: Resource) {
        let limit = state.withLock { state -> Int in
            state.queues[resource.queueName]?.queue.beginReload()
            return state.queues[resource.queueName]?.queue.reloadCount ?? capacity
        }
        // What cannot be read now is read again when the queue is asked next.
        guard let (tasks, isCut) = try? store.reader.dueTasks(of: resource, limit: limit) else { return noteMore(resource) }
        add(tasks)
        if isCut { noteMore(resource) }
    }

    /// Reads the task and has it carried out. Its place in the queue is held until `release`.
    private func perform(_ task: QueuedTask, _ resource: Resource) {
        let key = task.key
        // Those that were taken in the same turn may have filled the memory: what an input takes is known once it is read. It waits in its queue again, for its old time.
        let hasRoom = state.withLock { state in
            guard let count = state.queues[resource.queueName]?.queue.inFlightCount, !state.hasRoom(in: resource.queueName, besides: count - 1) else { return true }
            state.queues[resource.queueName]?.queue.putBack(task)
            return false
        }
        guard hasRoom else { return }
        let work: TaskWork?
        do {
            work = try store.reader.task(key)
        } catch {
            StoreLog.note("a task cannot be read; it is tried again", path: store.path, reason: StoreLog.text(error), level: .warning)
            return release(key, resource, "unreadable", again: steadyNow().addingSaturating(Self.patience))
        }
        // Answered, or not wanted any more.
        guard let work else { return release(key, resource, "settled") }
        let byteCount = [work.call.input, work.call.place ?? .null].reduce(0) { $0 + ValueLimits.memoryByteCount($1) }
        state.withLock { $0.hold(key, of: resource.queueName, byteCount) }
        executor.carryOut(work) { [self] ending in finish(work, resource, ending) }
    }

    /// - Parameters:
    ///   - worked: of an endpoint, whether it is well, as of `EndpointQueue.end`. All else is nobody's but the store's own, and one owner's task that is put off says nothing of another's.
    ///   - again: when it is looked at once more, by the steady clock.
    private func release(_ key: TaskKey, _ resource: Resource, _ outcome: String, worked: Bool? = nil, again: Int64? = nil) {
        let now = steadyNow()
        let worked = resource.kind == Resource.endpointKind ? worked : nil
        state.signal { state in
            state.letGo(key, of: resource.queueName)
            state.queues[resource.queueName]?.queue.end(QueuedTask(key: key, dueAt: now), worked: worked, outcome: outcome, now: now)
            if let again { state.queues[resource.queueName]?.queue.add(QueuedTask(key: key, dueAt: again)) }
        }
    }

    /// On any thread, once for each task that was begun.
    private func finish(_ work: TaskWork, _ resource: Resource, _ ending: TaskEnding) {
        let key = work.key
        switch ending {
        case .succeeded(let output): answer(work, resource, .taskSucceeded(token: work.call.token, output: output), "succeeded")
        // Its attempts or its time ran out, maybe before anybody was asked.
        case .failed(let error) where error.name == StateError.Name.unavailable.rawValue: answer(work, resource, .taskFailed(token: work.call.token, error), "failed", worked: nil)
        case .failed(let error): answer(work, resource, .taskFailed(token: work.call.token, error), "failed")
        case .abandoned: release(key, resource, "abandoned")
        case .later(let at, let reason): putOff(work, resource, to: at, isFailure: true, reason, "put off")
        case .awaited(let at): putOff(work, resource, to: at, isFailure: false, nil, "awaited")
        }
    }

    private func answer(_ work: TaskWork, _ resource: Resource, _ event: Event, _ outcome: String, worked: Bool? = true) {
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
            case .success: release(work.key, resource, outcome, worked: worked)
            case .failure: release(work.key, resource, "unwritten", again: steadyNow().addingSaturating(Self.patience))
            }
        }
    }

    /// - Parameters:
    ///   - at: microseconds since 1970; nil: it is looked at no more until somebody answers.
    ///   - isFailure: counts an attempt, and tells the breaker.
    private func putOff(_ work: TaskWork, _ resource: Resource, to at: Int64?, isFailure: Bool, _ reason: String?, _ outcome: String) {
        // Somebody may set the clock before it is written.
        let again = at.map { $0.addingSaturating(steadyLead) }
        store.submit({ core in try core.putOff(work.key, to: again.map { $0.subtractingSaturating(core.steadyLead) }, isFailure: isFailure, reason: reason) }) { [self] result in
            switch result {
            // A task that was answered meanwhile has no row, and does not come again.
            case .success(let look):
                let again = again ?? look.dueAt?.addingSaturating(steadyLead)
                release(work.key, resource, outcome, worked: !isFailure, again: look.isWanted ? again : nil)
            case .failure: release(work.key, resource, "unwritten", again: steadyNow().addingSaturating(Self.patience))
            }
        }
    }

    // MARK: Figures

    func metrics() -> [Metric] {
        let queues = state.withLock { state in
            state.queues.values.map { (name: $0.resource.text, waiting: $0.queue.waitingCount, running: $0.queue.inFlightCount, ended: $0.queue.outcomes) }
        }
        var metrics: [Metric] = []
        for queue in queues.sorted(by: { $0.name < $1.name }) {
            let label = [(name: "resource", value: queue.name)]
            let help = "Tasks of executions: those that wait to be carried out, and those that are being."
            metrics.append(Metric(name: "tasks", help: help, kind: .gauge, labels: label + [(name: "state", value: "waiting")], value: Double(queue.waiting)))
            metrics.append(Metric(name: "tasks", help: help, kind: .gauge, labels: label + [(name: "state", value: "running")], value: Double(queue.running)))
            for (outcome, ended) in queue.ended.sorted(by: { $0.key < $1.key }) {
                metrics.append(
                    Metric(
                        name: "task_attempts_total", help: "Attempts to carry out tasks, by what came of them.", kind: .counter,
                        labels: label + [(name: "outcome", value: outcome)], value: Double(ended.count)))
            }
        }
        return metrics
    }
}
