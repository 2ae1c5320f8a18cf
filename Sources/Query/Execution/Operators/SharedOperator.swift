import ColumnStore
import Synchronization

/// The rows of a common table expression, computed once for all who read them.
///
/// `PlanBuilder` makes one for each definition and run, and a `SharedOperator` for each place that reads it. Where they do
/// not fit the memory, all of them go to one file.
final class SharedRows: @unchecked Sendable {
    // Safe to share: filled in the first `prepare`, which one thread runs; only read afterwards.
    let definition: PreparedOperator
    private var isReady = false
    /// Of the definition: a reader may do without the rows (`DeferringOperator`), and the others may not take them for none.
    private var failure: (any Error)?
    /// All rows, or none when they are in `file`.
    fileprivate private(set) var batches: [ColumnBatch] = []
    fileprivate private(set) var file: SpillFile?
    /// What `batches` take.
    private var share: MemoryShare?

    /// The reader that the definition is shown under, whichever comes first to be prepared: its node has the figures.
    fileprivate weak var shown: SharedOperator?

    init(_ definition: PreparedOperator) { self.definition = definition }

    /// Runs the definition when the first reader is prepared; does nothing for the others.
    ///
    /// - Throws: what the definition throws, for each reader.
    fileprivate func prepare(_ run: QueryRun) throws {
        if let failure { throw failure }
        guard !isReady else { return }
        isReady = true
        do {
            try definition.prepare(run)
            if let shown { try shown.measured(run) { try fill(run) } } else { try fill(run) }
        } catch {
            // The statement may go on without them, and what they took is its own again.
            share?.releaseAll()
            (share, failure) = (nil, error)
            throw error
        }
    }

    /// Reads the definition with all workers into memory, and from the first batch that does not fit on into a file.
    private func fill(_ run: QueryRun) throws {
        let share = MemoryShare(run.memory)
        self.share = share
        let types = definition.columns.map(\.type)
        let kept = Mutex<Kept>(Kept())
        try run.drain(definition) { _ in
            { batch in
                try kept.withLock { kept in
                    if let file = kept.file { return try file.write(batch) }
                    kept.batches.append(batch)
                    kept.bytes.add(batch)
                    if share.resize(to: kept.bytes.byteCount) { return }
                    // The batches so far go first; the memory is free once they are written.
                    let file = try SpillFile(run.spill, types: types)
                    for batch in kept.batches { try file.write(batch) }
                    kept = Kept(file: file)
                    share.releaseAll()
                }
            }
        }
        (batches, file) = kept.withLock { ($0.batches, $0.file) }
    }

    /// Safe to send: only touched under the lock, then by one thread.
    private struct Kept: @unchecked Sendable {
        var batches: [ColumnBatch] = []
        var bytes = HeldBytes()
        var file: SpillFile?
    }
}

/// One reading of shared rows.
final class SharedOperator: PreparedOperator, @unchecked Sendable {
    private let rows: SharedRows
    /// The number of the batch that a stream takes next: batches are shared out among the streams of one reading.
    private let next = Atomic<Int>(0)

    init(_ rows: SharedRows, columns: [OutputColumn], isFirst: Bool) {
        self.rows = rows
        // Shown under its first reader only.
        super.init(columns: columns, inputs: isFirst ? [rows.definition] : [])
        if isFirst { rows.shown = self }
    }

    /// One of a file, which is read in its order, and where the definition's rows have an order.
    override var streamCountMax: Int { rows.file != nil || rows.definition.streamCountMax == 1 ? 1 : .max }

    override func prepare(_ run: QueryRun) throws {
        try rows.prepare(run)
        if !inputs.isEmpty, let file = rows.file { spilled(file.byteCount, run) }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        if let file = rows.file { return worker == 0 ? try Typed(file.reader(), columns.map(\.type)) : EmptyStream() }
        return Stream(self)
    }

    /// The file's rows under the types that this reader's columns have.
    private final class Typed: BatchStream {
        private let inner: any BatchStream
        private let types: [ColumnType]

        init(_ inner: any BatchStream, _ types: [ColumnType]) {
            self.inner = inner
            self.types = types
        }

        func next() throws -> ColumnBatch? {
            try inner.next().map { batch in
                ColumnBatch(rowCount: batch.rowCount, columns: zip(batch.columns, types).map { $0.retyped($1) })
            }
        }
    }

    /// Takes whatever batch comes next, until none is left.
    private final class Stream: BatchStream {
        private let owner: SharedOperator

        init(_ owner: SharedOperator) { self.owner = owner }

        func next() -> ColumnBatch? {
            let index = owner.next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < owner.rows.batches.count else { return nil }
            let batch = owner.rows.batches[index]
            return ColumnBatch(rowCount: batch.rowCount, columns: zip(batch.columns, owner.columns).map { $0.retyped($1.type) })
        }
    }
}
