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
        var rounds = Rounds(run)
        // Of this run alone: a prepared query may run twice at once.
        let working = WorkingTable(schema: table.schema)
        let step = try Self.reading(working, for: table.working, in: table.step)
        let wanted = node.filters.isEmpty && node.residual.isEmpty ? node.rowCountMax : nil
        var seen: Set<[Value]> = [], all = Gathered(table.schema), rowCount = 0
        var fresh = try new(try rounds.read(table.seed), &seen, share)
        for _ in 0..<Self.roundCountMax {
            if fresh.isEmpty { return all.finished() }
            try run.cancellation.check()
            for batch in fresh {
                rowCount += batch.rowCount
                let byteCount = batch.columns.reduce(0) { $0 + $1.byteCount() }
                guard share.take(byteCount) else { throw QueryError.outOfMemory("the rows of WITH RECURSIVE") }
                all.append(batch, byteCount)
            }
            if let wanted, rowCount >= wanted { return all.finished() }
            working.replace(fresh)
            fresh = try new(try rounds.read(step), &seen, share)
        }
        throw QueryError(.dataError, "WITH RECURSIVE has not come to an end after \(Self.roundCountMax) rounds")
    }

    private static func reading(_ working: WorkingTable, for known: WorkingTable, in plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
        try plan.replacingSources { (source) throws(QueryError) in
            if let own = source as? WorkingTable { return own === known ? working : nil }
            return try (source as? RecursiveTable)?.mapped { (plan) throws(QueryError) in try reading(working, for: known, in: plan) }
        }
    }

    /// Runs the rounds: those that are over at once on this thread, since waking others would take longer than all that they do.
    private struct Rounds {
        private let alone: QueryRun
        private let together: QueryRun
        private var isAlone = true
        /// What takes longer is worth several threads, as the next round is like it.
        private static let aloneNanosecondsMax = 1_000_000

        init(_ run: QueryRun) {
            // Their nodes are none of the plan's: their figures have no place there.
            func made(workerCount: Int, isInline: Bool) -> QueryRun {
                QueryRun(
                    pool: run.pool, workerCount: workerCount, context: run.context, cancellation: run.cancellation, memory: run.memory, spill: run.spill,
                    counters: run.counters, isInline: isInline)
            }
            (alone, together) = (made(workerCount: 1, isInline: true), made(workerCount: run.workerCount, isInline: false))
        }

        mutating func read(_ plan: LogicalPlan) throws -> [ColumnBatch] {
            let start = Int(SteadyClock.nanoseconds())
            let batches = try Self.read(plan, isAlone ? alone : together)
            isAlone = Int(SteadyClock.nanoseconds()) - start <= Self.aloneNanosecondsMax
            return batches
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
    }

    /// The rows of all rounds, in batches that are worth reading: a round may bring one row.
    private struct Gathered {
        private let types: [ColumnType]
        private var batches: [ColumnBatch] = []
        private var small: [ColumnBatch] = []
        private var smallRowCount = 0
        private var smallByteCount = 0
        private static let rowCountMin = 1_024
        private static let byteCountMin = 1 << 20

        init(_ schema: Schema) { types = schema.fields.map(\.type) }

        mutating func append(_ batch: ColumnBatch, _ byteCount: Int) {
            small.append(batch)
            smallRowCount += batch.rowCount
            smallByteCount += byteCount
            if smallRowCount >= Self.rowCountMin || smallByteCount >= Self.byteCountMin { put() }
        }

        private mutating func put() {
            if small.count == 1 {
                batches += small
            } else if !small.isEmpty {
                let columns = types.indices.map { place in Column.concatenating(small.map { $0.columns[place] }, type: types[place]) }
                batches.append(ColumnBatch(rowCount: smallRowCount, columns: columns))
            }
            (small, smallRowCount, smallByteCount) = ([], 0, 0)
        }

        mutating func finished() -> [ColumnBatch] {
            put()
            return batches
        }
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
