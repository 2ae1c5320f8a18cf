import ColumnStore

/// One window call: its evaluators, and its answer for every row.
/// For partitions that are held; `LongCall` has the same functions for those on disk.
struct CallEvaluators {
    let call: WindowNode.Call
    let arguments: [Evaluator]
    let filter: Evaluator?

    /// - Parameter batch: whole partitions, whose rows `rows` describes.
    /// - Throws: `dataError` for numbers of buckets or places that are not above 0, for a frame's distance; what arguments
    ///   and aggregates throw; `outOfMemory` for values of other rows that do not fit together.
    func evaluate(_ batch: ColumnBatch, _ rows: WindowRows, _ run: QueryRun) throws -> Column {
        var columns: [Column] = []
        for argument in arguments { columns.append(try argument.evaluateHeld(batch)) }
        let type = call.column.type
        switch call.function {
        case .rowNumber: return counted(rows) { $0 - Int(rows.partitionStart[$0]) + 1 }
        case .rank: return counted(rows) { Int(rows.peerStart[$0] - rows.partitionStart[$0]) + 1 }
        case .denseRank: return counted(rows) { Int(rows.peerNumber[$0]) + 1 }
        case .percentRank:
            return real(rows) { row in
                let count = rows.partitionEnd[row] - rows.partitionStart[row]
                return count <= 1 ? 0 : Double(rows.peerStart[row] - rows.partitionStart[row]) / Double(count - 1)
            }
        case .cumulativeDistribution:
            return real(rows) { row in
                Double(rows.peerEnd[row] - rows.partitionStart[row]) / Double(rows.partitionEnd[row] - rows.partitionStart[row])
            }
        case .ntile: return try ntile(columns[0], rows)
        case .lag, .lead: return try shifted(columns, rows, sign: call.function == .lag ? -1 : 1, run)
        case .firstValue, .lastValue, .nthValue:
            return try Self.valueOfFrame(call.function, columns, try WindowFrames(call.frame, rows, run.context), run).retyped(type)
        case .aggregate:
            let kept = try filter?.evaluateHeld(batch).trueRows()
            return try Self.answer(call, columns, kept: kept, rows, try WindowFrames(call.frame, rows, run.context), run)
        }
    }

    /// Of a call that looks at frames.
    /// - Parameter columns: the call's arguments; `kept` the rows that FILTER lets through, nil for all.
    static func answer(
        _ call: WindowNode.Call, _ columns: [Column], kept: Bitmap?, _ rows: WindowRows, _ frames: WindowFrames, _ run: QueryRun
    ) throws -> Column {
        guard case .aggregate(let function) = call.function else {
            return try valueOfFrame(call.function, columns, frames, run).retyped(call.column.type)
        }
        return try WindowAggregates(function, call, columns, kept, frames, run).evaluate().retyped(call.column.type)
    }

    private func counted(_ rows: WindowRows, _ number: (Int) -> Int) -> Column {
        .whole((0..<rows.rowCount).map { Int64(number($0)) }, type: call.column.type, validity: nil)
    }

    private func real(_ rows: WindowRows, _ number: (Int) -> Double) -> Column {
        Column(type: .double, count: rows.rowCount, values: .double((0..<rows.rowCount).map(number)))
    }

    /// The partition's first row with a number of buckets, no NULL, says how many there are. Rows before it have no bucket; from it on all have, of as many rows as
    /// the whole partition would fill, the first `count % n` with one more: as PostgreSQL's `window_ntile` counts.
    private func ntile(_ column: Column, _ rows: WindowRows) throws(QueryError) -> Column {
        let values = column.integers() ?? []
        let validity = column.rowValidity
        var result = [Int64](repeating: 0, count: rows.rowCount)
        var present = Bitmap(repeating: true, count: rows.rowCount)
        // Of the partition at hand; nil before it.
        var numbered: Int?
        for row in 0..<rows.rowCount {
            if Int(rows.partitionStart[row]) == row { numbered = nil }
            if numbered == nil, validity?[row] ?? true { numbered = row }
            guard let first = numbered else {
                present[row] = false
                continue
            }
            let buckets = values[first]
            guard buckets > 0 else { throw QueryError(.dataError, "ntile takes a number above 0").because(.badBucketCount) }
            result[row] = Self.bucket(of: Int64(row - first), rowCount: Int64(rows.partitionEnd[row] - rows.partitionStart[row]), buckets)
        }
        return .whole(result, type: call.column.type, validity: present.isAllSet ? nil : present)
    }

    /// The bucket, from 1, of the row at `index` of `rowCount`: `larger` buckets of `size` + 1 rows come first.
    static func bucket(of index: Int64, rowCount: Int64, _ buckets: Int64) -> Int64 {
        let (size, larger) = rowCount.quotientAndRemainder(dividingBy: buckets)
        let inLarger = larger * (size + 1)
        return index < inLarger ? index / (size + 1) + 1 : larger + (index - inLarger) / max(1, size) + 1
    }

    /// `lag` and `lead`: NULL where the distance is NULL, the default (third argument) beyond the partition.
    /// - Parameter sign: -1 for `lag`.
    private func shifted(_ columns: [Column], _ rows: WindowRows, sign: Int64, _ run: QueryRun) throws(QueryError) -> Column {
        let count = rows.rowCount
        let offsets = columns.count > 1 ? columns[1].integers() ?? [] : [Int64](repeating: 1, count: count)
        let offsetValidity = columns.count > 1 ? columns[1].rowValidity : nil
        var indices = [Int32](repeating: -1, count: count)
        var isOutside = Bitmap(repeating: false, count: count)
        for row in 0..<count where offsetValidity?[row] ?? true {
            let (target, overflow) = Int64(row).addingReportingOverflow(sign &* offsets[row])
            if !overflow, target >= Int64(rows.partitionStart[row]), target < Int64(rows.partitionEnd[row]) {
                indices[row] = Int32(target)
            } else {
                isOutside[row] = true
            }
        }
        let given = columns.count > 2 ? columns[2] : nil
        // With a default, texts are laid flat, put end to end with its own, and brought into their order.
        let isHeld = columns[0].type.isNested || given != nil && columns[0].type.isBytes
        let share = isHeld ? try Self.held(indices, of: columns[0], beside: given?.flatByteCount ?? 0, copies: given == nil ? 2 : 3, run) : nil
        defer { share?.releaseAll() }
        let gathered = columns[0].gatheringOrNull(indices).retyped(call.column.type)
        guard let given else { return gathered }
        let sources = (0..<count).map { isOutside[$0] ? Int32(1) : 0 }
        return ChoiceKernels.interleave([gathered, given], sources: sources, rows: Array(0..<Int32(count)), type: call.column.type)
    }

    /// The rows that `first_value`, `last_value` and `nth_value` name, NULL where a frame has no such row.
    private static func valueOfFrame(_ function: WindowFunction, _ columns: [Column], _ frames: WindowFrames, _ run: QueryRun) throws(QueryError) -> Column {
        var indices = [Int32](repeating: -1, count: frames.start.count)
        let numbers = columns.count > 1 ? columns[1].integers() : nil
        let validity = columns.count > 1 ? columns[1].rowValidity : nil
        for row in indices.indices {
            if let numbers, validity?[row] ?? true, numbers[row] <= 0 { throw QueryError(.dataError, "nth_value takes a number above 0").because(.badPlaceOfRow) }
            guard frames.start[row] < frames.end[row] else { continue }
            switch function {
            case .firstValue: indices[row] = frames.row(0, of: row) ?? -1
            case .lastValue: indices[row] = frames.pieces(of: row).last.map { $0.upperBound - 1 } ?? -1
            default:
                guard let numbers, validity?[row] ?? true else { continue }
                indices[row] = frames.row(numbers[row] - 1, of: row) ?? -1
            }
        }
        let share = columns[0].type.isNested ? try held(indices, of: columns[0], copies: 2, run) : nil
        defer { share?.releaseAll() }
        return columns[0].gatheringOrNull(indices)
    }

    /// Memory for rows of a column while they are copied whole: all may want the one that is largest. To be given back when they are there.
    ///
    /// - Parameters:
    ///   - rows: below zero is none.
    ///   - byteCount: of what is laid out with them.
    ///   - copies: how often they lie there; of elements their numbers count as one.
    /// - Throws: an error that `needsMemory`, unless it is so little that it is taken anyhow.
    static func held(_ rows: [Int32], of column: Column, beside byteCount: Int = 0, copies: Int, _ run: QueryRun) throws(QueryError) -> MemoryShare {
        var widths = [Int](repeating: 0, count: column.count)
        column.addWidths(to: &widths)
        var flat = byteCount
        for row in rows where row >= 0 { flat = flat.addingSaturating(widths[Int(row)]) }
        let (share, wanted) = (MemoryShare(run.memory), flat.multipliedSaturating(by: copies))
        // Texts and elements must be within reach of 32-bit offsets.
        if flat < ColumnBatch.reachableByteCount, share.take(wanted) { return share }
        guard wanted <= run.refusedByteCount else { throw QueryError.outOfMemory("a partition of a window") }
        share.force(to: wanted)
        return share
    }
}

/// The frame of every row: `start[row] ..< end[row]`. Within a partition both only grow.
///
/// PostgreSQL's rules: <https://www.postgresql.org/docs/15/sql-expressions.html#SYNTAX-WINDOW-FUNCTIONS>. Excluded rows are
/// not taken out here: `pieces` leaves them out.
///
/// Invariant: partitionStart ≤ start ≤ end ≤ partitionEnd for each row.
struct WindowFrames {
    private(set) var start: [Int32]
    private(set) var end: [Int32]
    let rows: WindowRows
    private let exclusion: WindowNode.Frame.Exclusion
    var hasExclusion: Bool { exclusion != .none }

    /// - Throws: `dataError` for a distance that is NULL or below zero, `badSQL` for a RANGE distance with an order of
    ///   several expressions.
    init(_ frame: WindowNode.Frame, _ rows: WindowRows, _ context: EvaluationContext) throws(QueryError) {
        self.rows = rows
        exclusion = frame.exclusion
        start = try Self.edge(frame.start, frame.unit, rows, isStart: true, context)
        end = try Self.edge(frame.end, frame.unit, rows, isStart: false, context)
        // Bounds that cross make an empty frame.
        for row in start.indices where end[row] < start[row] { end[row] = start[row] }
    }

    /// Leaves all other rows an empty frame: lists and texts of frames that nobody asks for may be far larger than those of the rows that are.
    ///
    /// - Parameter wanted: not empty. Starts and ends still only grow.
    mutating func keep(_ wanted: Range<Int>) {
        let (first, last) = (start[wanted.lowerBound], end[wanted.upperBound - 1])
        for row in 0..<wanted.lowerBound { (start[row], end[row]) = (first, first) }
        for row in wanted.upperBound..<start.count { (start[row], end[row]) = (last, last) }
    }

    /// The rows of a frame: one range without EXCLUDE, else up to three; none is empty.
    func pieces(of row: Int) -> [Range<Int32>] {
        let (first, last) = (start[row], end[row])
        let own = Int32(row)
        let pieces: [Range<Int32>]
        switch exclusion {
        case .none: pieces = [first..<last]
        case .currentRow: pieces = [first..<max(first, min(own, last)), min(last, max(own + 1, first))..<last]
        case .group, .ties:
            // GROUP leaves out the row's peers, TIES all of them but the row itself.
            let before = first..<max(first, min(rows.peerStart[row], last)), after = min(last, max(rows.peerEnd[row], first))..<last
            let isKept = exclusion == .ties && first <= own && own < last
            pieces = [before, isKept ? own..<(own + 1) : first..<first, after]
        }
        return pieces.filter { !$0.isEmpty }
    }

    /// The row at `place`, from 0, of a row's frame.
    /// Nil where the frame is shorter.
    func row(_ place: Int64, of row: Int) -> Int32? {
        var left = place
        for piece in pieces(of: row) {
            if left < piece.count { return piece.lowerBound + Int32(left) }
            left -= Int64(piece.count)
        }
        return nil
    }

    /// A bound as a row number: of the first row within for a start, of the row after the last for an end.
    private static func edge(
        _ bound: WindowNode.Frame.Bound, _ unit: WindowNode.Frame.Unit, _ rows: WindowRows, isStart: Bool, _ context: EvaluationContext
    ) throws(QueryError) -> [Int32] {
        switch bound {
        case .unboundedPreceding: return rows.partitionStart
        case .unboundedFollowing: return rows.partitionEnd
        case .currentRow:
            if unit == .rows { return (0..<Int32(rows.rowCount)).map { isStart ? $0 : $0 + 1 } }
            return isStart ? rows.peerStart : rows.peerEnd
        case .preceding(let distance): return try moved(distance, -1, unit, rows, isStart: isStart, context)
        case .following(let distance): return try moved(distance, 1, unit, rows, isStart: isStart, context)
        }
    }

    /// A bound at a distance; `sign` is -1 for PRECEDING.
    private static func moved(
        _ distance: Expression, _ sign: Int, _ unit: WindowNode.Frame.Unit, _ rows: WindowRows, isStart: Bool, _ context: EvaluationContext
    ) throws(QueryError) -> [Int32] {
        if unit == .range { return try RangeSearch(rows, try value(of: distance, context), distance.type, sign, context).edges(isStart: isStart) }
        let count = try rowDistance(distance, context) * sign
        if unit == .groups { return groupEdges(rows, count, isStart: isStart) }
        var result = [Int32](repeating: 0, count: rows.rowCount)
        for row in 0..<rows.rowCount {
            let (first, last) = (Int(rows.partitionStart[row]), Int(rows.partitionEnd[row]))
            result[row] = Int32(max(first, min(last, row + count + (isStart ? 0 : 1))))
        }
        return result
    }

    /// Distances have no columns: they are evaluated once.
    private static func value(of distance: Expression, _ context: EvaluationContext) throws(QueryError) -> Value {
        try Evaluator(distance, layout: [:], context: context).evaluate(ColumnBatch(rowCount: 1, columns: [])).value(at: 0)
    }

    /// A distance in rows or groups.
    static func rowDistance(_ distance: Expression, _ context: EvaluationContext) throws(QueryError) -> Int {
        guard case .integer(let given) = try value(of: distance, context), given >= 0 else {
            throw QueryError(.dataError, "a frame's distance must not be negative")
        }
        // No partition has more rows, so that places are reckoned without overflow.
        return Int(min(given, Int64(Int32.max)))
    }

    /// Whole groups of peers away: looked up by their numbers, since walking there would take each row as long as the distance.
    private static func groupEdges(_ rows: WindowRows, _ count: Int, isStart: Bool) -> [Int32] {
        var starts: [Int32] = []
        for row in 0..<rows.rowCount where rows.peerStart[row] == Int32(row) { starts.append(Int32(row)) }
        var result = [Int32](repeating: 0, count: rows.rowCount)
        // The group of the row at hand, and of its partition's first.
        var (group, first) = (-1, 0)
        for row in 0..<rows.rowCount {
            if rows.peerStart[row] == Int32(row) { group += 1 }
            if rows.partitionStart[row] == Int32(row) { first = group }
            let wanted = group + count
            if wanted < first {
                result[row] = rows.partitionStart[row]
            } else if wanted >= starts.count || starts[wanted] >= rows.partitionEnd[row] {
                result[row] = rows.partitionEnd[row]
            } else {
                result[row] = isStart ? starts[wanted] : rows.peerEnd[Int(starts[wanted])]
            }
        }
        return result
    }
}
