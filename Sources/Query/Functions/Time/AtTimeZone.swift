import ColumnStore

/// timezone(zone, time), which AT TIME ZONE is too: an instant as a zone's clock has it, or a local time as an instant.
/// PostgreSQL 15's documentation, section 9.9.4.
extension SQLFunction {
    static let timezone = SQLFunction(
        "timezone", summary: "as AT TIME ZONE: an instant by a zone's clock, or a local time as an instant",
        forms: [[.string, .timestampTZ], [.string, .timestamp(isUTC: false)]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        return try typing.atTimeZone(call.arguments[1], call.arguments[0], at: call.position)
    }
}

extension CallTyping {
    /// A date or a text becomes an instant first; a local time becomes an instant, and an instant a local time.
    ///
    /// - Throws: bad-sql for what is no time, and for a zone that is no text and no interval.
    func atTimeZone(_ value: TypedExpression, _ zone: TypedExpression, at position: Int) throws(QueryError) -> Expression {
        guard zone.isUntyped || zone.type == .string || zone.type == .null || zone.type == .interval else {
            throw .badSQL("AT TIME ZONE takes a zone's name or an INTERVAL", at: zone.position).because(.typeMismatch)
        }
        let name = zone.type == .interval
            ? Expression.call(.intervalZone, [zone.expression], type: .string, position: position) : try implicit(zone, to: .string, "AT TIME ZONE")
        let operand: Expression
        if value.isUntyped || value.type == .date || value.type == .null {
            operand = try implicit(value, to: .timestampTZ, "AT TIME ZONE")
        } else {
            operand = value.expression
        }
        guard case .timestamp(let isUTC) = operand.type else {
            if operand.type == .time { throw .unsupported("a TIME has no zone here", at: position, hint: "add it to a day first, as in (day + time) AT TIME ZONE '…'") }
            throw .badSQL("AT TIME ZONE needs a timestamp, not \(value.type.sqlName)", at: position).because(.undefinedFunction)
        }
        return .call(.atTimeZone, [operand, name], type: .timestamp(isUTC: !isUTC), position: position)
    }
}

extension ScalarFunction {
    /// The name of the zone that an interval is: so far east of Greenwich.
    static let intervalZone = ScalarFunction(
        "interval_zone", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let intervals = call[0].intervals()
            return try call.texts { (row) throws(KernelError) in
                guard intervals[row].months == 0, intervals[row].days == 0 else { throw .invalidArgument("an interval that is a zone has no months and no days") }
                let seconds = Int(intervals[row].microseconds / Calendar.microsecondsPerSecond)
                return Array(TimeZoneRules.posixName(secondsEast: seconds).utf8)
            }
        })

    /// The zone may be each row's own.
    static let atTimeZone = ScalarFunction(
        "timezone", nulls: .strict, cost: .heavy, failure: .possibleOfOthers,
        kernel: .plain { (call) throws(KernelError) in
            try TimeFieldKernels.atTimeZone(call[0], call[1], type: call.type, sessionZone: call.context.timeZone)
        })
}
