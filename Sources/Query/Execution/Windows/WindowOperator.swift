import ColumnStore
import Synchronization

/// Window functions over rows that come sorted by partition and order. Whole partitions are held; those that a batch holds together are
/// computed together. One that does not fit is written to disk and answered from there.
///
/// Together, since partitions may be of a row or two: calls are evaluated over columns, and a batch for each would cost more than its rows. A partition is over when a row of
/// another comes, so the last one of a batch is held until the next.
///
/// The input is a `SortOperator`, by partition, then by the window's order (`PlanBuilder`). Few rows, and those that lie on disk, come in one stream and in their order; many
/// are cut where partitions begin (`WindowParts`), and streams take one part after another. Or it is another window whose order is this one's too (`WindowOrder`): then its
/// streams have whole partitions in their order, and each is read by one of this window's.
///
/// Ranks alone need no partition: `RankingStream` computes them row by row.
final class WindowOperator: PreparedOperator, @unchecked Sendable {
    private let node: WindowNode
    /// Nil where another window's rows are read.
    private let sorted: SortOperator?
    /// Set by `prepare` where several streams may come.
    private var parts: WindowParts?
    /// Of a slice that is put out, and of rows that are laid aside together.
    static let byteCountMax = 4 << 20
    /// Where partitions, peers and frames begin and end, keys of the order, and running totals.
    static let byteCountPerRow = 64

    /// - Parameter input: a sort, or a window by whose order the rows are in this one's.
    init(_ input: PreparedOperator, _ node: WindowNode) {
        self.node = node
        sorted = input as? SortOperator
        super.init(columns: input.columns + node.calls.map(\.column), inputs: [input])
    }

    /// Asked when all is prepared.
    override var streamCountMax: Int { sorted == nil ? inputs[0].streamCountMax : parts == nil ? 1 : .max }

    override func prepare(_ run: QueryRun) throws {
        try super.prepare(run)
        guard let rows = sorted?.sortedRows else { return }
        var divided = node.partition
        if case .shared(let keys, let partitionCount) = node.sorting { divided = keys.prefix(partitionCount).map(\.expression) }
        try measured(run) { parts = try WindowParts(rows, by: divided, inputs[0].layout, run) }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        guard let parts else { return try answers(try inputs[0].stream(run, worker: worker), run) }
        return PartStream(parts) { try self.answers(BoundedStream($0, types: self.inputs[0].columns.map(\.type)), run) }
    }

    /// - Parameter input: whole partitions, in the order of the sort.
    private func answers(_ input: any BatchStream, _ run: QueryRun) throws -> any BatchStream {
        let layout = inputs[0].layout
        if let ranking = try RankingStream(node, layout, run, { input }) { return ranking }
        return try Stream(self, input, node, layout, types: inputs[0].columns.map(\.type), run)
    }

    /// The answers to one part after another, as long as some are left.
    private final class PartStream: BatchStream {
        private let parts: WindowParts
        private let answers: (any BatchStream) throws -> any BatchStream
        private var current: (any BatchStream)?

        init(_ parts: WindowParts, _ answers: @escaping (any BatchStream) throws -> any BatchStream) {
            self.parts = parts
            self.answers = answers
        }

        func next() throws -> ColumnBatch? {
            while true {
                if let batch = try current?.next() { return batch }
                // What the last part held is given back before the next one begins.
                current = nil
                guard let part = parts.next() else { return nil }
                current = try answers(part)
            }
        }
    }

    /// Invariants:
    /// 1. `held` has the rows of the last partition, if it is not over and has not grown too large; `long` has them if it
    ///    has. Not both.
    /// 2. What is put out first comes first: `output`, then `answering`, then `unfit`, then further rows.
    private final class Stream: BatchStream {
        private let owner: WindowOperator
        private let input: any BatchStream
        private let node: WindowNode
        private let types: [ColumnType]
        private let run: QueryRun
        private let partition: [Evaluator]
        private let order: [Evaluator]
        private let calls: [CallEvaluators]
        private let share: MemoryShare
        /// Rows of the partition that is not yet over.
        private var held: [ColumnBatch] = []
        private var heldByteCount = 0
        private var heldRowCount = 0
        /// The partition of the last row that was read; nil before the first.
        private var lastKey: [UInt8]?
        private var isOver = false
        private var output: ColumnBatch?
        /// Of `output`, and of what its calls took.
        private var outputByteCount = 0
        /// What of `output` comes next.
        private var outputPieces: ArraySlice<Range<Int>> = []
        /// The partition whose rows come, when it has grown too large.
        private var long: LongPartition?
        /// What of a batch follows the end of such a partition, and where in it further ones begin.
        private var rest: (ColumnBatch, [Int])?
        /// Partitions that are complete, and turned out too large.
        private var unfit: ArraySlice<LongPartition> = []
        /// The partition of the last row of `unfit`.
        private var lastUnfitKey: [UInt8] = []
        private var answering: LongPartitionStream?
        /// Where they are written.
        private var volume: SpillVolume?

        init(_ owner: WindowOperator, _ input: any BatchStream, _ node: WindowNode, _ layout: [ColumnID: Int], types: [ColumnType], _ run: QueryRun) throws {
            self.owner = owner
            self.input = input
            self.node = node
            self.types = types
            self.run = run
            func make(_ expression: Expression) throws -> Evaluator { try Evaluator(expression, layout: layout, context: run.context) }
            partition = try node.partition.map(make)
            order = try node.order.map { try make($0.expression) }
            calls = try node.calls.map { call in
                CallEvaluators(call: call, arguments: try call.arguments.map(make), filter: try call.filter.map(make))
            }
            share = MemoryShare(run.memory)
        }

        func next() throws -> ColumnBatch? {
            while true {
                if let output, let piece = outputPieces.popFirst() { return output.slice(piece) }
                (output, outputByteCount) = (nil, 0)
                if let batch = try answering?.next() { return batch }
                answering = nil
                if let next = unfit.popFirst() {
                    answering = try answers(of: next)
                    continue
                }
                if isOver { return nil }
                try run.cancellation.check()
                output = try nextPartitions()
            }
        }

        /// Reads until some partitions are complete, and computes them.
        private func nextPartitions() throws -> ColumnBatch? {
            guard let (batch, starts) = try nextRows() else {
                isOver = true
                if let long { answering = try answers(of: long) }
                long = nil
                return held.isEmpty ? nil : try compute(&held)
            }
            // Rows up to the next partition's beginning are its own; what is behind them waits, since its answers come first.
            if let long {
                let end = starts.first ?? batch.rowCount
                if end > 0 { try long.append(end == batch.rowCount ? batch : batch.slice(0..<end)) }
                guard let first = starts.first else { return nil }
                rest = (batch.slice(first..<batch.rowCount), starts.dropFirst().map { $0 - first })
                answering = try answers(of: long)
                self.long = nil
                return nil
            }
            // No partition begins here: all rows are of the one that is held.
            guard let last = starts.last else {
                try hold(batch)
                return nil
            }
            // The rows before the last beginning are of whole partitions, with what was held.
            var complete = held
            if last > 0 { complete.append(batch.slice(0..<last)) }
            held = []
            let output = complete.isEmpty ? nil : try compute(&complete)
            outputByteCount = output == nil ? 0 : share.byteCount
            (heldByteCount, heldRowCount) = (0, 0)
            try hold(last > 0 ? batch.slice(last..<batch.rowCount) : batch)
            return output
        }

        /// The next batch, and where in it partitions begin.
        private func nextRows() throws -> (ColumnBatch, [Int])? {
            if let rest {
                self.rest = nil
                return rest
            }
            guard let batch = try input.next() else { return nil }
            return (batch, try partitionStarts(batch))
        }

        /// Keeps rows of the partition that is not over; where they do not fit, all of it goes to disk.
        private func hold(_ rows: ColumnBatch) throws {
            // A slice would keep the whole batch alive that it is of.
            let batch = rows.compacted()
            held.append(batch)
            heldByteCount += batch.keptByteCount
            heldRowCount += batch.rowCount
            if fits(outputByteCount + heldByteCount + heldRowCount * WindowOperator.byteCountPerRow) { return }
            let long = try makeLong()
            for batch in held { try long.append(batch) }
            held = []
            (heldByteCount, heldRowCount) = (0, 0)
            share.force(to: outputByteCount)
            self.long = long
        }

        /// What would not be worth a file is taken even where it is refused.
        private func fits(_ byteCount: Int) -> Bool {
            if share.resize(to: byteCount) { return true }
            guard byteCount <= run.refusedByteCount else { return false }
            share.force(to: byteCount)
            return true
        }

        // MARK: Partitions that do not fit

        private func makeLong() throws -> LongPartition {
            let volume = try volume ?? SpillVolume(run.spill)
            self.volume = volume
            return try LongPartition(calls, order: zip(order, node.order).map { ($0, $1) }, types: types, in: volume, run)
        }

        /// Ends a partition on disk and begins its answers.
        private func answers(of long: LongPartition) throws -> LongPartitionStream {
            try long.finish()
            owner.spilled(long.byteCount, run)
            return try LongPartitionStream(long, calls, node, run)
        }

        /// Rows that are to be answered from disk: of the last such partition, or of further ones.
        private func layAside(_ rows: ColumnBatch) throws {
            for range in rows.pieces(byteCountMax: WindowOperator.byteCountMax) {
                var pieces = BatchPieces(rows.slice(range), rowCountMax: ColumnBatch.targetRowCount)
                while let (start, keys) = try pieces.next(anyError: partitionKeys) {
                    try layAside(rows, from: range.lowerBound + start, keys.keys)
                }
            }
        }

        /// As many rows as there are keys.
        private func layAside(_ rows: ColumnBatch, from first: Int, _ keys: ByteArrays) throws {
            var start = 0
            while start < keys.count {
                var end = start + 1
                while end < keys.count, keys[end].elementsEqual(keys[start]) { end += 1 }
                if unfit.isEmpty || !lastUnfitKey.elementsEqual(keys[start]) {
                    unfit.append(try makeLong())
                    lastUnfitKey = Array(keys[start])
                }
                try unfit[unfit.endIndex - 1].append(rows.slice((first + start)..<(first + end)))
                start = end
            }
        }

        /// Rows that begin a partition; row 0 only when it differs from the row before the batch.
        private func partitionStarts(_ batch: ColumnBatch) throws -> [Int] {
            var starts: [Int] = []
            var pieces = BatchPieces(batch)
            while let (start, held) = try pieces.next(anyError: partitionKeys) {
                let keys = held.keys
                let isFirst = lastKey == nil
                for (row, isNew) in keys.changes(after: lastKey).enumerated() where isNew && !(isFirst && row == 0) { starts.append(start + row) }
                lastKey = Array(keys[keys.count - 1])
            }
            return starts
        }

        /// Of rows on their way, fewer of which may be asked for.
        private func partitionKeys(_ batch: ColumnBatch) throws -> HeldKeys {
            let view = RowView(batch)
            return try HeldKeys.make(try partition.map { SortColumn(try $0.evaluate(view)) }, count: batch.rowCount, of: "a window's partitions", run)
        }

        /// Of all rows that are held.
        private func allPartitionKeys(_ batch: ColumnBatch) throws -> HeldKeys {
            try HeldKeys.make(try partition.map { SortColumn(try $0.evaluateHeld(batch)) }, count: batch.rowCount, of: "a window's partitions", run)
        }

        /// All rows as one batch; a column at a time, so that only one is there twice. Nil where they do not fit.
        private func joined(_ batches: inout [ColumnBatch]) throws -> ColumnBatch? {
            let rowCount = batches.reduce(0) { $0 + $1.rowCount }
            let byteCounts = types.indices.map { index in batches.reduce(0) { $0 + $1.columns[index].flatByteCount } }
            let copied = batches.count > 1 ? byteCounts.max() ?? 0 : 0
            guard copied < Int(Int32.max), rowCount < Int(Int32.max),
                fits(byteCounts.reduce(copied, +) + rowCount * WindowOperator.byteCountPerRow)
            else { return nil }
            var parts = batches.map(\.columns)
            batches = []
            let columns = types.indices.map { index -> Column in
                let column = Column.concatenating(parts.map { $0[index] }, type: types[index])
                for part in parts.indices { parts[part][index] = .constant(.null, type: types[index], count: 0) }
                return column
            }
            return ColumnBatch(rowCount: rowCount, columns: columns)
        }

        /// The rows with their answers; nil where they are answered from disk.
        private func compute(_ batches: inout [ColumnBatch]) throws -> ColumnBatch? {
            guard let joined = try joined(&batches) else {
                for batch in batches { try layAside(batch) }
                batches = []
                share.force(to: 0)
                return nil
            }
            do {
                return try answered(joined)
            } catch let error as QueryError where error.needsMemory {
                // Found too large only when its calls ran: it is cut into its partitions again.
                try layAside(joined)
                share.force(to: 0)
                return nil
            }
        }

        /// - Throws: an error that `needsMemory` where the calls do not fit.
        private func answered(_ joined: ColumnBatch) throws -> ColumnBatch {
            let rowCount = joined.rowCount
            var sortColumns: [SortColumn] = []
            for (evaluator, key) in zip(order, node.order) {
                sortColumns.append(SortColumn(try evaluator.evaluateHeld(joined), isDescending: key.isDescending, nullsFirst: key.nullsFirst))
            }
            let rows = try WindowRows(partitionKeys: try allPartitionKeys(joined), order: sortColumns, rowCount: rowCount, run)
            var columns = joined.columns
            for call in calls {
                try run.cancellation.check()
                let column = try call.evaluate(joined, rows, run)
                guard fits(share.byteCount + column.flatByteCount) else { throw QueryError.outOfMemory("a partition of a window") }
                columns.append(column)
            }
            let output = ColumnBatch(rowCount: rowCount, columns: columns)
            outputPieces = output.pieces(byteCountMax: WindowOperator.byteCountMax)[...]
            return output
        }
    }
}

/// Where partitions and peers begin and end, row by row.
/// Of whole partitions, sorted; all arrays have `rowCount` entries and hold row numbers.
struct WindowRows {
    let rowCount: Int
    /// The window's order, as columns; empty without ORDER BY, where all rows of a partition are peers.
    let order: [SortColumn]
    /// First row of the row's partition, and the row after its last.
    private(set) var partitionStart: [Int32]
    private(set) var partitionEnd: [Int32]
    /// The same of its peers: rows that the order does not tell apart.
    private(set) var peerStart: [Int32]
    private(set) var peerEnd: [Int32]
    /// The number of its peers among the partition's, from 0.
    private(set) var peerNumber: [Int32]

    /// - Throws: `outOfMemory` for the order's keys.
    init(partitionKeys partitions: HeldKeys, order: [SortColumn], rowCount: Int, _ run: QueryRun) throws(QueryError) {
        self.rowCount = rowCount
        self.order = order
        let orders = try HeldKeys.make(order, count: rowCount, of: "a window's order", run)
        let (partitionKeys, orderKeys) = (partitions.keys, orders.keys)
        partitionStart = Array(repeating: 0, count: rowCount)
        partitionEnd = partitionStart
        peerStart = partitionStart
        peerEnd = partitionStart
        peerNumber = partitionStart
        let (beginnings, changes) = (partitionKeys.changes(after: nil), orderKeys.changes(after: nil))
        for row in 0..<rowCount {
            let isNewPartition = beginnings[row]
            let isNewPeer = isNewPartition || changes[row]
            partitionStart[row] = isNewPartition ? Int32(row) : partitionStart[row - 1]
            peerStart[row] = isNewPeer ? Int32(row) : peerStart[row - 1]
            peerNumber[row] = isNewPartition ? 0 : peerNumber[row - 1] + (isNewPeer ? 1 : 0)
        }
        // Ends are known from behind: a row's is the next one's, as long as both begin alike.
        for row in (0..<rowCount).reversed() {
            let isLast = row == rowCount - 1
            partitionEnd[row] = isLast || partitionStart[row + 1] != partitionStart[row] ? Int32(row + 1) : partitionEnd[row + 1]
            peerEnd[row] = isLast || peerStart[row + 1] != peerStart[row] ? Int32(row + 1) : peerEnd[row + 1]
        }
    }
}
