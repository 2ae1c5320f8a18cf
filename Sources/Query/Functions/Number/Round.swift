import ColumnStore

/// round, floor and ceil: to whole numbers, an integer staying what it is; round also to so many digits.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let floor = whole("floor", summary: "the next whole number downwards", function: .floor)
    static let ceil = whole("ceil", "ceiling", summary: "the next whole number upwards", function: .ceil)
    static let round = SQLFunction(
        "round", summary: "the nearest whole number, or number of so many digits", forms: [[.double], [.int32], [.decimal38(scale: 2)], [.decimal38(scale: 2), .int32]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        return call.arguments.count == 2 ? try digits(call, typing) : try wholeNumber(.round, call, typing)
    }

    private static func whole(_ names: String..., summary: String, function: ScalarFunction) -> SQLFunction {
        SQLFunction(names: names, summary: summary, forms: [[.double], [.int32], [.decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            return try wholeNumber(function, call, typing)
        }
    }

    /// Scale 0; of an integer the integer itself.
    private static func wholeNumber(_ function: ScalarFunction, _ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let value = try typing.number(call.arguments[0], of: call)
        if TypeRules.isInteger(value.type) { return try typing.wholeDecimal(value, of: call) }
        return call.make(function, [value], value.type == .double ? .double : .decimal38(scale: 0))
    }

    /// round(x, n): the result's scale is n where the text says it, else the operand's.
    private static func digits(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let first = call.arguments[0]
        let value = first.type == .null ? Expression.null(.decimal38(scale: 0)) : try typing.numeric(first, of: call)
        if value.type == .double {
            // As of its NUMERIC, though PostgreSQL has no such function.
            var decimal = call
            decimal.arguments[0] = TypedExpression(.cast(value, to: .decimal38(scale: TypeRules.openScale), position: call.position), at: call.position)
            return try Self.digits(decimal, typing)
        }
        let digits = ConstantFolding.folded(try typing.implicit(call.arguments[1], to: .int32, call.name))
        var scale = TypeRules.scale(value.type)
        // The scale is part of the type: only a constant can say it.
        if case .literal(.integer(let count), _) = digits {
            guard count <= Int64(TypeRules.digitCountMax) else {
                throw .overflow("round gives at most \(TypeRules.digitCountMax) digits", at: call.arguments[1].position)
            }
            scale = max(0, Int(count))
        }
        let operand = TypeRules.isInteger(value.type) ? try typing.wholeDecimal(value, of: call) : value
        return call.make(.round, [operand, digits], .decimal38(scale: scale))
    }
}

extension ScalarFunction {
    static let floor = ScalarFunction(
        "floor", nulls: .strict, cost: .heavy, failure: .depending { arguments, type in mayOverflow(arguments, type) },
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.round(call[0], .floor, type: call.type) })
    static let ceil = ScalarFunction(
        "ceil", nulls: .strict, cost: .heavy, failure: .depending { arguments, type in mayOverflow(arguments, type) },
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.round(call[0], .ceil, type: call.type) })
    static let round = ScalarFunction(
        "round", nulls: .strict, cost: .heavy, failure: .depending { arguments, type in mayOverflow(arguments, type) },
        kernel: .plain { (call) throws(KernelError) in try rounded(call) })

    /// Whether a number of the operand's type may have more than 38 digits afterwards: a carry is one more before the mark, and digits behind it may be added.
    private static func mayOverflow(_ arguments: [Expression], _ type: ColumnType) -> Bool {
        guard case .decimal(let digits, let scale)? = arguments.first?.type, case .decimal(_, let kept) = type else { return false }
        var dropsDigits = kept < scale
        if arguments.count > 1 {
            if case .integer(let count)? = arguments[1].literalValue { dropsDigits = count < Int64(scale) } else { dropsDigits = true }
        }
        return max(digits - scale, 0) + (dropsDigits ? 1 : 0) + kept > DecimalMath.digitCountMax
    }

    /// A number of digits that is constant goes for the whole column.
    private static func rounded(_ call: KernelCall) throws(KernelError) -> Column {
        guard let digits = call.optional(1) else { return try ArithmeticKernels.round(call[0], .nearest, type: call.type) }
        switch digits.constantValue {
        case .null?: return .constant(.null, type: call.type, count: call[0].count)
        case .integer(let count)?:
            return try ArithmeticKernels.round(call[0], .nearest, digits: Int(max(-1_000, min(1_000, count))), type: call.type)
        default: return try ArithmeticKernels.round(call[0], eachTo: digits, type: call.type)
        }
    }
}
