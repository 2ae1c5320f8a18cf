/// What waits in a queue. Each owner has a line of its own, and lines take turns: before what is due of one at most one more of each of the others is taken, however many they have.
///
/// 1. `waiting` has what waits, each with the number of its entry and the slot of its line. Entries of another number are outdated, and are passed over: the first of a line is none of them,
///    and they are at most half of a line, but for a few.
/// 2. A line is there as long as something of it waits: `slots` says where, and `free` has the slots of those that are over.
/// 3. `turns` has each line by when its first is due, or by when it was last served, where that was later: of those that are due the one is at the root that has been passed over for longest.
///    A turn whose number is not its line's is outdated: the root is none of them.
///
/// Within a line work is taken by (`dueAt`, number), as it would be without others.
struct WorkLines<Work: EndpointWork>: Sendable {
    private struct Place: Sendable {
        let number: Int
        let slot: Int
    }

    private struct Line: Sendable {
        let owner: Work.Owner
        var heap = TimedHeap<Work>()
        /// Of the entries, those that are not outdated.
        var count = 0
        var servedAt = Int64.min
        var turnAt = Int64.min
        /// Nil: it has no turn yet, or is over.
        var turnNumber: Int?
    }

    private var waiting: [Work.Key: Place] = [:]
    private var lines: [Line] = []
    private var slots: [Work.Owner: Int] = [:]
    private var free: [Int] = []
    private var turns = TimedHeap<Int>()
    private var nextNumber = 0

    /// So many outdated entries are no reason to go through all.
    private static var outdatedCountMin: Int { 32 }

    var isEmpty: Bool { waiting.isEmpty }
    var count: Int { waiting.count }
    func has(_ key: Work.Key) -> Bool { waiting[key] != nil }
    func count(of owner: Work.Owner) -> Int { slots[owner].map { lines[$0].count } ?? 0 }

    /// The next one. Where anything is due, it is; where nothing is, nothing is due before it.
    var first: Work? { turns.first.flatMap { lines[$0.value].heap.first?.value } }

    // MARK: In and out

    /// - Precondition: it does not wait here.
    /// - Complexity: O(log of what waits).
    mutating func add(_ work: Work) {
        let slot = open(work.owner)
        waiting[work.key] = Place(number: nextNumber, slot: slot)
        lines[slot].heap.insert(.init(time: work.dueAt, number: nextNumber, value: work))
        lines[slot].count += 1
        nextNumber += 1
        stand(slot)
    }

    private mutating func open(_ owner: Work.Owner) -> Int {
        if let slot = slots[owner] { return slot }
        let slot = free.popLast() ?? lines.count
        if slot == lines.count { lines.append(Line(owner: owner)) } else { lines[slot] = Line(owner: owner) }
        slots[owner] = slot
        return slot
    }

    /// - Returns: whether it waited here.
    /// - Complexity: O(log of what waits), over many of them.
    @discardableResult
    mutating func remove(_ key: Work.Key) -> Bool {
        guard let place = waiting.removeValue(forKey: key) else { return false }
        lines[place.slot].count -= 1
        settle(place.slot)
        return true
    }

    /// The first of the line whose turn it is, where that is due.
    ///
    /// - Complexity: O(log of what waits), over many of them.
    mutating func take(now: Int64) -> Work? {
        guard let slot = turns.first?.value, let first = lines[slot].heap.first, first.time <= now else { return nil }
        waiting[first.value.key] = nil
        lines[slot].count -= 1
        lines[slot].servedAt = now
        settle(slot, isServed: true)
        return first.value
    }

    /// Something of the line has gone.
    private mutating func settle(_ slot: Int, isServed: Bool = false) {
        guard lines[slot].count > 0 else { return end(slot) }
        while let first = lines[slot].heap.first, waiting[first.value.key]?.number != first.number { lines[slot].heap.removeFirst() }
        passOutdated(of: slot, from: lines[slot].count + Self.outdatedCountMin)
        lines[slot].heap.giveBackRoom()
        stand(slot, isServed: isServed)
    }

    /// - Parameter outdatedCount: fewer stay.
    private mutating func passOutdated(of slot: Int, from outdatedCount: Int) {
        guard lines[slot].heap.entries.count - lines[slot].count >= outdatedCount else { return }
        lines[slot].heap = lines[slot].heap.keeping { waiting[$0.value.key]?.number == $0.number }
    }

    private mutating func end(_ slot: Int) {
        slots[lines[slot].owner] = nil
        if slots.isEmpty {
            // So many lines, and as long ones, may never be again.
            (lines, free, turns) = ([], [], TimedHeap())
        } else {
            lines[slot] = Line(owner: lines[slot].owner)
            free.append(slot)
            passOutdatedTurns()
        }
    }

    /// Gives the line its turn: behind all others of that instant, where it was served or comes anew.
    private mutating func stand(_ slot: Int, isServed: Bool = false) {
        if let first = lines[slot].heap.first {
            let time = max(first.time, lines[slot].servedAt)
            if isServed || lines[slot].turnNumber == nil || lines[slot].turnAt != time {
                lines[slot].turnAt = time
                lines[slot].turnNumber = nextNumber
                turns.insert(.init(time: time, number: nextNumber, value: slot))
                nextNumber += 1
            }
        }
        passOutdatedTurns()
    }

    private mutating func passOutdatedTurns() {
        while let first = turns.first, lines[first.value].turnNumber != first.number { turns.removeFirst() }
        guard turns.entries.count > 2 * slots.count + Self.outdatedCountMin else { return }
        turns = turns.keeping { lines[$0.value].turnNumber == $0.number }
    }

    // MARK: All of it

    /// - Complexity: O(what waits).
    func forEach(_ body: (Work) -> Void) {
        for slot in lines.indices {
            for entry in current(slot) { body(entry.value) }
        }
    }

    /// By no order.
    private func current(_ slot: Int) -> [TimedHeap<Work>.Entry] {
        let entries = lines[slot].heap.entries
        return entries.count == lines[slot].count ? entries : entries.filter { waiting[$0.value.key]?.number == $0.number }
    }

    /// Takes out what is due last, so that `kept` stay.
    ///
    /// - Complexity: O(n log n).
    mutating func cut(to kept: Int) -> [Work] {
        guard kept < count else { return [] }
        var entries = lines.indices.flatMap { current($0) }
        entries.sort { $0.rank < $1.rank }
        let given = entries[kept...].map(\.value)
        for work in given { remove(work.key) }
        // What is outdated keeps its file on the disk.
        for slot in lines.indices { passOutdated(of: slot, from: 1) }
        return given
    }
}
