import ColumnStore
import Synchronization

/// Which nodes of a plan are run, and which of them read which: what figures are kept by.
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

    mutating func add(_ node: Node, to parent: PlanNodeID?) -> PlanNodeID {
        let id = PlanNodeID(nodes.count)
        nodes.append(node)
        if node.isRun, let parent { nodes[parent.rawValue].inputs.append(id) }
        return id
    }
}

/// What EXPLAIN ANALYZE says of a plan's nodes, kept apart from what runs them.
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
    func ownNanoseconds(_ id: PlanNodeID) -> Int {
        let figures = self[id]
        var sum = figures.prepareNanoseconds.load(ordering: .relaxed) + figures.streamNanoseconds.load(ordering: .relaxed)
        for input in shape.nodes[id.rawValue].inputs { sum -= self[input].streamNanoseconds.load(ordering: .relaxed) }
        return max(0, sum)
    }

    /// Of all scans together.
    func addCounters(to total: ScanCounters) {
        for case let scan? in nodes.map(\.scan) { total.add { $0 += scan.now } }
    }
}

/// Of one node. Times are summed over workers and include those of the streams of its inputs.
final class NodeFigures: Sendable {
    let rows = Atomic<Int>(0)
    let prepareNanoseconds = Atomic<Int>(0)
    let streamNanoseconds = Atomic<Int>(0)
    /// Also those of a window's sort, and of the grouping of INTERSECT.
    let spilledBytes = Atomic<Int>(0)
    /// What a scan read, it alone.
    let scan: ScanCounters?

    init(isScan: Bool) { scan = isScan ? ScanCounters() : nil }

    /// Runs a part of `prepare`: while this thread waits for workers, their time counts and not its own.
    func prepare(_ run: QueryRun, _ body: () throws -> Void) rethrows {
        let start = Int(SteadyClock.nanoseconds())
        let before = run.workerNanoseconds.load(ordering: .relaxed)
        try body()
        let workers = run.workerNanoseconds.load(ordering: .relaxed) - before
        prepareNanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start + workers, ordering: .relaxed)
    }
}
