/// What a queue can hold: something to do from some moment on.
protocol EndpointWork: Sendable {
    associatedtype Key: Hashable & Sendable
    /// What it is known by.
    var key: Key { get }
    /// Microseconds since 1970.
    var dueAt: Int64 { get }
    /// When it was first there.
    var since: Int64 { get }
}

/// Calls since the start that ended alike.
struct EndpointOutcome: Sendable {
    var count = 0
    /// Why the last of them ended so, where that is worth saying.
    var reason: String?
}

/// The queue of one endpoint: what is due when, how many calls are under way, and whether it may be called at all. Steps of receipts, webhooks and tasks of executions
/// have theirs.
///
/// 1. A key is resident from `add` until `end`: what waits or is under way is not added twice. What begins anew takes the place of what waits, and follows what is under way.
/// 2. The heap has what waits, the first by (`dueAt`, number) at its root. Entries whose number is not that of their key in `waiting` are outdated, and are passed over: the root is
///    none of them, and they are at most half of all, but for a few.
/// 3. `hasMore` is set by an addition that finds no room, by what gives way to another, and by whoever could not read, or not to the end; a reload takes it back before it reads.
/// 4. Where it `yieldsRoom`, nothing on disk alone is due before `moreDueAt`, and nothing of the heap after `latestDueAt`.
///
/// A value guarded by its owner's lock. Each endpoint has its own, so that a slow one holds up no other.
struct EndpointQueue<Work: EndpointWork>: Sendable {
    private struct Entry: Sendable {
        let work: Work
        /// Tells those of one instant apart: first come, first served.
        let number: Int
        var isBefore: (Int64, Int) { (work.dueAt, number) }
    }

    /// Of what waits, as much is kept in memory; the rest is on disk alone until there is room: an outage must not fill the memory.
    static var capacity: Int { 200_000 }

    let limit: Int
    /// What waits beyond it, since it was more before, stays.
    var capacity: Int
    /// What is due later gives way to what is due sooner: a hundred thousand that wait for tomorrow hold up none that is due now. Only for queues whose reload reads all that is on disk.
    private let yieldsRoom: Bool
    /// What waits here, each with the number of its entry.
    private var waiting: [Work.Key: Int] = [:]
    /// What is under way, with when it was first there.
    private var underWay: [Work.Key: Int64] = [:]
    /// What began anew while an earlier call about it was under way.
    private var renewed: [Work.Key: Work] = [:]
    /// When the first is due of what was left on disk; `.min` where nobody knows, `.max` where nothing was.
    private var moreDueAt = Int64.max
    private var latestDueAt = Int64.min
    var breaker = CircuitBreaker()
    private var heap: [Entry] = []
    private var nextNumber = 0
    /// By how they ended.
    private(set) var outcomes: [String: EndpointOutcome] = [:]

    init(limit: Int, capacity: Int = Self.capacity, yieldsRoom: Bool = false) {
        self.limit = limit
        self.capacity = capacity
        self.yieldsRoom = yieldsRoom
    }

    var waitingCount: Int { waiting.count }
    var inFlightCount: Int { underWay.count }
    var isIdle: Bool { heap.isEmpty && inFlightCount == 0 && !hasMore && breaker.waitsForACall }
    var isFull: Bool { waitingCount >= capacity }
    /// Something was left on disk.
    var hasMore: Bool { moreDueAt < .max }
    /// There is room for what was left on disk.
    var wantsMore: Bool { hasMore && waitingCount <= capacity / 2 }
    /// Something that was left on disk is due, and there is room for it, or what waits here is not due yet and gives way.
    func wantsMore(now: Int64) -> Bool {
        guard yieldsRoom else { return wantsMore }
        return moreDueAt <= now && (waitingCount <= capacity / 2 || heap.first.map { $0.work.dueAt > now } ?? true)
    }
    /// As many as half of what may wait here are due.
    ///
    /// - Complexity: O(what waits).
    func isMostlyDue(now: Int64) -> Bool { heap.count { $0.work.dueAt <= now } >= capacity / 2 }
    /// When `wantsMore` is worth asking again, where it is for time alone to change its answer.
    func moreTime(now: Int64) -> Int64? { yieldsRoom && moreDueAt > now && hasMore ? moreDueAt : nil }
    /// Whether what was left on disk, where it is wanted, is so only because what waits here is not due.
    var wantsByTimeAlone: Bool { yieldsRoom && waitingCount > capacity / 2 }
    /// Whether it waits here, or is under way.
    func has(_ key: Work.Key) -> Bool { waiting[key] != nil || underWay[key] != nil }
    /// It is full of what is due, none of which gives way: whoever fills it may end.
    func isSaturated(now: Int64) -> Bool { isFull && (!yieldsRoom || latestDueAt <= now) }
    mutating func beginReload() { moreDueAt = .max }
    /// So many of those on disk, the first first, fill the queue whatever of them is resident: what is under way stands there still.
    var reloadCount: Int { capacity + inFlightCount }
    /// What could not be read, or was not read to the end, is still there.
    mutating func noteMore() { moreDueAt = .min }

    /// What is shown of a queue.
    struct Figures: Sendable {
        var waitingCount: Int
        /// Of those that wait.
        var dueCount = 0
        var inFlightCount: Int
        /// Since when the oldest is there that is not finished: due, put off, or under way. Of an endpoint that answers nobody all are put off most of the time.
        var oldestSince: Int64?
        var breaker: CircuitBreaker.State
        /// Something is on disk alone.
        var hasMore: Bool
        var outcomes: [String: EndpointOutcome]
    }

    /// - Complexity: O(what waits).
    func figures(now: Int64) -> Figures {
        var figures = Figures(waitingCount: waitingCount, inFlightCount: inFlightCount, oldestSince: underWay.values.min(), breaker: breaker.state, hasMore: hasMore, outcomes: outcomes)
        let hasOutdated = heap.count > waiting.count
        for entry in heap where !hasOutdated || waiting[entry.work.key] == entry.number {
            if entry.work.dueAt <= now { figures.dueCount += 1 }
            figures.oldestSince = min(figures.oldestSince ?? .max, entry.work.since)
        }
        return figures
    }

    /// What is here already is passed over.
    mutating func add(_ work: Work) {
        guard waiting[work.key] == nil, underWay[work.key] == nil else { return }
        if isFull { makeRoom(for: work) }
        if isFull { return leaveOnDisk(work) }
        waiting[work.key] = nextNumber
        heap.append(Entry(work: work, number: nextNumber))
        nextNumber += 1
        latestDueAt = max(latestDueAt, work.dueAt)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore < heap[parent].isBefore else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func leaveOnDisk(_ work: Work) {
        // What is due at no time is there all the same.
        moreDueAt = yieldsRoom ? min(moreDueAt, work.dueAt, .max - 1) : .min
    }

    /// The later half of what waits gives way to what is due before the last of it. While something on disk is due no later nothing does: a queue that is behind would throw out what it has just read.
    ///
    /// - Complexity: O(n log n), once for half of the capacity.
    private mutating func makeRoom(for work: Work) {
        guard yieldsRoom, work.dueAt < min(latestDueAt, moreDueAt) else { return }
        heap = heap.filter { waiting[$0.work.key] == $0.number }
        heap.sort { $0.isBefore < $1.isBefore }
        latestDueAt = heap.last?.work.dueAt ?? .min
        let kept = capacity / 2
        guard work.dueAt < latestDueAt, kept < heap.count else { return }
        for entry in heap[kept...] {
            waiting[entry.work.key] = nil
            leaveOnDisk(entry.work)
        }
        heap.removeSubrange(kept...)
        latestDueAt = heap.last?.work.dueAt ?? .min
    }

    /// As `add`, of what begins anew: what waits of it goes by other times, and is dropped; what is under way is followed by it.
    mutating func renew(_ work: Work) {
        if underWay[work.key] != nil {
            renewed[work.key] = work
        } else {
            drop(work.key)
            add(work)
        }
    }

    /// It is wanted no more. A call that is under way ends as it does.
    mutating func remove(_ key: Work.Key) {
        renewed[key] = nil
        drop(key)
    }

    /// - Complexity: O(log of what waits), over many of them.
    private mutating func drop(_ key: Work.Key) {
        guard waiting.removeValue(forKey: key) != nil else { return }
        if isRootOutdated { removeRoot() }
        guard heap.count > 2 * waiting.count + Self.outdatedCountMin else { return }
        heap = heap.filter { waiting[$0.work.key] == $0.number }
        // What is sorted is a heap.
        heap.sort { $0.isBefore < $1.isBefore }
    }

    /// So many outdated entries are no reason to go through all.
    private static var outdatedCountMin: Int { 32 }

    private var isRootOutdated: Bool {
        guard let root = heap.first else { return false }
        return waiting[root.work.key] != root.number
    }

    /// Those that are outdated go with it.
    private mutating func removeRoot() {
        repeat {
            let last = heap.removeLast()
            if !heap.isEmpty {
                heap[0] = last
                sink()
            }
        } while isRootOutdated
        if heap.isEmpty { latestDueAt = .min }
    }

    /// The next one that may be done now, counted as under way.
    ///
    /// - Complexity: O(log of what waits).
    mutating func take(now: Int64) -> Work? {
        // The breaker is asked last: a half-open one takes the question for its one call.
        guard inFlightCount < limit, let first = heap.first, first.work.dueAt <= now, breaker.mayCall(now: now) else { return nil }
        waiting[first.work.key] = nil
        underWay[first.work.key] = first.work.since
        removeRoot()
        return first.work
    }

    /// - Returns: whether it has begun anew meanwhile: what an earlier call came to says nothing of it.
    @discardableResult
    mutating func end(_ work: Work) -> Bool {
        underWay[work.key] = nil
        guard let next = renewed.removeValue(forKey: work.key) else { return false }
        add(next)
        return true
    }

    /// What was taken was not begun after all: it waits again, and nothing is known of the endpoint.
    mutating func putBack(_ work: Work) {
        end(work)
        breaker.recordUnasked()
        add(work)
    }

    /// As above, with how it ended.
    ///
    /// - Parameter worked: whether the endpoint is well; nil where it was not asked.
    @discardableResult
    mutating func end(_ work: Work, worked: Bool?, outcome: String, because reason: String? = nil, now: Int64) -> Bool {
        let isRenewed = end(work)
        outcomes[outcome, default: EndpointOutcome()].count += 1
        if let reason { outcomes[outcome]?.reason = reason }
        switch worked {
        case true?: breaker.recordSuccess()
        case false?: breaker.recordFailure(now: now)
        case nil: breaker.recordUnasked()
        }
        return isRenewed
    }

    /// When `take` is worth asking again; nil when only an end or an addition can change its answer.
    var nextTime: Int64? {
        guard inFlightCount < limit, let first = heap.first, breaker.state != .halfOpen else { return nil }
        return max(first.work.dueAt, breaker.waitsUntil ?? .min)
    }

    /// Moves the root down to where it belongs: `2n + 1` and `2n + 2` are the children of `n`.
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
