import ColumnStore

/// to_char(time or number, template).
/// PostgreSQL 15's documentation, section 9.8.
extension SQLFunction {
    static let toChar = SQLFunction(
        "to_char", summary: "a time or number by a template, which may be each row's own",
        forms: [[.date, .string], [.timestampTZ, .string], [.interval, .string], [.int32, .string], [.double, .string]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        let value = call.arguments[0]
        let format = try typing.implicit(call.arguments[1], to: .string, call.name)
        switch value.type {
        case .date:
            // As PostgreSQL takes a DATE.
            let instant = try typing.cast(value, to: .timestampTZ, isExplicit: false)
            return call.make(.toChar, typing.zoned([instant, format], .timestampTZ), .string)
        case .time:
            let span = try typing.cast(value, to: .interval, isExplicit: true)
            return call.make(.toChar, [span, format], .string)
        case .timestamp, .interval, .int32, .int64, .decimal, .double:
            return call.make(.toChar, typing.zoned([value.expression, format], value.type), .string)
        default:
            throw .badSQL("to_char does not take \(value.isUntyped ? "an untyped text" : value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
    }
}

extension ScalarFunction {
    static let toChar = ScalarFunction(
        "to_char", nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in
            let zone = try call.zone(at: 2)
            return try call.eachText(1) { (template, rows) throws(KernelError) in
                try FormatKernels.format(rows[0], template: Array(template), zone: zone, call.meter)
            }
        })
}
