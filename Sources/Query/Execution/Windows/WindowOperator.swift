import ColumnStore

/// Window functions over rows that come sorted by partition and order. Whole partitions are held; those that a batch holds together are
/// computed together.
final class WindowOperator: PreparedOperator, @unchecked Sendable {
    private let node: WindowNode

    init(_ sorted: PreparedOperator, _ node: WindowNode) {
        self.node = node
        super.init(columns: sorted.columns + node.calls.map(\.column), inputs: [sorted])
    }

    override var streamCountMax: Int { 1 }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let layout = inputs[0].layout
        if let ranking = try RankingStream(node, layout, run, { try self.inputs[0].stream(run, worker: worker) }) { return ranking }
        return try Stream(try inputs[0].stream(run, worker: worker), node, layout, types: inputs[0].columns.map(\.type), run)
    }

    private final class Stream: BatchStream {
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
        private var lastKey: [UInt8]?
        private var isOver = false
        private var output: ColumnBatch?
        /// Of `output`, and of what its calls took.
        private var outputByteCount = 0
        /// What of `output` comes next.
        private var outputPieces: ArraySlice<Range<Int>> = []
        private static let byteCountMax = 4 << 20
        /// Where partitions, peers and frames begin and end, keys of the order, and running totals.
        private static let byteCountPerRow = 64

        init(_ input: any BatchStream, _ node: WindowNode, _ layout: [ColumnID: Int], types: [ColumnType], _ run: QueryRun) throws {
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
                if isOver { return nil }
                try run.cancellation.check()
                output = try nextPartitions()
            }
        }

        /// Reads until some partitions are complete, and computes them.
        private func nextPartitions() throws -> ColumnBatch? {
            guard let batch = try input.next() else {
                isOver = true
                return held.isEmpty ? nil : try compute(&held)
            }
            let starts = try partitionStarts(batch)
            guard let last = starts.last else {
                try hold(batch)
                return nil
            }
            var complete = held
            if last > 0 { complete.append(batch.slice(0..<last)) }
            held = []
            let output = complete.isEmpty ? nil : try compute(&complete)
            outputByteCount = output == nil ? 0 : share.byteCount
            (heldByteCount, heldRowCount) = (0, 0)
            try hold(last > 0 ? batch.slice(last..<batch.rowCount) : batch)
            return output
        }

        private func hold(_ rows: ColumnBatch) throws {
            let batch = rows.compacted()
            held.append(batch)
            heldByteCount += batch.keptByteCount
            heldRowCount += batch.rowCount
            try take(outputByteCount + heldByteCount + heldRowCount * Self.byteCountPerRow)
        }

        /// A partition must be whole, in memory: there it fits, or the query is refused.
        private func take(_ byteCount: Int) throws {
            if share.resize(to: byteCount) { return }
            guard byteCount <= GroupPart.refusedByteCount(run) else { throw QueryError.outOfMemory("a partition of a window") }
            share.force(to: byteCount)
        }

        /// Rows that begin a partition; row 0 only when it differs from the row before the batch.
        private func partitionStarts(_ batch: ColumnBatch) throws -> [Int] {
            let keys = try partitionKeys(batch)
            var starts: [Int] = []
            for row in 0..<batch.rowCount {
                if row == 0 {
                    if let lastKey, !keys[0].elementsEqual(lastKey) { starts.append(0) }
                } else if !keys[row].elementsEqual(keys[row - 1]) {
                    starts.append(row)
                }
            }
            lastKey = Array(keys[batch.rowCount - 1])
            return starts
        }

        private func partitionKeys(_ batch: ColumnBatch) throws -> ByteArrays {
            return SortKeys.encode(try partition.map { SortColumn(try $0.evaluateHeld(batch)) }, count: batch.rowCount)
        }

        /// All rows as one batch; a column at a time, so that only one is there twice.
        private func joined(_ batches: inout [ColumnBatch]) throws -> ColumnBatch {
            let rowCount = batches.reduce(0) { $0 + $1.rowCount }
            let byteCounts = types.indices.map { index in batches.reduce(0) { $0 + $1.columns[index].flatByteCount } }
            let copied = batches.count > 1 ? byteCounts.max() ?? 0 : 0
            try take(byteCounts.reduce(copied, +) + rowCount * Self.byteCountPerRow)
            guard copied < Int(Int32.max) else { throw QueryError.outOfMemory("a partition of a window") }
            var parts = batches.map(\.columns)
            batches = []
            let columns = types.indices.map { index -> Column in
                let column = Column.concatenating(parts.map { $0[index] }, type: types[index])
                for part in parts.indices { parts[part][index] = .constant(.null, type: types[index], count: 0) }
                return column
            }
            return ColumnBatch(rowCount: rowCount, columns: columns)
        }

        private func compute(_ batches: inout [ColumnBatch]) throws -> ColumnBatch {
            let joined = try joined(&batches)
            let rowCount = joined.rowCount
            var sortColumns: [SortColumn] = []
            for (evaluator, key) in zip(order, node.order) {
                sortColumns.append(SortColumn(try evaluator.evaluateHeld(joined), isDescending: key.isDescending, nullsFirst: key.nullsFirst))
            }
            let rows = WindowRows(partitionKeys: try partitionKeys(joined), order: sortColumns, rowCount: rowCount)
            var columns = joined.columns
            for call in calls {
                try run.cancellation.check()
                let column = try call.evaluate(joined, rows, run)
                try take(share.byteCount + column.flatByteCount)
                columns.append(column)
            }
            let output = ColumnBatch(rowCount: rowCount, columns: columns)
            outputPieces = output.pieces(byteCountMax: Self.byteCountMax)[...]
            return output
        }
    }
}

/// Where partitions and peers begin and end, row by row.
struct WindowRows {
    let rowCount: Int
    let order: [SortColumn]
    /// First row of the row's partition, and the row after its last.
    private(set) var partitionStart: [Int32]
    private(set) var partitionEnd: [Int32]
    /// The same of its peers: rows that the order does not tell apart.
    private(set) var peerStart: [Int32]
    private(set) var peerEnd: [Int32]
    /// The number of its peers among the partition's, from 0.
    private(set) var peerNumber: [Int32]

    init(partitionKeys: ByteArrays, order: [SortColumn], rowCount: Int) {
        self.rowCount = rowCount
        self.order = order
        let orderKeys = SortKeys.encode(order, count: rowCount)
        partitionStart = Array(repeating: 0, count: rowCount)
        partitionEnd = partitionStart
        peerStart = partitionStart
        peerEnd = partitionStart
        peerNumber = partitionStart
        for row in 0..<rowCount {
            let isNewPartition = row == 0 || !partitionKeys[row].elementsEqual(partitionKeys[row - 1])
            let isNewPeer = isNewPartition || !orderKeys[row].elementsEqual(orderKeys[row - 1])
            partitionStart[row] = isNewPartition ? Int32(row) : partitionStart[row - 1]
            peerStart[row] = isNewPeer ? Int32(row) : peerStart[row - 1]
            peerNumber[row] = isNewPartition ? 0 : peerNumber[row - 1] + (isNewPeer ? 1 : 0)
        }
        for row in (0..<rowCount).reversed() {
            let isLast = row == rowCount - 1
            partitionEnd[row] = isLast || partitionStart[row + 1] != partitionStart[row] ? Int32(row + 1) : partitionEnd[row + 1]
            peerEnd[row] = isLast || peerStart[row + 1] != peerStart[row] ? Int32(row + 1) : peerEnd[row + 1]
        }
    }
}
