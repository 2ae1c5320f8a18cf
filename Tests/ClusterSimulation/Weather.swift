import Cluster

/// How bad the world of one seed is. Each seed has its own: where everything fails at once nothing is ever tried.
struct Weather {
    var nodeCount: Int
    var hasBucket: Bool
    var degrades: Bool
    /// In thousandths.
    var loss: Int
    var doubling: Int
    var lateness: Int
    var bucketFaults: Int
    var old: Int
    /// Milliseconds between two faults, and how long they last.
    var faultEvery: Int
    var faultsLast: Int
    /// Between two posts.
    var postEvery: Int
    var diskLasts: Int
    /// How often each kind of fault comes.
    var kinds: [Fault]
    /// A clock that leaps although nothing was paused: reads cannot be held to their promise then.
    var leaps: Bool
    var versions: [Int]
    /// In thousandths: of ticks, with which records go into a checkpoint, and of crashes, after which the disk is empty.
    var drops: Int
    var emptied: Int
    /// Of crashes, after which the disk is another cluster's.
    var strange: Int
    /// Of faults, with which the bucket loses a slot besides.
    var holes: Int
    /// Of faults, with which the object is lost besides.
    var vanishes: Int
    /// Of crashes, after which the program is of the version before, as long as no records of a later level may be made.
    var returns = 200
    /// Before the first fault, while the cluster is founded.
    var foundingCrashes: Int
    /// Whether the pair is torn apart again and again, which makes epochs, while a machine is away for long.
    var flaps = false

    enum Fault: CaseIterable { case crash, crashAll, pause, partition, oneWay, bucketDown, bucketAway, isolate, upheaval, leap, command, old }

    /// - Parameter rule: one that is switched off: the world is such that it would be needed.
    init(_ chance: inout Chance, _ losses: inout Chance, _ strangers: inout Chance, _ holes: inout Chance, _ vanishings: inout Chance, _ flapping: inout Chance, leaning rule: Rules = []) {
        drops = losses.one(of: [0, 50, 300])
        emptied = losses.one(of: [0, 0, 200])
        strange = strangers.one(of: [0, 0, 0, 200])
        foundingCrashes = strangers.one(of: [0, 0, 1, 2, 4])
        self.holes = holes.one(of: [0, 0, 0, 100, 400])
        vanishes = vanishings.one(of: [0, 0, 0, 200, 600])
        nodeCount = chance.happens(700) ? 3 : 2
        hasBucket = !chance.happens(250)
        degrades = !hasBucket && chance.happens(500)
        loss = chance.one(of: [0, 0, 10, 100, 300])
        doubling = chance.one(of: [0, 20, 200])
        lateness = chance.one(of: [0, 0, 10, 50, 200])
        bucketFaults = chance.one(of: [0, 20, 100, 300])
        old = degrades ? 0 : chance.one(of: [0, 300, 800])
        faultEvery = chance.one(of: [600, 1_500, 3_000, 6_000])
        faultsLast = chance.one(of: [15_000, 25_000, 40_000])
        postEvery = chance.one(of: [40, 100, 250])
        diskLasts = chance.one(of: [2, 10, 60])
        leaps = chance.happens(150)
        kinds = []
        for kind in Fault.allCases where kind != .leap || leaps {
            for _ in 0..<chance.number(0..<4) { kinds.append(kind) }
        }
        if kinds.isEmpty { kinds = [.crash] }
        // Else there is mostly nobody who could make it anew.
        if vanishes > 0 { faultEvery = max(faultEvery, vanishings.one(of: [1_500, 6_000, 12_000])) }
        flaps = flapping.happens(100) && rule.isEmpty
        if flaps {
            (faultEvery, faultsLast, postEvery) = (max(faultEvery, 6_000), flapping.one(of: [40_000, 80_000]), flapping.one(of: [30, 60]))
            (loss, lateness, bucketFaults, drops) = (min(loss, 10), min(lateness, 10), min(bucketFaults, 20), flapping.one(of: [0, 20, 200, 800]))
        }
        versions = (0..<nodeCount).map { _ in chance.happens(700) ? 2 : 1 }
        lean(to: rule)
        // Such a world is made for its rule alone.
        if !rule.isEmpty, rule != .identity { foundingCrashes = 0 }
        if !rule.isEmpty { returns = 0 }
        while versions.count < nodeCount { versions.append(1) }
    }

    private mutating func lean(to rule: Rules) {
        switch rule {
        case .promise: (hasBucket, degrades, bucketFaults, faultEvery, faultsLast, kinds) = (true, false, 600, 6_000, 40_000, [.isolate])
        case .readFirst: (hasBucket, degrades, nodeCount, old, faultEvery, kinds) = (true, false, 3, 1_000, 3_000, [.upheaval, .upheaval, .old])
        case .swapLookup: (hasBucket, degrades, bucketFaults, kinds) = (true, false, 300, [.crash, .partition, .oneWay])
        case .holdInSwap:
            (hasBucket, degrades, nodeCount, loss, lateness, bucketFaults) = (true, false, 3, 300, 400, 600)
            (diskLasts, postEvery, faultEvery, faultsLast, kinds) = (60, 40, 6_000, 40_000, [.isolate])
        case .createOnly: (hasBucket, degrades, kinds) = (true, false, [.partition, .crash, .isolate])
        case .sealing: (hasBucket, degrades, kinds, diskLasts) = (true, false, [.crash, .pause, .isolate], 60)
        case .caughtUp:
            (hasBucket, degrades, nodeCount, loss, lateness) = (true, false, 3, 300, 50)
            (diskLasts, postEvery, faultEvery, kinds) = (60, 40, 1_500, [.crash, .crash, .isolate])
        case .freshWords: (hasBucket, degrades, lateness, old, kinds) = (true, false, 200, 800, [.crash, .crash, .old, .partition])
        case .proof: (faultEvery, kinds) = (6_000, [.isolate])
        case .questionAge, .readProof: (hasBucket, lateness, loss, postEvery, faultEvery, kinds) = (true, 200, 0, 40, 6_000, [.isolate])
        case .removedStayOut: (hasBucket, nodeCount, kinds) = (true, 3, [.command, .command, .crash, .partition])
        case .slotsStay: (hasBucket, degrades, nodeCount, faultEvery, faultsLast, postEvery, kinds) = (true, false, 3, 6_000, 40_000, 100, [.isolate])
        case .identity: (degrades, strange, faultEvery, kinds) = (false, 800, 1_500, [.crash, .crash, .partition])
        case .wholeSlots: (hasBucket, degrades, nodeCount, holes, faultEvery, kinds) = (true, false, 2, 700, 1_500, [.isolate, .partition, .crash, .pause])
        case .checkpointCounts: (drops, faultEvery, kinds) = (800, 1_500, [.crash, .partition, .isolate])
        default: break
        }
    }
}
