import ColumnStore

/// Fields of EXTRACT, date_part and date_trunc.
enum TimeField {
    /// By every name that PostgreSQL takes for them.
    static let names: [String: String] = [
        "microsecond": "microseconds", "microseconds": "microseconds", "us": "microseconds", "millisecond": "milliseconds",
        "milliseconds": "milliseconds", "ms": "milliseconds", "second": "second", "seconds": "second", "sec": "second",
        "minute": "minute", "minutes": "minute", "min": "minute", "hour": "hour", "hours": "hour", "day": "day", "days": "day",
        "week": "week", "weeks": "week", "month": "month", "months": "month", "mon": "month", "quarter": "quarter", "year": "year",
        "years": "year", "decade": "decade", "century": "century", "millennium": "millennium", "dow": "dow", "isodow": "isodow",
        "doy": "doy", "isoyear": "isoyear", "epoch": "epoch", "julian": "julian", "timezone": "timezone",
        "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
    ]

    static let ofTruncation: Set<String> = [
        "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century",
        "millennium",
    ]

    /// The field's name in its one spelling.
    static func named(_ value: TypedExpression, in call: FunctionCall) throws(QueryError) -> String {
        guard case .literal(.bytes(let bytes), _) = value.expression else {
            throw .unsupported("the field of \(call.name) must be a constant", at: value.position)
        }
        let name = String(decoding: bytes, as: UTF8.self).lowercased()
        guard let field = names[name] else {
            let meant = NameSuggestion.closest(to: name, among: names.keys)
            throw .badSQL("\(call.name) knows no field “\(name)”", at: value.position, hint: meant.map { "did you mean \($0)?" })
        }
        return field
    }
}

extension KernelCall {
    /// The zone argument, when there is one, else the session's.
    func zone(at index: Int) throws(KernelError) -> TimeZoneRules {
        guard case .bytes(let name)? = optional(index)?.constantValue else { return context.timeZone }
        return try TimeFieldKernels.zone(named: name)
    }
}
