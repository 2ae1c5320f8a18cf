package import ColumnStore
package import Synchronization

/// The batches of one worker, pulled one by one.
package protocol BatchStream: AnyObject {
    /// The next rows, or nil at the end (then nil for ever). Never an empty batch.
    func next() throws -> ColumnBatch?
}

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
        let stream = try makeStream(run, worker: worker)
        return run.isMeasured ? MeasuredStream(stream, measure) : stream
    }

    /// Runs the whole-input work of `prepare` and counts its time.
    final func measured(_ run: QueryRun, _ body: () throws -> Void) rethrows {
        guard run.isMeasured else { return try body() }
        let start = Int(SteadyClock.nanoseconds())
        try body()
        measure.nanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start, ordering: .relaxed)
    }
}

/// What EXPLAIN ANALYZE says of an operator. Times include those of its inputs, and are summed over workers.
package final class OperatorMeasure: Sendable {
    package let rows = Atomic<Int>(0)
    package let batches = Atomic<Int>(0)
    package let nanoseconds = Atomic<Int>(0)
    package let spilledBytes = Atomic<Int>(0)
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
        measure.nanoseconds.wrappingAdd(Int(SteadyClock.nanoseconds()) - start, ordering: .relaxed)
        if let batch {
            measure.rows.wrappingAdd(batch.rowCount, ordering: .relaxed)
            measure.batches.wrappingAdd(1, ordering: .relaxed)
        }
        return batch
    }
}

/// A stream without rows.
final class EmptyStream: BatchStream {
    func next() -> ColumnBatch? { nil }
}

/// Batches that are there already.
final class ArrayStream: BatchStream {
    private var batches: ArraySlice<ColumnBatch>

    init(_ batches: [ColumnBatch]) { self.batches = batches.filter { $0.rowCount > 0 }[...] }

    func next() -> ColumnBatch? { batches.popFirst() }
}
