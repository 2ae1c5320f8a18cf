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
        var isEnough: (([ColumnBatch]) throws -> Bool)?
        if let count = node.rowCountMax {
            let wanted = WantedRows(node, table.schema, run, count: count)
            isEnough = { try wanted.add($0) }
        }
        var batches: [ColumnBatch] = []
        try measured(run) { batches = try Recursion(table).rows(run, share, isEnough: isEnough) }
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

/// How many rows a LIMIT wants of a recursion, which may have no end: those that the node's filters let through count.
private final class WantedRows {
    private let node: ScanNode
    private let schema: Schema
    private let run: QueryRun
    private let count: Int
    private var found = 0
    /// Of the last rounds, which no filter has seen yet.
    private var waiting: [ColumnBatch] = []
    private var waitingRoundCount = 0
    private var roundCount = 0
    /// So many times at most the rounds are looked at while their number doubles: each look makes the filters anew.
    private static let lookCount = 64

    init(_ node: ScanNode, _ schema: Schema, _ run: QueryRun, count: Int) {
        var all = node
        all.rowCountMax = nil
        (self.node, self.schema, self.count) = (all, schema, count)
        // Its figures are nobody's: the rows are read once more when they are handed out.
        self.run = QueryRun(
            pool: run.pool, workerCount: 1, context: run.context, cancellation: run.cancellation, memory: run.memory, spill: run.spill, counters: ScanCounters(), isInline: true)
    }

    /// - Returns: whether there are enough with those of this round.
    func add(_ batches: [ColumnBatch]) throws -> Bool {
        guard !node.filters.isEmpty || !node.elementFilters.isEmpty || !node.residual.isEmpty else {
            found = batches.reduce(found) { $0.addingSaturating($1.rowCount) }
            return found >= count
        }
        waiting += batches
        waitingRoundCount += 1
        roundCount += 1
        guard waitingRoundCount >= roundCount / Self.lookCount else { return false }
        found = found.addingSaturating(try passing(waiting))
        (waiting, waitingRoundCount) = ([], 0)
        return found >= count
    }

    private func passing(_ batches: [ColumnBatch]) throws -> Int {
        var own = node
        own.table = node.table.replacing(MemoryTable(schema: schema, batches: batches))
        let scan = ScanOperator(own)
        try scan.prepare(run)
        let stream = try scan.makeStream(run, worker: 0)
        var count = 0
        while let batch = try stream.next() { count = count.addingSaturating(batch.rowCount) }
        return count
    }
}
