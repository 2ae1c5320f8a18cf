/// What a queue can hold: something to do from some moment on.
protocol EndpointWork: Sendable {
    associatedtype Key: Hashable & Sendable
    associatedtype Owner: Hashable & Sendable
    /// What it is known by.
    var key: Key { get }
    /// Whose it is.
    var owner: Owner { get }
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
/// 2. What waits takes turns by its owners (`WorkLines`); of one owner what is due first goes first.
/// 3. `hasMore` is set by an addition that finds no room, by what gives way to another, and by whoever could not read, or not to the end; a reload takes it back before it reads.
/// 4. Where it `yieldsRoom`, nothing on disk alone is due before `moreDueAt`, and nothing of what waits here after `latestDueAt`.
///
/// A value guarded by its owner's lock. Each endpoint has its own, so that a slow one holds up no other.
struct EndpointQueue<Work: EndpointWork>: Sendable {
    /// Of what waits, as much is kept in memory; the rest is on disk alone until there is room: an outage must not fill the memory.
    static var capacity: Int { 200_000 }
    /// Beyond it there is an eighth of it for owners of whom little waits: the next thing of one has a place beside all that another has.
    private var spareCount: Int { capacity / 8 }
    private var littleCount: Int { min(16, capacity / 2) }

    let limit: Int
    /// What waits beyond it, since it was more before, stays.
    var capacity: Int
    /// What is due later gives way to what is due sooner: a hundred thousand that wait for tomorrow hold up none that is due now. Only for queues whose reload reads all that is on disk.
    private let yieldsRoom: Bool
    private var waiting = WorkLines<Work>()
    /// What is under way, with when it was first there.
    private var underWay: [Work.Key: Int64] = [:]
    /// What began anew while an earlier call about it was under way.
    private var renewed: [Work.Key: Work] = [:]
    /// When the first is due of what was left on disk; `.min` where nobody knows, `.max` where nothing was.
    private var moreDueAt = Int64.max
    private var latestDueAt = Int64.min
    var breaker = CircuitBreaker()
    /// By how they ended.
    private(set) var outcomes: [String: EndpointOutcome] = [:]

    init(limit: Int, capacity: Int = Self.capacity, yieldsRoom: Bool = false) {
        self.limit = limit
        self.capacity = capacity
        self.yieldsRoom = yieldsRoom
    }

    var waitingCount: Int { waiting.count }
    var inFlightCount: Int { underWay.count }
    var isIdle: Bool { waiting.isEmpty && inFlightCount == 0 && !hasMore && breaker.waitsForACall }
    var isFull: Bool { waitingCount >= capacity }
    /// Something was left on disk.
    var hasMore: Bool { moreDueAt < .max }
    /// There is room for what was left on disk.
    var wantsMore: Bool { hasMore && waitingCount <= capacity / 2 }
    /// Something that was left on disk is due, and there is room for it, or what waits here is not due yet and gives way.
    func wantsMore(now: Int64) -> Bool {
        guard yieldsRoom else { return wantsMore }
        return moreDueAt <= now && (waitingCount <= capacity / 2 || waiting.first.map { $0.dueAt > now } ?? true)
    }
    /// As many as half of what may wait here are due.
    ///
    /// - Complexity: O(what waits).
    func isMostlyDue(now: Int64) -> Bool {
        var dueCount = 0
        waiting.forEach { if $0.dueAt <= now { dueCount += 1 } }
        return dueCount >= capacity / 2
    }
    /// When `wantsMore` is worth asking again, where it is for time alone to change its answer.
    func moreTime(now: Int64) -> Int64? { yieldsRoom && moreDueAt > now && hasMore ? moreDueAt : nil }
    /// Whether what was left on disk, where it is wanted, is so only because what waits here is not due.
    var wantsByTimeAlone: Bool { yieldsRoom && waitingCount > capacity / 2 }
    /// Whether it waits here, or is under way.
    func has(_ key: Work.Key) -> Bool { waiting.has(key) || underWay[key] != nil }
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
        waiting.forEach { work in
            if work.dueAt <= now { figures.dueCount += 1 }
            figures.oldestSince = min(figures.oldestSince ?? .max, work.since)
        }
        return figures
    }

    /// What is here already is passed over.
    mutating func add(_ work: Work) {
        if has(work.key) { return }
        if isFull { makeRoom(for: work) }
        guard hasRoom(for: work) else { return leaveOnDisk(work) }
        waiting.add(work)
        latestDueAt = max(latestDueAt, work.dueAt)
    }

    private func hasRoom(for work: Work) -> Bool {
        !isFull || waitingCount < capacity + spareCount && waiting.count(of: work.owner) < littleCount
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
        noteLatest()
        guard work.dueAt < latestDueAt else { return }
        for given in waiting.cut(to: capacity / 2) { leaveOnDisk(given) }
        noteLatest()
    }

    /// - Complexity: O(what waits).
    private mutating func noteLatest() {
        var latest = Int64.min
        waiting.forEach { latest = max(latest, $0.dueAt) }
        latestDueAt = latest
    }

    /// As `add`, of what begins anew: what waits of it goes by other times, and is dropped; what is under way is followed by it.
    mutating func renew(_ work: Work) {
        if underWay[work.key] != nil {
            renewed[work.key] = work
        } else {
            forget(work.key)
            add(work)
        }
    }

    /// It is wanted no more. A call that is under way ends as it does.
    mutating func remove(_ key: Work.Key) {
        renewed[key] = nil
        forget(key)
    }

    private mutating func forget(_ key: Work.Key) {
        waiting.remove(key)
        if waiting.isEmpty { latestDueAt = .min }
    }

    /// The next one that may be done now, counted as under way.
    ///
    /// - Complexity: O(log of what waits).
    mutating func take(now: Int64) -> Work? {
        // The breaker is asked last: a half-open one takes the question for its one call.
        guard inFlightCount < limit, let first = waiting.first, first.dueAt <= now, breaker.mayCall(now: now), let work = waiting.take(now: now) else { return nil }
        if waiting.isEmpty { latestDueAt = .min }
        underWay[work.key] = work.since
        return work
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
        guard inFlightCount < limit, let first = waiting.first, breaker.state != .halfOpen else { return nil }
        return max(first.dueAt, breaker.waitsUntil ?? .min)
    }
}
