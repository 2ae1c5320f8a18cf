import ColumnStore

/// An aggregate of a frame that moves on with the rows: what enters is added, and what leaves taken away, both exactly.
///
/// As PostgreSQL's moving-aggregate mode (<https://www.postgresql.org/docs/15/xaggr.html#XAGGR-MOVING-AGGREGATES>), and for
/// doubles too, which it leaves out there since their sums round.
///
/// Invariant: `state` and `count` are of the rows that were added and not taken away, and say nothing of their order.
struct FrameTotal {
    private enum State {
        case rows
        /// high · 2^64 + low: halves of 128-bit values, summed apart so that neither overflows.
        case whole(high: Int128, low: Int128)
        case wholeMoments(ExactMoments)
        case real(ExactRealSum)
        case realMoments(ExactRealMoments)
        /// How many are true.
        case truths(Int64)
        /// Of frames that nothing leaves.
        case extreme(Value)
    }

    private let function: AggregateFunction
    private let argument: ColumnType?
    private let result: ColumnType
    private var state: State
    /// Rows with a value.
    private var count: Int64 = 0

    /// Nil for functions whose result needs all rows of the frame at once.
    /// - Parameter onlyGrows: no row leaves a frame.
    init?(_ function: AggregateFunction, argument: ColumnType?, result: ColumnType, onlyGrows: Bool) {
        (self.function, self.argument, self.result) = (function, argument, result)
        let isReal = argument == .double || result == .double && (function == .sum || function == .avg)
        switch function {
        case .countRows, .count: state = .rows
        case .sum, .avg:
            guard argument != .interval else { return nil }
            state = isReal ? .real(ExactRealSum()) : .whole(high: 0, low: 0)
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation:
            state = isReal ? .realMoments(ExactRealMoments()) : .wholeMoments(ExactMoments())
        case .boolAnd, .boolOr: state = .truths(0)
        case .min, .max:
            guard onlyGrows else { return nil }
            state = .extreme(.null)
        default: return nil
        }
    }

    /// The argument of some rows, as it is added up.
    struct Values {
        fileprivate var column: Column?
        fileprivate var present: Bitmap?
        fileprivate var whole: [Int128] = []
        fileprivate var real: [Double] = []
        fileprivate var bits: Bitmap?

        init() {}
    }

    /// - Parameter kept: rows that FILTER lets through; nil is all.
    /// - Throws: what casting to DOUBLE throws.
    func values(_ columns: [Column], kept: Bitmap?) throws(QueryError) -> Values {
        var values = Values()
        values.column = columns.first
        values.present = function == .countRows ? kept : .both(kept, columns[0].rowValidity)
        switch state {
        case .whole, .wholeMoments: values.whole = columns[0].wideIntegers()
        case .real, .realMoments:
            do throws(KernelError) {
                values.real = try CastKernels.cast(columns[0], to: .double, zone: .utc).doubles()
            } catch {
                throw error.queryError(position: nil)
            }
        case .truths: values.bits = columns[0].bitmap()
        case .rows, .extreme: break
        }
        return values
    }

    /// Adds a row of `values`, or takes it away.
    mutating func take(_ values: Values, _ row: Int, isAdded: Bool) {
        guard values.present?[row] ?? true else { return }
        count += isAdded ? 1 : -1
        switch state {
        case .rows: break
        case .whole(let high, let low):
            let value = isAdded ? values.whole[row] : 0 &- values.whole[row]
            state = .whole(high: high &+ value >> 64, low: low &+ value & Int128(UInt64.max))
        case .wholeMoments(let moments):
            var one = ExactMoments()
            one.add(values.whole[row])
            state = .wholeMoments(isAdded ? moments + one : moments - one)
        case .real(var sum):
            // Held by one alone, so that it is changed in place.
            state = .rows
            if isAdded { sum.add(values.real[row]) } else { sum.subtract(values.real[row]) }
            state = .real(sum)
        case .realMoments(var moments):
            state = .rows
            if isAdded { moments.add(values.real[row]) } else { moments.subtract(values.real[row]) }
            state = .realMoments(moments)
        case .truths(let truths):
            if values.bits?[row] ?? false { state = .truths(truths + (isAdded ? 1 : -1)) }
        case .extreme(let best):
            guard let column = values.column else { break }
            let value = column.value(at: row)
            let order = best.isNull ? 0 : CompareKernels.order(value, best, column.type)
            if best.isNull || (function == .min ? order <= 0 : order >= 0) { state = .extreme(value) }
        }
    }

    /// Of the frame as it is. NULL without a value (of a sample's deviation with one), 0 for counts.
    /// - Throws: `numericOverflow`.
    func answer() throws(QueryError) -> Value {
        let isPopulation = function == .standardDeviationPopulation || function == .variancePopulation
        let isDeviation = function == .standardDeviation || function == .standardDeviationPopulation
        do throws(KernelError) {
            switch state {
            case .rows: return .integer(count)
            case _ where count == 0: return .null
            case .whole(let high, let low):
                let value = try WindowAggregates.answer(high, low, count, function, scale: argument?.scale ?? 0, type: result)
                return result.isDecimal ? .decimal(value) : .integer(Int64(truncatingIfNeeded: value))
            case .real(let sum): return .double(try RealSumAggregator.answer(sum, count, isAverage: function == .avg))
            case .wholeMoments(let moments):
                if count < 2, !isPopulation { return .null }
                let variance = moments.variance(unit: ExactMoments.unit(scale: argument?.scale ?? 0), isPopulation: isPopulation)
                return .double(isDeviation ? variance.squareRoot() : variance)
            case .realMoments(let moments):
                if count < 2, !isPopulation { return .null }
                return .double(try moments.answer(isPopulation: isPopulation, isDeviation: isDeviation))
            case .truths(let truths): return .boolean(function == .boolOr ? truths > 0 : truths == count)
            case .extreme(let value): return value
            }
        } catch {
            throw error.queryError(position: nil)
        }
    }
}
