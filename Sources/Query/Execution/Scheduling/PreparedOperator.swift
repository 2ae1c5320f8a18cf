import ColumnStore
import Synchronization

/// Executes a node of a plan in one run: `LogicalPlan` says what is to be done, this has the state while it is done, and
/// `RunFigures` how long it took. First `prepare` (on one thread; it may read whole inputs in parallel), then one stream for each worker.
///
/// The life of an operator:
///
/// 1. `PlanBuilder` makes it and the operators beneath it, and `place` gives them the plan's node.
/// 2. `pushRuntimeFilter` and `pushBound` may be called, from the `prepare` of an operator above, before its own.
/// 3. `prepare`, once, on one thread.
/// 4. `stream` for each worker from 0 to below `streamCountMax`, at most once a worker. Streams of several workers are
///    pulled at the same time, one stream by one thread at a time.
///
/// The streams of all workers together give the operator's rows, each once; which stream a row comes out of is open.
package class PreparedOperator: @unchecked Sendable {
    // Safe to share: `prepare` happens before all streams; what streams of several workers share is locked or atomic.
    /// The columns of the streams' batches, in this order. A batch's column may be encoded (as codes, as a constant), but never differs
    /// in type except in a decimal's precision.
    let columns: [OutputColumn]
    /// The operators that it reads, left before right.
    let inputs: [PreparedOperator]
    /// The plan's node that this one works for, alone or with others; nil until it is set, and for what works within an operator.
    private(set) var nodeID: PlanNodeID?
    /// Whether its rows are the node's: true for one of the operators that work for a node.
    private var isWhole = false

    /// How many streams may be asked for. One when the rows have an order.
    var streamCountMax: Int { inputs.map(\.streamCountMax).min() ?? .max }

    init(columns: [OutputColumn], inputs: [PreparedOperator]) {
        self.columns = columns
        self.inputs = inputs
    }

    /// - Parameter node: the plan's node that this operator and those beneath it work for, down to operators that have one already.
    final func place(at node: PlanNodeID) {
        assert(nodeID == nil, "an operator that works for two nodes")
        isWhole = true
        assign(node)
    }

    /// Down to operators that have a node, with all of their own.
    private func assign(_ node: PlanNodeID) {
        nodeID = node
        for input in inputs where input.nodeID == nil { input.assign(node) }
    }

    /// The index of each column in a batch: expressions above are compiled with it.
    var layout: [ColumnID: Int] { Self.layout(columns) }

    /// Where two columns have one id, the first counts: they have the same values.
    static func layout(_ columns: [OutputColumn]) -> [ColumnID: Int] {
        Dictionary(columns.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// Hands down a filter of a join above: rows that fail it may be left out, since the join drops them. It goes down to the scan that
    /// reads the column. Called before `prepare`.
    /// The default takes no filter: an operator says by overriding which of its columns pass a filter through unchanged.
    func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {}

    /// Hands down that the operator above needs the first of its rows alone: rows that cannot be among them may be left out. Called before `prepare`.
    /// The default leaves out none.
    /// - Parameter id: the column that the order begins with.
    func pushFirstRows(_ id: ColumnID, _ rows: FirstRows) {}

    /// Hands down how far into an order by a column a sort above still looks: rows that lie beyond may be left out, as they come no further. Called before
    /// `prepare`, as `pushRuntimeFilter` is, and by default goes no further either.
    func pushBound(_ id: ColumnID, _ bound: MovingBound) {}

    /// Prepares everything that streams need. Called once.
    ///
    /// An operator that reads an input whole (sort, grouping, a join's right side) does it here, with all workers, so that
    /// streams only hand out.
    func prepare(_ run: QueryRun) throws {
        for input in inputs { try input.prepare(run) }
    }

    /// The stream of one worker, unmeasured; `stream` wraps it.
    /// - Precondition: `prepare` has returned; `worker` is below `streamCountMax`.
    func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { preconditionFailure("an abstract operator") }

    /// The stream of one worker, whose batches end at `ColumnBatch.targetByteCount` and are counted where EXPLAIN ANALYZE
    /// asks.
    final func stream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let stream = BoundedStream(try makeStream(run, worker: worker), types: columns.map(\.type))
        guard isWhole, let figures = figures(of: run) else { return stream }
        return MeasuredStream(stream, figures)
    }

    /// Nil where nobody measures, or the operator works within another.
    final func figures(of run: QueryRun) -> NodeFigures? { nodeID.flatMap { run.figures?[$0] } }

    /// Runs the whole-input work of `prepare` and counts its time, but not what inputs do in their own.
    final func measured(_ run: QueryRun, _ body: () throws -> Void) rethrows {
        guard let figures = figures(of: run) else { return try body() }
        try figures.prepare(run, body)
    }

    /// Counts what was written aside.
    final func spilled(_ byteCount: Int, _ run: QueryRun) { figures(of: run)?.spilledBytes.wrappingAdd(byteCount, ordering: .relaxed) }
}

/// Counts rows and time of what passes. The time has that of the inputs' streams in it, which `RunFigures.ownNanoseconds`
/// takes off again.
private final class MeasuredStream: BatchStream {
    private let inner: any BatchStream
    private let figures: NodeFigures

    init(_ inner: any BatchStream, _ figures: NodeFigures) {
        self.inner = inner
        self.figures = figures
    }

    func next() throws -> ColumnBatch? {
        let start = Int(SteadyClock.nanoseconds())
        let batch = try inner.next()
        figures.streamNanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start, ordering: .relaxed)
        if let batch { figures.rows.wrappingAdd(batch.rowCount, ordering: .relaxed) }
        return batch
    }
}
