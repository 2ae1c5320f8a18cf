import ColumnStore
internal import Glibc

/// The moment of the statement: constants, once they are bound.
/// PostgreSQL 15's documentation, section 9.9.5.
extension SQLFunction {
    static let now = SQLFunction(
        "now", "current_timestamp", "transaction_timestamp", summary: "the moment of the statement, in a transaction of its first", forms: [[]], volatility: .stable
    ) { (call, typing) throws(QueryError) in
        try call.count(0...0)
        return .literal(.integer(typing.now), .timestampTZ)
    }

    static let statementTimestamp = SQLFunction(
        "statement_timestamp", summary: "the moment of the statement, also in a transaction", forms: [[]], volatility: .stable
    ) { (call, typing) throws(QueryError) in
        try call.count(0...0)
        return .literal(.integer(typing.statementMoment), .timestampTZ)
    }

    static let localTimestamp = SQLFunction("localtimestamp", summary: "the moment of the statement by the session's clock, without a zone", forms: [[]], volatility: .stable) { (call, typing) throws(QueryError) in
        try call.count(0...0)
        return localNow(call, typing)
    }

    static let currentDate = SQLFunction("current_date", summary: "the day of the statement by the session's clock", forms: [[]], volatility: .stable) { (call, typing) throws(QueryError) in
        try call.count(0...0)
        guard case .literal(.integer(let now), _) = localNow(call, typing) else {
            return .cast(localNow(call, typing), to: .date, position: call.position)
        }
        // Down, before 1970 as well.
        let (days, rest) = now.quotientAndRemainder(dividingBy: ValueText.microsecondsPerDay)
        return .literal(.integer(rest < 0 ? days - 1 : days), .date)
    }

    static let localTime = SQLFunction("localtime", summary: "the time of day of the statement by the session's clock", forms: [[]], volatility: .stable) { (call, typing) throws(QueryError) in
        try call.count(0...0)
        return .cast(localNow(call, typing), to: .time, position: call.position)
    }

    /// A constant by UTC; by another zone a cast, which asks its rules.
    private static func localNow(_ call: FunctionCall, _ typing: any CallTyping) -> Expression {
        let type = ColumnType.timestamp(isUTC: false)
        if typing.isUTC { return .literal(.integer(typing.now), type) }
        return .cast(.literal(.integer(typing.now), .timestampTZ), to: type, position: call.position)
    }
}

extension ScalarFunction {
    /// clock_timestamp() of doors that have sessions: the system's clock, looked at for each row.
    static let clock = ScalarFunction(
        "clock_timestamp", nulls: .taken, cost: .light, failure: .never, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in
            let moments = (0..<call.count).map { _ -> Int64 in
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Int64(time.tv_sec) * Calendar.microsecondsPerSecond + Int64(time.tv_nsec) / 1_000
            }
            return Column(type: .timestampTZ, count: call.count, validity: nil, values: .int64(moments))
        })
}
