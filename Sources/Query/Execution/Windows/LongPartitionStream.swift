import ColumnStore

/// Puts out the rows of a long partition with the answers of its calls.
/// Rows are read, all calls answer for them, and they are put out in as many pieces as their values by place need. Where answers are large, they are asked for a part
/// of the rows at a time; a call that has no room for so many answers fewer, and the rest is asked for again.
///
/// Invariants:
/// 1. `answers` are those to all rows of `batch`, and may be to some behind it, one entry for each call.
/// 2. `place` stands still while a batch is put out in pieces.
/// 3. Of `read` the rows from `taken` on have not been answered by all calls.
final class LongPartitionStream: BatchStream {
    private let partition: LongPartition
    /// Of the partition's rows; the calls read its inputs themselves.
    private let reader: SpillReader
    private let calls: [LongCall]
    /// A batch as it is read and as columns.
    private let share: MemoryShare
    private let run: QueryRun
    private var walk: PeerWalk
    /// With their peers, which are walked once.
    private var read: (batch: ColumnBatch, rows: LongRows)?
    private var taken = 0
    /// Rows that are answered together. What texts and lists take is known afterwards alone, so that they begin with one; numbers have no bound.
    private var rowCountMax: Int
    /// Answers that wait together to be put out, about. As many streams as there are workers may have some.
    private let byteCountMax: Int
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
        rowCountMax = evaluators.contains { $0.call.column.type.isBytes || $0.call.column.type.isNested } ? 1 : .max
        byteCountMax = max(run.refusedByteCount / 4, min(ColumnBatch.targetByteCount, run.memory.byteCountMax / (16 * run.workerCount)))
        reader = try partition.rows.reader()
        walk = try PeerWalk(partition)
        share = MemoryShare(run.memory)
        share.force(to: 2 * partition.rows.batchByteCountMax)
        var calls: [LongCall] = []
        var place = 0
        // The inputs of all calls lie side by side: the arguments of one, its FILTER where it has one, then the next one's.
        for call in evaluators {
            calls.append(try LongCall(call, at: place, byteCountMax: byteCountMax, partition, node, run))
            place += call.arguments.count + (call.filter == nil ? 0 : 1)
        }
        self.calls = calls
    }

    /// - Throws: when the query is over; errors of the disk and of the calls.
    func next() throws -> ColumnBatch? {
        try run.cancellation.check()
        if batch == nil { batch = try answeredRows() }
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

    /// The next rows, with `answers` to them; nil at the end.
    private func answeredRows() throws -> ColumnBatch? {
        (answers, given) = ([], 0)
        if read == nil, let next = try reader.next() {
            let rows = try LongRows(place..<(place + next.rowCount), rowCount: partition.rowCount, &walk)
            read = (next, rows)
            taken = 0
        }
        guard let (all, rows) = read else { return nil }
        var count = min(all.rowCount - taken, rowCountMax)
        for call in calls {
            let answer = try call.answers(rows.slice(place..<(place + count)))
            // No more are asked of the calls behind it than can be put out.
            count = answer.count
            answers.append(answer)
        }
        let answered = all.slice(taken..<(taken + count))
        taken += count
        if taken == all.rowCount { read = nil }
        if rowCountMax < .max { adapt(to: count) }
        return answered
    }

    /// As many rows next time as come to `byteCountMax`, and twice those that came at most. That fewer were left of a batch says nothing of the next one.
    private func adapt(to rowCount: Int) {
        var byteCount = 1
        for answer in answers {
            // What is the same on every row lies there once.
            if case .column(let column) = answer, column.constantValue == nil { byteCount = byteCount.addingSaturating(column.slice(0..<rowCount).flatByteCount) }
        }
        rowCountMax = max(1, min(max(rowCountMax, 2 * rowCount), rowCount.multipliedSaturating(by: byteCountMax) / byteCount))
    }

    /// The calls' answers to some rows of the batch; nil where values by place take more than `byteCountMax`.
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
