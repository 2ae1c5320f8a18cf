import ColumnStore
import Synchronization

/// Rows in order. What does not fit in memory is sorted in runs on disk and merged; a small limit keeps the first rows only.
///
/// The steps, on each worker but for the last:
///
/// 1. A batch comes with its keys; with a small limit rows past the last of the first ones known are dropped at once
///    (`threshold`), by the scan itself where the first key is a column of it (`bound`).
/// 2. What is held becomes chunks of 16 MiB. When the budget says no, all of it is sorted and written as one run.
/// 3. At the end each worker sorts what it still holds: in memory if nobody has written a run, else as a run, too.
/// 4. Orders of several workers are merged in memory, runs by `RunMerger`.
///
/// Rows of equal keys come in no order that a query could rely on: workers take batches as they come.
final class SortOperator: PreparedOperator, @unchecked Sendable {
    private let keys: [SortKey]
    /// Rows after `offset`; nil for all.
    private let limit: Int?
    private let offset: Int
    /// Of a top-n; nil where it counts rows alone.
    private let enough: (columns: [Int], byteCount: Int)?
    /// Of a window's rows, where the first of each partition are wanted; nil for all.
    private let ranks: PartitionRanks?
    /// How far the first key's column need be looked at; nil without a limit, or where the key is not a column of the input whose values compare alike everywhere.
    private let bound: (column: ColumnID, place: Int, bound: MovingBound)?
    /// With a small limit the key of the last row that can still be among the first, of all workers' rows: once set, it never rises.
    private let threshold = Mutex<[UInt8]?>(nil)
    /// What the workers have handed over.
    private let collected: Mutex<Collected> = Mutex(Collected())
    /// The rows in order; nil until `prepare`.
    private var output: (any BatchStream)?
    /// All of them, where they lie in memory: who reads them in several streams, as a window does, takes them from here. Nil until `prepare`.
    private(set) var sortedRows: SortedRows?

    /// Past this many rows, keeping the first ones apart while reading costs more than one sort at the end.
    private static let topRowCountMax = 50_000

    /// Safe to send: written under the lock, read when all workers are done.
    /// Invariant: when it is merged, one of `batches` and `runs` is empty: rows lie in memory or on disk, never in both.
    private struct Collected: @unchecked Sendable {
        var batches: [OrderedRows] = []
        var runs: [SpillFile] = []
        var shares: [MemoryShare] = []
    }

    /// - Parameter ranks: not beside a limit.
    init(_ input: PreparedOperator, keys: [SortKey], limit: Int?, offset: Int, enough: EnoughText? = nil, ranks: PartitionRanks? = nil) {
        self.keys = keys
        self.ranks = ranks
        let ids = input.columns.map(\.id)
        let places = enough?.columns.compactMap { expression -> Int? in if case .column(let id, _) = expression { ids.firstIndex(of: id) } else { nil } } ?? []
        self.enough = enough.flatMap { limit == nil || places.isEmpty ? nil : (places, $0.byteCount) }
        self.limit = limit
        self.offset = offset
        // The first rows of one partition are those of all.
        let wantsFirst = limit != nil || ranks?.keyCount == 0
        bound = wantsFirst ? Self.bound(keys, columns: input.columns, countsRowsAlone: self.enough == nil && (ranks.map { $0.first.function == .rowNumber } ?? true)) : nil
        super.init(columns: input.columns, inputs: [input])
    }

    private static func bound(_ keys: [SortKey], columns: [OutputColumn], countsRowsAlone: Bool) -> (column: ColumnID, place: Int, bound: MovingBound)? {
        guard let key = keys.first, case .column(let id, _) = key.expression, let place = columns.firstIndex(where: { $0.id == id }) else { return nil }
        // Rows of the last one's own key need not come where there is no other key. -0 and 0 are equal, and sort apart.
        var takesEqual = keys.count > 1 || !countsRowsAlone
        switch columns[place].type {
        case .int32, .int64, .decimal, .string, .date, .time, .timestamp, .timestampNanoseconds: break
        case .double: takesEqual = true
        default: return nil
        }
        return (id, place, MovingBound(isDescending: key.isDescending, takesNulls: key.nullsFirst, takesEqual: takesEqual))
    }

    override var streamCountMax: Int { 1 }

    /// Not beneath a limit: rows that are left out would let others in.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        if limit == nil, offset == 0, ranks == nil { inputs[0].pushRuntimeFilter(id, filter) }
    }

    override func prepare(_ run: QueryRun) throws {
        // Offset and limit together are kept: what is skipped must be known to be first.
        let top = limit.map { $0.addingSaturating(offset) }.flatMap { $0 <= Self.topRowCountMax ? $0 : nil }
        let rankCount = ranks.flatMap { $0.keyCount > 0 || $0.first.function == .denseRank ? nil : $0.first.count }
        if let count = top ?? rankCount, let key = keys.first, case .column(let id, _) = key.expression {
            inputs[0].pushFirstRows(id, FirstRows(count: count, isDescending: key.isDescending, withTies: keys.count > 1 || ranks?.first.function == .rank))
        }
        if let bound { inputs[0].pushBound(bound.column, bound.bound) }
        try super.prepare(run)
        try measured(run) {
            let workers = Mutex<[Collector]>([])
            try run.drain(inputs[0], dividing: true) { _ in
                let collector = try Collector(self, run, top: top)
                workers.withLock { $0.append(collector) }
                return { try collector.take($0) }
            }
            let collectors = workers.withLock { $0 }
            try run.parallel(collectors.count) { index in
                {
                    try collectors[index].finish()
                    return false
                }
            }
            // Some rows are on disk: the others follow, so that all are runs.
            if collected.withLock({ !$0.runs.isEmpty }) { for collector in collectors { try collector.spill() } }
            try merge(run)
        }
    }

    /// Rows that come need be no later than the last of these: so many are enough.
    private func draw(to sorted: KeyedRows) {
        let last = sorted.batch.rowCount - 1
        let key = Array(sorted.keys[last])
        threshold.withLock { threshold in
            if let known = threshold, !key.lexicographicallyPrecedes(known) { return }
            threshold = key
        }
        if let bound { bound.bound.draw(to: sorted.batch.columns[bound.place].value(at: last)) }
    }

    private func merge(_ run: QueryRun) throws {
        let (batches, runs) = collected.withLock { ($0.batches, $0.runs) }
        let range = offset..<(limit.map { offset.addingSaturating($0) } ?? .max)
        if runs.isEmpty {
            let rows = try SortedRows(batches, types: columns.map(\.type), run)
            sortedRows = rows
            output = SortedStream(rows, range: range, cancellation: run.cancellation)
            collected.withLock { $0.batches = [] }
            return
        }
        spilled(runs.reduce(0) { $0 + $1.byteCount }, run)
        var merger = RunMerger(runs, types: columns.map(\.type), run)
        output = try merger.stream(range)
        collected.withLock { $0.runs = [] }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { output ?? EmptyStream() }

    /// One worker's rows on their way into order.
    ///
    /// Invariants:
    /// 1. `chunks` and then `rows` are what is held, in the order in which it came; `rowCount`, `byteCount` and
    ///    `keyByteCount` are of both, `openByteCount` of `rows`.
    /// 2. After `cut`, one sorted chunk of at most `top` rows is held, or none when it was written.
    /// 3. `keyByteCount` stays where 32-bit offsets reach all keys put end to end.
    /// 4. Of each partition that `tops` has, the rows that are wanted are held or written.
    private final class Collector: @unchecked Sendable {
        // Safe to share: one worker feeds it; `finish` comes after all workers.
        private let owner: SortOperator
        private let run: QueryRun
        private let evaluators: [Evaluator]
        private let top: Int?
        private let share: MemoryShare
        /// Rows that came since the last chunk was made.
        private var rows: [KeyedRows] = []
        private var openByteCount = 0
        /// Rows put end to end, some 16 MiB each.
        private var chunks: [KeyedRows] = []
        private var rowCount = 0
        private var byteCount = 0
        private var keyByteCount = 0
        /// Of the columns by which a reader has enough.
        private var textByteCount = 0
        private var largestRowByteCount = 0
        /// How far partitions are looked at, as far as it is known.
        private var tops: PartitionTops?
        /// With how many rows it is looked for those that are not wanted.
        private var nextCutRowCount = 0
        /// Of the rows that are being taken.
        private var work: MemoryShare?
        /// Where all runs are written.
        private var volume: SpillVolume?
        /// Batches become one in lumps of this size: copying all of them at once would take their memory twice.
        private static let chunkByteCount = 16 << 20
        /// Rows up to this size are never asked for by themselves.
        private static let plainRowByteCountMax = 2 << 20
        /// With its key, in order, and as it is written.
        private static let copiesOfRow = 3
        /// Of fewer rows a cut costs more than it drops.
        private static let cutRowCountMin = 64
        /// The same of partitions, of which there are many, each with some rows.
        private static let partitionsCutRowCountMin = 4_096
        /// Keys of all rows must be within reach of 32-bit offsets.
        private static let keyByteCountMax = Int(Int32.max) - HeldKeys.byteCountMax
        /// While rows are put in order: numbers and prefixes of keys, twice.
        private static let byteCountPerRow = 40

        init(_ owner: SortOperator, _ run: QueryRun, top: Int?) throws {
            self.owner = owner
            self.run = run
            self.top = top
            share = MemoryShare(run.memory)
            if let ranks = owner.ranks { nextCutRowCount = max(4 * ranks.first.count, Self.partitionsCutRowCountMin) }
            var evaluators: [Evaluator] = []
            for key in owner.keys { evaluators.append(try Evaluator(key.expression, layout: owner.inputs[0].layout, context: run.context)) }
            self.evaluators = evaluators
        }

        private var types: [ColumnType] { owner.columns.map(\.type) }

        /// Takes a batch in. All that can fail for its size comes before anything changes: the batch may come again in
        /// pieces.
        /// - Throws: `outOfMemory`, with a number of rows to try where fewer may fit; `spillFull`; what the keys'
        ///   expressions throw.
        func take(_ batch: ColumnBatch) throws {
            if top == 0 || owner.ranks?.first.count == 0 { return }
            // Held until the rows are kept, or written.
            work = try holdWork(rowByteCount: rowByteCount(batch))
            defer { work = nil }
            let view = RowView(batch)
            var sortColumns: [SortColumn] = []
            for (evaluator, key) in zip(evaluators, owner.keys) {
                sortColumns.append(
                    SortColumn(try evaluator.evaluate(view), isDescending: key.isDescending, nullsFirst: key.nullsFirst))
            }
            let keys = try HeldKeys.make(sortColumns, count: batch.rowCount, dividedAt: owner.ranks?.keyCount, of: "ORDER BY", run)
            var added = KeyedRows(batch: batch, keys: keys.keys, prefixes: keys.prefixes)
            if let tops { added = added.filtered(by: tops) }
            if top != nil, let threshold = owner.threshold.withLock({ $0 }) { added = added.filtered(notAfter: threshold) }
            if added.batch.rowCount == 0 { return }
            // Without the room that texts were built with, which would be held too.
            added.batch = added.batch.compacted()
            rows.append(added)
            rowCount += added.batch.rowCount
            byteCount += added.byteCount
            openByteCount += added.byteCount
            keyByteCount += added.keys.byteCount
            if let top, let enough = owner.enough {
                textByteCount += added.textByteCounts(enough.columns).reduce(0, +)
                if textByteCount > enough.byteCount.addingSaturating(Self.chunkByteCount) { return try cut(to: top) }
            }
            // A cut sorts all that is held. It waits for four times the rows that stay, so that a row is sorted a few times
            // at most, and for no more: what is known of the last row spares readers the others.
            if let top, rowCount > max(4 * top, Self.cutRowCountMin) { return try cut(to: top) }
            if let ranks = owner.ranks, rowCount > nextCutRowCount { cut(to: ranks) }
            if openByteCount >= Self.chunkByteCount { closeChunk() }
            if keyByteCount < Self.keyByteCountMax, share.resize(to: neededByteCount) { return }
            if let top, rowCount > top { return try cut(to: top) }
            try makeRoom()
        }

        /// About what a row of the batch takes once codes and constants are laid out. Looked at row by row only where the bound says that it may be much.
        private func rowByteCount(_ batch: ColumnBatch) -> Int {
            let rowCount = max(1, batch.rowCount), bound = batch.flatByteCountBound / rowCount
            return bound <= Self.plainRowByteCountMax ? bound : batch.flatByteCount / rowCount
        }

        /// The memory of a row of many megabytes while it is copied: with its key, into its order, and once more to be written. Smaller rows go in
        /// lumps, which everybody has room for.
        private func holdWork(rowByteCount: Int) throws -> MemoryShare? {
            largestRowByteCount = max(largestRowByteCount, rowByteCount)
            guard rowByteCount > Self.plainRowByteCountMax else { return nil }
            let share = MemoryShare(run.memory)
            guard share.take(Self.copiesOfRow.multipliedSaturating(by: rowByteCount)) else {
                throw QueryError.outOfMemory("rows of \(rowByteCount >> 20) MiB, to bring them into order,")
            }
            return share
        }

        /// What putting the held rows in order takes: their keys a second time, and a lump of rows.
        private var neededByteCount: Int {
            // The first rows are copied twice where they are cut; those of partitions where they are no more than half.
            let copied = top != nil ? byteCount : max(owner.ranks == nil ? 0 : byteCount / 2, min(openByteCount, Self.chunkByteCount))
            return byteCount + copied + keyByteCount + rowCount * Self.byteCountPerRow + (tops?.byteCount ?? 0)
        }

        /// Writes what is held, unless it is so little that others must hold the memory.
        private func makeRoom() throws {
            if byteCount < run.smallByteCount { return share.force(to: neededByteCount) }
            if let ranks = owner.ranks, cut(to: ranks), share.resize(to: neededByteCount) { return }
            try spill()
        }

        /// The rows since the last chunk become one.
        private func closeChunk() {
            guard !rows.isEmpty else { return }
            chunks.append(KeyedRows.joining(rows, types: types))
            rows = []
            openByteCount = 0
        }

        /// Keeps the first `top` rows of what is held.
        private func cut(to top: Int) throws {
            let sorted = KeyedRows.joining(chunks + rows, types: types).sorted(first: top, enough: owner.enough)
            chunks = [sorted]
            rows = []
            rowCount = sorted.batch.rowCount
            byteCount = sorted.byteCount
            openByteCount = 0
            keyByteCount = sorted.keys.byteCount
            if let enough = owner.enough { textByteCount = sorted.textByteCounts(enough.columns).reduce(0, +) }
            if rowCount == top || textByteCount >= owner.enough?.byteCount ?? .max { owner.draw(to: sorted) }
            if !share.resize(to: neededByteCount) { try makeRoom() }
        }

        /// Lets go of the rows that are not wanted of their partitions, where they are half of all at least; fewer are not worth a copy of the others.
        /// - Returns: whether it did.
        @discardableResult private func cut(to ranks: PartitionRanks) -> Bool {
            closeChunk()
            let keys = ByteArrays.joining(chunks.map(\.keys)), prefixes = chunks.flatMap(\.prefixes)
            let (kept, last) = ranks.rows(of: RowOrder.sorted(keys), keys, prefixes)
            tops = PartitionTops(last, keys, prefixes, ranks.first.function)
            let isWorthIt = kept.count <= rowCount / 2
            if isWorthIt {
                let parts = RowParts(chunks.map(\.batch), types: types)
                chunks = []
                var place = 0
                while place < kept.count {
                    let start = place
                    let batch = parts.next(of: kept, from: &place, to: kept.count)
                    let rows = Array(kept[start..<place])
                    chunks.append(KeyedRows(batch: batch, keys: keys.gathering(rows), prefixes: rows.map { prefixes[Int($0)] }))
                }
                rowCount = kept.count
                byteCount = chunks.reduce(0) { $0 + $1.byteCount }
                keyByteCount = chunks.reduce(0) { $0 + $1.keys.byteCount }
                if let bound = owner.bound, !last.isEmpty, let end = chunks.last?.batch { bound.bound.draw(to: end.columns[bound.place].value(at: end.rowCount - 1)) }
            }
            nextCutRowCount = max(4 * rowCount, Self.partitionsCutRowCountMin)
            return isWorthIt
        }

        /// All rows that are held, in order, but for those that are not wanted of their partitions.
        private func order(_ keys: ByteArrays) -> [Int32] {
            let order = RowOrder.sorted(keys)
            return owner.ranks.map { $0.rows(of: order, keys, chunks.flatMap(\.prefixes)).kept } ?? order
        }

        /// Writes what is held as one sorted run.
        func spill() throws {
            // A worker that has finished in memory left its rows there: they go into its run, from `chunks`, which it still
            // has.
            owner.collected.withLock { $0.batches = [] }
            guard rowCount > 0 else { return }
            let own = work == nil ? try holdWork(rowByteCount: largestRowByteCount) : nil
            defer { own?.releaseAll() }
            closeChunk()
            let keys = ByteArrays.joining(chunks.map(\.keys))
            let parts = RowParts(chunks.map(\.withKeyColumn), types: types + [.binary])
            let order = order(keys)
            let volume = try volume ?? SpillVolume(run.spill)
            self.volume = volume
            let file = try SpillFile(run.spill, types: types + [.binary], in: volume)
            var place = 0
            while place < order.count {
                try run.cancellation.check()
                try file.write(parts.next(of: order, from: &place, to: order.count))
            }
            owner.collected.withLock { $0.runs.append(file) }
            chunks = []
            (rowCount, byteCount, keyByteCount) = (0, 0, 0)
            share.releaseAll()
        }

        /// Puts the worker's rows in order.
        func finish() throws {
            if let top, rowCount > top { try cut(to: top) }
            guard rowCount > 0, owner.collected.withLock({ $0.runs.isEmpty }) else { return }
            closeChunk()
            let keys = ByteArrays.joining(chunks.map(\.keys))
            let ordered = OrderedRows(chunks: chunks.map(\.batch), keys: keys, order: order(keys))
            owner.collected.withLock {
                $0.batches.append(ordered)
                $0.shares.append(share)
            }
        }
    }
}
