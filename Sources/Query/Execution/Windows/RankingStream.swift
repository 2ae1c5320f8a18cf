import ColumnStore

/// row_number, rank and dense_rank, row by row as the rows come in order: a partition of any size needs no memory for them.
/// All three begin anew with each partition. What they are of the row before is all that is kept.
///
/// The input comes sorted by partition and order, so that rows of one partition, and peers within it, follow one another.
/// Keys are compared as bytes of `SortKeys`, of which equal values have the same.
///
/// Invariant: after a row, `rowNumber` is its place in its partition from 1, `rank` that of its first peer, and `denseRank`
/// the number of its group of peers.
final class RankingStream: BatchStream {
    private let input: any BatchStream
    private let calls: [WindowNode.Call]
    private let partition: [Evaluator]
    private let order: [(evaluator: Evaluator, key: SortKey)]
    private let run: QueryRun
    /// Of the row before: its keys, and its answers.
    /// `lastPartition` is nil before the first row.
    private var lastPartition: [UInt8]?
    private var lastOrder: [UInt8] = []
    private var rowNumber: Int64 = 0
    private var rank: Int64 = 0
    private var denseRank: Int64 = 0

    /// Nil when a call needs more than the rows before.
    /// - Parameter makeInput: is called only where it can be done.
    init?(_ node: WindowNode, _ layout: [ColumnID: Int], _ run: QueryRun, _ makeInput: () throws -> any BatchStream) throws {
        guard node.calls.allSatisfy(\.function.definition.looksBackOnly) else { return nil }
        calls = node.calls
        let expressions = node.partition + node.order.map(\.expression)
        let evaluators = try Evaluator.compile(expressions, layout: layout, context: run.context)
        partition = Array(evaluators[..<node.partition.count])
        order = zip(evaluators[node.partition.count...], node.order).map { ($0, $1) }
        self.run = run
        input = try makeInput()
    }

    /// The batch as it came, with a column of each call.
    func next() throws -> ColumnBatch? {
        try run.cancellation.check()
        guard let batch = try input.next() else { return nil }
        var numbers: [[Int64]] = calls.map { _ in [] }
        for index in numbers.indices { numbers[index].reserveCapacity(batch.rowCount) }
        var pieces = BatchPieces(batch)
        while let (_, keys) = try pieces.next(anyError: keys) { number(keys.partitions.keys, keys.orders.keys, &numbers) }
        let added = zip(calls, numbers).map { Column.whole($1, type: $0.column.type, validity: nil) }
        return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + added)
    }

    /// - Throws: what says how many rows to try, where keys do not fit: `BatchPieces` then takes fewer.
    private func keys(_ batch: ColumnBatch) throws -> (partitions: HeldKeys, orders: HeldKeys) {
        let view = RowView(batch)
        let partitions = try HeldKeys.make(
            try partition.map { SortColumn(try $0.evaluate(view)) }, count: batch.rowCount, of: "a window's partitions", run)
        let columns = try order.map {
            SortColumn(try $0.evaluator.evaluate(view), isDescending: $0.key.isDescending, nullsFirst: $0.key.nullsFirst)
        }
        return (partitions, try HeldKeys.make(columns, count: batch.rowCount, of: "a window's order", run))
    }

    /// Numbers rows of whose keys the arrays are: by comparing each with the row before, of which for a batch's first the keys are kept.
    private func number(_ partitions: ByteArrays, _ orders: ByteArrays, _ numbers: inout [[Int64]]) {
        let beginnings = partitions.changes(after: lastPartition), changes = orders.changes(after: lastPartition == nil ? nil : lastOrder)
        for row in 0..<partitions.count {
            if beginnings[row] { (rowNumber, rank, denseRank) = (0, 0, 0) }
            rowNumber += 1
            // The first row of a partition has no peer before it, so that both become 1.
            if beginnings[row] || changes[row] {
                rank = rowNumber
                denseRank += 1
            }
            for (index, call) in calls.enumerated() {
                switch call.function {
                case .rowNumber: numbers[index].append(rowNumber)
                case .rank: numbers[index].append(rank)
                default: numbers[index].append(denseRank)
                }
            }
        }
        lastPartition = Array(partitions[partitions.count - 1])
        lastOrder = Array(orders[orders.count - 1])
    }
}
