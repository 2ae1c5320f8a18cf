import ColumnStore

/// EXTRACT(field FROM time), and date_part(field, time), which gives a DOUBLE and knows no DATE.
extension SQLFunction {
    static let extract = SQLFunction("extract", forms: [[.string, .date], [.string, .timestampTZ], [.string, .interval]]) { (call, typing) throws(QueryError) in
        try extracted(call, typing)
    }
    static let datePart = SQLFunction("date_part", forms: [[.string, .date], [.string, .timestampTZ], [.string, .interval]]) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        var local = call
        if call.arguments[1].type == .date {
            let moment = try typing.implicit(call.arguments[1], to: .timestamp(isUTC: false), call.name)
            local.arguments[1] = TypedExpression(moment, at: call.arguments[1].position)
        }
        return .cast(try extracted(local, typing), to: .double, position: call.position)
    }

    /// An exact number: whole, but for seconds and what is counted in them.
    private static func extracted(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        try call.count(2...2)
        let field = try TimeField.named(call.arguments[0], in: call)
        var value = call.arguments[1]
        if value.isUntyped || value.type == .null {
            value = TypedExpression(try typing.implicit(value, to: .timestampTZ, call.name), at: value.position)
        }
        if value.type == .time {
            guard ["hour", "minute", "second", "milliseconds", "microseconds", "epoch"].contains(field) else {
                throw .badSQL("a TIME has no field \(field)", at: call.position)
            }
            value = TypedExpression(try typing.cast(value, to: .interval, isExplicit: true), at: value.position)
        }
        switch (value.type, field) {
        case (.date, "hour"), (.date, "minute"), (.date, "second"), (.date, "milliseconds"), (.date, "microseconds"),
            (.date, "timezone"), (.date, "timezone_hour"), (.date, "timezone_minute"):
            throw .badSQL("a DATE has no field \(field)", at: call.position)
        case (.timestamp(isUTC: false), _) where field.hasPrefix("timezone"):
            throw .badSQL("a TIMESTAMP has no field \(field)", at: call.position)
        case (.interval, "week"), (.interval, "dow"), (.interval, "isodow"), (.interval, "doy"), (.interval, "isoyear"),
            (.interval, "julian"), (.interval, "timezone"), (.interval, "timezone_hour"), (.interval, "timezone_minute"):
            throw .badSQL("an INTERVAL has no field \(field)", at: call.position)
        case (.date, _), (.timestamp, _), (.interval, _): break
        default:
            throw .badSQL("\(call.name) needs a date or time, not \(value.type.sqlName)", at: value.position)
        }
        let scale = switch field {
        case "second", "epoch": value.type == .date ? 0 : 6
        case "milliseconds": 3
        case "julian": value.type == .date ? 0 : 16
        default: 0
        }
        if field == "julian", value.type != .date { throw .unsupported("the Julian day of a time is not supported", at: call.position) }
        return call.make(.extract, typing.zoned([.text(field), value.expression], value.type), .decimal38(scale: scale))
    }
}

extension ScalarFunction {
    /// The field's name as a text literal first, the zone last where it matters.
    static let extract = ScalarFunction(
        "extract", nulls: .strict, cost: .heavy, failure: .never, traits: Traits(steps: .field, distinctCount: 30),
        kernel: .plain { (call) throws(KernelError) in
            let part = try TimeFieldKernels.part(named: call[0].constantValue)
            return try TimeFieldKernels.extract(part, from: call[1], type: call.type, zone: try call.zone(at: 2))
        })
}
