import ColumnStore

/// The rounds of a WITH RECURSIVE query, until one brings nothing new. For the rows of a query around it, all of those at a time.
///
/// The evaluation by a working table, as PostgreSQL describes it (<https://www.postgresql.org/docs/15/queries-with.html>):
///
/// 1. The seed is run; its rows are the result so far and the working table.
/// 2. The step is run over the working table alone, never over all rows.
/// 3. What it brings is added to the result and takes the working table's place; with UNION, rows that were there already
///    are dropped first.
/// 4. Rounds go on until one brings nothing.
///
/// `docs/decisions/0045-recursion-and-list-views.md` says why it runs for many outer rows at once.
struct Recursion {
    private let table: RecursiveTable
    /// A query that never ends by itself is ended here, or by its time and memory before.
    private static let roundCountMax = 1_000_000
    /// What a row in `seen` is charged with beside the room of its key: an estimate of an array's head and its place in the set.
    private static let keyByteCount = 96

    init(_ table: RecursiveTable) { self.table = table }

    /// The rows of all rounds, in the order in which they were found.
    ///
    /// - Parameter share: is charged with every row that is kept, and with the keys of UNION; nothing of it is written
    ///   aside.
    /// - Parameter isEnough: is called with the rows that each round brings; once it returns true no further round runs.
    /// - Parameter outer: the outer rows that it runs for, under their numbers.
    /// - Parameter staysHere: on the thread that asks: for a thread of the pool, which must not wait for others.
    /// - Throws: `outOfMemory` when the rows or their keys do not fit; `dataError` past `roundCountMax`; what the queries
    ///   throw.
    func rows(
        _ run: QueryRun, _ share: MemoryShare, isEnough: (([ColumnBatch]) throws -> Bool)? = nil, outer rows: ColumnBatch? = nil, staysHere: Bool = false
    ) throws -> [ColumnBatch] {
        var rounds = Rounds(run, staysHere: staysHere)
        // Of this run alone: a prepared query may run twice at once.
        let working = WorkingTable(schema: table.schema), outer = table.outer.map { WorkingTable(schema: $0.schema) }
        if let rows { outer?.replace([rows]) }
        // The plans name the tables of the prepared query: those that are read in this run take their place by identity.
        func own(_ known: WorkingTable) -> WorkingTable? { known === table.working ? working : known === table.outer ? outer : nil }
        let seed = try Self.reading(own, in: table.seed), step = try Self.reading(own, in: table.step)
        var seen: Set<[UInt8]> = [], all = Gathered(table.schema)
        // Of the working table: what the round has brought stays charged until `share` is, and its batches' heads until the next one is over.
        var round = try rounds.read(seed)
        var fresh = try new(round.taken(), &seen, share)
        for _ in 0..<Self.roundCountMax {
            round.settle(batchCount: fresh.count)
            if fresh.isEmpty { return all.finished() }
            try run.cancellation.check()
            for batch in fresh {
                let flatByteCount = batch.flatByteCount
                guard share.take(all.byteCount(of: batch, flatByteCount)) else { throw QueryError.outOfMemory("the rows of WITH RECURSIVE") }
                all.append(batch, flatByteCount)
            }
            if let isEnough, try isEnough(fresh) { return all.finished() }
            working.replace(fresh)
            // The others' recursion is over: no step is theirs any more.
            if let rows { outer?.replace([Self.rows(rows, of: fresh)]) }
            let next = try rounds.read(step)
            fresh = try new(next.taken(), &seen, share)
            round = next
        }
        throw QueryError(.dataError, "WITH RECURSIVE has not come to an end after \(Self.roundCountMax) rounds")
    }

    /// The outer rows whose numbers are in the first column of what a round has brought.
    /// Keeps the outer rows' order. A number beyond them counts for nothing.
    private static func rows(_ outer: ColumnBatch, of batches: [ColumnBatch]) -> ColumnBatch {
        var isThere = [Bool](repeating: false, count: outer.rowCount)
        for batch in batches {
            for row in 0..<batch.rowCount {
                if case .integer(let number) = batch.columns[0].value(at: row), isThere.indices.contains(Int(number)) { isThere[Int(number)] = true }
            }
        }
        return outer.gathering(isThere.indices.filter { isThere[$0] }.map { Int32($0) })
    }

    /// The plan with its working tables replaced by those of this run, in nested recursive tables as well; `own` gives nil
    /// for a table that is another's.
    private static func reading(_ own: (WorkingTable) -> WorkingTable?, in plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
        try plan.replacingSources { (source) throws(QueryError) in
            if let known = source as? WorkingTable { return own(known) }
            return try (source as? RecursiveTable)?.mapped { (plan) throws(QueryError) in try reading(own, in: plan) }
        }
    }

    /// Runs the rounds: those that are over at once on this thread, since waking others would take longer than all that they do.
    ///
    /// Invariant: once a round was slow, later ones run on all workers until one is fast again; with `staysHere` none ever
    /// does.
    private struct Rounds {
        /// One worker, on the thread that asks.
        private let alone: QueryRun
        /// All workers of the pool.
        private let together: QueryRun
        private let staysHere: Bool
        private var isAlone = true
        /// What takes longer is worth several threads, as the next round is like it.
        private static let aloneNanosecondsMax = 1_000_000

        init(_ run: QueryRun, staysHere: Bool) {
            self.staysHere = staysHere
            // Their nodes are none of the plan's: their figures have no place there.
            func made(workerCount: Int, isInline: Bool) -> QueryRun {
                QueryRun(
                    pool: run.pool, workerCount: workerCount, context: run.context, cancellation: run.cancellation, memory: run.memory, spill: run.spill,
                    counters: run.counters, isInline: isInline)
            }
            (alone, together) = (made(workerCount: 1, isInline: true), made(workerCount: run.workerCount, isInline: false))
        }

        /// One round: the batches that a plan gives. Blocks until all of them are there.
        /// - Throws: `outOfMemory` as soon as they do not fit; what the plan throws.
        mutating func read(_ plan: LogicalPlan) throws -> RecursionRound {
            let start = Int(SteadyClock.nanoseconds())
            let round = try Self.read(plan, isAlone ? alone : together)
            isAlone = staysHere || Int(SteadyClock.nanoseconds()) - start <= Self.aloneNanosecondsMax
            return round
        }

        private static func read(_ plan: LogicalPlan, _ run: QueryRun) throws -> RecursionRound {
            // Operators are made for one run each, so a round builds its own: their tables of keys and groups hold what the
            // last round found.
            let root = try PlanBuilder().build(plan)
            // Errors of the last round's rows are none of this one's.
            run.context.deferred?.removeAll()
            try root.prepare(run)
            let round = RecursionRound(run.memory)
            try run.drain(root) { _ in
                { batch in if batch.rowCount > 0 { try round.append(batch) } }
            }
            return round
        }
    }

    /// The rows of all rounds, in batches that are worth reading: a round may bring one row.
    ///
    /// Small batches become one, laid flat; of larger ones each stays what it is, codes and constants among them.
    ///
    /// Invariant: `small` holds fewer than `rowCountMin` rows and fewer than `byteCountMin` bytes between two calls.
    private struct Gathered {
        private let types: [ColumnType]
        /// Ready to be handed out.
        private var batches: [ColumnBatch] = []
        /// Batches of the last rounds that wait to become one.
        private var small: [ColumnBatch] = []
        private var smallRowCount = 0
        private var smallByteCount = 0
        /// Those of `batches`.
        private var dictionaries: Set<ObjectIdentifier> = []
        private static let rowCountMin = 1_024
        private static let byteCountMin = 1 << 20

        init(_ schema: Schema) { types = schema.fields.map(\.type) }

        private func isSmall(_ batch: ColumnBatch, _ flatByteCount: Int) -> Bool { batch.rowCount < Self.rowCountMin && flatByteCount < Self.byteCountMin }

        /// What a batch takes once it is appended.
        ///
        /// - Parameter flatByteCount: the batch's.
        mutating func byteCount(of batch: ColumnBatch, _ flatByteCount: Int) -> Int {
            if isSmall(batch, flatByteCount) { return flatByteCount }
            var byteCount = RecursionRound.batchByteCount
            for column in batch.columns {
                byteCount = byteCount.addingSaturating(column.roundByteCount)
                // Whoever made it lets go of it with the round.
                guard case .dictionary(_, let dictionary) = column.values, dictionaries.insert(ObjectIdentifier(dictionary)).inserted else { continue }
                byteCount = byteCount.addingSaturating(dictionary.values.byteCount())
            }
            return byteCount
        }

        /// - Precondition: `byteCount` was asked for the batch.
        mutating func append(_ batch: ColumnBatch, _ flatByteCount: Int) {
            guard isSmall(batch, flatByteCount) else {
                put()
                // Codes within are charged as what they are laid out to, and their dictionaries, which may be far larger, go with the round.
                let columns = batch.columns.map { $0.type.isNested && $0.constantValue == nil ? $0.flattened() : $0 }
                return batches.append(ColumnBatch(rowCount: batch.rowCount, columns: columns))
            }
            // A dictionary that few rows came with may be far larger than they are.
            small.append(ColumnBatch(rowCount: batch.rowCount, columns: batch.columns.map { $0.flattened() }))
            smallRowCount += batch.rowCount
            smallByteCount += flatByteCount
            if smallRowCount >= Self.rowCountMin || smallByteCount >= Self.byteCountMin { put() }
        }

        /// Makes the waiting batches one, if there are several.
        private mutating func put() {
            if small.count == 1 {
                batches += small
            } else if !small.isEmpty {
                let columns = types.indices.map { place in Column.concatenating(small.map { $0.columns[place] }, type: types[place]) }
                batches.append(ColumnBatch(rowCount: smallRowCount, columns: columns))
            }
            (small, smallRowCount, smallByteCount) = ([], 0, 0)
        }

        /// All rows in the order in which they were appended.
        mutating func finished() -> [ColumnBatch] {
            put()
            return batches
        }
    }

    /// Rows that were not there before; with UNION ALL all of them.
    ///
    /// Rows are the same as in DISTINCT: NULLs equal each other, and so do NaNs, a month and 30 days, and 1 and 1.0 of documents. Whoever meets a
    /// row first keeps it, within a round too.
    private func new(_ batches: [ColumnBatch], _ seen: inout Set<[UInt8]>, _ share: MemoryShare) throws -> [ColumnBatch] {
        let typed = batches.map { batch in
            // Seed and step may differ from the table in the types of their columns, never in how these lie.
            ColumnBatch(rowCount: batch.rowCount, columns: zip(batch.columns, table.schema.fields).map { $0.retyped($1.type) })
        }
        if table.keepsRepeats { return typed }
        var result: [ColumnBatch] = []
        for batch in typed {
            var rows: [Int32] = []
            // The memory is asked for once per batch, after its rows are in the set: a batch is the most that goes uncounted.
            var byteCount = 0
            for row in 0..<batch.rowCount {
                let key = Self.key(of: row, in: batch)
                guard seen.insert(key).inserted else { continue }
                rows.append(Int32(row))
                byteCount = byteCount.addingSaturating(key.capacity + Self.keyByteCount)
            }
            if rows.isEmpty { continue }
            guard share.take(byteCount) else { throw QueryError.outOfMemory("the rows of WITH RECURSIVE") }
            result.append(batch.gathering(rows))
        }
        return result
    }

    /// Bytes that are equal for rows whose values are. One value's are the beginning of no other's, so that none need stand between them.
    private static func key(of row: Int, in batch: ColumnBatch) -> [UInt8] {
        var key: [UInt8] = []
        for column in batch.columns { ValueKey.append(column.value(at: row), column.type, to: &key) }
        return key
    }
}
