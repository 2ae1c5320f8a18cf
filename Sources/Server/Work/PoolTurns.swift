/// Jobs of one owner in a pool, its short ones or its long ones: neither wait behind the others.
struct PoolLine: Hashable, Sendable {
    let owner: ObjectIdentifier
    /// They may last as long as they like; a short one ends soon, whatever it is.
    let isLong: Bool
}

/// Which job of a pool begins next: lines in turn, within what one owner may have, and what long jobs may.
///
/// 1. A line stands in `turns` exactly while a job of it waits, once.
/// 2. `short` and `long` are the sums over `lines`.
/// 3. A job leaves by `drop`, `takeLate` or `next`; what `next` has given runs until `end`.
///
/// Fair by rounds and not by time: each line in turn has one job begun. Short ones go behind the others as a job of theirs begins, and as one ends: who comes meanwhile is before who keeps others waiting,
/// and waits for one short job at most where one owner's have the threads. A thread is never taken from a job, so nothing that others may need is lent to a long one: of two threads and more long jobs
/// leave one to short ones, of a single one none; and those of one owner as many to long ones of others as they have. However many owners come with long jobs, there is one for the next, until none but that thread is left.
struct PoolTurns<Job> {
    private struct Waiting {
        let number: Int
        let lateAt: Double?
        let job: Job
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var runningCount = 0
    }

    private struct Counts {
        var waiting = 0
        var running = 0
    }

    private let limits: WorkerPool.Limits
    /// Those that have a job here.
    private var lines: [PoolLine: Queue] = [:]
    private var turns: [PoolLine] = []
    private var short = Counts()
    private var long = Counts()
    private var number = 0

    init(_ limits: WorkerPool.Limits) { self.limits = limits }

    private subscript(isLong isLong: Bool) -> Counts {
        get { isLong ? long : short }
        set { if isLong { long = newValue } else { short = newValue } }
    }

    var load: (waiting: Int, running: Int) { (short.waiting + long.waiting, short.running + long.running) }

    /// Whether more than half of the places are taken, of one kind.
    var isHalfTaken: Bool { max(short.waiting, long.waiting) > limits.waitingMax / 2 }

    // MARK: Waiting

    /// - Parameter lateAt: when `takeLate` may have it; nil: never.
    /// - Returns: its number, to drop it by; nil when the places of its line or of its kind are taken.
    mutating func add(_ job: Job, to line: PoolLine, lateAt: Double? = nil) -> Int? {
        let ownCount = lines[line]?.waiting.count ?? 0
        guard self[isLong: line.isLong].waiting < limits.waitingMax, ownCount < limits.ownWaitingMax else { return nil }
        if ownCount == 0 { turns.append(line) }
        number += 1
        let one = Waiting(number: number, lateAt: lateAt, job: job)
        lines[line, default: Queue()].waiting.append(one)
        self[isLong: line.isLong].waiting += 1
        return one.number
    }

    /// - Returns: false when it does not wait any more.
    mutating func drop(_ number: Int, of line: PoolLine) -> Bool {
        let dropped = take(from: line) { $0.number == number }
        return !dropped.isEmpty
    }

    /// Takes out what has waited too long.
    mutating func takeLate(by now: Double) -> [Job] {
        var late: [Job] = []
        for line in turns { late += take(from: line) { one in one.lateAt.map { $0 <= now } ?? false } }
        return late
    }

    /// When the first of those that wait is too late.
    var earliestLate: Double? {
        var earliest: Double?
        for line in turns {
            for one in lines[line]?.waiting ?? [] {
                guard let lateAt = one.lateAt else { continue }
                earliest = min(earliest ?? lateAt, lateAt)
            }
        }
        return earliest
    }

    private mutating func take(from line: PoolLine, where isTaken: (Waiting) -> Bool) -> [Job] {
        guard var queue = lines[line] else { return [] }
        let taken = queue.waiting.filter(isTaken)
        guard !taken.isEmpty else { return [] }
        queue.waiting.removeAll(where: isTaken)
        if queue.waiting.isEmpty { turns.removeAll { $0 == line } }
        keep(queue, of: line)
        self[isLong: line.isLong].waiting -= taken.count
        return taken.map(\.job)
    }

    /// A line without jobs is forgotten.
    private mutating func keep(_ queue: Queue, of line: PoolLine) { lines[line] = queue.waiting.isEmpty && queue.runningCount == 0 ? nil : queue }

    // MARK: Running

    /// The first job of the first line in turn that may have another thread.
    mutating func next() -> (line: PoolLine, job: Job)? {
        let lends = limits.lendsIdle && isOneOwners
        guard let index = turns.firstIndex(where: { mayRun($0) && (lends || hasShare($0)) }) else { return nil }
        let line = turns.remove(at: index)
        guard var queue = lines.removeValue(forKey: line), !queue.waiting.isEmpty else { preconditionFailure("a line in turn has a job that waits") }
        let first = queue.waiting.removeFirst()
        queue.runningCount += 1
        if !queue.waiting.isEmpty { turns.append(line) }
        lines[line] = queue
        self[isLong: line.isLong].waiting -= 1
        self[isLong: line.isLong].running += 1
        return (line, first.job)
    }

    mutating func end(_ line: PoolLine) {
        guard var queue = lines.removeValue(forKey: line), queue.runningCount > 0 else { preconditionFailure("a job that ends has run") }
        queue.runningCount -= 1
        keep(queue, of: line)
        // Who came while it ran has waited, and this line has been served. Long ones keep their places: theirs end by hours.
        if !line.isLong, let place = turns.firstIndex(of: line) {
            turns.remove(at: place)
            turns.append(line)
        }
        self[isLong: line.isLong].running -= 1
    }

    /// Whether somebody waits for a thread that others have. Who has all that one owner may have waits for its own.
    var isCrowded: Bool { turns.contains { hasLongShare($0) && hasShare($0) } }

    /// Whether all that waits, and may have a thread, is of one owner. Nobody loses a turn by what it is lent: the next to come waits for one of its short jobs to end.
    private var isOneOwners: Bool {
        var owner: ObjectIdentifier?
        for line in turns where mayRun(line) {
            if let owner, owner != line.owner { return false }
            owner = line.owner
        }
        return true
    }

    private func runningCount(_ owner: ObjectIdentifier, isLong: Bool) -> Int { lines[PoolLine(owner: owner, isLong: isLong)]?.runningCount ?? 0 }

    private func mayRun(_ line: PoolLine) -> Bool { !line.isLong || long.running < limits.longRunningMax && hasLongShare(line) }

    /// Of the threads that long jobs of others leave, half.
    private func hasLongShare(_ line: PoolLine) -> Bool {
        guard line.isLong else { return true }
        let own = runningCount(line.owner, isLong: true)
        return own < max(1, (limits.threadCount - (long.running - own)) / 2)
    }

    /// Of all its jobs; its long ones never take its short ones' last thread.
    private func hasShare(_ line: PoolLine) -> Bool {
        let ownLong = runningCount(line.owner, isLong: true)
        return runningCount(line.owner, isLong: false) + ownLong < max(limits.ownRunningMax, ownLong + 1)
    }
}
