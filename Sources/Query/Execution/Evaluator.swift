package import ColumnStore

/// What evaluation depends on besides rows.
package struct EvaluationContext: Sendable {
    /// The session's, for casts between instants and local times.
    package var timeZone: TimeZoneRules

    package init(timeZone: TimeZoneRules = .utc) { self.timeZone = timeZone }
}

/// A bound expression made ready to run over batches of one layout. One worker's own: it keeps caches by dictionary.
package final class Evaluator {
    let root: EvaluationNode
    package let type: ColumnType

    /// - Parameter layout: where in the batches each column of the expression lies.
    /// - Throws: `QueryError` when the expression mentions a column that is not in `layout`, or cannot be run at all.
    package init(_ expression: Expression, layout: [ColumnID: Int], context: EvaluationContext) throws(QueryError) {
        root = try EvaluationCompiler(layout: layout, context: context).compile(expression)
        type = expression.type
    }

    private init(_ root: EvaluationNode, type: ColumnType) {
        self.root = root
        self.type = type
    }

    /// Expressions that are evaluated on the same rows, one after another: what they have in common is computed once.
    static func compile(
        _ expressions: [Expression], layout: [ColumnID: Int], context: EvaluationContext
    ) throws(QueryError) -> [Evaluator] {
        let compiler = EvaluationCompiler(layout: layout, context: context, shared: SharedExpressions(expressions))
        var evaluators: [Evaluator] = []
        for expression in expressions { evaluators.append(Evaluator(try compiler.compile(expression), type: expression.type)) }
        return evaluators
    }

    /// One value for each row.
    /// - Throws: `QueryError` data-error or numeric-overflow, with the place of the operation in the query.
    package func evaluate(_ batch: ColumnBatch) throws(QueryError) -> Column { try root.evaluate(RowView(batch)) }

    func evaluate(_ view: RowView) throws(QueryError) -> Column { try root.evaluate(view) }
}

/// Conjuncts tested one after another, each on the rows that are left.
final class Predicate {
    private let conjuncts: [EvaluationNode]

    init(_ conjuncts: [Expression], layout: [ColumnID: Int], context: EvaluationContext) throws(QueryError) {
        let compiler = EvaluationCompiler(layout: layout, context: context)
        var nodes: [EvaluationNode] = []
        for conjunct in conjuncts { nodes.append(try compiler.compile(conjunct)) }
        self.conjuncts = nodes
    }

    /// The rows for which every conjunct is true, ascending; nil when all rows pass.
    func select(_ batch: ColumnBatch) throws(QueryError) -> [Int32]? {
        let view = RowView(batch)
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
