import ColumnStore

/// row_number, rank and dense_rank, row by row as the rows come in order: a partition of any size needs no memory for them.
final class RankingStream: BatchStream {
    private let input: any BatchStream
    private let calls: [WindowNode.Call]
    private let partition: [Evaluator]
    private let order: [(evaluator: Evaluator, key: SortKey)]
    private let cancellation: Cancellation
    /// Of the row before: its keys, and its answers.
    private var lastPartition: [UInt8]?
    private var lastOrder: [UInt8] = []
    private var rowNumber: Int64 = 0
    private var rank: Int64 = 0
    private var denseRank: Int64 = 0

    /// Nil when a call needs more than the rows before.
    init?(_ node: WindowNode, _ layout: [ColumnID: Int], _ run: QueryRun, _ makeInput: () throws -> any BatchStream) throws {
        guard node.calls.allSatisfy(\.function.definition.looksBackOnly) else { return nil }
        calls = node.calls
        let expressions = node.partition + node.order.map(\.expression)
        let evaluators = try Evaluator.compile(expressions, layout: layout, context: run.context)
        partition = Array(evaluators[..<node.partition.count])
        order = zip(evaluators[node.partition.count...], node.order).map { ($0, $1) }
        cancellation = run.cancellation
        input = try makeInput()
    }

    func next() throws -> ColumnBatch? {
        try cancellation.check()
        guard let batch = try input.next() else { return nil }
        let partitions = SortKeys.encode(try partition.map { SortColumn(try $0.evaluateHeld(batch)) }, count: batch.rowCount)
        let orders = SortKeys.encode(
            try order.map { SortColumn(try $0.evaluator.evaluateHeld(batch), isDescending: $0.key.isDescending, nullsFirst: $0.key.nullsFirst) },
            count: batch.rowCount)
        var numbers: [[Int64]] = calls.map { _ in [] }
        for index in numbers.indices { numbers[index].reserveCapacity(batch.rowCount) }
        for row in 0..<batch.rowCount {
            advance(row, partitions, orders)
            for (index, call) in calls.enumerated() {
                switch call.function {
                case .rowNumber: numbers[index].append(rowNumber)
                case .rank: numbers[index].append(rank)
                default: numbers[index].append(denseRank)
                }
            }
        }
        lastPartition = Array(partitions[batch.rowCount - 1])
        lastOrder = Array(orders[batch.rowCount - 1])
        let added = zip(calls, numbers).map { Column.whole($1, type: $0.column.type, validity: nil) }
        return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + added)
    }

    private func advance(_ row: Int, _ partitions: ByteArrays, _ orders: ByteArrays) {
        let isSamePartition: Bool, isPeer: Bool
        if row > 0 {
            isSamePartition = partitions[row].elementsEqual(partitions[row - 1])
            isPeer = isSamePartition && orders[row].elementsEqual(orders[row - 1])
        } else {
            isSamePartition = lastPartition.map { partitions[0].elementsEqual($0) } ?? false
            isPeer = isSamePartition && orders[0].elementsEqual(lastOrder)
        }
        if !isSamePartition { (rowNumber, rank, denseRank) = (0, 0, 0) }
        rowNumber += 1
        if !isPeer {
            rank = rowNumber
            denseRank += 1
        }
    }
}
