import Cluster

/// Nodes, a bucket and a network that never fail by themselves: everything asked is answered at once, unless a test withholds it.
final class SmallWorld {
    private(set) var nodes: [String: Node] = [:]
    var time = 1_000
    var object: Configuration?
    /// Of the generation that records go to.
    var slots: [Int: Record] { generations.max { $0.key < $1.key }?.value ?? [:] }
    private var generations: [Int: [Int: Record]] = [:]
    private(set) var logs: [String: [Record]] = [:]
    /// Records that went into a node's checkpoint.
    private(set) var dropped: [String: Int] = [:]
    /// Whose records a disk has, once a node has noted that.
    private(set) var stores: [String: StoreIdentity] = [:]
    /// All effects so far, each with its node.
    private(set) var done: [(name: String, effect: Effect)] = []
    /// Nothing goes from one to another.
    var isCut = false
    /// Slots that are read give no answer.
    var withholdsSlots = false
    /// Names of those whose disks do not answer.
    var stalledDisks: Set<String> = []
    var swapAnswer: Writing?
    /// The object can be changed; else it is read, and nobody knows what became of a swap.
    var takesSwaps = true
    /// The bucket gives no answer: nothing is read, nobody knows what became of a put, and a host knows that no swap was sent, since it reads the object before.
    var isDown = false
    /// The object is read, and what was read comes once it is let go on.
    var holdsReads = false
    private var heldReads: [(name: String, event: Event, time: Int)] = []
    /// Names of those whose swaps are under way until they are let go on.
    var slowSwaps: Set<String> = []
    private var heldSwaps: [(name: String, effect: Effect)] = []
    /// Asked each time that the object has been swapped.
    var swapped: (() -> Void)?
    private var queue: [(name: String, event: Event)] = []
    private var stalled: [(name: String, event: Event)] = []
    private let settings: (String) -> Settings
    private var sessions: UInt64 = 0

    init(_ names: [String], settings: @escaping (String) -> Settings) {
        self.settings = settings
        for name in names { start(name) }
    }

    /// Two nodes, and the time that they take to become a pair.
    static func pair(hasBucket: Bool = true, degrades: Bool = false, version: @escaping (String) -> Int = { _ in 1 }, epochsKept: Int = Bounds.epochsKept) -> SmallWorld {
        let world = SmallWorld(["a", "b"]) { name in
            Settings(name: name, peers: [name == "a" ? "b" : "a"], hasBucket: hasBucket, degrades: degrades, version: version(name), epochsKept: epochsKept)
        }
        world.pass(4_000)
        return world
    }

    /// A new process on what its disk has.
    func start(_ name: String) {
        sessions += 1
        nodes[name] = Node(settings(name), session: sessions, disk: disk(of: name), at: time)
    }

    private func disk(of name: String) -> Node.Disk {
        let (log, count) = (logs[name, default: []], dropped[name, default: 0])
        var history = History()
        for record in log[..<count] { history.append(record) }
        history.forget(keeping: settings(name).epochsKept, through: count)
        for record in log[count...] { history.append(record) }
        return Node.Disk(promise: 0, history: history, tail: log.last?.mark ?? .start, recent: Array(log[count...]), base: count == 0 ? .start : log[count - 1].mark, store: stores[name])
    }

    /// All but some of what counts goes into the node's checkpoint.
    func drop(_ name: String, but count: Int) {
        guard let limit = nodes[name]?.checkpointLimit.sequence, limit > count else { return }
        dropped[name] = limit - count
        give(.dropped(through: limit - count), to: name)
    }

    /// The machine is another, with an empty disk.
    func replace(_ name: String) {
        (logs[name], dropped[name], stores[name]) = (nil, nil, nil)
        start(name)
    }

    /// The machine's disk is another cluster's, with more records than this one's.
    func makeStrange(_ name: String, _ store: StoreIdentity) {
        var log: [Record] = []
        for _ in 0..<500 { log.append(Record(after: log.last?.mark ?? .start, epoch: 1, kind: .rows, level: 1, body: [9])) }
        (logs[name], dropped[name], stores[name]) = (log, nil, store)
        start(name)
    }

    /// A host has noted whose records a disk has.
    func note(_ name: String, _ store: StoreIdentity) { stores[name] = store }

    /// What processes say to each other first.
    func meet(namesStores: Bool = true) {
        for name in nodes.keys.sorted() {
            for other in nodes.keys where other != name { give(.met(other, stores[other], namesStores: namesStores), to: name) }
        }
    }

    func stop(_ name: String) { nodes[name] = nil }

    /// The bucket loses a slot, or has another record in it.
    func setSlot(_ sequence: Int, _ record: Record?) {
        guard let generation = generations.keys.max() else { return }
        generations[generation]?[sequence] = record
    }

    @discardableResult
    func give(_ event: Event, to name: String) -> [Effect] {
        guard var node = nodes[name] else { return [] }
        let effects = Node.step(&node, event, at: time)
        nodes[name] = node
        for effect in effects {
            done.append((name, effect))
            perform(effect, of: name)
        }
        return effects
    }

    /// Ticks, five a second, and all that comes of them.
    func pass(_ milliseconds: Int) {
        let end = time + milliseconds
        while time < end {
            time += 200
            for name in nodes.keys.sorted() { give(.tick, to: name) }
            settle()
        }
    }

    func settle() {
        while !queue.isEmpty {
            let (name, event) = queue.removeFirst()
            give(event, to: name)
        }
    }

    /// The disks answer again, all but one's.
    func release(but name: String? = nil) {
        stalledDisks = name.map { [$0] } ?? []
        queue += stalled.filter { $0.name != name }
        stalled.removeAll { $0.name != name }
        settle()
    }

    /// What was asked for by an instant is answered.
    func releaseReads(askedBy instant: Int) {
        queue += heldReads.filter { $0.time <= instant }.map { ($0.name, $0.event) }
        heldReads.removeAll { $0.time <= instant }
        settle()
    }

    /// Swaps come to the object, in the order in which they were sent.
    func releaseSwaps() {
        slowSwaps = []
        let held = heldSwaps
        heldSwaps = []
        for (name, effect) in held { perform(effect, of: name) }
        settle()
    }

    var leader: String? { nodes.first { $0.value.role == .leader && $0.value.configuration == object }?.key }

    func commits(of name: String) -> [Int] {
        done.compactMap {
            guard $0.name == name, case .commit(let mark, _) = $0.effect else { return nil }
            return mark.sequence
        }
    }

    func refusals(of name: String) -> [Refusal] {
        done.compactMap {
            guard $0.name == name, case .refuse(_, let refusal) = $0.effect else { return nil }
            return refusal
        }
    }

    func hasEnded(_ name: String) -> Bool { nodes[name]?.role == .fenced }

    private func perform(_ effect: Effect, of name: String) {
        switch effect {
        case .send(let to, let message): if !isCut { queue.append((to, .message(from: name, message))) }
        case .append(let records, let ticket):
            logs[name, default: []] += records
            synced(name, ticket)
        case .cut(let count, let ticket):
            logs[name] = Array(logs[name, default: []].prefix(count))
            synced(name, ticket)
        case .promise(_, let ticket): synced(name, ticket)
        case .identify(let store): stores[name] = store
        case .fetch(let from, let count, let peer):
            queue.append((name, .fetched(from > dropped[name, default: 0] ? Array(logs[name, default: []].dropFirst(from - 1).prefix(count)) : [], peer: peer)))
        case .takeCheckpoint(let peer):
            guard let node = nodes[name], node.mayRestart else { break }
            sessions += 1
            logs[name] = Array(logs[peer, default: []].prefix(dropped[peer, default: 0]))
            dropped[name] = dropped[peer]
            nodes[name] = node.restarted(session: sessions, disk: disk(of: name), at: time)
        case .readConfiguration(let ticket):
            let reading: Reading<Configuration> = if isDown { .failed } else if let object { .found(object) } else { .absent }
            let event = Event.configuration(reading, ticket: ticket)
            if holdsReads { heldReads.append((name, event, time)) } else { queue.append((name, event)) }
        case .swap(_, _, _, let ticket) where isDown: queue.append((name, .swapped(.again, ticket: ticket)))
        case .swap where slowSwaps.contains(name): heldSwaps.append((name, effect))
        case .swap(let expected, let next, _, let ticket):
            let fits = takesSwaps && object?.nonce == expected
            if fits {
                object = next
                swapped?()
            }
            queue.append((name, .swapped(swapAnswer ?? (fits ? .done : takesSwaps ? .conflict : .unknown), ticket: ticket)))
        case .readSlot(let generation, let sequence, let ticket):
            if withholdsSlots { break }
            if isDown {
                queue.append((name, .slot(.failed, ticket: ticket)))
                break
            }
            let slots = generations[generation, default: [:]]
            queue.append((name, .slot(slots[sequence].map { .found($0) } ?? (slots.keys.contains { $0 > sequence } ? .lost : .absent), ticket: ticket)))
        case .putSlot(_, _, _, let ticket) where isDown: queue.append((name, .put(.unknown, ticket: ticket)))
        case .putSlot(let generation, let record, _, let ticket):
            let isFree = generations[generation]?[record.sequence] == nil
            if isFree { generations[generation, default: [:]][record.sequence] = record }
            queue.append((name, .put(isFree ? .done : .conflict, ticket: ticket)))
        case .removeSlots, .numbered, .commit, .answerRead, .refuse, .end: break
        }
    }

    private func synced(_ name: String, _ ticket: Int) {
        let event = Event.wrote(ticket: ticket, tail: logs[name]?.last?.mark ?? .start)
        if stalledDisks.contains(name) { stalled.append((name, event)) } else { queue.append((name, event)) }
    }
}
