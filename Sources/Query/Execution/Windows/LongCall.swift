import ColumnStore

/// One window call over a partition on disk, rows after rows: what is known of a row is its answer, or the places of the rows that have it.
///
/// Three ways to an answer: from a row's place and peers (ranks, `lag`, `nth_value`), from a total that moves along with
/// the frame, or from rows that are held together for as long as frames reach them (`near`).
///
/// Invariants:
/// 1. Rows are asked for in order, from the first that was not put out. Frames are walked once: answers that were given and wait are in `given`.
/// 2. Of a moving frame `first ..< next` are the rows in its total.
final class LongCall {
    /// What `answers` gives, row by row.
    enum Answers {
        case column(Column)
        /// Of the call's first argument at these places; -1 is NULL, and -2 the default, which is the third argument of the row itself.
        case places([Int])

        /// Of rows that have them.
        var count: Int {
            switch self {
            case .column(let column): column.count
            case .places(let places): places.count
            }
        }
    }

    private enum Method {
        case ranking, shifting
        case valueOfFrame(PlacedFrame)
        case whole(AggregateFunction)
        case moving(AggregateFunction, PlacedFrame, FrameTotal)
        /// Of rows before and behind that are held together.
        case near
    }

    let call: WindowNode.Call
    /// Where the arguments lie in the inputs.
    let arguments: Range<Int>
    private let filter: Int?
    private let partition: LongPartition
    private let orderKeys: [SortKey]
    private let run: QueryRun
    /// Three readers of the inputs: at the row itself, where rows enter its frame, and where they leave it.
    private let own: RowCursor
    private let entering: RowCursor
    private let leaving: RowCursor
    /// A batch of each cursor, as it is read and as columns.
    private let share: MemoryShare
    private let nearShare: MemoryShare
    /// Of `given`.
    private let answerShare: MemoryShare
    /// Answers that lie here together, about: past it further rows are left for the next time.
    private let byteCountMax: Int
    /// Of moving and of near frames, what was given last, from this row on: another call may have answered fewer rows, and the rest is asked for again.
    private var given: (start: Int, answers: Column)?
    private var method: Method
    /// Of moving frames: the first row within, and the row after the last.
    private var first = 0, next = 0
    /// Of the cursors' batches, whose rows the ranges are.
    private var enteringValues = FrameTotal.Values(), leavingValues = FrameTotal.Values()
    private var enteringRange = 0..<0, leavingRange = 0..<0
    /// Of a frame that is the partition: computed once.
    private var wholeAnswer: Value?
    /// No frame to come begins before it.
    private var nearStart = 0
    /// Of ntile: the first row that says how many buckets there are, and how many it says; nil until it was found.
    private var buckets: (first: Int, count: Int64)?

    /// - Parameter place: where the call's inputs begin.
    /// - Parameter byteCountMax: of answers together; one row's may be larger.
    init(_ evaluators: CallEvaluators, at place: Int, byteCountMax: Int, _ partition: LongPartition, _ node: WindowNode, _ run: QueryRun) throws {
        call = evaluators.call
        self.byteCountMax = byteCountMax
        arguments = place..<(place + evaluators.arguments.count)
        filter = evaluators.filter == nil ? nil : arguments.upperBound
        self.partition = partition
        orderKeys = node.order
        self.run = run
        func cursor() -> RowCursor { RowCursor(partition.inputs, run.cancellation) }
        (own, entering, leaving) = (cursor(), cursor(), cursor())
        nearShare = MemoryShare(run.memory)
        answerShare = MemoryShare(run.memory)
        share = MemoryShare(run.memory)
        share.force(to: 3 * 2 * partition.inputs.batchByteCountMax)
        let types = Array(partition.inputTypes[arguments])
        method = try Self.method(call, types, isOrdered: !node.order.isEmpty, run.context)
    }

    private static func method(_ call: WindowNode.Call, _ types: [ColumnType], isOrdered: Bool, _ context: EvaluationContext) throws -> Method {
        switch call.function {
        case .rowNumber, .rank, .denseRank, .percentRank, .cumulativeDistribution, .ntile: return .ranking
        case .lag, .lead: return .shifting
        case .firstValue, .lastValue, .nthValue:
            return try PlacedFrame(call.frame, isOrdered: isOrdered, context).map { .valueOfFrame($0) } ?? .near
        case .aggregate(let function):
            guard let frame = try PlacedFrame(call.frame, isOrdered: isOrdered, context) else { return .near }
            if frame.isWhole { return .whole(function) }
            let total = FrameTotal(function, argument: types.first, result: call.column.type, onlyGrows: frame.beginsAtFirst)
            return total.map { .moving(function, frame, $0) } ?? .near
        }
    }

    /// - Parameter rows: those that were not put out, from the first of them on.
    /// - Returns: for as many of them as memory has room for, and for one at least.
    /// - Throws: `outOfMemory` where not even one row's answer fits.
    func answers(_ rows: LongRows) throws -> Answers {
        switch method {
        case .ranking: return .column(try ranks(rows))
        case .shifting: return .places(try shifted(rows))
        case .valueOfFrame(let frame): return .places(try placesOfFrame(rows, frame))
        case .whole(let function):
            let answer = try wholeAnswer ?? aggregate(function)
            wholeAnswer = answer
            return .column(.constant(answer, type: call.column.type, count: rows.range.count))
        case .moving(_, let frame, _): return .column(try waiting(rows) { try moved(rows, frame) })
        case .near: return .column(try waiting(rows) { try near(rows) })
        }
    }

    /// Answers that wait, else further ones: frames never go back.
    private func waiting(_ rows: LongRows, or body: () throws -> Column) rethrows -> Column {
        let start = rows.range.lowerBound
        if let (first, answers) = given, start < first + answers.count {
            return answers.slice((start - first)..<min(answers.count, rows.range.upperBound - first))
        }
        given = nil
        answerShare.releaseAll()
        let answers = try body()
        given = (start, answers)
        return answers
    }

    // MARK: Ranks

    /// PostgreSQL's definitions: <https://www.postgresql.org/docs/15/functions-window.html>.
    private func ranks(_ rows: LongRows) throws -> Column {
        let type = call.column.type
        func whole(_ number: (Int) -> Int) -> Column { .whole(rows.range.indices.map { Int64(number($0 - rows.range.lowerBound)) }, type: type, validity: nil) }
        func real(_ number: (Int) -> Double) -> Column {
            Column(type: .double, count: rows.range.count, values: .double((0..<rows.range.count).map(number)))
        }
        let count = rows.rowCount
        switch call.function {
        case .rowNumber: return whole { rows.range.lowerBound + $0 + 1 }
        case .rank: return whole { rows.peerStart[$0] + 1 }
        case .denseRank: return whole { rows.peerNumber[$0] + 1 }
        case .percentRank: return real { count <= 1 ? 0 : Double(rows.peerStart[$0]) / Double(count - 1) }
        case .cumulativeDistribution: return real { Double(rows.peerEnd[$0]) / Double(count) }
        default: return try ntile(rows)
        }
    }

    /// As `CallEvaluators.ntile`.
    private func ntile(_ rows: LongRows) throws -> Column {
        if buckets == nil {
            let given = try argument(0, rows.range)
            let validity = given.rowValidity
            if let index = (0..<given.count).first(where: { validity?[$0] ?? true }), case .integer(let count) = given.value(at: index) {
                guard count > 0 else { throw QueryError(.dataError, "ntile takes a number above 0").because(.badBucketCount) }
                buckets = (rows.range.lowerBound + index, count)
            }
        }
        let start = rows.range.lowerBound
        guard let (first, count) = buckets else { return .constant(.null, type: call.column.type, count: rows.range.count) }
        let numbers = rows.range.map { $0 < first ? 0 : CallEvaluators.bucket(of: Int64($0 - first), rowCount: Int64(rows.rowCount), count) }
        return .whole(numbers, type: call.column.type, validity: first <= start ? nil : .computed(count: numbers.count) { start + $0 >= first })
    }

    // MARK: Values of other rows

    /// An argument that is a number.
    private func argument(_ index: Int, _ rows: Range<Int>) throws -> Column {
        let place = arguments.lowerBound + index
        return try own.joined(rows, column: place, type: partition.inputTypes[place])
    }

    /// Places for `lag` and `lead`: -1 where the distance is NULL, -2 beyond the partition.
    private func shifted(_ rows: LongRows) throws -> [Int] {
        let sign: Int64 = call.function == .lag ? -1 : 1
        let offsets = arguments.count > 1 ? try argument(1, rows.range) : nil
        let (numbers, validity) = (offsets?.integers(), offsets?.rowValidity)
        return rows.range.enumerated().map { index, row in
            guard validity?[index] ?? true else { return -1 }
            let (target, overflow) = Int64(row).addingReportingOverflow(sign &* (numbers?[index] ?? 1))
            return !overflow && target >= 0 && target < Int64(rows.rowCount) ? Int(target) : -2
        }
    }

    /// Places for `first_value`, `last_value` and `nth_value`: -1 for a row that the frame has not.
    private func placesOfFrame(_ rows: LongRows, _ frame: PlacedFrame) throws -> [Int] {
        let (starts, ends) = frame.edges(rows)
        let given = arguments.count > 1 ? try argument(1, rows.range) : nil
        let (numbers, validity) = (given?.integers(), given?.rowValidity)
        return try starts.indices.map { index in
            if let numbers, validity?[index] ?? true, numbers[index] <= 0 { throw QueryError(.dataError, "nth_value takes a number above 0").because(.badPlaceOfRow) }
            guard starts[index] < ends[index] else { return -1 }
            switch call.function {
            case .firstValue: return starts[index]
            case .lastValue: return ends[index] - 1
            default:
                guard let numbers, validity?[index] ?? true else { return -1 }
                return numbers[index] <= Int64(ends[index] - starts[index]) ? starts[index] + Int(numbers[index]) - 1 : -1
            }
        }
    }

    // MARK: Aggregates

    /// Rows that FILTER lets through; nil for all.
    private func kept(_ batch: ColumnBatch) -> Bitmap? { filter.map { batch.columns[$0].trueRows() } }

    /// Over all rows: one answer.
    private func aggregate(_ function: AggregateFunction) throws -> Value {
        let literals = arguments.map { Expression.literal(.null, partition.inputTypes[$0]) }
        let known = try constants(literals)
        let states = try GroupStates(types: [], calls: [AggregateCall(column: call.column, function: function, arguments: known)])
        let share = MemoryShare(run.memory)
        let reader = try partition.inputs.reader()
        while let batch = try reader.next() {
            try run.cancellation.check()
            let columns = batch.columns[arguments]
            if let rows = kept(batch), !rows.isAllSet {
                let picked = rows.setIndices()
                try states.update(0, columns.map { $0.gathering(picked) }, .one(count: picked.count))
            } else {
                try states.update(0, Array(columns), .one(count: batch.rowCount))
            }
            try states.checkWhole(share, run)
        }
        return try states.finish()[0].value(at: 0)
    }

    /// Arguments that are the same on every row, as a percentile's fraction is, are asked of the first.
    /// - Parameter literals: for their types.
    private func constants(_ literals: [Expression]) throws -> [Expression] {
        try own.load(0)
        return arguments.enumerated().map { index, place in .literal(own.batch.columns[place].value(at: 0), literals[index].type) }
    }

    /// Walks the edges of the frames, which only grow: each row enters the total once and leaves it once.
    ///
    /// It ends before a row whose answer does not fit beside the others: asked for again, its frame is in the total already.
    private func moved(_ rows: LongRows, _ frame: PlacedFrame) throws -> Column {
        guard case .moving(let function, _, var total) = method else { return .constant(.null, type: call.column.type, count: rows.range.count) }
        // The state is changed in place.
        method = .ranking
        let (starts, ends) = frame.edges(rows)
        var builder = ColumnBuilder(type: call.column.type)
        var byteCount = 0
        for index in starts.indices {
            while first < starts[index] {
                // A row before the frame's start that has never entered need not leave.
                if first < next {
                    if !leavingRange.contains(first) { (leavingValues, leavingRange) = try values(leaving, first, total) }
                    total.take(leavingValues, first - leavingRange.lowerBound, isAdded: false)
                }
                first += 1
            }
            next = max(next, first)
            while next < ends[index] {
                if !enteringRange.contains(next) { (enteringValues, enteringRange) = try values(entering, next, total) }
                total.take(enteringValues, next - enteringRange.lowerBound, isAdded: true)
                next += 1
            }
            let answer = try total.answer()
            byteCount += answer.flatByteCount
            if index > 0, byteCount > byteCountMax { break }
            // What is built may have as much room again.
            if 2 * byteCount > answerShare.byteCount, !holds(answers: 2 * byteCount + byteCount / 2) {
                if index > 0 { break }
                throw QueryError.outOfMemory("the answers of a window")
            }
            builder.append(answer)
        }
        method = .moving(function, frame, total)
        return builder.finish()
    }

    /// The values of the batch that has `row`, and the places of its rows.
    private func values(_ cursor: RowCursor, _ row: Int, _ total: FrameTotal) throws -> (FrameTotal.Values, Range<Int>) {
        try run.cancellation.check()
        try cursor.load(row)
        return (try total.values(Array(cursor.batch.columns[arguments]), kept: kept(cursor.batch)), cursor.range)
    }

    // MARK: Frames that are held

    /// A few rows at a time, as many as fit with all that their frames reach. Where one does not fit beside answers before it, these are put out first.
    private func near(_ rows: LongRows) throws -> Column {
        var parts: [Column] = [], byteCount = 0
        var (start, count) = (rows.range.lowerBound, rows.range.count)
        while start < rows.range.upperBound, byteCount < byteCountMax {
            let end = min(rows.range.upperBound, start + count)
            if let answers = try fitting({ try near(start..<end, of: rows.rowCount, beside: byteCount) }, orNil: count > 1 || !parts.isEmpty) {
                parts.append(answers)
                byteCount += answers.flatByteCount
                start = end
            } else if count > 1 {
                count /= 2
            } else if parts.isEmpty {
                throw QueryError.outOfMemory("the frame of a window")
            } else {
                break
            }
        }
        return Column.concatenating(parts, type: call.column.type)
    }

    /// What the body gives; nil where it asks for more memory than there is, and may do with less.
    private func fitting(_ body: () throws -> Column?, orNil: Bool) throws -> Column? {
        do {
            return try body()
        } catch let error as QueryError where error.needsMemory && orNil {
            return nil
        }
    }

    /// The rows that the frames reach, held together: as in a partition that fits. Nil, with nothing changed, where they do not fit.
    /// - Parameter byteCount: of answers that lie here already.
    private func near(_ wanted: Range<Int>, of rowCount: Int, beside byteCount: Int) throws -> Column? {
        // How far the frames reach is not known before the rows are there: twice as many are held until the last frame ends
        // within them.
        var end = min(rowCount, wanted.upperBound + wanted.count)
        while true {
            try run.cancellation.check()
            let range = nearStart..<end
            guard holdsNear(range) else { return nil }
            let held = try own.joined(range, types: partition.inputTypes)
            let order = orderKeys.enumerated().map { index, key in
                SortColumn(
                    held.columns[held.columns.count - orderKeys.count + index], isDescending: key.isDescending, nullsFirst: key.nullsFirst)
            }
            let onePartition = try HeldKeys.make([], count: range.count, of: "a window's partitions", run)
            let windowRows = try WindowRows(partitionKeys: onePartition, order: order, rowCount: range.count, run)
            var frames = try WindowFrames(call.frame, windowRows, run.context)
            let last = wanted.upperBound - 1 - nearStart
            if end < rowCount, Int(frames.end[last]) >= range.count {
                end = min(rowCount, nearStart + 2 * range.count)
                continue
            }
            let rows = (wanted.lowerBound - nearStart)..<(last + 1)
            // Of frames that all begin with the partition the rows before are answered once more: what becomes too much with the square of the rows is so refused before the work does.
            if call.frame.start != .unboundedPreceding { frames.keep(rows) }
            let chosen = try CallEvaluators.answer(call, Array(held.columns[arguments]), kept: kept(held), windowRows, frames, run).slice(rows)
            // Once more where they are put end to end.
            let all = byteCount + chosen.flatByteCount
            guard holds(answers: byteCount > 0 ? 2 * all : all) else { return nil }
            // Starts of frames only grow within a partition.
            nearStart = min(nearStart + Int(frames.start[last]), wanted.upperBound)
            return chosen
        }
    }

    /// Room for rows once in parts, once joined, and for what the call makes of them.
    private func holdsNear(_ rows: Range<Int>) -> Bool {
        let rowsByteCount = partition.inputs.rowsByteCount(rows)
        let byteCount = 3 * rowsByteCount + rows.count * WindowOperator.byteCountPerRow
        // Put end to end, texts must be within reach of 32-bit offsets.
        if rowsByteCount < ColumnBatch.reachableByteCount, nearShare.resize(to: byteCount) { return true }
        guard byteCount <= run.refusedByteCount else { return false }
        nearShare.force(to: byteCount)
        return true
    }

    /// Room for answers until they are put out: so many bytes in all.
    private func holds(answers byteCount: Int) -> Bool {
        let more = byteCount - answerShare.byteCount
        if more <= 0 || byteCount < 2 * ColumnBatch.reachableByteCount && answerShare.take(more) { return true }
        guard byteCount <= run.refusedByteCount else { return false }
        answerShare.force(to: byteCount)
        return true
    }

    // MARK: Values by place

    /// What `places` stand for, of some rows from `row` on; nil where several take more than `byteCountMax`.
    func values(at places: [Int], from row: Int) throws -> Column? {
        let type = call.column.type
        guard let gathered = try leaving.gathering(places.map { max(-1, $0) }, column: arguments.lowerBound, type: partition.inputTypes[arguments.lowerBound], within: byteCountMax)
        else { return nil }
        guard arguments.count > 2, call.function == .lag || call.function == .lead, places.contains(-2) else { return gathered.retyped(type) }
        let place = arguments.lowerBound + 2, beyond = places.indices.map { places[$0] == -2 ? row + $0 : -1 }
        guard let given = try own.gathering(beyond, column: place, type: partition.inputTypes[place], within: byteCountMax) else { return nil }
        return ChoiceKernels.interleave(
            [gathered.retyped(type), given], sources: places.map { $0 == -2 ? 1 : 0 }, rows: Array(0..<Int32(places.count)), type: type)
    }
}
