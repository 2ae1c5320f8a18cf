import ColumnStore

/// generate_series: start, start + step … up to stop, both included.
///
/// As PostgreSQL's: <https://www.postgresql.org/docs/15/functions-srf.html>. With a step below zero the series descends; a
/// NULL anywhere gives no row; a step of zero is `dataError` with reason `badValue`. The bounds are expressions without
/// columns, evaluated once, in `prepare`.
final class SeriesOperator: PreparedOperator, @unchecked Sendable {
    /// Start, stop, step.
    private let bounds: [Expression]
    /// Nil for a series without rows, and before `prepare`.
    private var stream: (any BatchStream)?

    init(column: OutputColumn, start: Expression, stop: Expression, step: Expression) {
        bounds = [start, stop, step]
        super.init(columns: [column], inputs: [])
    }

    /// The next value needs the one before.
    override var streamCountMax: Int { 1 }

    override func prepare(_ run: QueryRun) throws {
        let single = ColumnBatch(rowCount: 1, columns: [])
        let type = columns[0].type
        var values: [Value] = []
        var step: Value = .null
        for (index, bound) in bounds.enumerated() {
            let column = try Evaluator(bound, layout: [:], context: run.context).evaluate(single)
            // An interval is no number of the column's type: months differ in length, so that it is added by the calendar.
            if index == 2, column.type == .interval {
                step = column.value(at: 0)
            } else {
                do {
                    values.append(try CastKernels.cast(column, to: type, zone: run.context.timeZone).value(at: 0))
                } catch {
                    throw error.queryError(position: nil)
                }
            }
        }
        if case .interval(let interval) = step {
            guard case .integer(let start) = values[0], case .integer(let stop) = values[1] else { return }
            guard interval.span != 0 else { throw QueryError(.dataError, "generate_series: the step must not be zero").because(.badValue) }
            let clock = ZoneClock(type == .timestampTZ ? run.context.timeZone : .utc)
            stream = MomentStream(start, stop, interval, clock: clock, type: type, cancellation: run.cancellation)
            return
        }
        // 128 bits hold every whole number and the digits of every decimal; a NULL, in any place, ends here.
        let numbers = values.map { value -> Int128? in
            switch value {
            case .integer(let value): Int128(value)
            case .decimal(let value): value
            default: nil
            }
        }
        guard numbers.count == 3, let start = numbers[0], let stop = numbers[1], let step = numbers[2] else { return }
        guard step != 0 else { throw QueryError(.dataError, "generate_series: the step must not be zero").because(.badValue) }
        stream = NumberStream(start, stop, step, type: type, cancellation: run.cancellation)
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { stream ?? EmptyStream() }

    /// Of whole numbers and of decimals, whose digits at the column's scale these are.
    private final class NumberStream: BatchStream {
        /// The next value; `Int128.max` or `.min` when the one after the last would overflow.
        private var upcoming: Int128
        private let stop: Int128
        private let step: Int128
        private let type: ColumnType
        private let cancellation: Cancellation

        init(_ start: Int128, _ stop: Int128, _ step: Int128, type: ColumnType, cancellation: Cancellation) {
            (upcoming, self.stop, self.step, self.type, self.cancellation) = (start, stop, step, type, cancellation)
        }

        func next() throws -> ColumnBatch? {
            try cancellation.check()
            var values: [Int128] = []
            while values.count < ColumnBatch.targetRowCount, step > 0 ? upcoming <= stop : upcoming >= stop {
                values.append(upcoming)
                let (following, overflow) = upcoming.addingReportingOverflow(step)
                if overflow {
                    upcoming = step > 0 ? .max : .min
                    break
                }
                upcoming = following
            }
            if values.isEmpty { return nil }
            let column =
                type.isDecimal
                ? Column.decimals(values, type: type, validity: nil) : .whole(values.map { Int64($0) }, type: type, validity: nil)
            return ColumnBatch(rowCount: values.count, columns: [column])
        }
    }

    /// Of dates and timestamps, by an interval. Each value is reckoned from the one before, as in PostgreSQL: 31 January by
    /// months is 28 February, then 28 March.
    private final class MomentStream: BatchStream {
        /// In the units of `type`.
        private var upcoming: Int64
        /// Why there is no moment after the last one that was given: thrown to who asks for it, so that a LIMIT before it has its rows.
        private var fault: KernelError?
        private let stop: Int64
        private let step: Interval
        /// The zone that days and months are added in: the session's for TIMESTAMP WITH TIME ZONE, else UTC.
        private var clock: ZoneClock
        private let type: ColumnType
        private let cancellation: Cancellation

        init(_ start: Int64, _ stop: Int64, _ step: Interval, clock: ZoneClock, type: ColumnType, cancellation: Cancellation) {
            (upcoming, self.stop, self.step, self.clock, self.type, self.cancellation) = (start, stop, step, clock, type, cancellation)
        }

        func next() throws -> ColumnBatch? {
            try cancellation.check()
            if let fault { throw fault.queryError(position: nil) }
            var values: [Int64] = []
            while fault == nil, values.count < ColumnBatch.targetRowCount, step.span > 0 ? upcoming <= stop : upcoming >= stop {
                values.append(upcoming)
                do throws(KernelError) {
                    upcoming = try SeriesKernels.following(upcoming, step, &clock)
                } catch {
                    fault = error
                }
            }
            if values.isEmpty { return nil }
            return ColumnBatch(rowCount: values.count, columns: [.whole(values, type: type, validity: nil)])
        }
    }
}
