import ColumnStore

/// to_date and to_timestamp by a template, to_timestamp of seconds since 1970, and to_number.
/// PostgreSQL 15's documentation, section 9.8.
extension SQLFunction {
    static let toDate = SQLFunction(
        "to_date", summary: "a date of a text by a template",
        takes: [.string, .string], gives: .date, runs: .toDate)
    static let toTimestamp = SQLFunction(
        "to_timestamp", summary: "an instant of a text by a template, or of seconds since 1970",
        forms: [[.double], [.string, .string]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        if call.arguments.count == 1 {
            return call.make(.toInstant, [try typing.cast(call.arguments[0], to: .double, isExplicit: false)], .timestampTZ)
        }
        return call.make(.toTimestamp, typing.zoned(try call.typed([.string, .string], typing), .timestampTZ), .timestampTZ)
    }
    /// Its digits behind the mark are those of the template.
    static let toNumber = SQLFunction(
        "to_number", summary: "a number of a text by a template, with as many digits behind the mark as the template has; `V` divides",
        forms: [[.string, .string]]
    ) { (call, typing) throws(QueryError) in
        let arguments = try call.typed([.string, .string], typing)
        var scale = TypeRules.divisionScaleMin
        // The scale is part of the type, so that it has to be known before a row is: of a template that is no constant it is a fixed one.
        if case .literal(.bytes(let template), _) = arguments[1], let format = try? NumberFormat(template) {
            scale = min(TypeRules.digitCountMax, format.fractionCount + format.tens)
        }
        return call.make(.toNumber, arguments, .decimal38(scale: scale))
    }
}

extension ScalarFunction {
    static let toDate = reading("to_date") { (moment, _) throws(KernelError) in
        guard Calendar.dayRange.contains(moment.days) else { throw .timeOutOfRange }
        return Int64(moment.days)
    }

    /// By the session's clock, where the text names no offset.
    static let toTimestamp = reading("to_timestamp") { (moment, zone) throws(KernelError) in
        guard let local = Int64(moment.days).multipliedOrNil(by: Calendar.microsecondsPerDay)?.addingOrNil(moment.microseconds) else {
            throw .timeOutOfRange
        }
        guard let east = moment.secondsEast else {
            return try rounded(zone.utc(fromLocal: try TimeCastKernels.checked(local)), digitCount: moment.fractionDigitCount)
        }
        guard let instant = local.subtractingOrNil(Int64(east) * Calendar.microsecondsPerSecond) else { throw .timeOutOfRange }
        return try rounded(instant, digitCount: moment.fractionDigitCount)
    }

    /// As FF1 to FF5 round; without one of them all six digits stay.
    private static func rounded(_ instant: Int64, digitCount: Int) throws(KernelError) -> Int64 {
        let checked = try TimeCastKernels.checked(instant)
        return digitCount == 0 ? checked : try TimeCastKernels.checked(rounded(checked, from: postgresStart, digitCount: digitCount))
    }

    /// A kernel that reads each row's text by its template; a constant template is cut once.
    private static func reading(
        _ symbol: String, _ value: @escaping @Sendable (TimeSaid.Moment, TimeZoneRules) throws(KernelError) -> Int64
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0]), templates = TextRows(call[1])
                let zone = try call.zone(at: 2)
                let isOnly = templates.isConstant && call.count > 0
                if isOnly { try FormatTemplate.checkLength(templates[0].count) }
                let only = isOnly ? TimeTemplate(templates[0]) : nil
                return try call.numbers { (row) throws(KernelError) in
                    try FormatTemplate.checkLength(templates.range(at: row).count)
                    try call.meter.step(8 * (templates.range(at: row).count + texts.range(at: row).count))
                    return try value(try (only ?? TimeTemplate(templates[row])).read(texts[row]), zone)
                }
            })
    }

    static let toInstant = ScalarFunction(
        "to_timestamp seconds", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let seconds = call[0].doubles()
            return try call.numbers { (row) throws(KernelError) in
                if seconds[row].isInfinite { return Calendar.infiniteMoment(isNegative: seconds[row] < 0) }
                // Counted from 2000, as PostgreSQL keeps moments: seconds of our years are fewer from there, so that more of their digits are left for the microseconds.
                let since = seconds[row] - Double(postgresStart / Calendar.microsecondsPerSecond)
                guard let moment = Int64(exactly: (since * 1_000_000).rounded(.toNearestOrEven))?.addingOrNil(postgresStart) else { throw .timeOutOfRange }
                return try TimeCastKernels.checked(moment)
            }
        })

    /// NULL by an empty template.
    static let toNumber = ScalarFunction(
        "to_number", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), templates = TextRows(call[1]), validity = call.strictValidity
            let only = templates.isConstant && call.count > 0 && !templates[0].isEmpty ? try NumberFormat(Array(templates[0])) : nil
            var values = [Int128](repeating: 0, count: call.count)
            var valid = validity ?? Bitmap(repeating: true, count: call.count)
            for row in 0..<call.count where validity?[row] ?? true {
                try call.meter.step(8 * (templates.range(at: row).count + texts.range(at: row).count))
                guard !templates[row].isEmpty else {
                    valid[row] = false
                    continue
                }
                var format = only
                if format == nil { format = try NumberFormat(Array(templates[row])) }
                if let format { values[row] = try NumberReader.read(texts[row], by: format, scale: call.type.scale) }
            }
            return .decimals(values, type: call.type, validity: valid)
        })
}
