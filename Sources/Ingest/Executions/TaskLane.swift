internal import Processes

/// The tasks of one resource: what is due when, and how many are under way. A value guarded by its owner's lock.
struct TaskLane: Sendable {
    private struct Entry: Sendable {
        let key: TaskKey
        let dueAt: Int64
        /// First come, first served.
        let number: Int
        var order: (Int64, Int) { (dueAt, number) }
    }

    let resource: Resource
    let limit: Int
    private var heap: [Entry] = []
    /// What waits here.
    private var resident: Set<TaskKey> = []
    private(set) var running: Set<TaskKey> = []
    private var number = 0
    /// Some of what waits is in the file alone.
    private(set) var hasMore = false
    var ended: [String: Int] = [:]
    private(set) var breaker = CircuitBreaker()

    /// As many are kept in memory: an outage must not fill it.
    static let countMax = 50_000

    init(_ resource: Resource, limit: Int) { (self.resource, self.limit) = (resource, max(1, limit)) }

    var waitingCount: Int { heap.count }
    /// When something can be begun next; nil where nothing can.
    var nextAt: Int64? { running.count < limit && breaker.state != .halfOpen ? heap.first?.dueAt : nil }
    var wantsMore: Bool { hasMore && heap.count < Self.countMax / 2 }

    mutating func beginReload() { hasMore = false }

    mutating func add(_ key: TaskKey, dueAt: Int64) {
        guard !running.contains(key), !resident.contains(key) else { return }
        guard heap.count < Self.countMax else {
            hasMore = true
            return
        }
        resident.insert(key)
        number += 1
        heap.append(Entry(key: key, dueAt: dueAt, number: number))
        var child = heap.count - 1
        while child > 0, heap[child].order < heap[(child - 1) / 2].order {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The first that is due, which is under way from here on.
    mutating func take(now: Int64) -> TaskKey? {
        guard let next = nextAt, next <= now, breaker.mayCall(now: now) else { return nil }
        let first = heap[0].key
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].order < heap[least].order { least = child }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        resident.remove(first)
        running.insert(first)
        return first
    }

    /// - Parameter worked: whether whoever carries tasks out is well; nil where nobody was asked.
    mutating func end(_ key: TaskKey, _ outcome: String, worked: Bool?, now: Int64) {
        running.remove(key)
        switch worked {
        case true?: breaker.recordSuccess()
        case false?: breaker.recordFailure(now: now)
        case nil: if breaker.state == .halfOpen { breaker.recordSuccess() }
        }
        ended[outcome, default: 0] += 1
    }
}
