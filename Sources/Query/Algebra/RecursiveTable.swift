import ColumnStore
import Synchronization

/// The rows of a WITH RECURSIVE query as a table that a plan scans: `RecursiveOperator` computes them when the plan runs, and the passes need to know
/// nothing of them.
final class RecursiveTable: TableSource {
    let schema: Schema
    /// The part that does not read the table itself.
    let seed: LogicalPlan
    /// What is asked of the rows that the last round has brought, which stand in `working`.
    let step: LogicalPlan
    let working: WorkingTable
    /// UNION ALL: a row that was there already counts again.
    let keepsRepeats: Bool

    /// A guess: nothing is known of them before the query runs.
    private static let rowCountGuess = 1_000

    init(schema: Schema, seed: LogicalPlan, step: LogicalPlan, working: WorkingTable, keepsRepeats: Bool) {
        (self.schema, self.seed, self.step, self.working, self.keepsRepeats) = (schema, seed, step, working, keepsRepeats)
    }

    var statistics: TableStatistics { TableStatistics(rowCount: Self.rowCountGuess) }

    func scan(_ request: ScanRequest) throws -> any TableScan { throw QueryError(.unsupportedSQL, "WITH RECURSIVE cannot be read in this place") }

    /// The same with both its plans changed.
    func mapped(_ change: (LogicalPlan) throws(QueryError) -> LogicalPlan) throws(QueryError) -> RecursiveTable {
        RecursiveTable(schema: schema, seed: try change(seed), step: try change(step), working: working, keepsRepeats: keepsRepeats)
    }
}

/// What the recursive part of a query reads in each round.
final class WorkingTable: TableSource {
    let schema: Schema
    private let batches = Mutex<[ColumnBatch]>([])

    init(schema: Schema) { self.schema = schema }

    var statistics: TableStatistics { TableStatistics(rowCount: max(1, batches.withLock { $0.reduce(0) { $0 + $1.rowCount } })) }

    func replace(_ rows: [ColumnBatch]) { batches.withLock { $0 = rows } }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        try MemoryTable(schema: schema, batches: batches.withLock { $0 }).scan(request)
    }
}

extension LogicalPlan {
    /// The plan with other sources of tables: `replace` gives nil for those that stay. Subqueries in expressions are left as they are.
    func replacingSources(_ replace: (any TableSource) throws(QueryError) -> (any TableSource)?) throws(QueryError) -> LogicalPlan {
        var items: [LogicalPlan] = []
        for input in inputs { items.append(try input.replacingSources(replace)) }
        let plan = withInputs(items)
        guard case .scan(var node) = plan, let source = try replace(node.table.source) else { return plan }
        node.table = node.table.replacing(source)
        return .scan(node)
    }

    /// Whether the plan, or a subquery in it, reads a source.
    func reads(_ source: any TableSource) -> Bool {
        if case .scan(let node) = self, let own = node.table.source as? WorkingTable, own === source as? WorkingTable { return true }
        func isRead(in expression: Expression) -> Bool {
            if case .subquery(let subquery) = expression, subquery.plan.reads(source) { return true }
            return expression.children.contains(where: isRead)
        }
        return inputs.contains { $0.reads(source) } || expressions.contains(where: isRead)
    }
}
