import ColumnStore

/// Calls of scalar functions: what each takes and gives.
extension Binder {
    func bindCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let name = call.name.text, position = call.name.position
        if call.over != nil { return try bindWindowCall(call, in: scope) }
        if name == "grouping" { return try bindGroupingCall(call, in: scope) }
        if FunctionTable.aggregates[name] != nil { return try bindAggregate(call, in: scope) }
        if FunctionTable.windows[name] != nil { throw .badSQL("\(name) needs OVER", at: position) }
        guard let function = FunctionTable.scalars[name] else { throw unknownFunction(name, at: position) }
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else {
            throw .badSQL("\(name) is no aggregate: it takes arguments only", at: position)
        }
        let arguments = try bindAll(call.arguments, in: scope)
        return TypedExpression(try scalar(function, ScalarCall(name: name, arguments: arguments, position: position)), at: position)
    }

    private func unknownFunction(_ name: String, at position: Int) -> QueryError {
        if name == "unnest" || name == "generate_series" {
            return .unsupported("\(name) is supported in FROM only", at: position)
        }
        if !FunctionTable.absent.contains(name), let meant = NameSuggestion.closest(to: name, among: FunctionTable.names) {
            return .badSQL("there is no function “\(name)”", at: position, hint: "did you mean \(meant)?")
        }
        return .unsupported("the function “\(name)” is not supported", at: position)
    }

    /// A call's parts, and the checks that most functions make.
    struct ScalarCall {
        var name: String
        var arguments: [TypedExpression]
        var position: Int

        func count(_ range: ClosedRange<Int>) throws(QueryError) {
            guard range.contains(arguments.count) else {
                let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
                throw .badSQL("\(name) takes \(wanted) arguments, not \(arguments.count)", at: position)
            }
        }
    }

    private func scalar(_ function: FunctionTable.Scalar, _ call: ScalarCall) throws(QueryError) -> Expression {
        switch function {
        case .lower, .upper, .length, .substring, .trim, .replace, .concat, .concatSeparated, .position, .splitPart, .side, .pad,
            .startsWith, .regexpReplace, .reverse, .repeatText, .overlay:
            return try textFunction(function, call)
        case .coalesce, .nullIf, .extreme: return try choice(function, call)
        case .extract, .datePart, .dateTrunc, .makeDate, .toChar, .age, .timezone, .now, .currentDate, .localTimestamp:
            return try timeFunction(function, call)
        case .abs, .round, .floorOrCeil, .mod, .power, .sqrt, .sign: return try numberFunction(function, call)
        case .list(let function): return try listFunction(function, call)
        }
    }

    /// Arguments of exactly these types; fewer than all may be given down to `required`.
    private func typed(_ call: ScalarCall, _ types: [ColumnType], required: Int? = nil) throws(QueryError) -> [Expression] {
        try call.count((required ?? types.count)...types.count)
        var result: [Expression] = []
        for (argument, type) in zip(call.arguments, types) { result.append(try implicit(argument, to: type, call.name)) }
        return result
    }

    private func make(_ function: ScalarFunction, _ arguments: [Expression], _ type: ColumnType, _ call: ScalarCall) -> Expression {
        .call(function, arguments, type: type, position: call.position)
    }

    // MARK: Text

    private func textFunction(_ function: FunctionTable.Scalar, _ call: ScalarCall) throws(QueryError) -> Expression {
        func text(_ function: ScalarFunction, _ types: [ColumnType], required: Int? = nil, gives: ColumnType = .string) throws(QueryError) -> Expression {
            make(function, try typed(call, types, required: required), gives, call)
        }
        switch function {
        case .lower: return try text(.lower, [.string])
        case .upper: return try text(.upper, [.string])
        case .length:
            if call.arguments.first?.type == .binary { return try text(.length, [.binary], gives: .int32) }
            return try text(.length, [.string], gives: .int32)
        case .substring:
            if call.arguments.count == 2, let second = call.arguments.last, second.isUntyped || second.type == .string {
                return try text(.regexpSubstring, [.string, .string])
            }
            return try text(.substring, [.string, .int32, .int32], required: 2)
        case .trim(let function): return try text(function, [.string, .string], required: 1)
        case .replace: return try text(.replace, [.string, .string, .string])
        case .position: return try text(.position, [.string, .string], gives: .int32)
        case .splitPart: return try text(.splitPart, [.string, .string, .int32])
        case .side(let function): return try text(function, [.string, .int32])
        case .pad(let function): return try text(function, [.string, .int32, .string], required: 2)
        case .startsWith: return try text(.startsWith, [.string, .string], gives: .boolean)
        case .regexpReplace: return try text(.regexpReplace, [.string, .string, .string, .string], required: 3)
        case .reverse: return try text(.reverse, [.string])
        case .repeatText: return try text(.repeatText, [.string, .int32])
        case .concat:
            guard !call.arguments.isEmpty else { throw .badSQL("concat takes at least one argument", at: call.position) }
            return make(.concatenateAll, try call.arguments.map { (value) throws(QueryError) in try shown(value) }, .string, call)
        case .concatSeparated: return try concatSeparated(call)
        case .overlay: return try overlay(call)
        default: return .null(.string)
        }
    }

    /// As concat shows a value: a BOOLEAN as t or f.
    private func shown(_ value: TypedExpression) throws(QueryError) -> Expression {
        guard value.type == .boolean else { return try text(value) }
        return .conditional(
            branches: [
                .init(condition: value.expression, result: .text("t")), .init(condition: .not(value.expression), result: .text("f")),
            ], otherwise: nil, type: .string)
    }

    /// concat_ws(s, a, b …): what is not NULL, with the separator between: NULL when that is NULL.
    private func concatSeparated(_ call: ScalarCall) throws(QueryError) -> Expression {
        guard call.arguments.count >= 2 else { throw .badSQL("concat_ws takes a separator and at least one argument", at: call.position) }
        let separator = try implicit(call.arguments[0], to: .string, call.name)
        // Each value with a separator before it, the first separator cut off at the end.
        var parts: [Expression] = []
        for argument in call.arguments.dropFirst() {
            parts.append(make(.concat, [separator, try shown(argument)], .string, call))
        }
        let all = make(.concatenateAll, parts, .string, call)
        let start = make(.add, [make(.length, [separator], .int32, call), .literal(.integer(1), .int32)], .int32, call)
        return make(.substring, [all, start], .string, call)
    }

    /// overlay(a placing b from n for c) is what precedes, b, and what follows.
    private func overlay(_ call: ScalarCall) throws(QueryError) -> Expression {
        let arguments = try typed(call, [.string, .string, .int32, .int32], required: 3)
        let one = Expression.literal(.integer(1), .int32)
        let count = arguments.count == 4 ? arguments[3] : make(.length, [arguments[1]], .int32, call)
        let head = make(.substring, [arguments[0], one, make(.subtract, [arguments[2], one], .int32, call)], .string, call)
        let tail = make(.substring, [arguments[0], make(.add, [arguments[2], count], .int32, call)], .string, call)
        return make(.concat, [make(.concat, [head, arguments[1]], .string, call), tail], .string, call)
    }

    // MARK: Choices

    private func choice(_ function: FunctionTable.Scalar, _ call: ScalarCall) throws(QueryError) -> Expression {
        switch function {
        case .coalesce:
            guard !call.arguments.isEmpty else { throw .badSQL("COALESCE takes at least one argument", at: call.position) }
            let values = try unified(call.arguments, "COALESCE")
            return values.count == 1 ? values[0] : .coalesce(values, type: values[0].type)
        case .nullIf:
            try call.count(2...2)
            let equal = try compare(.equal, call.arguments[0], call.arguments[1], at: call.position)
            let first = call.arguments[0].expression
            return .conditional(branches: [.init(condition: equal, result: .null(first.type))], otherwise: first, type: first.type)
        case .extreme(let function):
            guard !call.arguments.isEmpty else { throw .badSQL("\(call.name) takes at least one argument", at: call.position) }
            let values = try unified(call.arguments, call.name.uppercased())
            guard TypeRules.isComparable(values[0].type) else {
                throw .unsupported("\(call.name) cannot compare \(values[0].type.sqlName)", at: call.position)
            }
            return values.count == 1 ? values[0] : make(function, values, values[0].type, call)
        default: return .null(.null)
        }
    }

    // MARK: Numbers

    private func numberFunction(_ function: FunctionTable.Scalar, _ call: ScalarCall) throws(QueryError) -> Expression {
        switch function {
        case .power: return make(.power, try typed(call, [.double, .double]), .double, call)
        case .sqrt: return make(.sqrt, try typed(call, [.double]), .double, call)
        case .mod:
            try call.count(2...2)
            return try binary(.remainder, call.arguments[0], call.arguments[1], at: call.position)
        case .round: return try round(call)
        default: break
        }
        try call.count(1...1)
        let value = try numericArgument(call.arguments[0], call)
        switch function {
        case .abs: return make(.abs, [value], TypeRules.widened(value.type), call)
        case .sign:
            let type: ColumnType = value.type == .double ? .double : .decimal38(scale: 0)
            return make(.sign, [TypeRules.isInteger(value.type) ? try wholeDecimal(value, call) : value], type, call)
        case .floorOrCeil(let function): return try whole(function, value, call)
        default: return value
        }
    }

    /// Untyped literals and NULL are DOUBLE to a function of numbers, as in PostgreSQL.
    private func numericArgument(_ value: TypedExpression, _ call: ScalarCall) throws(QueryError) -> Expression {
        let expression = value.isUntyped || value.type == .null ? try implicit(value, to: .double, call.name) : value.expression
        guard TypeRules.isNumeric(expression.type) else {
            throw .badSQL("\(call.name) needs a number, not \(expression.type.sqlName)", at: value.position)
        }
        return expression
    }

    private func wholeDecimal(_ value: Expression, _ call: ScalarCall) throws(QueryError) -> Expression {
        try cast(TypedExpression(value, at: call.position), to: .decimal38(scale: 0), isExplicit: false)
    }

    /// round, floor and ceil to whole numbers: scale 0; of an integer the integer itself.
    private func whole(_ function: ScalarFunction, _ value: Expression, _ call: ScalarCall) throws(QueryError) -> Expression {
        if TypeRules.isInteger(value.type) { return try wholeDecimal(value, call) }
        return make(function, [value], value.type == .double ? .double : .decimal38(scale: 0), call)
    }

    private func round(_ call: ScalarCall) throws(QueryError) -> Expression {
        try call.count(1...2)
        guard call.arguments.count == 2 else { return try whole(.round, try numericArgument(call.arguments[0], call), call) }
        let first = call.arguments[0]
        let value = first.type == .null ? Expression.null(.decimal38(scale: 0)) : try numericArgument(first, call)
        guard value.type != .double else {
            throw .badSQL("round with digits needs a DECIMAL, not DOUBLE", at: call.position, hint: "cast it with ::DECIMAL(38, s)")
        }
        let digits = ConstantFolding.folded(try implicit(call.arguments[1], to: .int32, call.name))
        var scale = TypeRules.scale(value.type)
        if case .literal(.integer(let count), _) = digits {
            guard count <= Int64(TypeRules.digitCountMax) else {
                throw .overflow("round gives at most \(TypeRules.digitCountMax) digits", at: call.arguments[1].position)
            }
            scale = max(0, Int(count))
        }
        let operand = TypeRules.isInteger(value.type) ? try wholeDecimal(value, call) : value
        return make(.round, [operand, digits], .decimal38(scale: scale), call)
    }

    // MARK: Lists

    private func listFunction(_ function: ScalarFunction, _ call: ScalarCall) throws(QueryError) -> Expression {
        try call.count(1...1)
        let value = call.arguments[0]
        guard case .list(let element) = value.type else {
            throw .badSQL("\(call.name) needs a list, not \(value.type.sqlName)", at: value.position)
        }
        let type: ColumnType?
        switch function {
        case .listCount: type = .int64
        case .listSum: type = element.type == .interval ? nil : TypeRules.sum(element.type)
        case .listAvg: type = element.type == .interval ? nil : TypeRules.average(element.type)
        default: type = element.type.isNested || element.type == .boolean ? nil : TypeRules.widened(element.type)
        }
        guard let type else {
            throw .badSQL(
                "\(call.name) does not take elements of type \(element.type.sqlName)", at: value.position,
                hint: element.type.isNested ? "name a member, such as lines.amount" : nil)
        }
        return make(function, [value.expression], type, call)
    }
}
