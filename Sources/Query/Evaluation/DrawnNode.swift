import ColumnStore

/// A CASE over values of chance: each is computed once for each row that asks for the CASE, whatever branches mention it.
///
/// The body sees a batch of its own, of the columns that it mentions and those values behind them.
final class DrawnNode: EvaluationNode {
    /// Of the view's batch, in the order of the body's.
    private let columns: [Int]
    private let values: [EvaluationNode]
    private let body: EvaluationNode
    override var prefersFewRows: Bool { body.prefersFewRows || values.contains { $0.prefersFewRows } }

    init(columns: [Int], values: [EvaluationNode], _ body: EvaluationNode) {
        (self.columns, self.values, self.body) = (columns, values, body)
        super.init(type: body.type)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        var own = columns.map { view.column($0) }
        for value in values { own.append(try value.evaluate(view)) }
        return try body.evaluate(RowView(ColumnBatch(rowCount: view.count, columns: own)))
    }
}
