import ColumnStore

/// Computes the rows of WITH RECURSIVE, round by round until one brings nothing new, and hands them out as a table of memory.
///
/// The rounds run in `prepare`, before any stream is asked for: the table of memory is whole by then, and a `ScanOperator`
/// over it tests the node's filters and lets several workers read it.
final class RecursiveOperator: PreparedOperator, @unchecked Sendable {
    // Safe to share: `prepare` fills in what streams read.
    private let node: ScanNode
    private let table: RecursiveTable
    /// Over the rows of memory; nil until `prepare`.
    private var scan: ScanOperator?
    /// What the rows take, held as long as the operator is there.
    private var share: MemoryShare?

    init(_ node: ScanNode, _ table: RecursiveTable) {
        (self.node, self.table) = (node, table)
        super.init(columns: node.columns.map(\.column), inputs: [])
    }

    override var streamCountMax: Int { .max }

    override func prepare(_ run: QueryRun) throws {
        let share = MemoryShare(run.memory)
        self.share = share
        // Rows that a filter may drop do not count towards a limit: then all rounds are needed.
        let wanted = node.filters.isEmpty && node.residual.isEmpty ? node.rowCountMax : nil
        var batches: [ColumnBatch] = []
        try measured(run) { batches = try Recursion(table).rows(run, share, rowCountMax: wanted) }
        var own = node
        own.table = node.table.replacing(MemoryTable(schema: table.schema, batches: batches))
        let scan = ScanOperator(own)
        try scan.prepare(run)
        self.scan = scan
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        guard let scan else { return EmptyStream() }
        return try scan.makeStream(run, worker: worker)
    }
}
