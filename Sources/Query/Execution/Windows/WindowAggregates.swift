import ColumnStore

/// An aggregate over the frame of every row. Sums and counts of whole numbers come from running totals, least and greatest from a queue that
/// slides with the frame, sums and deviations of doubles from an exact sum that does; everything else is computed frame by frame, once for
/// rows that share one.
///
/// Which way is taken, with n rows:
///
/// - Running totals over all rows: a frame is the total before its end less the one before its start. O(n), also with
///   EXCLUDE, whose frames are up to three ranges.
/// - A queue of candidates, or a total that rows enter and leave: O(n), since edges of frames only grow.
/// - Frame by frame: O(sum of the frames' lengths), of the rows that FILTER keeps, and O(log n) a frame.
struct WindowAggregates {
    private let function: AggregateFunction
    private let call: WindowNode.Call
    private let arguments: [Column]
    /// Rows that FILTER lets through; nil is all.
    private let kept: Bitmap?
    private let frames: WindowFrames
    private let run: QueryRun

    init(
        _ function: AggregateFunction, _ call: WindowNode.Call, _ arguments: [Column], _ kept: Bitmap?, _ frames: WindowFrames, _ run: QueryRun
    ) {
        self.function = function
        self.call = call
        self.arguments = arguments
        self.kept = kept
        self.frames = frames
        self.run = run
    }

    private var rowCount: Int { frames.rows.rowCount }

    /// - Throws: `numericOverflow`; `outOfMemory` for running totals, and for frames whose state or answers do not fit.
    func evaluate() throws -> Column {
        switch function {
        case .countRows: return .whole(differences(totals(kept)), type: .int64, validity: nil)
        case .count: return .whole(differences(totals(present)), type: .int64, validity: nil)
        case .sum where arguments[0].type != .interval, .avg where arguments[0].type != .interval:
            if arguments[0].type != .double, call.column.type != .double { return try exactSums() }
            if !frames.hasExclusion { return try real(realSums) }
        case .boolAnd, .boolOr: return junctions()
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation:
            if arguments[0].type != .double { return try exactMoments() }
            if !frames.hasExclusion { return try real(realMoments) }
        case _ where frames.hasExclusion: break
        case .min, .max: return try extremes()
        default: break
        }
        return try byFrame()
    }

    private func real(_ body: () throws(KernelError) -> Column) throws(QueryError) -> Column {
        do { return try body() } catch { throw error.queryError(position: nil) }
    }

    /// Rows with a value that count.
    private var present: Bitmap? { .both(kept, arguments[0].rowValidity) }

    /// How many rows before each are in `bits`.
    private func totals(_ bits: Bitmap?) -> [Int64] {
        var totals: [Int64] = [0]
        totals.reserveCapacity(rowCount + 1)
        var total: Int64 = 0
        for row in 0..<rowCount {
            if bits?[row] ?? true { total += 1 }
            totals.append(total)
        }
        return totals
    }

    /// For each row, how much of `totals` its frame has.
    private func differences(_ totals: [Int64]) -> [Int64] {
        if !frames.hasExclusion { return (0..<rowCount).map { totals[Int(frames.end[$0])] - totals[Int(frames.start[$0])] } }
        return (0..<rowCount).map { row in
            frames.pieces(of: row).reduce(0) { $0 + totals[Int($1.upperBound)] - totals[Int($1.lowerBound)] }
        }
    }

    /// Memory for what a function lays down beside the answers: to be given back when these are there.
    ///
    /// - Parameter rowByteCount: of one row.
    /// - Throws: `outOfMemory`, unless it is so little that it is taken anyhow.
    private func charged(_ rowByteCount: Int) throws(QueryError) -> MemoryShare {
        let share = MemoryShare(run.memory)
        let byteCount = (rowCount + 1) * rowByteCount
        if share.take(byteCount) { return share }
        guard byteCount <= run.refusedByteCount else { throw QueryError.outOfMemory("\(function.rawValue) over the frames of a window") }
        share.force(to: byteCount)
        return share
    }

    /// Sums and averages of whole numbers and decimals, from running totals.
    private func exactSums() throws(QueryError) -> Column {
        // The values, both halves and the sums; how many rows are before each, how many its frame has, and the sums once more as they come out.
        let share = try charged(4 * MemoryLayout<Int128>.stride + 3 * MemoryLayout<Int64>.stride)
        defer { share.releaseAll() }
        let present = present
        let values = arguments[0].wideIntegers()
        // In halves, neither of which can overflow: sums that are too large for a frame's answer may still stand before it.
        var highs: [Int128] = [0], lows: [Int128] = [0]
        highs.reserveCapacity(rowCount + 1)
        lows.reserveCapacity(rowCount + 1)
        for row in 0..<rowCount {
            let value = present?[row] ?? true ? values[row] : 0
            highs.append(highs[row] &+ value >> 64)
            lows.append(lows[row] &+ value & Int128(UInt64.max))
        }
        let counts = differences(totals(present))
        let (from, type) = (arguments[0].type.scale, call.column.type)
        var result = [Int128](repeating: 0, count: rowCount)
        for row in 0..<rowCount where counts[row] > 0 {
            var high: Int128 = 0, low: Int128 = 0
            for piece in frames.hasExclusion ? frames.pieces(of: row) : [frames.start[row]..<frames.end[row]] {
                high &+= highs[Int(piece.upperBound)] &- highs[Int(piece.lowerBound)]
                low &+= lows[Int(piece.upperBound)] &- lows[Int(piece.lowerBound)]
            }
            do throws(KernelError) {
                result[row] = try Self.answer(high, low, counts[row], function, scale: from, type: type)
            } catch {
                throw error.queryError(position: nil)
            }
        }
        let validity = counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil
        if type.isDecimal { return .decimals(result, type: type, validity: validity) }
        return .whole(result.map { Int64(truncatingIfNeeded: $0) }, type: type, validity: validity)
    }

    /// A sum or mean of whole numbers and decimals.
    /// - Parameters:
    ///   - high: what was added in units of 2^64, beside `low`.
    ///   - count: of values, at least one.
    static func answer(
        _ high: Int128, _ low: Int128, _ count: Int64, _ function: AggregateFunction, scale: Int, type: ColumnType
    ) throws(KernelError) -> Int128 {
        guard let sum = high.multipliedOrNil(by: 1 << 64)?.addingOrNil(low) else { throw .numericOverflow }
        let value =
            function == .avg
            ? DecimalMath.divide(sum, scale: scale, by: Int128(count), scale: 0, toScale: type.scale)
            : DecimalMath.rescale(sum, from: scale, to: type.scale)
        guard let value, DecimalMath.fits(value), type.isDecimal || Int64(exactly: value) != nil else { throw .numericOverflow }
        return value
    }

    /// Of whole numbers and decimals: what is before the frame's end, without what is before its start.
    private func exactMoments() throws(QueryError) -> Column {
        // The values, the totals and those of each frame; the answers.
        let share = try charged(MemoryLayout<Int128>.stride + 2 * MemoryLayout<ExactMoments>.stride + MemoryLayout<Double>.stride)
        defer { share.releaseAll() }
        let present = present
        let values = arguments[0].wideIntegers()
        var totals = [ExactMoments()]
        totals.reserveCapacity(rowCount + 1)
        for row in 0..<rowCount {
            var total = totals[row]
            if present?[row] ?? true { total.add(values[row]) }
            totals.append(total)
        }
        let perFrame = (0..<rowCount).map { row in
            frames.pieces(of: row).reduce(ExactMoments()) { $0 + (totals[Int($1.upperBound)] - totals[Int($1.lowerBound)]) }
        }
        let isPopulation = function == .standardDeviationPopulation || function == .variancePopulation
        let isDeviation = function == .standardDeviation || function == .standardDeviationPopulation
        return ExactVarianceAggregator.answers(perFrame, scale: arguments[0].type.scale, isPopulation: isPopulation, isDeviation: isDeviation)
    }

    /// True for some row of the frame, or for all that have a value.
    private func junctions() -> Column {
        let (values, present) = (arguments[0].bitmap(), present)
        let counts = differences(totals(present))
        let trues = differences(totals(.both(present, values)))
        let bits = Bitmap.computed(count: rowCount) { function == .boolOr ? trues[$0] > 0 : trues[$0] == counts[$0] }
        return .boolean(bits, validity: counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil)
    }

    /// Of doubles: what enters the frame is added, and what leaves it taken away, exactly.
    private func realSums() throws(KernelError) -> Column {
        let values = try CastKernels.cast(arguments[0], to: .double, zone: .utc).doubles()
        let present = present
        var answers = [Double](repeating: 0, count: rowCount)
        var counts = [Int64](repeating: 0, count: rowCount)
        var (sum, count) = (ExactRealSum(), Int64(0))
        try slide { (row, change) throws(KernelError) in
            switch change {
            case .anew: (sum, count) = (ExactRealSum(), 0)
            case .enters where present?[row] ?? true:
                sum.add(values[row])
                count += 1
            case .leaves where present?[row] ?? true:
                sum.subtract(values[row])
                count -= 1
            case .answers where count > 0:
                counts[row] = count
                answers[row] = try RealSumAggregator.answer(sum, count, isAverage: function == .avg)
            default: break
            }
        }
        let validity = counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil
        return Column(type: .double, count: rowCount, validity: validity, values: .double(answers))
    }

    /// Variance and deviation of doubles, as `realSums`.
    private func realMoments() throws(KernelError) -> Column {
        let values = try CastKernels.cast(arguments[0], to: .double, zone: .utc).doubles()
        let present = present
        let isPopulation = function == .standardDeviationPopulation || function == .variancePopulation
        let isDeviation = function == .standardDeviation || function == .standardDeviationPopulation
        let least: Int64 = isPopulation ? 1 : 2
        var answers = [Double](repeating: 0, count: rowCount)
        var isPresent = Bitmap(repeating: false, count: rowCount)
        var moments = ExactRealMoments()
        try slide { (row, change) throws(KernelError) in
            switch change {
            case .anew: moments = ExactRealMoments()
            case .enters where present?[row] ?? true: moments.add(values[row])
            case .leaves where present?[row] ?? true: moments.subtract(values[row])
            case .answers where moments.count >= least:
                isPresent[row] = true
                answers[row] = try moments.answer(isPopulation: isPopulation, isDeviation: isDeviation)
            default: break
            }
        }
        return Column(type: .double, count: rowCount, validity: isPresent.isAllSet ? nil : isPresent, values: .double(answers))
    }

    private enum Change {
        /// A partition begins.
        case anew
        case enters, leaves
        /// The frame of the row is complete.
        case answers
    }

    /// Walks all frames, of which none has rows left out: each row enters once, and leaves once at most.
    /// - Parameter body: is given a row's number, and what happens to it.
    private func slide(_ body: (Int, Change) throws(KernelError) -> Void) throws(KernelError) {
        var (first, next) = (0, 0)
        for row in 0..<rowCount {
            let (start, end) = (Int(frames.start[row]), Int(frames.end[row]))
            if row == Int(frames.rows.partitionStart[row]) {
                (first, next) = (row, row)
                try body(row, .anew)
            }
            while first < start {
                if first < next { try body(first, .leaves) }
                first += 1
            }
            next = max(next, first)
            while next < end {
                try body(next, .enters)
                next += 1
            }
            try body(row, .answers)
        }
    }

    /// A queue of rows, each better than all after it: its head is the frame's answer.
    ///
    /// The "sliding window minimum": a row that comes drives out all at the end of the queue that are no better, since it
    /// stays in frames longer than they do.
    ///
    /// Invariant: `queue[head...]` ascends in row number, and strictly from better to worse. O(n) in all: each row is put
    /// in and taken out once.
    private func extremes() throws(QueryError) -> Column {
        let present = present
        let held = try HeldKeys.make([SortColumn(arguments[0], isDescending: function == .max)], count: rowCount, of: "a window's frames", run)
        let keys = held.keys
        var indices = [Int32](repeating: -1, count: rowCount)
        var queue: [Int32] = []
        var head = 0
        var next = 0
        for row in 0..<rowCount {
            if row == Int(frames.rows.partitionStart[row]) {
                queue.removeAll(keepingCapacity: true)
                (head, next) = (0, row)
            }
            // Rows before all frames to come are never looked at.
            next = max(next, Int(frames.start[row]))
            while next < Int(frames.end[row]) {
                if present?[next] ?? true {
                    while queue.count > head, !precedes(keys, Int(queue[queue.count - 1]), next) { queue.removeLast() }
                    queue.append(Int32(next))
                }
                next += 1
            }
            while head < queue.count, queue[head] < frames.start[row] { head += 1 }
            if head < queue.count, queue[head] < frames.end[row] { indices[row] = queue[head] }
        }
        let share = arguments[0].type.isNested ? try CallEvaluators.held(indices, of: arguments[0], copies: 2, run) : nil
        defer { share?.releaseAll() }
        return arguments[0].gatheringOrNull(indices)
    }

    private func precedes(_ keys: ByteArrays, _ one: Int, _ other: Int) -> Bool {
        keys.bytes.withUnsafeBytes { bytes in
            CompareKernels.order(
                UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: one)]), UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: other)])) < 0
        }
    }

    /// Each distinct frame is a group of its own; rows of a frame are fed to the aggregate a few thousand at a time.
    /// Rows that share a frame follow one another, so that it is enough to look at the row before.
    private func byFrame() throws -> Column {
        let literals = arguments.map { Expression.literal($0.constantValue ?? .null, $0.type) }
        let aggregate = AggregateCall(column: call.column, function: function, arguments: literals)
        var groups: [Int32] = []
        var groupOfRow = [Int32](repeating: 0, count: rowCount)
        for row in 0..<rowCount {
            let isSame = !frames.hasExclusion && row > 0 && frames.start[row] == frames.start[row - 1] && frames.end[row] == frames.end[row - 1]
            if !isSame { groups.append(Int32(row)) }
            groupOfRow[row] = Int32(groups.count - 1)
        }
        let states = try FrameStates(aggregate, arguments, rowCount: rowCount, run)
        // Rows that FILTER leaves out are not walked: the cancellation is looked at by the rows that the states get.
        let keptRows = kept?.setIndices()
        for row in groups {
            try states.begin()
            for piece in frames.pieces(of: Int(row)) {
                guard let keptRows else {
                    for index in piece { try states.add(index) }
                    continue
                }
                var place = Self.place(of: piece.lowerBound, in: keptRows)
                while place < keptRows.count, keptRows[place] < piece.upperBound {
                    try states.add(keptRows[place])
                    place += 1
                }
            }
        }
        let answers = try states.finish()
        try states.checkCopies(of: answers, groupOfRow)
        return answers.gathering(groupOfRow)
    }

    /// The place of the first that is `row` or comes behind it, of rows that ascend; their count where none does.
    private static func place(of row: Int32, in rows: [Int32]) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
