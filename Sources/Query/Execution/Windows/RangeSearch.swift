import ColumnStore

/// RANGE frames with a distance: rows whose order value lies within the distance of the row's own.
///
/// The order has one key, so that rows of a partition are sorted by it and an edge is found by halving. For `ORDER BY x`
/// with values 1, 3, 3, 7 and `RANGE 2 PRECEDING`, the target of the row 7 is 5, and its frame begins at place 3.
///
/// Distances are not negative: the binder asks that of each (`frameDistance`), and nothing looks here again.
///
/// - Complexity: O(rows · log rows).
struct RangeSearch {
    private let rows: WindowRows
    /// The order values, and for each row the value at the frame's edge; wide ones with their sign changed where the order descends.
    private var values: [Double] = []
    private var targets: [Double] = []
    private var wideValues: [Int128] = []
    private var wideTargets: [Int128] = []
    private let isReal: Bool
    /// Of doubles only, which lie as they are: NaN, above all of them, has no opposite.
    private var isDescending = false
    /// Of the order's values.
    private let validity: Bitmap?

    /// - Parameter sign: -1 for PRECEDING, 1 for FOLLOWING.
    /// - Throws: `badSQL` for an order of several expressions, `dataError` for a distance that is NULL or leaves the range
    ///   of moments.
    init(_ rows: WindowRows, _ distance: Value, _ distanceType: ColumnType, _ sign: Int, _ context: EvaluationContext) throws(QueryError) {
        guard rows.order.count == 1, let key = rows.order.first else {
            throw QueryError(.badSQL, "RANGE with a distance needs ORDER BY of exactly one expression")
        }
        self.rows = rows
        validity = key.column.rowValidity
        // Backwards is towards greater values where the order descends.
        let direction = key.isDescending ? -sign : sign
        isReal = key.column.type == .double
        if isReal {
            guard case .double(let step) = distance else { throw QueryError(.dataError, "a frame's distance must not be NULL") }
            values = key.column.doubles()
            targets = values.map { $0 + Double(direction) * step }
            isDescending = key.isDescending
            return
        }
        switch distance {
        case .interval(let interval) where key.column.type == .time:
            // The time alone of a distance counts, as in PostgreSQL, and nothing goes round at midnight.
            reach(key.column.wideIntegers(), by: Int128(interval.microseconds), direction)
        case .interval(let interval) where key.column.type == .interval:
            reach(key.column.intervals().map(\.span), by: interval.span, direction)
        case .interval(let interval):
            let moments = try Self.moments(key.column, context)
            var clock = ZoneClock(key.column.type == .timestampTZ ? context.timeZone : .utc)
            for row in moments.indices {
                wideValues.append(Int128(moments[row]))
                guard validity?[row] ?? true else {
                    wideTargets.append(0)
                    continue
                }
                do {
                    wideTargets.append(Int128(try TimeArithmeticKernels.moved(moments[row], by: interval, sign: Int64(direction), clock: &clock)))
                } catch {
                    throw error.queryError(position: nil)
                }
            }
        case .integer, .decimal:
            var step: Int128 = 0
            if case .integer(let value) = distance { step = Int128(value) }
            if case .decimal(let value) = distance { step = value }
            step = DecimalMath.rescale(step, from: distanceType.scale, to: key.column.type.scale) ?? .max
            reach(key.column.wideIntegers(), by: step, direction)
        default: throw QueryError(.dataError, "a frame's distance must not be NULL")
        }
        if key.isDescending {
            // No value is the least of 128 bits but a saturated one, which goes to the other end.
            wideValues = wideValues.map { (0 as Int128).subtractingSaturating($0) }
            wideTargets = wideTargets.map { (0 as Int128).subtractingSaturating($0) }
        }
    }

    /// Takes the order's values, and for each the one that is a step further.
    private mutating func reach(_ own: [Int128], by step: Int128, _ direction: Int) {
        for value in own {
            wideValues.append(value)
            wideTargets.append(direction > 0 ? value.addingSaturating(step) : value.subtractingSaturating(step))
        }
    }

    /// Dates as timestamps at midnight, since a distance may have hours.
    private static func moments(_ column: Column, _ context: EvaluationContext) throws(QueryError) -> [Int64] {
        do {
            let type = column.type == .date ? ColumnType.timestamp(isUTC: false) : column.type
            return try CastKernels.cast(column, to: type, zone: context.timeZone).integers() ?? []
        } catch {
            throw error.queryError(position: nil)
        }
    }

    /// For each row the place of the frame's first row, or of the row after its last.
    func edges(isStart: Bool) throws(QueryError) -> [Int32] {
        var result = [Int32](repeating: 0, count: rows.rowCount)
        for row in 0..<rows.rowCount {
            // NULLs have only each other near.
            guard validity?[row] ?? true else {
                result[row] = isStart ? rows.peerStart[row] : rows.peerEnd[row]
                continue
            }
            var low = Int(rows.partitionStart[row])
            var high = Int(rows.partitionEnd[row])
            // NULLs stand at one end of the partition: they are no part of the search.
            if let validity {
                while low < high, !validity[low] { low = Int(rows.peerEnd[low]) }
                while high > low, !validity[high - 1] { high = Int(rows.peerStart[high - 1]) }
            }
            while low < high {
                let middle = (low + high) / 2
                if isBefore(middle, row, isStart: isStart) { low = middle + 1 } else { high = middle }
            }
            result[row] = Int32(low)
        }
        return result
    }

    /// Whether the row at `place` lies before the edge of `row`'s frame.
    private func isBefore(_ place: Int, _ row: Int, isStart: Bool) -> Bool {
        if isReal {
            // An infinite distance back from an infinity: PostgreSQL takes in every number.
            if targets[row].isNaN, !values[row].isNaN { return values[place].isNaN ? isDescending : !isStart }
            let order = isDescending ? CompareKernels.order(targets[row], values[place]) : CompareKernels.order(values[place], targets[row])
            return isStart ? order < 0 : order <= 0
        }
        return isStart ? wideValues[place] < wideTargets[row] : wideValues[place] <= wideTargets[row]
    }
}
