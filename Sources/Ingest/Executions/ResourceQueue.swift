internal import Processes

/// A task of a queue: what of it is in memory while it waits.
struct QueuedTask: EndpointWork {
    let key: TaskKey
    let dueAt: Int64
    var since: Int64 { dueAt }
    /// Each owner has a queue of its own (`ResourceQueue`), whose tasks are all its.
    var owner: Bool { true }
}

/// A task that has a place, and is to be carried out.
struct TakenTask: Sendable {
    let resource: Resource
    let owner: Identity
    let task: QueuedTask
}

/// The tasks of one resource. Their owners take turns at its places: however many tasks others have, before the first of one at most one more of each of them is begun.
///
/// 1. An owner has a queue as long as something of it waits, is under way, or is in the file alone.
/// 2. `owners` are those of `queues`, in the order in which they came; `turn` is the place of the one that is asked next.
/// 3. Places, the breaker, and what became of tasks are the resource's: those of `queues` bound nothing, and say nothing.
/// 4. Of n owners each has room for `capacity / n` tasks. What one had taken up while there were fewer stays until it is carried out: all have `capacity · (1 + ln n)` in memory at most.
///
/// A value guarded by its owner's lock.
struct ResourceQueue: Sendable {
    let resource: Resource
    private let limit: Int
    private let capacity: Int
    private var queues: [Identity: EndpointQueue<QueuedTask>] = [:]
    private var owners: [Identity] = []
    private var turn = 0
    private var breaker = CircuitBreaker()
    private(set) var inFlightCount = 0
    /// By how they ended.
    private(set) var outcomes: [String: EndpointOutcome] = [:]

    /// As many are kept in memory: an outage must not fill it.
    static let countMax = 50_000

    init(_ resource: Resource, limit: Int, capacity: Int) { (self.resource, self.limit, self.capacity) = (resource, max(1, limit), max(1, capacity)) }

    var ownerCount: Int { owners.count }
    var waitingCount: Int { queues.values.reduce(0) { $0 + $1.waitingCount } }

    /// Of one owner.
    private var share: Int { max(1, capacity / max(1, owners.count)) }

    private mutating func open(_ owner: Identity) {
        if queues[owner] == nil {
            owners.append(owner)
            queues[owner] = EndpointQueue(limit: limit, capacity: share)
        }
        let share = share
        queues[owner]?.capacity = share
    }

    /// An owner of whom nothing is here takes no share.
    mutating func settle(_ owner: Identity) {
        guard let queue = queues[owner], queue.waitingCount == 0, queue.inFlightCount == 0, !queue.hasMore, let place = owners.firstIndex(of: owner) else { return }
        queues[owner] = nil
        owners.remove(at: place)
        if place < turn { turn -= 1 }
    }

    // MARK: What waits

    /// What is here already is passed over; what there is no room for stays in the file.
    mutating func add(_ task: QueuedTask, of owner: Identity) {
        open(owner)
        queues[owner]?.add(task)
    }

    /// Something of the owner is in the file alone.
    mutating func noteMore(of owner: Identity) {
        open(owner)
        queues[owner]?.noteMore()
    }

    /// Of whom there is room for what is in the file.
    var wanting: [Identity] { owners.filter { queues[$0]?.wantsMore ?? false } }

    /// - Returns: how many of the owner's tasks are to be read, the first first. `settle` is called once they are added.
    mutating func beginReload(of owner: Identity) -> Int {
        open(owner)
        queues[owner]?.beginReload()
        return queues[owner]?.reloadCount ?? share
    }

    // MARK: What is under way

    /// The next one that may be carried out now, counted as under way: the first of the owner whose turn it is, of those who have one that is due.
    ///
    /// - Complexity: O(owners + log of what waits).
    mutating func take(now: Int64) -> TakenTask? {
        guard inFlightCount < limit else { return nil }
        for step in owners.indices {
            let place = (turn + step) % owners.count
            let owner = owners[place]
            guard let dueAt = queues[owner]?.nextTime, dueAt <= now else { continue }
            // Asked once there is a task: a half-open breaker takes the question for its one call.
            guard breaker.mayCall(now: now) else { return nil }
            guard let task = queues[owner]?.take(now: now) else {
                breaker.recordUnasked()
                continue
            }
            turn = place + 1
            inFlightCount += 1
            return TakenTask(resource: resource, owner: owner, task: task)
        }
        return nil
    }

    private mutating func leave(_ task: QueuedTask, _ owner: Identity) {
        guard let before = queues[owner]?.inFlightCount else { return }
        queues[owner]?.end(task)
        inFlightCount -= before - (queues[owner]?.inFlightCount ?? before)
    }

    /// It was not begun after all: it waits again, and nothing is known of the resource.
    mutating func putBack(_ task: QueuedTask, of owner: Identity) {
        leave(task, owner)
        breaker.recordUnasked()
        add(task, of: owner)
    }

    /// - Parameters:
    ///   - worked: whether the resource is well; nil where it was not asked.
    ///   - again: when the task is looked at once more; nil: not by itself.
    mutating func end(_ key: TaskKey, of owner: Identity, worked: Bool?, outcome: String, again: Int64?, now: Int64) {
        leave(QueuedTask(key: key, dueAt: now), owner)
        outcomes[outcome, default: EndpointOutcome()].count += 1
        switch worked {
        case true?: breaker.recordSuccess()
        case false?: breaker.recordFailure(now: now)
        case nil: breaker.recordUnasked()
        }
        if let again { add(QueuedTask(key: key, dueAt: again), of: owner) }
        settle(owner)
    }
}
