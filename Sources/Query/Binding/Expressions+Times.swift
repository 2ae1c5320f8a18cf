import ColumnStore

/// Functions of dates, times and intervals. Those that depend on a zone get it as their last argument.
extension Binder {
    func timeFunction(_ function: FunctionTable.Scalar, _ call: ScalarCall) throws(QueryError) -> Expression {
        switch function {
        case .now, .localTimestamp, .currentDate:
            if !allowsNow { throw .unsupported("\(call.name) is not allowed in this expression", at: call.position) }
        default: break
        }
        switch function {
        case .now:
            try call.count(0...0)
            return .literal(.integer(context.now), .timestampTZ)
        case .localTimestamp:
            try call.count(0...0)
            return localNow(call)
        case .currentDate:
            try call.count(0...0)
            if case .literal(.integer(let now), _) = localNow(call) {
                return .literal(.integer(Self.day(of: now)), .date)
            }
            return .cast(localNow(call), to: .date, position: call.position)
        case .makeDate:
            try call.count(3...3)
            var arguments: [Expression] = []
            for argument in call.arguments { arguments.append(try implicit(argument, to: .int32, call.name)) }
            return make(.makeDate, arguments, .date, call)
        case .timezone:
            try call.count(2...2)
            return try atTimeZone(call.arguments[1], call.arguments[0], at: call.position)
        case .extract, .datePart: return try extract(function, call)
        case .dateTrunc: return try dateTrunc(call)
        case .toChar: return try toChar(call)
        case .age: return try age(call)
        default: return .null(.null)
        }
    }

    private func make(_ function: ScalarFunction, _ arguments: [Expression], _ type: ColumnType, _ call: ScalarCall) -> Expression {
        .call(function, arguments, type: type, position: call.position)
    }

    private static func day(of microseconds: Int64) -> Int64 {
        let (days, rest) = microseconds.quotientAndRemainder(dividingBy: ValueText.microsecondsPerDay)
        return rest < 0 ? days - 1 : days
    }

    private func localNow(_ call: ScalarCall) -> Expression {
        let type = ColumnType.timestamp(isUTC: false)
        if context.isUTC { return .literal(.integer(context.now), type) }
        return .cast(.literal(.integer(context.now), .timestampTZ), to: type, position: call.position)
    }

    /// The field's name in its one spelling.
    private func field(_ value: TypedExpression, _ call: ScalarCall) throws(QueryError) -> String {
        guard case .literal(.bytes(let bytes), _) = value.expression else {
            throw .unsupported("the field of \(call.name) must be a constant", at: value.position)
        }
        let name = String(decoding: bytes, as: UTF8.self).lowercased()
        guard let field = FunctionTable.fields[name] else {
            let meant = NameSuggestion.closest(to: name, among: FunctionTable.fields.keys)
            throw .badSQL("\(call.name) knows no field “\(name)”", at: value.position, hint: meant.map { "did you mean \($0)?" })
        }
        return field
    }

    /// EXTRACT gives an exact number: whole, but for seconds and what is counted in them.
    private func extract(_ function: FunctionTable.Scalar, _ call: ScalarCall) throws(QueryError) -> Expression {
        try call.count(2...2)
        let field = try field(call.arguments[0], call)
        var value = call.arguments[1]
        if value.isUntyped || value.type == .null {
            value = TypedExpression(try implicit(value, to: .timestampTZ, call.name), at: value.position)
        }
        // PostgreSQL's date_part, unlike EXTRACT, knows no DATE.
        if case .datePart = function, value.type == .date {
            value = TypedExpression(try implicit(value, to: .timestamp(isUTC: false), call.name), at: value.position)
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
        let result = make(.extract, zoned([.text(field), value.expression], value.type), .decimal38(scale: scale), call)
        if case .datePart = function { return .cast(result, to: .double, position: call.position) }
        return result
    }

    private func zoned(_ arguments: [Expression], _ type: ColumnType) -> [Expression] {
        type == .timestampTZ ? arguments + [zone] : arguments
    }

    private func dateTrunc(_ call: ScalarCall) throws(QueryError) -> Expression {
        try call.count(2...3)
        let field = try field(call.arguments[0], call)
        guard FunctionTable.truncationFields.contains(field) else {
            throw .badSQL("date_trunc cannot cut to “\(field)”", at: call.arguments[0].position)
        }
        let value = call.arguments[1]
        // A DATE becomes a TIMESTAMPTZ, as in PostgreSQL.
        let operand = value.isUntyped || value.type == .date || value.type == .null
            ? try implicit(value, to: .timestampTZ, call.name) : value.expression
        switch operand.type {
        case .timestamp(isUTC: true):
            var arguments = [.text(field), operand, zone]
            if call.arguments.count == 3 { arguments[2] = try implicit(call.arguments[2], to: .string, call.name) }
            return make(.dateTrunc, arguments, .timestampTZ, call)
        case .timestamp(isUTC: false), .interval:
            guard call.arguments.count == 2 else { throw .badSQL("date_trunc takes a zone with TIMESTAMPTZ only", at: call.position) }
            return make(.dateTrunc, [.text(field), operand], operand.type, call)
        default:
            throw .badSQL("date_trunc needs a date or time, not \(value.type.sqlName)", at: value.position)
        }
    }

    private func toChar(_ call: ScalarCall) throws(QueryError) -> Expression {
        try call.count(2...2)
        let value = call.arguments[0]
        let format = try implicit(call.arguments[1], to: .string, call.name)
        switch value.type {
        case .date:
            let instant = try cast(value, to: .timestampTZ, isExplicit: false)
            return make(.toChar, zoned([instant, format], .timestampTZ), .string, call)
        case .timestamp, .interval, .int32, .int64, .decimal, .double:
            return make(.toChar, zoned([value.expression, format], value.type), .string, call)
        default:
            throw .badSQL("to_char does not take \(value.isUntyped ? "an untyped text" : value.type.sqlName)", at: value.position)
        }
    }

    private func age(_ call: ScalarCall) throws(QueryError) -> Expression {
        try call.count(1...2)
        var values = call.arguments
        if values.count == 1 {
            let today = try timeFunction(.currentDate, ScalarCall(name: "current_date", arguments: [], position: call.position))
            values.insert(TypedExpression(today, at: call.position), at: 0)
        }
        let isLocal = values.contains { $0.type == .timestamp(isUTC: false) } && !values.contains { $0.type == .timestampTZ }
        let type: ColumnType = isLocal ? .timestamp(isUTC: false) : .timestampTZ
        var arguments: [Expression] = []
        for value in values { arguments.append(try implicit(value, to: type, call.name)) }
        return make(.age, zoned(arguments, type), .interval, call)
    }
}
