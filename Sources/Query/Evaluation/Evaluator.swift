package import ColumnStore

/// What evaluation depends on besides rows.
package struct EvaluationContext: Sendable {
    /// The session's, for casts between instants and local times.
    package var timeZone: TimeZoneRules
    /// What evaluation may take; nil for a bound of its own.
    package var memory: MemoryBudget?
    /// What ends it from outside, within one row's work too.
    package var cancellation: Cancellation?

    package init(timeZone: TimeZoneRules = .utc, memory: MemoryBudget? = nil, cancellation: Cancellation? = nil) {
        (self.timeZone, self.memory, self.cancellation) = (timeZone, memory, cancellation)
    }
}

/// A bound expression made ready to run over batches of one layout. One worker's own: it keeps caches by dictionary.
package final class Evaluator {
    let root: EvaluationNode
    package let type: ColumnType
    private let meter: WorkMeter

    /// - Parameter layout: where in the batches each column of the expression lies.
    /// - Throws: `QueryError` when the expression mentions a column that is not in `layout`, or cannot be run at all.
    package init(_ expression: Expression, layout: [ColumnID: Int], context: EvaluationContext) throws(QueryError) {
        meter = WorkMeter(context)
        root = try EvaluationCompiler(layout: layout, context: context, meter: meter).compile(expression)
        type = expression.type
    }

    private init(_ root: EvaluationNode, type: ColumnType, _ meter: WorkMeter) {
        (self.root, self.type, self.meter) = (root, type, meter)
    }

    /// Expressions that are evaluated on the same rows, one after another: what they have in common is computed once.
    static func compile(
        _ expressions: [Expression], layout: [ColumnID: Int], context: EvaluationContext
    ) throws(QueryError) -> [Evaluator] {
        let meter = WorkMeter(context)
        let compiler = EvaluationCompiler(layout: layout, context: context, meter: meter, shared: SharedExpressions(expressions))
        var evaluators: [Evaluator] = []
        for expression in expressions { evaluators.append(Evaluator(try compiler.compile(expression), type: expression.type, meter)) }
        return evaluators
    }

    /// One value for each row.
    /// - Throws: `QueryError` data-error or numeric-overflow, with the place of the operation in the query. With `fittingRowCount` where fewer
    ///   rows would do: `BatchPieces` asks for those.
    package func evaluate(_ batch: ColumnBatch) throws(QueryError) -> Column { try evaluate(RowView(batch)) }

    func evaluate(_ view: RowView) throws(QueryError) -> Column {
        meter.begin(view)
        do throws(QueryError) {
            let column = try root.evaluate(view)
            // A column of the batch is there already, whatever it takes.
            if !(root is ColumnNode) { try admit(column) }
            return column
        } catch {
            guard error.fittingRowCount != nil, view.rows == nil, view.count > Self.batchRowCountMax else { throw error }
            return try evaluateInPieces(view.batch)
        }
    }

    private func admit(_ column: Column) throws(QueryError) {
        do { try meter.admit(result: column) } catch { throw error.queryError(position: nil) }
    }

    /// More rows are no batch on its way, but rows that an operator holds together.
    private static let batchRowCountMax = 16 * ColumnBatch.targetRowCount

    private func evaluateInPieces(_ batch: ColumnBatch) throws(QueryError) -> Column {
        var pieces = BatchPieces(batch, rowCountMax: ColumnBatch.targetRowCount)
        var columns: [Column] = []
        var (byteCount, keptByteCount) = (0, 0)
        defer { meter.forget(keptByteCount) }
        while let (_, column) = try pieces.next({ (piece) throws(QueryError) in
            let view = RowView(piece)
            meter.begin(view)
            let column = try root.evaluate(view)
            try admit(column)
            return column
        }) {
            columns.append(column)
            let added = column.flatByteCountBound
            byteCount += added
            do throws(KernelError) {
                guard byteCount < Int(Int32.max) else { throw .tooLarge(fittingRowCount: nil) }
                // Once by itself, once put end to end with the others.
                try meter.keep(2 * added)
            } catch {
                throw error.queryError(position: nil)
            }
            keptByteCount += 2 * added
        }
        return Column.concatenating(columns, type: type)
    }
}

/// Conjuncts tested one after another, each on the rows that are left.
final class Predicate {
    private let conjuncts: [EvaluationNode]
    private let meter: WorkMeter

    init(_ conjuncts: [Expression], layout: [ColumnID: Int], context: EvaluationContext) throws(QueryError) {
        meter = WorkMeter(context)
        let compiler = EvaluationCompiler(layout: layout, context: context, meter: meter)
        var nodes: [EvaluationNode] = []
        for conjunct in conjuncts { nodes.append(try compiler.compile(conjunct)) }
        self.conjuncts = nodes
    }

    /// The rows for which every conjunct is true, ascending; nil when all rows pass.
    func select(_ batch: ColumnBatch) throws(QueryError) -> [Int32]? {
        do {
            return try selectAtOnce(batch)
        } catch {
            guard let count = error.fittingRowCount, batch.rowCount > 1 else { throw error }
            return try selectInPieces(batch, of: count)
        }
    }

    /// Of rows that take too much memory together.
    private func selectInPieces(_ batch: ColumnBatch, of rowCount: Int) throws(QueryError) -> [Int32] {
        var pieces = BatchPieces(batch, rowCountMax: rowCount)
        var selected: [Int32] = []
        while let (start, rows) = try pieces.next({ (piece) throws(QueryError) in try selectAtOnce(piece) ?? Array(0..<Int32(piece.rowCount)) }) {
            selected.append(contentsOf: rows.lazy.map { $0 + Int32(start) })
        }
        return selected
    }

    private func selectAtOnce(_ batch: ColumnBatch) throws(QueryError) -> [Int32]? {
        let view = RowView(batch)
        meter.begin(view)
        var passing: Bitmap?
        for conjunct in conjuncts {
            guard let before = passing else {
                let bits = try conjunct.evaluate(view).trueRows()
                passing = bits.isAllSet ? nil : bits
                continue
            }
            let left = before.setCount
            if left == 0 { return [] }
            // Gathering a few rows is cheaper than computing all; a test that may fail must not see a dropped row.
            if conjunct.prefersFewRows || left * 4 < view.count {
                let rows = before.setIndices()
                let bits = try conjunct.evaluate(view.selecting(rows)).trueRows()
                passing = EvaluationNode.scattered(bits, to: rows, count: view.count)
            } else {
                passing = before & (try conjunct.evaluate(view).trueRows())
            }
        }
        return passing.map { $0.setIndices() }
    }

    func bitmap(_ batch: ColumnBatch) throws(QueryError) -> Bitmap {
        guard let rows = try select(batch) else { return Bitmap(repeating: true, count: batch.rowCount) }
        return EvaluationNode.scattered(Bitmap(repeating: true, count: rows.count), to: rows, count: batch.rowCount)
    }
}
