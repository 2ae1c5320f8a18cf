import Cluster

/// One of the simulated machines: its disk, its clock, and the process on it while it runs.
final class Machine {
    let name: String
    var node: Node?
    /// Goes on with each process: what was meant for an earlier one is lost.
    var life = 0
    var version = 1
    var disk = SimulatedDisk()
    /// Whether its checkpoint is of a version that forgets epochs: one that does not takes the epochs there for all.
    var forgets = false
    var image: SimulatedDisk?
    var pausedUntil = 0
    /// When it does what it would have done meanwhile, also where what comes anew finds it awake before.
    var wokenAt = 0
    var bucketAwayUntil = 0
    /// Thousandths of true time, and what it was ahead at the start.
    var rate = 1_000
    var ahead = 0

    // What the process keeps of its log, as a server would.
    var numbers: [UInt64: Int] = [:]
    var waiting: [Int: [UInt64]] = [:]
    var queued: Set<UInt64> = []
    /// A checkpoint is on its way.
    var isTaking = false
    /// Whose records it has, as the process says to others; and what they have said.
    var greeting: StoreIdentity?
    /// Its host has begun to look after that.
    var isLearning = false
    var met: [String: StoreIdentity?] = [:]
    /// How much of what is committed, and of what was shown, the checker has seen.
    var committedSeen = 0
    var shown = 0

    init(name: String) { self.name = name }

    func clock(at time: Int) -> Int { ahead + time * rate / 1_000 }

    func perform(_ write: SimulatedDisk.Write, ticket: Int) {
        switch write {
        case .append(let records):
            for record in records where record.kind == .rows { numbers[Simulation.identity(of: record)] = record.sequence }
        case .cut(let count):
            for record in disk.seen.dropFirst(count) where record.kind == .rows { numbers[Simulation.identity(of: record)] = nil }
            (committedSeen, shown) = (min(committedSeen, count), min(shown, count))
        case .promise: break
        }
        disk.write(write, ticket: ticket)
    }

    /// The process is gone, and what it had in memory.
    func stop() {
        node = nil
        life += 1
        (numbers, waiting, queued, committedSeen, shown, isTaking, isLearning, met) = ([:], [:], [], 0, 0, false, false, [:])
    }

    /// - Parameter count: of epochs that versions keep which forget any.
    func start(_ settings: Settings, keeping count: Int, session: UInt64, at time: Int) {
        life += 1
        number()
        if settings.epochsKept == count { forgets = true }
        let image = disk.image(keeping: forgets ? count : settings.epochsKept)
        greeting = image.store
        node = Node(settings, session: session, disk: image, at: clock(at: time))
    }

    /// The process goes on, on a checkpoint.
    func install(_ checkpoint: [Record], keeping count: Int, session: UInt64, at time: Int) {
        disk.install(checkpoint)
        forgets = true
        (numbers, waiting, queued, committedSeen, shown) = ([:], [:], [], 0, 0)
        number()
        node = node?.restarted(session: session, disk: disk.image(keeping: count), at: clock(at: time))
    }

    private func number() {
        for record in disk.log where record.kind == .rows { numbers[Simulation.identity(of: record)] = record.sequence }
    }
}
