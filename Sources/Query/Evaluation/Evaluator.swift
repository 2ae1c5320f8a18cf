package import ColumnStore

/// A bound expression made ready to run over batches of one layout. One worker's own: it keeps caches by dictionary.
package final class Evaluator {
    let root: EvaluationNode
    package let type: ColumnType
    /// Of all evaluators that were compiled with this one.
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
    /// - Throws: as `init`.
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

    /// As `evaluate`, of a batch that may take so many steps: for expressions outside of queries, whose budget is another one each time.
    ///
    /// - Returns: what came of it, and the steps that it took: more than `stepCountMax` where it was ended for them, and perhaps where it was not.
    package func evaluate(_ batch: ColumnBatch, stepCountMax: Int) -> (result: Result<Column, QueryError>, stepCount: Int) {
        meter.batchStepCountMax = max(0, stepCountMax)
        let result = Result { () throws(QueryError) -> Column in try evaluate(batch) }
        return (result, meter.takenStepCount)
    }

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

    /// A batch of many rows, evaluated a batch's worth at a time and put end to end.
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
            // The column is held until all are there: it counts as kept, and is forgotten at the end.
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

extension Evaluator {
    /// One value for each of the rows that an operator holds together: evaluated as many at a time as fit, since they are no batch on its way.
    ///
    /// - Throws: what says that an operator's memory is not enough, where all the values together are too many bytes.
    func evaluateHeld(_ batch: ColumnBatch) throws(QueryError) -> Column {
        // There already.
        if root is ColumnNode { return try evaluate(batch) }
        var pieces = BatchPieces(batch)
        var columns: [Column] = []
        var keptByteCount = 0
        defer { meter.forget(keptByteCount) }
        while let (_, column) = try pieces.next({ (piece) throws(QueryError) in try evaluate(piece) }) {
            columns.append(column)
            // Once by itself, once put end to end with the others.
            let added = 2 * column.flatByteCount
            do throws(KernelError) {
                guard keptByteCount + added < Int(Int32.max) else { throw .tooLarge(fittingRowCount: nil) }
                try meter.keep(added)
            } catch {
                throw QueryError.outOfMemory("a partition of a window")
            }
            keptByteCount += added
        }
        return Column.concatenating(columns, type: type)
    }
}
