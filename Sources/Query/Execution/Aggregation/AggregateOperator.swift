import ColumnStore
import Synchronization

/// GROUP BY. Each worker groups what it reads. Few groups are then merged in one go; many lie by parts of the hash space, which are merged
/// in parallel, one part at a time to a worker, so that tables stay small whatever the number of groups.
///
/// 1. Each worker takes batches into tables of its own, one for each grouping set (`AggregateWorker`); sets with fewer keys are made of the
///    groups of others (`GroupingSetOrder`).
/// 2. If all tables stayed small, one stream for each set takes the workers' tables into one (`Work.whole`).
/// 3. Else keys and states lie in 32 parts by the upper bits of the keys' hash; streams take part after part (`Work.parts`)
///    and split one that does not fit by the next bits.
/// 4. Groups without states that have grown many are bits (`DistinctRows`), joined pair by pair and put out in pieces
///    (`Work.rows`).
///
/// Invariant: a group lies in one piece of work, so that no two streams put it out. `docs/decisions/0015-grouping.md` has
/// the measurements, and what else was tried (Leis et al., "Morsel-driven parallelism", SIGMOD 2014; Kuiper, Boncz,
/// Mühleisen, "Robust external hash aggregation", ICDE 2024).
final class AggregateOperator: PreparedOperator, @unchecked Sendable {
    let node: AggregateNode
    /// One for each grouping set: places in the node's groups.
    let sets: [[Int]]
    /// Which of them are made of others.
    let setOrder: GroupingSetOrder
    /// In the order in which they began; empty once their groups are in parts.
    private let workers: Mutex<[AggregateWorker]> = Mutex([])
    /// The rows that are needed of all; nil: every one. Set before `prepare`.
    private var first: (id: ColumnID, rows: FirstRows)?
    /// What streams are still to do, the next last.
    private let work: Mutex<[Work]> = Mutex([])

    /// What one worker brings together and puts out.
    private enum Work {
        /// The groups of one set: few, so that each worker has them whole.
        case whole(set: Int)
        /// Groups of one part of the hash space.
        /// `depth` is how often the parts were split: 0 of those that workers made.
        case parts(set: Int, [GroupPart], depth: Int)
        /// Some of the distinct rows of all workers.
        case rows(DistinctRows.Output, Range<Int>)
    }

    /// Groups that are merged at once even where memory is short.
    private static let mergedRowCountMin = 512
    /// Of a key or a state for one row: a sum with its count takes most.
    private static let laidOutByteCount = 32
    /// Of a part's rows, those for which slots are laid out at once: 4 MiB of them.
    private static let expectedRowCountMax = 1 << 18
    /// Below, one merge is faster than handing out parts.
    private static let parallelMergeGroupCount = 20_000

    init(_ input: PreparedOperator, _ node: AggregateNode) {
        self.node = node
        sets = node.groupingSets ?? [Array(node.groups.indices)]
        setOrder = GroupingSetOrder(sets, derives: sets.count > 1 && node.aggregates.allSatisfy(AggregatorFactory.hasSmallStates))
        super.init(
            columns: node.groups.map(\.column) + (node.groupingColumn.map { [$0] } ?? []) + node.aggregates.map(\.column),
            inputs: [input])
    }

    override var streamCountMax: Int { .max }

    /// Rows of groups that the plan above drops need not be grouped.
    ///
    /// Only through a key that is a column as it is, and not with several sets: where a set leaves the key out, the rows
    /// count all the same.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        guard sets.count == 1, let group = node.groups.first(where: { $0.column.id == id }), case .column(let source, let type) = group.expression,
            type == group.column.type
        else { return }
        inputs[0].pushRuntimeFilter(source, filter)
    }

    override func pushFirstRows(_ id: ColumnID, _ rows: FirstRows) { first = (id, rows) }

    /// Empty groups of a set.
    /// - Throws: `dataError` for a percentile's fraction that is none.
    /// - Parameter seldom: as many rows will come, of which few are of one group; nil where that is not known.
    func makeGroups(_ set: Int, seldom rowCount: Int? = nil) throws(QueryError) -> GroupStates {
        try GroupStates(types: sets[set].map { node.groups[$0].expression.type }, calls: node.aggregates, seldom: rowCount)
    }

    /// Reads the input whole, and lays out what streams are to do.
    /// - Throws: what the expressions and states throw; `outOfMemory` for one group that does not fit; `spillFull`.
    override func prepare(_ run: QueryRun) throws {
        try super.prepare(run)
        try measured(run) {
            try run.drain(inputs[0], dividing: true) { _ in
                let worker = try AggregateWorker(self, run)
                self.workers.withLock { $0.append(worker) }
                return { try worker.take($0) }
            }
            let workers = self.workers.withLock { $0 }
            if setOrder.roots.count < sets.count {
                try run.parallel(workers.count) { index in
                    {
                        try workers[index].complete()
                        return false
                    }
                }
            }
            let isParted = workers.contains(where: \.isParted)
            if !isParted, let output = try joined(workers, run) {
                work.withLock { $0 = output.pieces.reversed().map { .rows(output, $0) } }
            } else if isParted || workers.count > 1 && workers.contains(where: { $0.groupCount > Self.parallelMergeGroupCount }) {
                try part(workers, run)
            } else {
                work.withLock { $0 = sets.indices.reversed().map { .whole(set: $0) } }
            }
        }
    }

    /// The distinct rows of all workers in one; nil where there are groups only, or all do not fit together.
    /// - Returns: what comes out of the first worker, which has all rows then.
    private func joined(_ workers: [AggregateWorker], _ run: QueryRun) throws -> DistinctRows.Output? {
        // Those with groups only come last, and are taken in like others.
        var rest = workers.filter { $0.distinct != nil } + workers.filter { $0.distinct == nil }
        guard let first = rest.first, first.distinct != nil else { return nil }
        while rest.count > 1 {
            // The first half takes in the second, each one another.
            let half = (rest.count + 1) / 2
            try run.parallel(rest.count - half) { [rest] index in
                {
                    try rest[index].absorb(rest[index + half])
                    return false
                }
            }
            guard rest[half...].allSatisfy({ $0.groupCount == 0 }) else { return nil }
            rest.removeLast(rest.count - half)
        }
        return first.distinct?.output()
    }

    /// Lays all groups into parts: the same parts of all workers are then merged together.
    private func part(_ workers: [AggregateWorker], _ run: QueryRun) throws {
        try run.parallel(workers.count) { index in
            {
                try workers[index].finish()
                return false
            }
        }
        // Merging needs memory: waiting parts must not take all of it.
        if run.memory.usedByteCount > run.memory.byteCountMax / 2 {
            for worker in workers { for set in worker.parts { for part in set { try part.spill() } } }
        }
        spilled(workers.reduce(0) { $0 + $1.spilledByteCount }, run)
        var all: [Work] = []
        for set in sets.indices {
            for part in 0..<GroupPart.countPerLevel {
                let parts = workers.map { $0.parts[set][part] }.filter { !$0.isEmpty }
                if !parts.isEmpty { all.append(.parts(set: set, parts, depth: 0)) }
            }
        }
        work.withLock { $0 = all.reversed() }
        self.workers.withLock { $0 = [] }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { Stream(self, run) }

    // MARK: Merging

    /// The groups of all workers: few, so that nothing is in parts.
    /// The first worker's own, into which those of the others are taken: nothing of it is copied.
    private func mergedWhole(_ set: Int, _ share: MemoryShare, _ run: QueryRun) throws -> GroupStates {
        let workers = workers.withLock { $0 }
        if workers.count == 1 { return workers[0].groupings[set] }
        guard let first = workers.first else { return try makeGroups(set) }
        let groups = try first.takeGroups(set)
        try groups.checkWhole(share, run)
        for worker in workers.dropFirst() {
            let other = try worker.takeGroups(set)
            // Both are there until all of one is in the other.
            let held = groups.byteCount + other.byteCount
            // What they grow by is a bound that few come near: where it is not to be had, what was had before will do.
            if !share.resize(to: held + groups.growth(absorbing: other)), !share.resize(to: held) { try groups.writeAside(run) }
            try groups.absorb(other)
            try groups.checkWhole(share, run)
        }
        return groups
    }

    /// The groups of one part; nil when they did not fit and were split: their parts are then more work.
    ///
    /// As long as `split` is empty groups are merged in `groups`; from then on whatever comes goes to the parts of `split`,
    /// on disk.
    ///
    /// - Throws: `outOfMemory` for one group that does not fit; `spillFull`; what merging states throws.
    private func merged(_ set: Int, _ parts: [GroupPart], depth: Int, _ share: MemoryShare, _ run: QueryRun) throws -> GroupStates? {
        // Rows that were split wait for memory: none is laid out before they come.
        let expected = depth > 0 ? 0 : min(parts.reduce(0) { $0 + $1.rowCount }, Self.expectedRowCountMax)
        // Slots of 8 bytes, at most four a row, and keys and states.
        let laidOut = expected * (32 + Self.laidOutByteCount * (sets[set].count + node.aggregates.count))
        var groups = try makeGroups(set, seldom: laidOut <= run.smallByteCount && share.resize(to: laidOut) ? expected : 0)
        var split: [GroupPart] = []
        func divide(_ batch: ColumnBatch) throws {
            try GroupPart.distribute(batch, keyCount: groups.keyCount, depth: depth + 1, over: split)
        }
        func begin() throws {
            split = GroupPart.make(run, types: groups.types)
            for part in split { try part.spill() }
            try divide(groups.export())
            groups = try makeGroups(set, seldom: 0)
            share.releaseAll()
        }
        // Splitting what is small frees nothing worth it: others hold the memory. One group cannot be split, and what lies on disk is out of the way.
        func mustSplit(_ byteCount: Int) -> Bool {
            !share.resize(to: byteCount) && groups.count > 1 && groups.byteCount > run.smallByteCount && depth < GroupPart.depthMax
                && !groups.isAside
        }
        func take(_ batch: ColumnBatch) throws {
            if !split.isEmpty { return try divide(batch) }
            let growth = groups.growth(by: Array(batch.columns[..<groups.keyCount]), count: batch.rowCount) + groups.growth(merging: batch)
            if mustSplit(groups.byteCount + growth) {
                // All of its rows may be new, which few batches' are: with fewer the bound is nearer.
                if batch.rowCount > Self.mergedRowCountMin {
                    let middle = batch.rowCount / 2
                    try take(batch.slice(0..<middle))
                    return try take(batch.slice(middle..<batch.rowCount))
                }
                try begin()
                return try divide(batch)
            }
            try groups.merge(batch)
            if mustSplit(groups.byteCount + groups.exportByteCount) { return try begin() }
            if share.byteCount < groups.byteCount { try groups.checkWhole(share, run) }
        }
        for part in parts {
            try part.consume { batch in
                try run.cancellation.check()
                try take(batch)
            }
        }
        if split.isEmpty { return groups }
        spilled(split.reduce(0) { $0 + $1.spilledByteCount }, run)
        let more = split.filter { !$0.isEmpty }.map { Work.parts(set: set, [$0], depth: depth + 1) }
        work.withLock { $0 += more }
        return nil
    }

    /// What comes of some work; nil where that is more work.
    private func answers(_ work: Work, _ share: MemoryShare, _ run: QueryRun) throws -> ColumnBatch? {
        switch work {
        case .rows(let output, let piece): return answers(output.batch(piece), 0, [])
        case .whole(let set):
            let groups = try mergedWhole(set, share, run)
            spilled(groups.asideByteCount, run)
            return try answers(groups, set)
        case .parts(let set, let parts, let depth):
            guard let groups = try merged(set, parts, depth: depth, share, run) else { return nil }
            spilled(groups.asideByteCount, run)
            return try answers(groups, set)
        }
    }

    private func answers(_ groups: GroupStates, _ set: Int) throws -> ColumnBatch {
        if let first, let call = node.aggregates.firstIndex(where: { $0.column.id == first.id }) {
            // Answered for all groups, by which those are found that the others are answered for.
            let answers = try groups.finish(call)
            if let rows = first.rows.rows(of: answers) {
                let some = try groups.finish(rows, known: (call, answers))
                return self.answers(some.keys, set, some.answers)
            }
            let all = try node.aggregates.indices.map { $0 == call ? answers : try groups.finish($0) }
            return self.answers(ColumnBatch(rowCount: groups.count, columns: groups.keyColumns), set, all)
        }
        return answers(ColumnBatch(rowCount: groups.count, columns: groups.keyColumns), set, try groups.finish())
    }

    /// The output's columns: keys (NULL where the set leaves one out), GROUPING's bits, the calls' answers.
    ///
    /// - Parameters:
    ///   - rows: the set's keys.
    ///   - results: of each call.
    private func answers(_ rows: ColumnBatch, _ set: Int, _ results: [Column]) -> ColumnBatch {
        let (count, keys) = (rows.rowCount, rows.columns)
        var result: [Column] = []
        for (index, group) in node.groups.enumerated() {
            if let place = sets[set].firstIndex(of: index) {
                result.append(keys[place].retyped(group.column.type))
            } else {
                result.append(.constant(.null, type: group.column.type, count: count))
            }
        }
        if let column = node.groupingColumn {
            // The first key is the highest bit; 1 where the set leaves it out:
            // <https://www.postgresql.org/docs/15/functions-aggregate.html#FUNCTIONS-GROUPING-TABLE>.
            var bits: Int64 = 0
            for index in node.groups.indices.suffix(AggregateNode.groupingBitCountMax) { bits = bits << 1 | (sets[set].contains(index) ? 0 : 1) }
            result.append(.constant(.integer(bits), type: column.type, count: count))
        }
        for (call, column) in zip(node.aggregates, results) { result.append(column.retyped(call.column.type)) }
        return ColumnBatch(rowCount: count, columns: result)
    }

    /// One worker's turn at the work that is left. Whoever comes takes the next piece, and puts its groups out a slice at a
    /// time.
    private final class Stream: BatchStream {
        private let owner: AggregateOperator
        private let run: QueryRun
        /// Of the groups at hand.
        private let share: MemoryShare
        private var batch: ColumnBatch?
        /// What of `batch` comes next.
        private var pieces: ArraySlice<Range<Int>> = []
        private static let rowCountMax = 4 * ColumnBatch.targetRowCount
        private static let byteCountMax = 4 << 20

        init(_ owner: AggregateOperator, _ run: QueryRun) {
            self.owner = owner
            self.run = run
            share = MemoryShare(run.memory)
        }

        func next() throws -> ColumnBatch? {
            while true {
                if let batch, let piece = pieces.popFirst() { return batch.slice(piece) }
                batch = nil
                share.releaseAll()
                try run.cancellation.check()
                // Another stream may yet split a part: it then does that work itself.
                guard let work = owner.work.withLock({ $0.popLast() }) else { return nil }
                guard let answers = try owner.answers(work, share, run) else { continue }
                pieces = answers.pieces(byteCountMax: Self.byteCountMax, rowCountMax: Self.rowCountMax)[...]
                batch = answers
            }
        }
    }
}
