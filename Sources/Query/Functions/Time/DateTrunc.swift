import ColumnStore

/// date_trunc(field, time): the start of the step that a time lies in; of an instant by a zone's clock.
/// PostgreSQL 15's documentation, section 9.9.2.
extension SQLFunction {
    static let dateTrunc = SQLFunction(
        "date_trunc", summary: "the start of the step that a time lies in; the field, and the zone that a third argument names, may be each row's own",
        forms: [[.string, .timestamp(isUTC: false)], [.string, .interval], [.string, .time], [.string, .timestampTZ, .string]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...3)
        // Of NULL any field is NULL, as there.
        if case .literal(.null, let type) = call.arguments[1].expression, call.arguments.count == 2, TypeRules.isTimestamp(type) || type == .interval { return .null(type) }
        let varying = try TimeField.varying(call.arguments[0], in: call, typing)
        let field = varying == nil ? try TimeField.named(call.arguments[0], in: call) : ""
        guard varying != nil || TimeField.ofTruncation.contains(field) else {
            throw .badSQL("date_trunc cannot cut to “\(field)”", at: call.arguments[0].position).because(.notSupported)
        }
        let (function, name) = varying.map { (ScalarFunction.dateTruncEach, $0) } ?? (.dateTrunc, .text(field))
        let value = call.arguments[1]
        // A DATE becomes a TIMESTAMPTZ, as in PostgreSQL.
        let isDay = value.isUntyped || value.type == .date || value.type == .null
        // A TIME is the INTERVAL since midnight.
        let operand = isDay ? try typing.implicit(value, to: .timestampTZ, call.name) : value.type == .time ? try typing.cast(value, to: .interval, isExplicit: true) : value.expression
        switch operand.type {
        case .timestamp(isUTC: true):
            guard call.arguments.count == 3 else { return call.make(function, [name, operand, typing.zone], .timestampTZ) }
            let zone = try typing.implicit(call.arguments[2], to: .string, call.name)
            // A constant that names a place, as sessions do; others are a row's own, or abbreviations, as AT TIME ZONE takes them.
            if case .literal(.bytes(let said), _) = zone, TimeZoneNames.isPlace(String(word: said)) {
                return call.make(function, [name, operand, zone], .timestampTZ)
            }
            return call.make(.dateTruncInZone, [name, operand, zone], .timestampTZ)
        case .timestamp(isUTC: false), .interval:
            guard call.arguments.count == 2 else { throw .badSQL("date_trunc takes a zone with TIMESTAMPTZ only", at: call.position) }
            return call.make(function, [name, operand], operand.type)
        default:
            throw .badSQL("date_trunc needs a date or time, not \(value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
    }
}

extension ScalarFunction {
    /// The field's name as a text literal first, the zone last where it matters. The step of the first moments begins before all that there are.
    static let dateTrunc = ScalarFunction(
        "date_trunc", nulls: .strict, cost: .heavy, failure: .overflow, traits: Traits(steps: .truncation),
        kernel: .plain { (call) throws(KernelError) in
            let part = try TimeFieldKernels.part(named: call[0].constantValue)
            return try TimeFieldKernels.truncate(part, call[1], type: call.type, zone: try call.zone(at: 2))
        })

    /// As `dateTrunc`, the field's name in each row.
    static let dateTruncEach = ScalarFunction(
        "date_trunc_each", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            try truncated(call, in: try call.zone(at: 2))
        })

    /// As `dateTruncEach`, the zone in each row too.
    static let dateTruncInZone = ScalarFunction(
        "date_trunc_in_zone", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            try call.eachText(2) { (name, rows) throws(KernelError) in
                try truncated(rows, in: try TimeFieldKernels.zone(ofValue: Array(name)))
            }
        })

    private static func truncated(_ call: KernelCall, in zone: TimeZoneRules) throws(KernelError) -> Column {
        try call.eachField(as: call.type, { TimeField.ofTruncation.contains($0) }) { (part, times) throws(KernelError) in
            try TimeFieldKernels.truncate(part, times, type: call.type, zone: zone)
        }
    }
}
