import ColumnStore

/// trunc: towards zero, of a DECIMAL also to so many digits.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let trunc = SQLFunction(
        "trunc", summary: "the whole number, or number of so many digits, next to it towards zero",
        forms: [[.double], [.int32], [.decimal38(scale: 2)], [.decimal38(scale: 2), .int32]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        var value = call.arguments.count == 2 ? try typing.numeric(call.arguments[0], of: call) : try typing.number(call.arguments[0], of: call)
        // With digits it takes a NUMERIC only, which a text without a type is then.
        if value.type == .double, call.arguments.count == 2, call.arguments[0].isUntyped {
            value = .cast(value, to: .decimal38(scale: TypeRules.openScale), position: call.position)
        }
        if value.type == .double {
            guard call.arguments.count == 1 else {
                throw .badSQL("trunc with digits needs a DECIMAL, not DOUBLE", at: call.position, hint: "cast it with ::DECIMAL(38, s)").because(.undefinedFunction)
            }
            return call.make(.trunc, [value], .double)
        }
        let operand = TypeRules.isInteger(value.type) ? try typing.wholeDecimal(value, of: call) : value
        guard call.arguments.count == 2 else { return call.make(.trunc, [operand], .decimal38(scale: 0)) }
        let digits = ConstantFolding.folded(try typing.implicit(call.arguments[1], to: .int32, call.name))
        var scale = TypeRules.scale(operand.type)
        if case .literal(.integer(let count), _) = digits { scale = max(0, min(Int(count), TypeRules.digitCountMax)) }
        return call.make(.trunc, [operand, digits], .decimal38(scale: scale))
    }
}

extension ScalarFunction {
    static let trunc = ScalarFunction(
        "trunc", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let validity = call.strictValidity
            if call.type == .double {
                return Column(type: .double, count: call.count, validity: validity, values: .double(call[0].doubles().map { $0.rounded(.towardZero) }))
            }
            let values = call[0].wideIntegers(), digits = call.optional(1)?.integers()
            let (from, to) = (call[0].type.scale, call.type.scale)
            var result = [Int128](repeating: 0, count: values.count)
            for row in values.indices where validity?[row] ?? true {
                // Digits behind the mark that stay; fewer than none reach into the whole number.
                let kept = digits.map { Int(clamping: $0[row]) } ?? 0
                let dropped = from - kept
                var value = values[row]
                if dropped > 0 {
                    // Past 38 digits nothing is left.
                    let step = dropped <= TypeRules.digitCountMax ? DecimalMath.powers[dropped] : 0
                    value = step == 0 ? 0 : value / step * step
                }
                guard let scaled = DecimalMath.rescale(value, from: from, to: to), DecimalMath.fits(scaled) else { throw .numericOverflow }
                result[row] = scaled
            }
            return .decimals(result, type: call.type, validity: validity)
        })
}
