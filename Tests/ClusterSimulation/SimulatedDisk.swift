import Cluster

/// A disk that loses what was not synced: all of it, none of it, or what came last.
struct SimulatedDisk {
    enum Write {
        case append([Record])
        case cut(Int)
        case promise(Int)
    }

    /// What has reached the platter, and what a process reads.
    private(set) var log: [Record] = []
    private(set) var seen: [Record] = []
    private(set) var promise = 0
    /// The first record that can be read: what those before have made is in the checkpoint, which is what the checker looks at.
    private(set) var first = 1
    private var writes: [(write: Write, ticket: Int)] = []

    mutating func write(_ write: Write, ticket: Int) {
        writes.append((write, ticket))
        Self.apply(write, to: &seen)
    }

    /// The oldest write is synced now.
    ///
    /// - Returns: its ticket.
    mutating func sync() -> Int? {
        guard !writes.isEmpty else { return nil }
        let (write, ticket) = writes.removeFirst()
        Self.apply(write, to: &log)
        if case .promise(let epoch) = write { promise = epoch }
        return ticket
    }

    mutating func crash(_ chance: inout Chance) {
        var kept = chance.number(0..<(writes.count + 1))
        while kept > 0 {
            _ = sync()
            kept -= 1
        }
        writes = []
        seen = log
    }

    /// An old image of it comes back.
    mutating func restore(_ image: SimulatedDisk) {
        (log, seen, promise, writes, first) = (image.log, image.log, image.promise, [], image.first)
    }

    /// The checkpoint goes up to a record, and those up to it go.
    mutating func drop(through sequence: Int) { first = max(first, sequence + 1) }

    /// What the other's checkpoint has.
    var checkpoint: [Record] { Array(log[..<(first - 1)]) }

    /// Another's checkpoint takes the place of the log.
    mutating func install(_ checkpoint: [Record]) { (log, seen, writes, first) = (checkpoint, checkpoint, [], checkpoint.count + 1) }

    var tail: Mark { log.last?.mark ?? .start }

    func has(_ mark: Mark) -> Bool {
        mark.sequence == 0 || (mark.sequence <= log.count && log[mark.sequence - 1].hash == mark.hash)
    }

    var image: Node.Disk {
        var history = History()
        for record in log { history.append(record) }
        let recent = Array(log[(first - 1)...].suffix(Bounds.recentCountMax))
        return Node.Disk(promise: promise, history: history, tail: tail, recent: recent, base: first == 1 ? .start : log[first - 2].mark)
    }

    private static func apply(_ write: Write, to log: inout [Record]) {
        switch write {
        case .append(let records): log += records
        case .cut(let count): log.removeLast(max(0, log.count - count))
        case .promise: break
        }
    }
}
