import ColumnStore

/// EXTRACT(field FROM time), and date_part(field, time), which gives a DOUBLE and knows no DATE.
/// PostgreSQL 15's documentation, section 9.9.1.
extension SQLFunction {
    static let extract = SQLFunction(
        "extract", summary: "a field of a time, as an exact number: `extract(year FROM day)`",
        forms: [[.string, .date], [.string, .timestampTZ], [.string, .interval]]
    ) { (call, typing) throws(QueryError) in
        try extracted(call, typing)
    }
    static let datePart = SQLFunction(
        "date_part", summary: "a field of a time, as a DOUBLE; the field may be each row's own",
        forms: [[.string, .date], [.string, .timestampTZ], [.string, .interval]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        var local = call
        if call.arguments[1].type == .date {
            let moment = try typing.implicit(call.arguments[1], to: .timestamp(isUTC: false), call.name)
            local.arguments[1] = TypedExpression(moment, at: call.arguments[1].position)
        }
        if let field = try TimeField.varying(local.arguments[0], in: call, typing) { return try extractedEach(field, local, typing) }
        let exact = try extracted(local, typing)
        // Of an infinite time these are infinite, which no exact number is.
        if case .call(let function, let arguments, _, let position) = exact, case .bytes(let name)? = arguments.first?.literalValue,
            let part = TimeFieldKernels.Part(name: String(word: name)), TimeFieldKernels.grows(part), TypeRules.isTimestamp(local.arguments[1].type) {
            return .call(function, arguments, type: .double, position: position)
        }
        return .cast(exact, to: .double, position: call.position)
    }

    /// date_part of a field that each row names.
    private static func extractedEach(_ field: Expression, _ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        try TimeField.checkType(of: call.arguments[1], in: call)
        var value = call.arguments[1].expression
        if call.arguments[1].isUntyped || value.type == .null { value = try typing.implicit(call.arguments[1], to: .timestampTZ, call.name) }
        switch value.type {
        case .timestamp, .interval, .time: break
        default: throw .badSQL("\(call.name) needs a date or time, not \(value.type.sqlName)", at: call.arguments[1].position).because(.undefinedFunction)
        }
        let arguments = typing.zoned([field, value], value.type)
        // Of an infinite time some are infinite, which no exact number is.
        if TypeRules.isTimestamp(value.type) { return call.make(.extractEach, arguments, .double) }
        return .cast(call.make(.extractEach, arguments, .decimal38(scale: 6)), to: .double, position: call.position)
    }

    /// An exact number: whole, but for seconds and what is counted in them.
    private static func extracted(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        try call.count(2...2)
        // Of NULL any field is NULL, as there.
        if case .literal(.null, let type) = call.arguments[1].expression, type != .null { return .null(.decimal38(scale: 0)) }
        let field = try TimeField.named(call.arguments[0], in: call)
        try TimeField.checkType(of: call.arguments[1], in: call)
        var value = call.arguments[1]
        if value.isUntyped || value.type == .null {
            value = TypedExpression(try typing.implicit(value, to: .timestampTZ, call.name), at: value.position)
        }
        if value.type == .time {
            guard TimeField.exists(field, in: .time) else {
                throw .badSQL("a TIME has no field \(field)", at: call.position).because(.notSupported)
            }
            value = TypedExpression(try typing.cast(value, to: .interval, isExplicit: true), at: value.position)
        }
        switch value.type {
        case .date, .timestamp, .interval:
            guard TimeField.exists(field, in: value.type) else {
                let article = value.type == .interval ? "an" : "a"
                throw .badSQL("\(article) \(value.type.sqlName) has no field \(field)", at: call.position).because(.notSupported)
            }
        default:
            throw .badSQL("\(call.name) needs a date or time, not \(value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        // Seconds have microseconds, milliseconds three digits less; all but these and the Julian day of a moment are whole.
        let scale = switch field {
        case "second", "epoch": value.type == .date ? 0 : 6
        case "milliseconds": 3
        case "julian": value.type == .date ? 0 : TimeFieldKernels.julianScale
        default: 0
        }
        return call.make(.extract, typing.zoned([.text(field), value.expression], value.type), .decimal38(scale: scale))
    }
}

extension ScalarFunction {
    /// The field's name as a text literal first, the zone last where it matters.
    static let extract = ScalarFunction(
        "extract", nulls: .strict, cost: .heavy, failure: .depending { arguments, type in mayBeOutside(arguments, type) },
        traits: Traits(steps: .field, distinctCount: 30),
        kernel: .plain { (call) throws(KernelError) in
            let part = try TimeFieldKernels.part(named: call[0].constantValue)
            return try TimeFieldKernels.extract(part, from: call[1], type: call.type, zone: try call.zone(at: 2))
        })

    /// Whether there may be no answer: no exact number is infinite, as fields that only grow are of an infinite time, and the hours of an
    /// interval may be past 64 bits, as its epoch where a whole number is made of it.
    private static func mayBeOutside(_ arguments: [Expression], _ type: ColumnType) -> Bool {
        guard arguments.count > 1, case .bytes(let name)? = arguments[0].literalValue,
            let part = TimeFieldKernels.Part(name: String(word: name))
        else { return true }
        if arguments[1].type == .interval { return part == .hour || part == .epoch && TypeRules.isInteger(type) }
        return TimeFieldKernels.grows(part) && type != .double
    }

    /// As `extract`, the field's name in each row.
    static let extractEach = ScalarFunction(
        "extract_each", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let zone = try call.zone(at: 2)
            let type = call[1].type
            // The Julian day of a time has more digits than the others.
            return try call.eachField(as: call.type, { ($0 != "julian" || call.type == .double) && TimeField.exists($0, in: type) }) { (part, times) throws(KernelError) in
                let lengths = type == .time ? try CastKernels.cast(times, to: .interval, zone: zone) : times
                return try TimeFieldKernels.extract(part, from: lengths, type: call.type, zone: zone)
            }
        })
}
