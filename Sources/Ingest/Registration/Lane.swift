/// The queue of one endpoint: what is due when, how many calls are under way, and whether it may be called at all.
///
/// A value guarded by its owner's lock. Each endpoint has its own, so that a slow one holds up no other.
struct Lane: Sendable {
    private struct Entry: Sendable {
        let work: QueuedWork
        /// Tells those of one instant apart: first come, first served.
        let number: Int
        var isBefore: (Int64, Int) { (work.dueAt, number) }
    }

    /// Of what waits, as much is kept in memory; the rest is on disk alone until there is room: an outage must not fill the memory.
    static let capacity = 200_000

    let limit: Int
    private let capacity: Int
    /// What waits here or is under way.
    private var resident: Set<QueuedWork.Key> = []
    /// Something was left on disk.
    private(set) var hasMore = false
    var breaker = CircuitBreaker()
    private(set) var inFlightCount = 0
    private var heap: [Entry] = []
    private var nextNumber = 0
    /// Calls since the start that ended alike.
    struct Outcome: Sendable {
        var count = 0
        /// Why the last of them ended so, where that is worth saying.
        var reason: String?
    }
    /// By how they ended.
    var outcomes: [String: Outcome] = [:]

    init(limit: Int, capacity: Int = Self.capacity) {
        self.limit = limit
        self.capacity = capacity
    }

    var waitingCount: Int { heap.count }
    var isIdle: Bool { heap.isEmpty && inFlightCount == 0 && !hasMore && breaker.state == .closed }
    var isFull: Bool { heap.count >= capacity }
    /// There is room for what was left on disk.
    var wantsMore: Bool { hasMore && heap.count <= capacity / 2 }
    mutating func beginReload() { hasMore = false }
    /// What could not be read is still there.
    mutating func noteMore() { hasMore = true }

    /// What is shown of a lane.
    struct Figures: Sendable {
        var waitingCount: Int
        /// Of those that wait.
        var dueCount = 0
        var inFlightCount: Int
        /// Since when the oldest of the due ones is there.
        var oldestSince: Int64?
        var breaker: CircuitBreaker.State
        /// Something is on disk alone.
        var hasMore: Bool
        var outcomes: [String: Outcome]
    }

    /// - Complexity: O(what waits).
    func figures(now: Int64) -> Figures {
        var figures = Figures(waitingCount: heap.count, inFlightCount: inFlightCount, breaker: breaker.state, hasMore: hasMore, outcomes: outcomes)
        for entry in heap where entry.work.dueAt <= now {
            figures.dueCount += 1
            figures.oldestSince = min(figures.oldestSince ?? .max, entry.work.since)
        }
        return figures
    }

    /// What is here already is passed over.
    mutating func add(_ work: QueuedWork) {
        if isFull {
            hasMore = true
            return
        }
        guard resident.insert(work.key).inserted else { return }
        heap.append(Entry(work: work, number: nextNumber))
        nextNumber += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore < heap[parent].isBefore else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The next one that may be done now, counted as under way.
    mutating func take(now: Int64) -> QueuedWork? {
        guard inFlightCount < limit, let first = heap.first, first.work.dueAt <= now, breaker.mayCall(now: now) else { return nil }
        inFlightCount += 1
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.work
    }

    mutating func end(_ work: QueuedWork) {
        inFlightCount -= 1
        resident.remove(work.key)
    }

    /// When `take` is worth asking again; nil when only an end or an addition can change its answer.
    var nextTime: Int64? {
        guard inFlightCount < limit, let first = heap.first, breaker.state != .halfOpen else { return nil }
        return max(first.work.dueAt, breaker.waitsUntil ?? .min)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore < heap[least].isBefore {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
