import ColumnStore

/// justify_days, justify_hours and justify_interval: 30 days as a month, 24 hours as a day; date_bin, isfinite.
/// PostgreSQL 15's documentation, section 9.9, with date_bin in 9.9.3.
extension SQLFunction {
    static let justifyDays = SQLFunction("justify_days", summary: "an interval with 30 days as a month", takes: [.interval], gives: .interval, runs: .justifyDays)
    static let justifyHours = SQLFunction("justify_hours", summary: "an interval with 24 hours as a day", takes: [.interval], gives: .interval, runs: .justifyHours)
    static let justifyInterval = SQLFunction("justify_interval", summary: "an interval with 24 hours as a day and 30 days as a month", takes: [.interval], gives: .interval, runs: .justifyInterval)

    /// date_bin(stride, time, origin): the start of the stride that a time lies in.
    static let dateBin = SQLFunction(
        "date_bin", summary: "the start of the stride that a time lies in",
        forms: [[.interval, .timestampTZ, .timestampTZ]]
    ) { (call, typing) throws(QueryError) in
        try call.count(3...3)
        let stride = try typing.implicit(call.arguments[0], to: .interval, call.name)
        let isLocal = call.arguments[1].type == .timestamp(isUTC: false) || (call.arguments[1].isUntyped && call.arguments[2].type == .timestamp(isUTC: false))
        let type: ColumnType = isLocal ? .timestamp(isUTC: false) : .timestampTZ
        return call.make(
            .dateBin, [stride, try typing.implicit(call.arguments[1], to: type, call.name), try typing.implicit(call.arguments[2], to: type, call.name)], type)
    }

    /// Whether a date or time is neither `infinity` nor `-infinity`; of an interval true.
    static let finiteTime = SQLFunction(
        "isfinite", summary: "whether a date or time is neither `infinity` nor `-infinity`",
        forms: [[.date], [.timestampTZ], [.interval]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let value = call.arguments[0]
        let time = value.isUntyped || value.type == .null ? try typing.implicit(value, to: .timestampTZ, call.name) : value.expression
        switch time.type {
        case .date, .timestamp, .interval: break
        default: throw .badSQL("isfinite needs a date or time, not \(value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        return call.make(.isFinite, [time], .boolean)
    }
}

extension ScalarFunction {
    static let isFinite = ScalarFunction(
        "isfinite", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            var bits = Bitmap(repeating: true, count: call.count)
            let isInfinite = call[0].type == .date ? Calendar.isInfinite(day:) : Calendar.isInfinite(moment:)
            if call[0].type != .interval, let values = call[0].integers() {
                for row in values.indices where isInfinite(values[row]) { bits[row] = false }
            }
            return .boolean(bits, validity: call.strictValidity)
        })

    /// INTERVAL DAY TO MINUTE: without what is finer.
    static let cutInterval = ScalarFunction(
        "cut_interval", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let intervals = call[0].intervals(), validity = call.strictValidity
            guard case .bytes(let name)? = call[1].constantValue, let fields = IntervalText.Fields(rawValue: String(word: name)) else {
                throw .invalidArgument("an interval has no such fields")
            }
            var builder = ColumnBuilder(type: .interval)
            for row in 0..<call.count {
                if validity?[row] ?? true { builder.append(interval: IntervalText.cut(intervals[row], fields)) } else { builder.appendNull() }
            }
            return builder.finish()
        })

    /// TIMESTAMP(p) and TIME(p): with so many digits of a second.
    static let roundMoment = ScalarFunction(
        "round_moment", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            guard let values = call[0].integers(), case .integer(let digits)? = call[1].constantValue else {
                throw .invalidArgument("TIMESTAMP(p) needs a constant")
            }
            let isTime = call.type == .time
            return try call.numbers { (row) throws(KernelError) in
                if !isTime, Calendar.isInfinite(moment: values[row]) { return values[row] }
                return isTime ? rounded(values[row], from: 0, digitCount: Int(clamping: digits))
                    : try TimeCastKernels.checked(rounded(try TimeCastKernels.checked(values[row]), from: postgresStart, digitCount: Int(clamping: digits)))
            }
        })

    /// 2000-01-01, from which PostgreSQL counts: half of a last digit goes away from it.
    static let postgresStart: Int64 = 946_684_800_000_000

    /// To a multiple of 10^(6 - digitCount) microseconds, halves away from `start`.
    ///
    /// - Precondition: within TIMESTAMP's range.
    static func rounded(_ value: Int64, from start: Int64, digitCount: Int) -> Int64 {
        guard (0..<6).contains(digitCount) else { return value }
        let step = (digitCount..<6).reduce(Int64(1)) { product, _ in product * 10 }
        let distance = value - start
        let magnitude = (Int64(clamping: distance.magnitude) + step / 2) / step * step
        return start + (distance < 0 ? -magnitude : magnitude)
    }

    /// INTERVAL(p): with so many digits of a second.
    static let roundInterval = ScalarFunction(
        "round_interval", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let intervals = call[0].intervals(), validity = call.strictValidity
            guard case .integer(let digits)? = call[1].constantValue else { throw .invalidArgument("INTERVAL(p) needs a constant") }
            var builder = ColumnBuilder(type: .interval)
            for row in 0..<call.count {
                guard validity?[row] ?? true else {
                    builder.appendNull()
                    continue
                }
                guard let value = IntervalText.rounded(intervals[row], digitCount: Int(clamping: digits)) else { throw .timeOutOfRange }
                builder.append(interval: value)
            }
            return builder.finish()
        })

    static let justifyDays = justifying("justify_days") { signed($0, daysToMonths($0)) }
    static let justifyHours = justifying("justify_hours") { hoursToDays($0).map { signedHours($0) } }
    static let justifyInterval = justifying("justify_interval") { interval in
        // As PostgreSQL does it: everything upward first, then signs from the top down; of days and hours of one sign the days before, that both have room.
        let isOfOneSign = interval.days > 0 && interval.microseconds > 0 || interval.days < 0 && interval.microseconds < 0
        guard let roomy = isOfOneSign ? daysToMonths(interval) : interval, let days = hoursToDays(roomy), let whole = daysToMonths(days) else { return nil }
        var result = whole
        if result.months > 0, result.days < 0 || (result.days == 0 && result.microseconds < 0) {
            result.days += 30
            result.months -= 1
        } else if result.months < 0, result.days > 0 || (result.days == 0 && result.microseconds > 0) {
            result.days -= 30
            result.months += 1
        }
        return signedHours(result)
    }

    /// Nil past 32 bits.
    private static func hoursToDays(_ interval: Interval) -> Interval? {
        guard let days = Int32(exactly: Int64(interval.days) + interval.microseconds / Calendar.microsecondsPerDay) else { return nil }
        return Interval(months: interval.months, days: days, microseconds: interval.microseconds % Calendar.microsecondsPerDay)
    }

    private static func daysToMonths(_ interval: Interval) -> Interval? {
        guard let months = Int32(exactly: Int64(interval.months) + Int64(interval.days / 30)) else { return nil }
        return Interval(months: months, days: interval.days % 30, microseconds: interval.microseconds)
    }

    /// Months and days of one sign.
    private static func signed(_ interval: Interval, _ moved: Interval?) -> Interval? {
        guard var result = moved else { return nil }
        if result.months > 0, result.days < 0 {
            result.days += 30
            result.months -= 1
        } else if result.months < 0, result.days > 0 {
            result.days -= 30
            result.months += 1
        }
        return result
    }

    /// Days and hours of one sign.
    private static func signedHours(_ interval: Interval) -> Interval {
        var result = interval
        if result.days > 0, result.microseconds < 0 {
            result.microseconds += Calendar.microsecondsPerDay
            result.days -= 1
        } else if result.days < 0, result.microseconds > 0 {
            result.microseconds -= Calendar.microsecondsPerDay
            result.days += 1
        }
        return result
    }

    /// - Parameter justify: nil past the range.
    private static func justifying(_ symbol: String, _ justify: @escaping @Sendable (Interval) -> Interval?) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let intervals = call[0].intervals(), validity = call[0].rowValidity
                var result = [Interval](repeating: Interval(), count: intervals.count)
                for row in intervals.indices where validity?[row] ?? true {
                    guard let value = justify(intervals[row]) else { throw .timeOutOfRange }
                    result[row] = value
                }
                return Column(type: .interval, count: intervals.count, validity: validity, values: .interval(result))
            })
    }

    /// Bins of `stride` from `origin` on, in both directions: the start of the one that the time lies in, rounded down also before the origin.
    static let dateBin = ScalarFunction(
        "date_bin", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let strides = call[0].intervals(), times = call[1].integers() ?? [], origins = call[2].integers() ?? []
            return try call.numbers { (row) throws(KernelError) in
                let stride = strides[row]
                guard stride.months == 0 else { throw .outside(.notSupported, "date_bin takes no months or years") }
                guard let step = Int64(stride.days).multipliedOrNil(by: Calendar.microsecondsPerDay)?.addingOrNil(stride.microseconds), step > 0 else {
                    throw .outside(.timeOutOfRange, "date_bin needs a stride greater than zero")
                }
                guard !Calendar.isInfinite(moment: origins[row]) else { throw .outside(.timeOutOfRange, "the origin of date_bin is infinite") }
                if Calendar.isInfinite(moment: times[row]) { return times[row] }
                guard let distance = times[row].subtractingOrNil(origins[row]) else { throw .timeOutOfRange }
                // The division cuts towards zero: before the origin one more step down.
                var steps = distance / step
                if distance < 0, distance % step != 0 { steps -= 1 }
                guard let bin = steps.multipliedOrNil(by: step)?.addingOrNil(origins[row]) else { throw .timeOutOfRange }
                return try TimeCastKernels.checked(bin)
            }
        })
}
