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
/// 3. What a queue has no room for is read from the file once it has, of each owner by itself (`ResourceQueue.wanting`): the first of all may be one owner's alone.
/// 4. `State` is held for a look or a change of queues, and never while a task is read or begun.
/// 5. Inputs of tasks under way are bounded as a task is begun, and not after: one is begun while all of them take less than `heldByteCountMax` of memory; past it in queues whose own take an eighth
///    of that or less, while all take less than four times as much; and whatever they take in a queue that has none under way, so that none is held up by another's. An input counts once it is
///    read. So they take at most four times `heldByteCountMax`, one input more, and one for each queue: no fixed sum, since queues are as many as the resources that tasks name. What carrying a
///    task out takes beside its input is its executor's to bound.
final class TaskDispatch: Sendable {
    private struct State {
        var queues: [String: ResourceQueue] = [:]
        var isStopping = false
        /// Tasks that wait for workers of queues that are no more are to be looked for.
        var looksAtQueues = true
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
    /// What inputs take from which on not every queue goes on; no ceiling of theirs (see 5). A megabyte of small numbers takes twenty, and hundreds of tasks may be under way.
    static let heldByteCountMax = 64 << 20

    init(store: ExecutionStore, executor: any TaskExecutor, capacity: Int = ResourceQueue.countMax) {
        (self.store, self.executor, self.capacity) = (store, executor, capacity)
    }

    /// Takes up what the file has, due or not, then starts the thread.
    ///
    /// - Throws: `SQLiteError` where it cannot be read.
    func start() throws {
        let (tasks, isCut) = try store.reader.dueTasks(limit: capacity * 4)
        add(tasks)
        // All that an owner has of a queue may stand behind those of others: the thread reads each by itself.
        if isCut { for part in try store.reader.dueParts() { noteMore(part.resource, of: part.owner) } }
        thread.start(name: "tasks") { [self] in run() }
    }

    /// Returns once the thread has ended; executors may go on, and what they end with is refused by the writer, or tried again after the next start.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// - Parameter lead: what makes their instants those of the steady clock; nil: as it is at present.
    func add(_ tasks: [DueTask], lead: Int64? = nil) {
        guard !tasks.isEmpty else { return }
        let ahead = lead ?? steadyLead
        state.signal { state in
            for task in tasks {
                let work = QueuedTask(key: task.key, dueAt: task.dueAt.addingSaturating(ahead))
                state.queues[task.resource.queueName, default: made(task.resource)].add(work, of: task.owner)
            }
        }
    }

    private func made(_ resource: Resource) -> ResourceQueue { ResourceQueue(resource, limit: executor.concurrency(of: resource), capacity: capacity) }

    /// Something that the owner has of the queue is in the file alone.
    func noteMore(_ resource: Resource, of owner: Identity) { state.withLock { $0.queues[resource.queueName, default: made(resource)].noteMore(of: owner) } }

    private func steadyNow() -> Int64 { store.surroundings.steady?() ?? store.clock.now() }

    /// What makes an instant of the store's clock one of the steady clock, at present.
    private var steadyLead: Int64 { steadyNow().subtractingSaturating(store.clock.now()) }

    private func run() {
        while let ready = next() {
            for taken in ready { perform(taken) }
            if state.withLock({ state in
                defer { state.looksAtQueues = false }
                return state.looksAtQueues
            }) { lookAtQueues() }
            reload()
        }
    }

    /// Whoever deleted a queue may have ended before the executions that wait for its workers were told: their tasks are carried out again.
    private func lookAtQueues() {
        guard let hasQueue = store.surroundings.hasQueue else { return }
        do {
            for resource in try store.reader.awaitedQueues() where !(resource.name.map(hasQueue) ?? true) {
                store.submit({ core in try core.lookAgain(at: resource) }) { [self] result in
                    switch result {
                    case .success(let owners): for owner in owners { noteMore(resource, of: owner) }
                    // What is wrong with the file does not go away by itself; a disk may have room again, and a busy store time.
                    case .failure(let error):
                        StoreLog.note("tasks that wait for a deleted queue cannot be carried out again", path: store.path, reason: StoreLog.text(error), level: .warning)
                        if [.diskFull, .overloaded].contains((error as? Fault)?.code) { state.withLock { $0.looksAtQueues = true } }
                    }
                }
            }
        } catch {
            StoreLog.note("tasks that wait for workers cannot be read", path: store.path, reason: StoreLog.text(error), level: .warning)
            if (error as? SQLiteError)?.kind == .busy { state.withLock { $0.looksAtQueues = true } }
        }
    }

    /// Waits for something to do: tasks to begin, or queues to fill, which are looked for with each round; nil when it is time to stop.
    private func next() -> [TakenTask]? {
        while true {
            let ready = state.wait(seconds: Self.lookSeconds) { state -> [TakenTask]? in
                if state.isStopping { return [] }
                // Their answers would be written.
                guard store.takesAnswers else { return nil }
                let now = steadyNow()
                var ready: [TakenTask] = []
                for name in state.queues.keys {
                    for _ in 0..<Self.turnCount {
                        guard state.hasRoom(in: name, besides: state.queues[name]?.inFlightCount ?? 0), let taken = state.queues[name]?.take(now: now) else { break }
                        ready.append(taken)
                    }
                }
                return ready.isEmpty ? nil : ready
            }
            if state.withLock({ $0.isStopping }) { return nil }
            if let ready, !ready.isEmpty { return ready }
            // A queue that has nothing at hand would wait indefinitely for its tasks in the file.
            if state.withLock({ $0.looksAtQueues && store.takesAnswers || $0.queues.values.contains { !$0.wanting.isEmpty } }) { return [] }
        }
    }

    /// Takes up what queues had no room for of owners, of all of them in one pass. What waits in them already is passed over by its key.
    private func reload() {
        let parts = state.withLock { state in
            var parts: [TaskPart: Int] = [:]
            for name in Array(state.queues.keys) {
                for owner in state.queues[name]?.wanting ?? [] {
                    guard let resource = state.queues[name]?.resource else { continue }
                    parts[TaskPart(resource: resource, owner: owner)] = state.queues[name]?.beginReload(of: owner) ?? capacity
                }
            }
            return parts
        }
        guard !parts.isEmpty else { return }
        // What cannot be read now is read again when the queues are asked next.
        guard let (tasks, cut) = try? store.reader.dueTasks(of: parts) else {
            for part in parts.keys { noteMore(part.resource, of: part.owner) }
            return
        }
        add(tasks)
        for part in cut { noteMore(part.resource, of: part.owner) }
        state.withLock { state in for part in parts.keys { state.queues[part.resource.queueName]?.settle(part.owner) } }
    }

    /// Reads the task and has it carried out. Its place in the queue is held until `release`.
    private func perform(_ taken: TakenTask) {
        let (key, resource) = (taken.task.key, taken.resource)
        // Those that were taken in the same turn may have filled the memory: what an input takes is known once it is read. It waits in its queue again, for its old time.
        let hasRoom = state.withLock { state in
            guard let count = state.queues[resource.queueName]?.inFlightCount, !state.hasRoom(in: resource.queueName, besides: count - 1) else { return true }
            state.queues[resource.queueName]?.putBack(taken.task, of: taken.owner)
            return false
        }
        guard hasRoom else { return }
        let work: TaskWork?
        do {
            work = try store.reader.task(key)
        } catch {
            StoreLog.note("a task cannot be read; it is tried again", path: store.path, reason: StoreLog.text(error), level: .warning)
            return release(key, taken.owner, resource, "unreadable", again: steadyNow().addingSaturating(Self.patience))
        }
        // Answered, or not wanted any more.
        guard let work else { return release(key, taken.owner, resource, "settled") }
        let byteCount = [work.call.input, work.call.place ?? .null].reduce(0) { $0 + ValueLimits.memoryByteCount($1) }
        state.withLock { $0.hold(key, of: resource.queueName, byteCount) }
        executor.carryOut(work) { [self] ending in finish(work, resource, ending) }
    }

    /// - Parameters:
    ///   - worked: of an endpoint, whether it is well, as of `EndpointQueue.end`. All else is nobody's but the store's own, and one owner's task that is put off says nothing of another's.
    ///   - again: when it is looked at once more, by the steady clock.
    private func release(_ key: TaskKey, _ owner: Identity, _ resource: Resource, _ outcome: String, worked: Bool? = nil, again: Int64? = nil) {
        let now = steadyNow()
        let worked = resource.kind == Resource.endpointKind ? worked : nil
        state.signal { state in
            state.letGo(key, of: resource.queueName)
            state.queues[resource.queueName]?.end(key, of: owner, worked: worked, outcome: outcome, again: again, now: now)
        }
    }

    /// On any thread, once for each task that was begun.
    private func finish(_ work: TaskWork, _ resource: Resource, _ ending: TaskEnding) {
        switch ending {
        case .succeeded(let output): answer(work, resource, .taskSucceeded(token: work.call.token, output: output), "succeeded")
        // Its attempts or its time ran out, maybe before anybody was asked.
        case .failed(let error) where error.name == StateError.Name.unavailable.rawValue: answer(work, resource, .taskFailed(token: work.call.token, error), "failed", worked: nil)
        case .failed(let error): answer(work, resource, .taskFailed(token: work.call.token, error), "failed")
        case .abandoned: release(work.key, work.owner, resource, "abandoned")
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
            case .success: release(work.key, work.owner, resource, outcome, worked: worked)
            case .failure: release(work.key, work.owner, resource, "unwritten", again: steadyNow().addingSaturating(Self.patience))
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
                release(work.key, work.owner, resource, outcome, worked: !isFailure, again: look.isWanted ? again : nil)
            case .failure: release(work.key, work.owner, resource, "unwritten", again: steadyNow().addingSaturating(Self.patience))
            }
        }
    }

    // MARK: Figures

    func metrics() -> [Metric] {
        let queues = state.withLock { state in
            state.queues.values.map { (name: $0.resource.text, waiting: $0.waitingCount, running: $0.inFlightCount, ended: $0.outcomes) }
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
