import Cluster

/// A disk that loses what was not synced: all of it, none of it, or what came last.
struct SimulatedDisk {
    enum Write {
        case append([Record])
        case cut(Int)
        case promise(Int)

        var changesLog: Bool { if case .promise = self { false } else { true } }
    }

    static let own = StoreIdentity(String(repeating: "0a", count: 16))
    private static let other = StoreIdentity(String(repeating: "f5", count: 16))

    /// What has reached the platter, and what a process reads.
    private(set) var log: [Record] = []
    private(set) var seen: [Record] = []
    private(set) var promise = 0
    /// The first record that can be read: what those before have made is in the checkpoint, which is what the checker looks at.
    private(set) var first = 1
    /// Whose records it has, once that was noted.
    private(set) var store: StoreIdentity?
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
        (log, seen, promise, writes, first, store) = (image.log, image.log, image.promise, [], image.first, image.store)
    }

    mutating func identify(_ store: StoreIdentity?) { self.store = store }

    /// Of a machine of another cluster: records of the same epochs and numbers, and mostly more of them.
    static func strange(_ chance: inout Chance) -> SimulatedDisk {
        var disk = SimulatedDisk()
        var epoch = 1
        for _ in 0..<chance.one(of: [20, 300, 2_000]) {
            if chance.happens(20) { epoch += 1 + chance.number(0..<3) }
            disk.log.append(Record(after: disk.log.last?.mark ?? .start, epoch: epoch, kind: .rows, level: 1, body: [UInt8](repeating: 0xEE, count: 8)))
        }
        (disk.seen, disk.promise, disk.store) = (disk.log, epoch, other)
        return disk
    }

    var isStrange: Bool { store == Self.other }

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

    /// - Parameter count: of epochs that the checkpoint has, as a file's beginning would.
    func image(keeping count: Int) -> Node.Disk {
        var history = History()
        for record in log[..<(first - 1)] { history.append(record) }
        history.forget(keeping: count, through: first - 1)
        for record in log[(first - 1)...] { history.append(record) }
        let recent = Array(log[(first - 1)...].suffix(Bounds.recentCountMax))
        return Node.Disk(promise: promise, history: history, tail: tail, recent: recent, base: first == 1 ? .start : log[first - 2].mark,
            // What is in the log tells it too.
            store: store ?? (log.contains { $0.kind == .rows } ? Self.own : nil))
    }

    private static func apply(_ write: Write, to log: inout [Record]) {
        switch write {
        case .append(let records): log += records
        case .cut(let count): log.removeLast(max(0, log.count - count))
        case .promise: break
        }
    }
}
