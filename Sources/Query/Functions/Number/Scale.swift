import ColumnStore

/// scale, min_scale and trim_scale: digits behind the mark. They are part of a DECIMAL's type, so that a column's values have all of them; a constant has its own.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let scale = SQLFunction("scale", summary: "digits behind the mark of a DECIMAL's type", forms: [[.decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
        let value = try decimal(call, typing)
        return call.make(.scale, [value], .int32)
    }

    static let minScale = SQLFunction("min_scale", summary: "digits behind the mark that a value needs", forms: [[.decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
        call.make(.minScale, [try decimal(call, typing)], .int32)
    }

    /// Of a constant without the zeros at its end; a column keeps its type.
    static let trimScale = SQLFunction(
        "trim_scale", summary: "a constant without the zeros at its end (a column keeps its type's)",
        forms: [[.decimal38(scale: 2)]]
    ) { (call, typing) throws(QueryError) in
        let value = ConstantFolding.folded(try decimal(call, typing))
        guard case .literal(.decimal(let digits), let type) = value else { return value }
        let kept = DecimalMath.scaleNeeded(digits, scale: type.scale)
        return .literal(.decimal(digits / DecimalMath.powers[type.scale - kept]), .decimal38(scale: kept))
    }

    /// The argument as a DECIMAL; a text without a type has the scale of its own digits.
    ///
    /// - Throws: bad-sql for what is no exact number.
    private static func decimal(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        try call.count(1...1)
        let value = call.arguments[0]
        if value.type == .null { return .null(.decimal38(scale: 0)) }
        if value.isUntyped, case .literal(.bytes(let text), _) = value.expression {
            let scale = ValueText.decimal(text[...]).map { min(max($0.scale, 0), TypeRules.digitCountMax) } ?? 0
            return try typing.implicit(value, to: .decimal38(scale: scale), call.name)
        }
        guard TypeRules.isInteger(value.type) || TypeRules.isDecimal(value.type) else {
            throw .badSQL("\(call.name) needs a DECIMAL, not \(value.type.sqlName)", at: value.position, hint: "cast it with ::NUMERIC").because(.undefinedFunction)
        }
        return TypeRules.isInteger(value.type) ? try typing.wholeDecimal(value.expression, of: call) : value.expression
    }
}

extension ScalarFunction {
    static let scale = digits("scale") { (_, scale) in scale }
    static let minScale = digits("min_scale") { (value, scale) in DecimalMath.scaleNeeded(value, scale: scale) }

    private static func digits(_ symbol: String, _ count: @escaping @Sendable (Int128, Int) -> Int) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .light, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let values = call[0].wideIntegers(), scale = call[0].type.scale
                return .whole(values.map { Int64(count($0, scale)) }, type: .int32, validity: call.strictValidity)
            })
    }
}
