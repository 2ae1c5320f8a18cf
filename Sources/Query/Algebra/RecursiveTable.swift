import ColumnStore
import Synchronization

/// The rows of a WITH RECURSIVE query as a table that a plan scans: `RecursiveOperator` computes them when the plan runs, and the passes need to know
/// nothing of them.
///
/// The round is PostgreSQL's: `seed` gives the first rows; `step` runs over the last round's rows until it brings none.
/// `docs/decisions/0045-recursion-and-list-views.md` says why it is a table. It holds no rows: each run puts tables of its own in the place of
/// `working` and `outer`, so that a prepared query may run twice at once.
final class RecursiveTable: TableSource {
    /// The columns by place; with `outer`, the number of the outer row stands first.
    let schema: Schema
    /// The part that does not read the table itself.
    let seed: LogicalPlan
    /// What is asked of the rows that the last round has brought, which stand in `working`.
    let step: LogicalPlan
    /// What `step` scans. Stands for the table of the run, whose rows are replaced before each round.
    let working: WorkingTable
    /// UNION ALL: a row that was there already counts again.
    let keepsRepeats: Bool
    /// Of a query that looks at the query around it: the outer rows to run it for, each under a number, which is the first column of `schema`,
    /// of what `working` has, and of this one.
    let outer: WorkingTable?

    /// A guess: nothing is known of them before the query runs.
    private static let rowCountGuess = 1_000

    init(schema: Schema, seed: LogicalPlan, step: LogicalPlan, working: WorkingTable, keepsRepeats: Bool, outer: WorkingTable? = nil) {
        (self.schema, self.seed, self.step, self.working, self.keepsRepeats, self.outer) = (schema, seed, step, working, keepsRepeats, outer)
    }

    var statistics: TableStatistics { TableStatistics(rowCount: Self.rowCountGuess) }

    func scan(_ request: ScanRequest) throws -> any TableScan { throw QueryError(.unsupportedSQL, "WITH RECURSIVE cannot be read in this place") }

    /// The same with both its plans changed.
    ///
    /// - Throws: what `change` throws.
    func mapped(_ change: (LogicalPlan) throws(QueryError) -> LogicalPlan) throws(QueryError) -> RecursiveTable {
        RecursiveTable(schema: schema, seed: try change(seed), step: try change(step), working: working, keepsRepeats: keepsRepeats, outer: outer)
    }

    /// A column of chance in either part makes the whole of it so: no pass may read it twice for once.
    var isVolatile: Bool { seed.isVolatile || step.isVolatile }
}

extension ScalarFunction {
    /// The rows of a recursive query for the outer values that are its arguments, as a list. An operator runs it: it stands as the list of an unnesting
    /// and nowhere else.
    static func recursion(_ table: RecursiveTable) -> ScalarFunction {
        ScalarFunction(
            "recursion", nulls: .taken, cost: .heavy, failure: .possible,
            traits: Traits(isVolatile: table.isVolatile, recursion: table),
            kernel: .plain { (_: KernelCall) throws(KernelError) -> Column in throw .interrupted(.unsupported("WITH RECURSIVE cannot be asked in this place", at: nil)) })
    }
}

extension Expression {
    /// The recursive query that it runs for its arguments, if it is that.
    var recursion: RecursiveTable? { if case .call(let function, _, _, _) = self { function.traits.recursion } else { nil } }
}

/// What the recursive part of a query reads in each round.
///
/// Filled by the thread that runs the recursion between two rounds, scanned by workers within one; the lock is for the handing over.
final class WorkingTable: TableSource {
    let schema: Schema
    private let batches = Mutex<[ColumnBatch]>([])

    init(schema: Schema) { self.schema = schema }

    var statistics: TableStatistics { TableStatistics(rowCount: max(1, batches.withLock { $0.reduce(0) { $0 + $1.rowCount } })) }

    /// The next round reads these rows and no others.
    func replace(_ rows: [ColumnBatch]) { batches.withLock { $0 = rows } }

    /// A scan keeps the batches that stood here when it began.
    func scan(_ request: ScanRequest) throws -> any TableScan {
        try MemoryTable(schema: schema, batches: batches.withLock { $0 }).scan(request)
    }
}

extension LogicalPlan {
    /// The plan with other sources of tables: `replace` gives nil for those that stay. Subqueries in expressions are left as they are.
    ///
    /// - Throws: what `replace` throws.
    func replacingSources(_ replace: (any TableSource) throws(QueryError) -> (any TableSource)?) throws(QueryError) -> LogicalPlan {
        try replacingSources(SharedWalk(), replace)
    }

    private func replacingSources(
        _ definitions: SharedWalk, _ replace: (any TableSource) throws(QueryError) -> (any TableSource)?
    ) throws(QueryError) -> LogicalPlan {
        let plan = try definitions.rewriting(inputsOf: self) { (input) throws(QueryError) -> LogicalPlan in
            try input.replacingSources(definitions, replace)
        }
        if case .unnest(var node) = plan, case .call(_, let arguments, let type, let position) = node.list, let table = node.list.recursion {
            guard let other = try replace(table) as? RecursiveTable else { return plan }
            node.list = .call(.recursion(other), arguments, type: type, position: position)
            return .unnest(node)
        }
        guard case .scan(var node) = plan, let source = try replace(node.table.source) else { return plan }
        node.table = node.table.replacing(source)
        return .scan(node)
    }

    /// Whether the plan, or a subquery in it, reads a source.
    func reads(_ source: any TableSource) -> Bool {
        if case .scan(let node) = self, let own = node.table.source as? WorkingTable, own === source as? WorkingTable { return true }
        func isRead(in expression: Expression) -> Bool {
            if case .subquery(let subquery) = expression, subquery.plan.reads(source) { return true }
            if let table = expression.recursion, table.seed.reads(source) || table.step.reads(source) { return true }
            return expression.children.contains(where: isRead)
        }
        return inputs.contains { $0.reads(source) } || expressions.contains(where: isRead)
    }
}
