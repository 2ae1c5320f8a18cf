import ColumnStore

/// Fields of EXTRACT, date_part and date_trunc.
///
/// Inside, each has one name; `TimeFieldKernels.Part` is what kernels ask.
///
/// PostgreSQL 15's documentation, section 9.9.1.
enum TimeField {
    /// By every name that PostgreSQL takes for them.
    static let names: [String: String] = [
        "microsecond": "microseconds", "microseconds": "microseconds", "us": "microseconds", "millisecond": "milliseconds",
        "milliseconds": "milliseconds", "ms": "milliseconds", "second": "second", "seconds": "second", "sec": "second",
        "minute": "minute", "minutes": "minute", "min": "minute", "hour": "hour", "hours": "hour", "day": "day", "days": "day",
        "week": "week", "weeks": "week", "month": "month", "months": "month", "mon": "month", "quarter": "quarter", "year": "year",
        "years": "year", "decade": "decade", "century": "century", "millennium": "millennium", "dow": "dow", "isodow": "isodow",
        "doy": "doy", "isoyear": "isoyear", "epoch": "epoch", "julian": "julian", "timezone": "timezone",
        "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute", "timezone_h": "timezone_hour", "timezone_m": "timezone_minute",
        "usec": "microseconds", "usecs": "microseconds", "useconds": "microseconds", "msec": "milliseconds", "msecs": "milliseconds",
        "mseconds": "milliseconds", "secs": "second", "mins": "minute", "hr": "hour", "hrs": "hour", "mons": "month", "qtr": "quarter", "yr": "year",
        "yrs": "year", "decades": "decade", "dec": "decade", "centuries": "century", "cent": "century", "millennia": "millennium",
        "mil": "millennium", "mils": "millennium", "y": "year", "w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second", "c": "century", "decs": "decade",
        "millenniums": "millennium", "msecond": "milliseconds", "usecond": "microseconds",
    ]

    /// Those that date_trunc can cut to.
    static let ofTruncation: Set<String> = [
        "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century",
        "millennium",
    ]

    /// A text without a type may be a moment or an interval.
    ///
    /// - Throws: bad-sql for it, as PostgreSQL's 42725. A parameter is what its place makes it.
    static func checkType(of value: TypedExpression, in call: FunctionCall) throws(QueryError) {
        guard value.isUntyped, case .literal(.bytes(let text), _) = value.expression, ParameterTypes.number(text) == nil else { return }
        throw .badSQL("\(call.name) of a text is not unique", at: value.position, hint: "say what it is, as DATE '…' or INTERVAL '…'").because(.ambiguousFunction)
    }

    /// Whether a value of the type has the field.
    static func exists(_ field: String, in type: ColumnType) -> Bool {
        switch (type, field) {
        case (.date, "hour"), (.date, "minute"), (.date, "second"), (.date, "milliseconds"), (.date, "microseconds"): false
        case (.date, _), (.timestamp(isUTC: false), _): !field.hasPrefix("timezone")
        case (.interval, "week"), (.interval, "dow"), (.interval, "isodow"), (.interval, "doy"), (.interval, "isoyear"), (.interval, "julian"): false
        case (.interval, _): !field.hasPrefix("timezone")
        case (.time, _): ["hour", "minute", "second", "milliseconds", "microseconds", "epoch"].contains(field)
        default: true
        }
    }

    /// The field where it is one of each row's own: a text that is no constant, NULL, or a parameter whose value nobody has given yet.
    static func varying(_ value: TypedExpression, in call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression? {
        switch value.expression {
        case .literal(.null, _): return .null(.string)
        case .literal(.bytes(let text), _):
            guard value.isUntyped, ParameterTypes.number(text) != nil else { return nil }
            return try typing.implicit(value, to: .string, call.name)
        case .literal: return nil
        default: return value.type == .string ? value.expression : nil
        }
    }

    /// The field's name in its one spelling.
    ///
    /// - Throws: bad-sql for a name that is none; unsupported-sql for one that is no constant.
    static func named(_ value: TypedExpression, in call: FunctionCall) throws(QueryError) -> String {
        guard case .literal(.bytes(let bytes), _) = value.expression else {
            throw .unsupported("the field of \(call.name) must be a constant", at: value.position)
        }
        let name = String(word: bytes).lowercased()
        guard let field = names[name] else {
            let meant = NameSuggestion.closest(to: name, among: names.keys)
            throw .badSQL("\(call.name) knows no field “\(name)”", at: value.position, hint: meant.map { "did you mean \($0)?" }).because(.badValue)
        }
        return field
    }
}

extension KernelCall {
    /// What `compute` makes of the second argument for the field that each row names in the first: once for each field of the batch, over its rows.
    ///
    /// - Parameter isKnown: whether the function has the field.
    ///
    /// - Throws: `.invalidArgument` for a field that the function has not.
    func eachField(
        as type: ColumnType, _ isKnown: (String) -> Bool, _ compute: (TimeFieldKernels.Part, Column) throws(KernelError) -> Column
    ) throws(KernelError) -> Column {
        let names = TextRows(self[0])
        let validity = strictValidity
        var parts: [ArraySlice<UInt8>: TimeFieldKernels.Part] = [:]
        var rows: [TimeFieldKernels.Part: [Int32]] = [:]
        try meter.charge(2 * self[1].flatByteCountBound + 8 * count)
        for row in 0..<count where validity?[row] ?? true {
            let text = names[row]
            try meter.step(text.count)
            var part = parts[text]
            if part == nil {
                let name = String(decoding: text.prefix(32), as: UTF8.self).lowercased()
                guard let field = TimeField.names[name], isKnown(field), let found = TimeFieldKernels.Part(name: field) else {
                    throw .invalidArgument("the field that a row names is none that can be asked for here")
                }
                (parts[text], part) = (found, found)
            }
            if let part { rows[part, default: []].append(Int32(row)) }
        }
        var answers = [Value](repeating: .null, count: count)
        for (part, places) in rows {
            let found = try compute(part, self[1].gathering(places))
            for (index, place) in places.enumerated() { answers[Int(place)] = found.value(at: index) }
        }
        var builder = ColumnBuilder(type: type)
        for answer in answers { builder.append(answer) }
        return builder.finish()
    }

    /// The zone argument, when there is one, else the session's.
    func zone(at index: Int) throws(KernelError) -> TimeZoneRules {
        guard case .bytes(let name)? = optional(index)?.constantValue else { return context.timeZone }
        return try TimeFieldKernels.zone(named: name)
    }
}
