import ColumnStore
import Synchronization

/// Rows for which every conjunct is true.
final class FilterOperator: PreparedOperator, @unchecked Sendable {
    private let conjuncts: [Expression]

    init(_ input: PreparedOperator, conjuncts: [Expression]) {
        self.conjuncts = conjuncts
        super.init(columns: input.columns, inputs: [input])
    }

    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) { inputs[0].pushRuntimeFilter(id, filter) }

    override func pushBound(_ id: ColumnID, _ bound: MovingBound) { inputs[0].pushBound(id, bound) }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let predicate = try Predicate(conjuncts, layout: inputs[0].layout, context: run.context)
        return TransformStream(try inputs[0].stream(run, worker: worker)) { batch in
            // Nil means that all rows pass: the batch goes on as it is.
            guard let rows = try predicate.select(batch) else { return batch }
            return rows.isEmpty ? nil : batch.gathering(rows)
        }
    }
}

/// Columns computed from the input's.
final class ProjectOperator: PreparedOperator, @unchecked Sendable {
    private let projected: [ProjectedColumn]

    init(_ input: PreparedOperator, columns: [ProjectedColumn]) {
        projected = columns
        super.init(columns: columns.map(\.column), inputs: [input])
    }

    /// Only through columns that are handed on as they are: a filter says nothing of what is computed of a column.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        if let source = source(of: id) { inputs[0].pushRuntimeFilter(source, filter) }
    }

    override func pushBound(_ id: ColumnID, _ bound: MovingBound) {
        if let source = source(of: id) { inputs[0].pushBound(source, bound) }
    }

    /// The input's column that is handed on as this one; nil of what is computed.
    private func source(of id: ColumnID) -> ColumnID? {
        guard let column = projected.first(where: { $0.column.id == id }), case .column(let source, let type) = column.expression,
            type == column.column.type
        else { return nil }
        return source
    }

    override func pushFirstRows(_ id: ColumnID, _ rows: FirstRows) {
        if let source = source(of: id) { inputs[0].pushFirstRows(source, rows) }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let evaluators = try Evaluator.compile(projected.map(\.expression), layout: inputs[0].layout, context: run.context)
        let types = columns.map(\.type)
        return TransformStream(try inputs[0].stream(run, worker: worker)) { batch in
            let view = RowView(batch)
            var columns: [Column] = []
            for (evaluator, type) in zip(evaluators, types) {
                let column = try evaluator.evaluate(view)
                columns.append(column.type == type ? column : column.retyped(type))
            }
            return ColumnBatch(rowCount: batch.rowCount, columns: columns)
        }
    }
}

/// Passes `count` rows after `offset` others; then its input is read no further.
///
/// Which rows these are follows from the order in which workers' batches come; without ORDER BY beneath, SQL leaves it
/// open.
final class LimitOperator: PreparedOperator, @unchecked Sendable {
    /// Nil for no end: OFFSET alone.
    private let count: Int?
    private let offset: Int
    /// Over all streams: rows left out so far, at most `offset`, and rows passed on, at most `count`.
    private let progress: Mutex<(skipped: Int, taken: Int)> = Mutex((0, 0))

    init(_ input: PreparedOperator, count: Int?, offset: Int) {
        self.count = count
        self.offset = offset
        super.init(columns: input.columns, inputs: [input])
    }

    /// Which rows of a batch of `rowCount` pass, or nil when no more will.
    private func take(_ rowCount: Int) -> Range<Int>? {
        progress.withLock { progress in
            if let count, progress.taken >= count { return nil }
            let skipped = min(rowCount, offset - progress.skipped)
            progress.skipped += skipped
            let taken = min(rowCount - skipped, count.map { $0 - progress.taken } ?? .max)
            progress.taken += taken
            return skipped..<(skipped + taken)
        }
    }

    /// Asked before a batch is pulled, so that a limit that is met costs no further read.
    private var isFull: Bool { progress.withLock { progress in count.map { progress.taken >= $0 } ?? false } }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        Stream(try inputs[0].stream(run, worker: worker), self)
    }

    private final class Stream: BatchStream {
        private var input: (any BatchStream)?
        private let limit: LimitOperator

        init(_ input: any BatchStream, _ limit: LimitOperator) {
            self.input = input
            self.limit = limit
        }

        func next() throws -> ColumnBatch? {
            while !limit.isFull, let batch = try input?.next() {
                guard let rows = limit.take(batch.rowCount) else { break }
                if rows.count == batch.rowCount { return batch }
                if !rows.isEmpty { return batch.slice(rows) }
            }
            // Frees what the input holds while the rows that were passed on are still worked with above.
            input = nil
            return nil
        }
    }
}

/// Rows of expressions without columns.
final class ValuesOperator: PreparedOperator, @unchecked Sendable {
    private let rows: [[Expression]]
    /// Made in `prepare`.
    private var batches: [ColumnBatch] = []
    private var share: MemoryShare?
    /// The first stream that is made gets the rows.
    private let isTaken = Atomic<Bool>(false)

    init(columns: [OutputColumn], rows: [[Expression]]) {
        self.rows = rows
        super.init(columns: columns, inputs: [])
    }

    override var streamCountMax: Int { 1 }

    /// All rows are there at once, each batch of them ended at a byte count: a short expression can make a long text.
    /// - Throws: `outOfMemory` for rows that are neither small nor within the budget; what the expressions throw.
    override func prepare(_ run: QueryRun) throws {
        let share = MemoryShare(run.memory)
        self.share = share
        var builders = columns.map { ColumnBuilder(type: $0.type) }
        var (rowCount, byteCount, heldByteCount) = (0, 0, 0)
        func end() {
            if rowCount > 0 { batches.append(ColumnBatch(rowCount: rowCount, columns: builders.indices.map { builders[$0].finish() })) }
            (rowCount, byteCount) = (0, 0)
        }
        // Expressions without columns are asked over one row without columns.
        let single = ColumnBatch(rowCount: 1, columns: [])
        for row in rows {
            var values: [Value] = []
            for expression in row { values.append(try Evaluator(expression, layout: [:], context: run.context).evaluate(single).value(at: 0)) }
            let added = values.reduce(0) { $0 + $1.flatByteCount }
            if byteCount + added > ColumnBatch.targetByteCount { end() }
            heldByteCount += added
            guard share.resize(to: heldByteCount) || heldByteCount <= run.smallByteCount else { throw QueryError.outOfMemory("VALUES") }
            for index in values.indices { builders[index].append(values[index]) }
            rowCount += 1
            byteCount += added
        }
        end()
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        isTaken.exchange(true, ordering: .relaxed) ? EmptyStream() : ArrayStream(batches)
    }
}

/// One row, whatever the input gives: NULLs for none, an error for more.
///
/// What a scalar subquery runs as, as PostgreSQL has it:
/// <https://www.postgresql.org/docs/15/sql-expressions.html#SQL-SYNTAX-SCALAR-SUBQUERIES>.
final class SingleRowOperator: PreparedOperator, @unchecked Sendable {
    /// Of the subquery in the statement's text, for the error.
    private let position: Int?
    private let found: Mutex<[ColumnBatch]> = Mutex([])

    init(_ input: PreparedOperator, position: Int?) {
        self.position = position
        super.init(columns: input.columns, inputs: [input])
    }

    override var streamCountMax: Int { 1 }

    /// - Throws: `dataError` with reason `severalRows` at the second row.
    override func prepare(_ run: QueryRun) throws {
        try super.prepare(run)
        try measured(run) {
            try run.drain(inputs[0]) { _ in
                { batch in
                    let count = self.found.withLock { found in
                        found.append(batch)
                        return found.reduce(0) { $0 + $1.rowCount }
                    }
                    if count > 1 { throw QueryError(.dataError, "a subquery used as an expression gave more than one row", position: self.position).because(.severalRows) }
                }
            }
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let batches = found.withLock { $0 }
        if !batches.isEmpty { return ArrayStream(batches) }
        return ArrayStream([ColumnBatch(rowCount: 1, columns: columns.map { .constant(.null, type: $0.type, count: 1) })])
    }
}

/// The rows of several inputs, one after another in each worker.
final class UnionAllOperator: PreparedOperator, @unchecked Sendable {
    init(_ inputs: [PreparedOperator], columns: [OutputColumn]) { super.init(columns: columns, inputs: inputs) }

    /// Each input has the filter for its own column of that place; one of another type is left out, since filters compare
    /// as the type lies.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        guard let place = columns.firstIndex(where: { $0.id == id }) else { return }
        for input in inputs where input.columns[place].type == columns[place].type {
            input.pushRuntimeFilter(input.columns[place].id, filter)
        }
    }

    override func pushBound(_ id: ColumnID, _ bound: MovingBound) {
        guard let place = columns.firstIndex(where: { $0.id == id }) else { return }
        for input in inputs where input.columns[place].type == columns[place].type { input.pushBound(input.columns[place].id, bound) }
    }

    /// Inputs with fewer streams than this are read by the first workers alone.
    override var streamCountMax: Int { inputs.map(\.streamCountMax).max() ?? 1 }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        var streams: [any BatchStream] = []
        for input in inputs where worker < input.streamCountMax { streams.append(try input.stream(run, worker: worker)) }
        return Stream(streams, types: columns.map(\.type))
    }

    private final class Stream: BatchStream {
        /// Those to come, the next one last: an input that has ended is freed at once.
        private var inputs: [any BatchStream]
        private let types: [ColumnType]

        init(_ inputs: [any BatchStream], types: [ColumnType]) {
            self.inputs = inputs.reversed()
            self.types = types
        }

        func next() throws -> ColumnBatch? {
            while let input = inputs.last {
                if let batch = try input.next() {
                    return ColumnBatch(rowCount: batch.rowCount, columns: zip(batch.columns, types).map { $0.retyped($1) })
                }
                inputs.removeLast()
            }
            return nil
        }
    }
}
