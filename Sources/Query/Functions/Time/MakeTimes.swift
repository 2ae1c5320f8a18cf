import ColumnStore

/// Times out of their parts: make_time, make_timestamp, make_timestamptz, make_interval.
/// PostgreSQL 15's documentation, section 9.9.
extension SQLFunction {
    static let makeTime = SQLFunction("make_time", summary: "a time of day of hour, minute and second", takes: [.int32, .int32, .double], gives: .time, runs: .makeTime)
    static let makeTimestamp = SQLFunction(
        "make_timestamp", summary: "a timestamp of year, month, day, hour, minute and second",
        takes: [.int32, .int32, .int32, .int32, .int32, .double], gives: .timestamp(isUTC: false), runs: .makeTimestamp)
    /// By the session's clock, or that of a zone.
    static let makeTimestampTZ = SQLFunction(
        "make_timestamptz", summary: "an instant of year, month, day, hour, minute and second by the session's clock, or that of a zone",
        forms: [[.int32, .int32, .int32, .int32, .int32, .double], [.int32, .int32, .int32, .int32, .int32, .double, .string]]
    ) { (call, typing) throws(QueryError) in
        let arguments = try call.typed([.int32, .int32, .int32, .int32, .int32, .double, .string], required: 6, typing)
        let zone = arguments.count == 7 ? Expression.call(.signedZone, [arguments[6]], type: .string, position: call.position) : typing.zone
        let local = call.make(.makeTimestamp, Array(arguments.prefix(6)), .timestamp(isUTC: false))
        return try typing.atTimeZone(TypedExpression(local, at: call.position), TypedExpression(zone, at: call.position), at: call.position)
    }
    /// date(time), as a cast.
    static let date = SQLFunction(
        "date", summary: "the day of a time, as a cast",
        forms: [[.date], [.timestampTZ], [.timestamp(isUTC: false)]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        return try typing.cast(call.arguments[0], to: .date, isExplicit: true)
    }
    /// timestamptz(date, time): by the session's clock.
    static let timestampTZ = SQLFunction("timestamptz", summary: "an instant of a date and a time of day by the session's clock", forms: [[.date, .time]]) { (call, typing) throws(QueryError) in
        let parts = try call.typed([.date, .time], typing).map { TypedExpression($0, at: call.position) }
        let local = try typing.binary(.add, parts[0], parts[1], at: call.position)
        return try typing.cast(TypedExpression(local, at: call.position), to: .timestampTZ, isExplicit: true)
    }
    /// Years, months, weeks, days, hours, minutes and seconds, of which the last ones may be left out.
    static let makeInterval = SQLFunction(
        "make_interval", summary: "an interval of years, months, weeks, days, hours, minutes and seconds, also by name: `make_interval(years => 1, secs => 2.5)`",
        forms: [[], [.int32], [.int32, .int32, .int32, .int32, .int32, .int32, .double]]
    ) {
        (call, typing) throws(QueryError) in
        try call.count(0...7)
        var arguments: [Expression] = []
        for (index, value) in call.arguments.enumerated() { arguments.append(try typing.implicit(value, to: index == 6 ? .double : .int32, call.name)) }
        while arguments.count < 7 { arguments.append(arguments.count == 6 ? .literal(.double(0), .double) : .literal(.integer(0), .int32)) }
        return call.make(.makeInterval, arguments, .interval)
    }
}

extension ScalarFunction {
    /// The zone that a text names, where a signed number counts to the east, as in a timestamp, and not to the west, as in POSIX's names.
    static let signedZone = ScalarFunction(
        "signed_zone", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let names = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                let name = names[row]
                guard let first = name.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else {
                    guard name.first.map(DateTimeTokens.isDigit) != true else { throw .invalidArgument("a zone that is a number begins with its sign") }
                    return Array(name)
                }
                guard let east = DateTimeText.secondsEast(of: name) else { throw .invalidArgument("the text is no offset of a zone") }
                return Array(TimeZoneRules.posixName(secondsEast: east).utf8)
            }
        })

    static let makeTime = parts("make_time") { (numbers, seconds) throws(KernelError) in try time(numbers[0], numbers[1], seconds) }

    static let makeTimestamp = parts("make_timestamp") { (numbers, seconds) throws(KernelError) in
        // A year before Christ is negative: there is no year 0.
        let year = Int(numbers[0]) < 0 ? Int(numbers[0]) + 1 : Int(numbers[0])
        guard numbers[0] != 0, let days = Calendar.validDays(year: year, month: Int(numbers[1]), day: Int(numbers[2])) else { throw .timeOutOfRange }
        guard let moment = Int64(days).multipliedOrNil(by: Calendar.microsecondsPerDay)?.addingOrNil(try time(numbers[3], numbers[4], seconds)) else {
            throw .timeOutOfRange
        }
        return try TimeCastKernels.checked(moment)
    }

    /// Microseconds since midnight; 24:00 is the end of the day.
    private static func time(_ hour: Int64, _ minute: Int64, _ seconds: Double) throws(KernelError) -> Int64 {
        guard (0...24).contains(hour), (0...59).contains(minute), seconds >= 0, seconds <= 60 else { throw .timeOutOfRange }
        let time = (hour * 3_600 + minute * 60) * Calendar.microsecondsPerSecond + Int64(saturating: (seconds * 1_000_000).rounded(.toNearestOrEven))
        guard time <= Calendar.microsecondsPerDay else { throw .timeOutOfRange }
        return time
    }

    /// Whole numbers, the last argument aside, which is seconds.
    private static func parts(_ symbol: String, _ make: @escaping @Sendable ([Int64], Double) throws(KernelError) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let numbers = call.columns.dropLast().map { $0.integers() ?? [] }
                let seconds = call[call.columns.count - 1].doubles()
                return try call.numbers { (row) throws(KernelError) in try make(numbers.map { $0[row] }, seconds[row]) }
            })
    }

    static let makeInterval = ScalarFunction(
        "make_interval", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let numbers = call.columns.dropLast().map { $0.integers() ?? [] }
            let seconds = call[6].doubles(), validity = call.strictValidity
            var builder = ColumnBuilder(type: .interval)
            for row in 0..<call.count {
                guard validity?[row] ?? true else {
                    builder.appendNull()
                    continue
                }
                // Weeks are days; hours and minutes are time, which no day is carried from.
                guard seconds[row].isFinite, let months = Int32(exactly: numbers[0][row] * 12 + numbers[1][row]),
                    let days = Int32(exactly: numbers[2][row] * 7 + numbers[3][row]),
                    let time = Int64(exactly: (seconds[row] * 1_000_000).rounded(.toNearestOrEven)),
                    let microseconds = ((numbers[4][row] * 60 + numbers[5][row]) * 60_000_000).addingOrNil(time)
                else { throw .timeOutOfRange }
                builder.append(interval: Interval(months: months, days: days, microseconds: microseconds))
            }
            return builder.finish()
        })
}
