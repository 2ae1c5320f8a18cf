import ColumnStore

/// Aggregates of frames one after another, a lump of frames at a time: all frames together may hold each row as often as there are rows.
///
/// A lump is some frames in one aggregator, each frame a group of it: their rows are gathered and fed together, a few
/// thousand at a time. Frames come one after another: `begin`, `add` for its rows, `begin` …, `finish` at the end.
///
/// What is held is charged as it grows, so that lists over growing frames, which are quadratic, are refused and not built.
final class FrameStates {
    private let call: AggregateCall
    private let arguments: [Column]
    private let run: QueryRun
    private let share: MemoryShare
    /// What each row of the arguments takes.
    private let rowByteCounts: [Int]
    private var aggregator: Aggregator
    /// Of the lump at hand.
    private var frameCount = 0
    /// Rows that wait to be taken in, each with its frame's number.
    private var rows: [Int32] = []
    private var numbers: [UInt32] = []
    private var waitingByteCount = 0
    /// Of lumps that are over, a column each.
    private var answers: [Column] = []
    private var answerByteCount = 0

    private static let waitingByteCountMax = 1 << 20
    private static let lumpByteCountMax = 4 << 20
    private static let lumpFrameCountMax = 1 << 14

    init(_ call: AggregateCall, _ arguments: [Column], rowCount: Int, _ run: QueryRun) throws(QueryError) {
        self.call = call
        self.arguments = arguments
        self.run = run
        share = MemoryShare(run.memory)
        rowByteCounts = ColumnBatch(rowCount: rowCount, columns: arguments).rowWidths()
        aggregator = try AggregatorFactory.make(call)
    }

    /// The rows that come are of a new frame.
    /// - Throws: `outOfMemory`; what the aggregate throws.
    func begin() throws {
        if frameCount >= Self.lumpFrameCountMax || aggregator.byteCount > Self.lumpByteCountMax { try endLump() }
        frameCount += 1
    }

    /// - Parameter row: of the arguments.
    func add(_ row: Int32) throws {
        rows.append(row)
        numbers.append(UInt32(frameCount - 1))
        waitingByteCount += rowByteCounts[Int(row)]
        if rows.count >= ColumnBatch.targetRowCount || waitingByteCount > Self.waitingByteCountMax { try takeIn() }
    }

    /// The answer of each frame.
    func finish() throws -> Column {
        try endLump()
        return Column.concatenating(answers, type: answers.first?.type ?? call.column.type)
    }

    /// Rows that share a frame each get its answer in full.
    func checkCopies(of answers: Column, _ frameOfRow: [Int32]) throws {
        guard frameOfRow.count > answers.count else { return }
        var counts = [Int](repeating: 0, count: answers.count)
        answers.addWidths(to: &counts)
        try hold(answerByteCount + frameOfRow.reduce(0) { $0 + counts[Int($1)] })
    }

    /// Feeds the waiting rows to the aggregator.
    private func takeIn() throws {
        try run.cancellation.check()
        aggregator.resize(frameCount)
        guard !rows.isEmpty else { return }
        do { try aggregator.update(arguments.map { $0.gathering(rows) }, .numbers(numbers)) } catch { throw error.queryError(position: nil) }
        rows.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        waitingByteCount = 0
        try hold(answerByteCount + aggregator.byteCount)
    }

    /// Answers the frames of the lump, and begins another.
    private func endLump() throws {
        guard frameCount > 0 else { return }
        try takeIn()
        do { answers.append(try aggregator.finish()) } catch { throw error.queryError(position: nil) }
        answerByteCount += answers.last.map { $0.flatByteCount } ?? 0
        aggregator = try AggregatorFactory.make(call)
        frameCount = 0
        // Once more where answers become one column.
        try hold(2 * answerByteCount)
    }

    /// - Throws: `outOfMemory`, unless it is so little that it is taken anyhow.
    private func hold(_ byteCount: Int) throws {
        let isReachable = byteCount < 2 * ColumnBatch.reachableByteCount
        if isReachable, share.resize(to: byteCount) { return }
        guard byteCount <= run.refusedByteCount else {
            throw QueryError.outOfMemory("\(call.function.rawValue) over the frames of a window", position: call.position)
        }
        share.force(to: byteCount)
    }
}
