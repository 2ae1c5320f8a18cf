import ColumnStore
package import Synchronization

/// A node of the running plan. First `prepare` (on one thread; it may read whole inputs in parallel), then one stream for each worker.
package class PhysicalOperator: @unchecked Sendable {
    // Safe to share: `prepare` happens before all streams; what streams of several workers share is locked or atomic.
    let columns: [OutputColumn]
    let inputs: [PhysicalOperator]
    let measure = OperatorMeasure()

    /// How many streams may be asked for. One when the rows have an order.
    var streamCountMax: Int { inputs.map(\.streamCountMax).min() ?? .max }
    /// For EXPLAIN: `Filter`, `HashJoin` …
    var name: String { "\(Swift.type(of: self))" }
    /// For EXPLAIN: what it does beyond its name.
    var details: [String] { [] }

    init(columns: [OutputColumn], inputs: [PhysicalOperator]) {
        self.columns = columns
        self.inputs = inputs
    }

    var layout: [ColumnID: Int] { Self.layout(columns) }

    static func layout(_ columns: [OutputColumn]) -> [ColumnID: Int] {
        Dictionary(columns.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// What the plan above looks for in a column: rows that fail may be left out, since it drops them too. Handed down to the scan that
    /// reads the column. Called before `prepare`.
    func pushRuntimeFilter(_ id: ColumnID, _ filter: KeyFilter) {}

    /// Makes everything ready that streams need. Called once.
    func prepare(_ run: QueryRun) throws {
        for input in inputs { try input.prepare(run) }
    }

    func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { preconditionFailure("an abstract operator") }

    final func stream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let stream = BoundedStream(try makeStream(run, worker: worker), types: columns.map(\.type))
        return run.isMeasured ? MeasuredStream(stream, measure) : stream
    }

    /// Runs the whole-input work of `prepare` and counts its time, but not what inputs do in their own.
    final func measured(_ run: QueryRun, _ body: () throws -> Void) rethrows { try measure.prepare(run, body) }

    /// Time of this operator alone, summed over workers.
    /// - Parameter isShown: an input that is not counts with this one.
    final func ownNanoseconds(isShown: (PhysicalOperator) -> Bool) -> Int {
        var sum = measure.prepareNanoseconds.load(ordering: .relaxed) + measure.streamNanoseconds.load(ordering: .relaxed)
        for input in inputs {
            sum -= input.measure.streamNanoseconds.load(ordering: .relaxed)
            if !isShown(input) { sum += input.ownNanoseconds(isShown: isShown) }
        }
        return max(0, sum)
    }

    /// Bytes that this operator wrote aside: also a window's sort, and the grouping of INTERSECT.
    /// - Parameter isShown: an input that is not counts with this one.
    final func ownSpilledByteCount(isShown: (PhysicalOperator) -> Bool) -> Int {
        inputs.reduce(measure.spilledBytes.load(ordering: .relaxed)) { $0 + (isShown($1) ? 0 : $1.ownSpilledByteCount(isShown: isShown)) }
    }
}

/// What EXPLAIN ANALYZE says of an operator. Times are summed over workers and include those of the streams of its inputs.
package final class OperatorMeasure: Sendable {
    package let rows = Atomic<Int>(0)
    package let batches = Atomic<Int>(0)
    package let prepareNanoseconds = Atomic<Int>(0)
    package let streamNanoseconds = Atomic<Int>(0)
    package let spilledBytes = Atomic<Int>(0)

    /// Runs a part of `prepare`: while this thread waits for workers, their time counts and not its own.
    func prepare(_ run: QueryRun, _ body: () throws -> Void) rethrows {
        guard run.isMeasured else { return try body() }
        let start = Int(SteadyClock.nanoseconds())
        let before = run.workerNanoseconds.load(ordering: .relaxed)
        try body()
        let workers = run.workerNanoseconds.load(ordering: .relaxed) - before
        prepareNanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start + workers, ordering: .relaxed)
    }
}

private final class MeasuredStream: BatchStream {
    private let inner: any BatchStream
    private let measure: OperatorMeasure

    init(_ inner: any BatchStream, _ measure: OperatorMeasure) {
        self.inner = inner
        self.measure = measure
    }

    func next() throws -> ColumnBatch? {
        let start = Int(SteadyClock.nanoseconds())
        let batch = try inner.next()
        measure.streamNanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start, ordering: .relaxed)
        if let batch {
            measure.rows.wrappingAdd(batch.rowCount, ordering: .relaxed)
            measure.batches.wrappingAdd(1, ordering: .relaxed)
        }
        return batch
    }
}
