import ColumnStore

/// generate_series: start, start + step … up to stop, both included.
final class SeriesOperator: PreparedOperator, @unchecked Sendable {
    private let bounds: [Expression]
    private var stream: (any BatchStream)?

    init(column: OutputColumn, start: Expression, stop: Expression, step: Expression) {
        bounds = [start, stop, step]
        super.init(columns: [column], inputs: [])
    }

    override var streamCountMax: Int { 1 }

    override func prepare(_ run: QueryRun) throws {
        let single = ColumnBatch(rowCount: 1, columns: [])
        let type = columns[0].type
        var values: [Value] = []
        var step: Value = .null
        for (index, bound) in bounds.enumerated() {
            let column = try Evaluator(bound, layout: [:], context: run.context).evaluate(single)
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

    private final class NumberStream: BatchStream {
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

    private final class MomentStream: BatchStream {
        private var upcoming: Int64?
        private let stop: Int64
        private let step: Interval
        private var clock: ZoneClock
        private let type: ColumnType
        private let cancellation: Cancellation

        init(_ start: Int64, _ stop: Int64, _ step: Interval, clock: ZoneClock, type: ColumnType, cancellation: Cancellation) {
            (upcoming, self.stop, self.step, self.clock, self.type, self.cancellation) = (start, stop, step, clock, type, cancellation)
        }

        func next() throws -> ColumnBatch? {
            try cancellation.check()
            var values: [Int64] = []
            while values.count < ColumnBatch.targetRowCount, let moment = upcoming, step.span > 0 ? moment <= stop : moment >= stop {
                values.append(moment)
                do {
                    upcoming = try SeriesKernels.following(moment, step, &clock)
                } catch {
                    throw error.queryError(position: nil)
                }
            }
            if values.isEmpty { return nil }
            return ColumnBatch(rowCount: values.count, columns: [.whole(values, type: type, validity: nil)])
        }
    }
}
