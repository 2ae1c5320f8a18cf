import ColumnStore

/// An aggregate over the frame of every row. Exact sums and counts come from running totals, least and greatest from a queue that slides with
/// the frame, sums and deviations of doubles from two stacks that do; everything else is computed frame by frame, once for rows that share
/// one.
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

    func evaluate() throws -> Column {
        switch function {
        case .countRows: return .whole(differences(totals(kept)), type: .int64, validity: nil)
        case .count: return .whole(differences(totals(present)), type: .int64, validity: nil)
        case .sum where arguments[0].type != .interval, .avg where arguments[0].type != .interval:
            if arguments[0].type != .double, call.column.type != .double { return try exactSums() }
            if !frames.hasExclusion { return try moments() }
        case .boolAnd, .boolOr: return junctions()
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation:
            if arguments[0].type != .double { return exactMoments() }
            if !frames.hasExclusion { return try moments() }
        case _ where frames.hasExclusion: break
        case .min, .max: return extremes()
        default: break
        }
        return try byFrame()
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

    private func differences(_ totals: [Int64]) -> [Int64] {
        if !frames.hasExclusion { return (0..<rowCount).map { totals[Int(frames.end[$0])] - totals[Int(frames.start[$0])] } }
        return (0..<rowCount).map { row in
            frames.pieces(of: row).reduce(0) { $0 + totals[Int($1.upperBound)] - totals[Int($1.lowerBound)] }
        }
    }

    private func exactSums() throws(QueryError) -> Column {
        let overflow = KernelError.numericOverflow.queryError(position: nil)
        let present = present
        let values = arguments[0].wideIntegers()
        // In halves, neither of which can overflow: sums that are too large for a frame's answer may still stand before it.
        var highs: [Int128] = [0], lows: [Int128] = [0]
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
            guard let sum = high.multipliedOrNil(by: 1 << 64)?.addingOrNil(low) else { throw overflow }
            let value =
                function == .avg
                ? DecimalMath.divide(sum, scale: from, by: Int128(counts[row]), scale: 0, toScale: type.scale)
                : DecimalMath.rescale(sum, from: from, to: type.scale)
            guard let value, DecimalMath.fits(value), type.isDecimal || Int64(exactly: value) != nil else { throw overflow }
            result[row] = value
        }
        let validity = counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil
        if type.isDecimal { return .decimals(result, type: type, validity: validity) }
        return .whole(result.map { Int64(truncatingIfNeeded: $0) }, type: type, validity: validity)
    }

    /// Of whole numbers and decimals: what is before the frame's end, without what is before its start.
    private func exactMoments() -> Column {
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

    private func moments() throws(QueryError) -> Column {
        let values: [Double]
        do {
            values = try CastKernels.cast(arguments[0], to: .double, zone: .utc).doubles()
        } catch {
            throw error.queryError(position: nil)
        }
        let present = present
        let perFrame = SlidingMoments.perFrame(frames) { present?[$0] ?? true ? SlidingMoments(values[$0]) : SlidingMoments() }
        let least: Double = function == .standardDeviation || function == .variance ? 2 : 1
        let answers = perFrame.map { $0.count >= least ? $0.answer(function) : 0 }
        for (moments, answer) in zip(perFrame, answers) where !answer.isFinite && !moments.hasSpecial {
            throw KernelError.numericOverflow.queryError(position: nil)
        }
        let validity = perFrame.contains { $0.count < least } ? Bitmap.computed(count: rowCount) { perFrame[$0].count >= least } : nil
        return Column(type: .double, count: rowCount, validity: validity, values: .double(answers))
    }

    /// A queue of rows, each better than all after it: its head is the frame's answer.
    private func extremes() -> Column {
        let present = present
        let keys = SortKeys.encode([SortColumn(arguments[0], isDescending: function == .max)], count: rowCount)
        var indices = [Int32](repeating: -1, count: rowCount)
        var queue: [Int32] = []
        var head = 0
        var next = 0
        for row in 0..<rowCount {
            if row == Int(frames.rows.partitionStart[row]) {
                queue.removeAll(keepingCapacity: true)
                (head, next) = (0, row)
            }
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
        return arguments[0].gatheringOrNull(indices)
    }

    private func precedes(_ keys: ByteArrays, _ one: Int, _ other: Int) -> Bool {
        keys.bytes.withUnsafeBytes { bytes in
            CompareKernels.order(
                UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: one)]), UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: other)])) < 0
        }
    }

    /// Each distinct frame is a group of its own; rows of a frame are fed to the aggregate a few thousand at a time.
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
        for row in groups {
            try states.begin()
            for piece in frames.pieces(of: Int(row)) {
                for index in piece where kept?[Int(index)] ?? true { try states.add(index) }
            }
        }
        let answers = try states.finish()
        try states.checkCopies(of: answers, groupOfRow)
        return answers.gathering(groupOfRow)
    }
}
