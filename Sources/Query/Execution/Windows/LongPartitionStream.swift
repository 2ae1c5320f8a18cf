import ColumnStore

/// Puts out the rows of a long partition with the answers of its calls.
/// A batch of rows is read, all calls answer for it, and it is put out in as many pieces as its values by place need.
///
/// Invariants:
/// 1. `answers` are those to all rows of `batch`, one entry for each call.
/// 2. `place` stands still while a batch is put out in pieces.
final class LongPartitionStream: BatchStream {
    private let partition: LongPartition
    /// Of the partition's rows; the calls read its inputs themselves.
    private let reader: SpillReader
    private let calls: [LongCall]
    /// A batch as it is read and as columns.
    private let share: MemoryShare
    private let run: QueryRun
    private var walk: PeerWalk
    /// Of the batch's first row in the partition.
    private var place = 0
    private var batch: ColumnBatch?
    private var answers: [LongCall.Answers] = []
    /// Rows of `batch` that were put out.
    private var given = 0

    /// - Parameter partition: to which no row comes any more.
    init(_ partition: LongPartition, _ evaluators: [CallEvaluators], _ node: WindowNode, _ run: QueryRun) throws {
        self.partition = partition
        self.run = run
        reader = try partition.rows.reader()
        walk = try PeerWalk(partition)
        share = MemoryShare(run.memory)
        share.force(to: 2 * partition.rows.batchByteCountMax)
        var calls: [LongCall] = []
        var place = 0
        // The inputs of all calls lie side by side: the arguments of one, its FILTER where it has one, then the next one's.
        for call in evaluators {
            calls.append(try LongCall(call, at: place, partition, node, run))
            place += call.arguments.count + (call.filter == nil ? 0 : 1)
        }
        self.calls = calls
    }

    /// - Throws: when the query is over; errors of the disk and of the calls.
    func next() throws -> ColumnBatch? {
        try run.cancellation.check()
        if batch == nil {
            guard let read = try reader.next() else { return nil }
            let rows = try LongRows(place..<(place + read.rowCount), rowCount: partition.rowCount, &walk)
            answers = try calls.map { try $0.answers(rows) }
            (batch, given) = (read, 0)
        }
        guard let batch else { return nil }
        var count = batch.rowCount - given
        while true {
            if let added = try columns(given..<(given + count)) {
                let output = ColumnBatch(rowCount: count, columns: batch.slice(given..<(given + count)).columns + added)
                given += count
                if given == batch.rowCount {
                    place += given
                    self.batch = nil
                }
                return output
            }
            // What the places stand for is too large together: half as many rows. One row alone always comes.
            count = max(1, count / 2)
        }
    }

    /// The calls' answers to some rows of the batch; nil where they take more than a batch may.
    private func columns(_ range: Range<Int>) throws -> [Column]? {
        var columns: [Column] = []
        for (call, answer) in zip(calls, answers) {
            switch answer {
            case .column(let column): columns.append(column.slice(range).retyped(call.call.column.type))
            case .places(let places):
                guard let column = try call.values(at: Array(places[range]), from: place + range.lowerBound) else { return nil }
                columns.append(column)
            }
        }
        return columns
    }
}
