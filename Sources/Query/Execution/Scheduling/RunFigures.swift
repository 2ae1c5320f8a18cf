import ColumnStore
import Synchronization

/// Which nodes of a plan are run, and which of them read which: what figures are kept by.
///
/// `PlanBuilder` fills it as it builds, in the order in which EXPLAIN numbers nodes: before their inputs, left before
/// right.
struct PlanShape: Sendable {
    struct Node: Sendable {
        /// Those that run and whose rows this one reads.
        var inputs: [PlanNodeID] = []
        var isScan = false
        /// False for what the operator of a node above does too.
        var isRun = true
    }

    /// By `PlanNodeID`.
    private(set) var nodes: [Node] = []

    /// - Parameter parent: the node whose operator reads this one's rows; nil for the root, and for what is not run.
    mutating func add(_ node: Node, to parent: PlanNodeID?) -> PlanNodeID {
        let id = PlanNodeID(nodes.count)
        nodes.append(node)
        if node.isRun, let parent { nodes[parent.rawValue].inputs.append(id) }
        return id
    }
}

/// What EXPLAIN ANALYZE says of a plan's nodes, kept apart from what runs them.
///
/// Made for one run; each node's figures are atomic, so that workers add to them without a lock.
final class RunFigures: Sendable {
    private let shape: PlanShape
    private let nodes: [NodeFigures]

    init(_ shape: PlanShape) {
        self.shape = shape
        nodes = shape.nodes.map { NodeFigures(isScan: $0.isScan) }
    }

    subscript(id: PlanNodeID) -> NodeFigures { nodes[id.rawValue] }

    /// False for a node that the operator of another does too.
    func isRun(_ id: PlanNodeID) -> Bool { shape.nodes.indices.contains(id.rawValue) && shape.nodes[id.rawValue].isRun }

    /// Time of a node alone, summed over workers.
    ///
    /// Streams' times hold those of their inputs' streams, which are taken off; `prepare` leaves its inputs' preparation
    /// out by itself.
    func ownNanoseconds(_ id: PlanNodeID) -> Int {
        let figures = self[id]
        var sum = figures.prepareNanoseconds.load(ordering: .relaxed) + figures.streamNanoseconds.load(ordering: .relaxed)
        for input in shape.nodes[id.rawValue].inputs { sum -= self[input].streamNanoseconds.load(ordering: .relaxed) }
        // Clocks are read one after another: a node that does nothing may come out below zero.
        return max(0, sum)
    }

    /// Of all scans together.
    func addCounters(to total: ScanCounters) {
        for case let scan? in nodes.map(\.scan) { total.add { $0 += scan.now } }
    }
}

/// Of one node. Times are summed over workers and include those of the streams of its inputs.
/// Added to with relaxed order: sums are read when the run is over.
final class NodeFigures: Sendable {
    let rows = Atomic<Int>(0)
    /// Of what `prepare` did, without its inputs' own `prepare`.
    let prepareNanoseconds = Atomic<Int>(0)
    /// Within `next` of its streams.
    let streamNanoseconds = Atomic<Int>(0)
    /// Also those of a window's sort, and of the grouping of INTERSECT.
    let spilledBytes = Atomic<Int>(0)
    /// What a scan read, it alone.
    let scan: ScanCounters?

    init(isScan: Bool) { scan = isScan ? ScanCounters() : nil }

    /// Runs a part of `prepare`: while this thread waits for workers, their time counts and not its own.
    /// Elapsed + (the jobs' time - the wait for them): `workerNanoseconds` has the difference already.
    func prepare(_ run: QueryRun, _ body: () throws -> Void) rethrows {
        let start = Int(SteadyClock.nanoseconds())
        let before = run.workerNanoseconds.load(ordering: .relaxed)
        try body()
        let workers = run.workerNanoseconds.load(ordering: .relaxed) - before
        prepareNanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start + workers, ordering: .relaxed)
    }
}
