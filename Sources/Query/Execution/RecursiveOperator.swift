import ColumnStore
import Synchronization

/// Computes the rows of WITH RECURSIVE, round by round until one brings nothing new, and hands them out as a table of memory.
final class RecursiveOperator: PreparedOperator, @unchecked Sendable {
    // Safe to share: `prepare` fills in what streams read.
    private let node: ScanNode
    private let table: RecursiveTable
    private var scan: ScanOperator?
    private var share: MemoryShare?

    /// A query that never ends by itself is ended here, or by its time and memory before.
    private static let roundCountMax = 1_000_000
    private static let keyByteCount = 64

    init(_ node: ScanNode, _ table: RecursiveTable) {
        (self.node, self.table) = (node, table)
        super.init(columns: node.columns.map(\.column), inputs: [])
    }

    override var streamCountMax: Int { .max }

    override func prepare(_ run: QueryRun) throws {
        let share = MemoryShare(run.memory)
        self.share = share
        var batches: [ColumnBatch] = []
        try measured(run) { batches = try rows(run, share) }
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

    private func rows(_ run: QueryRun, _ share: MemoryShare) throws -> [ColumnBatch] {
        // Its nodes are none of the plan's: their figures have no place there.
        let inner = QueryRun(
            pool: run.pool, workerCount: run.workerCount, context: run.context, cancellation: run.cancellation, memory: run.memory, spill: run.spill,
            counters: run.counters)
        // Of this run alone: a prepared query may run twice at once.
        let working = WorkingTable(schema: table.schema)
        let step = try Self.reading(working, for: table.working, in: table.step)
        let wanted = node.filters.isEmpty && node.residual.isEmpty ? node.rowCountMax : nil
        var seen: Set<[Value]> = [], all: [ColumnBatch] = [], rowCount = 0
        var fresh = try new(try Self.read(table.seed, inner), &seen, share)
        for _ in 0..<Self.roundCountMax {
            if fresh.isEmpty { return all }
            try run.cancellation.check()
            all += fresh
            for batch in fresh {
                rowCount += batch.rowCount
                guard share.take(batch.columns.reduce(0) { $0 + $1.byteCount() }) else { throw QueryError.outOfMemory("the rows of WITH RECURSIVE") }
            }
            if let wanted, rowCount >= wanted { return all }
            working.replace(fresh)
            fresh = try new(try Self.read(step, inner), &seen, share)
        }
        throw QueryError(.dataError, "WITH RECURSIVE has not come to an end after \(Self.roundCountMax) rounds")
    }

    private static func reading(_ working: WorkingTable, for known: WorkingTable, in plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
        try plan.replacingSources { (source) throws(QueryError) in
            if let own = source as? WorkingTable { return own === known ? working : nil }
            return try (source as? RecursiveTable)?.mapped { (plan) throws(QueryError) in try reading(working, for: known, in: plan) }
        }
    }

    private static func read(_ plan: LogicalPlan, _ run: QueryRun) throws -> [ColumnBatch] {
        let root = try PlanBuilder().build(plan)
        try root.prepare(run)
        let batches = Mutex<[ColumnBatch]>([])
        try run.drain(root) { _ in
            { batch in if batch.rowCount > 0 { batches.withLock { $0.append(batch) } } }
        }
        return batches.withLock { $0 }
    }

    /// Rows that were not there before; with UNION ALL all of them.
    private func new(_ batches: [ColumnBatch], _ seen: inout Set<[Value]>, _ share: MemoryShare) throws -> [ColumnBatch] {
        let typed = batches.map { batch in
            ColumnBatch(rowCount: batch.rowCount, columns: zip(batch.columns, table.schema.fields).map { $0.retyped($1.type) })
        }
        if table.keepsRepeats { return typed }
        var result: [ColumnBatch] = []
        for batch in typed {
            var rows: [Int32] = []
            for row in 0..<batch.rowCount where seen.insert(batch.columns.map { $0.value(at: row) }).inserted { rows.append(Int32(row)) }
            guard share.take(rows.count * Self.keyByteCount * max(1, batch.columns.count)) else { throw QueryError.outOfMemory("the rows of WITH RECURSIVE") }
            if !rows.isEmpty { result.append(batch.gathering(rows)) }
        }
        return result
    }
}
