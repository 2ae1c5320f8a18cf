import ColumnStore

/// NULLIF(a, b): NULL where they are equal, else a, as the number that it was compared as: of 1 and 2.5 it is a NUMERIC.
///
/// Of a short first value it is a CASE, which passes and rules of documents take apart. Any other value is there once, as an argument: a CASE compares it and gives it, and
/// would double with each NULLIF around it.
///
/// PostgreSQL 15's documentation, section 9.18.3.
extension SQLFunction {
    static let nullIf = SQLFunction(
        "nullif", summary: "the first value; NULL where both are equal",
        forms: [[.string, .string], [.int32, .int64]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        var (equal, first) = try compared(call, typing)
        var left = nodeCountMax
        if !isShort(first, &left) {
            if let once = askingOnce(first, equal, call) { return once }
            var drawn = call
            let value = call.arguments[0]
            drawn.arguments[0] = TypedExpression(
                value.expression.drawnOnce(0, at: call.position), isUntyped: value.isUntyped, declared: typing.declaredType(value), at: value.position)
            (equal, first) = try compared(drawn, typing)
        }
        return .conditional(branches: [.init(condition: equal, result: .null(first.type))], otherwise: first, type: first.type)
    }

    /// So many nodes are no more than a call beside them.
    private static let nodeCountMax = 8

    /// Whether both are equal, and the first value as it is given.
    private static func compared(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> (equal: Expression, first: Expression) {
        let equal = try typing.binary(.equal, call.arguments[0], call.arguments[1], at: call.position)
        var first = call.arguments[0].expression
        // What has no type of its own is of the other's, as which it was compared.
        let other = call.arguments[1].type
        if call.arguments[0].isUntyped || first.type == .null, case .call(_, let sides, _, _) = equal, sides.count == 2 {
            // Documents, and texts of a language, are compared by keys.
            first = sides[0].type == .binary && other != .binary ? try typing.cast(call.arguments[0], to: other, isExplicit: false) : sides[0]
        }
        let isPromoted = TypeRules.isInteger(first.type) && (TypeRules.isDecimal(other) || other == .double) || TypeRules.isDecimal(first.type) && other == .double
        if isPromoted, let type = TypeRules.common(first.type, TypeRules.isDecimal(other) ? .decimal38(scale: 0) : other) {
            first = try typing.cast(call.arguments[0], to: type, isExplicit: false)
        }
        return (equal, first)
    }

    /// Nothing of chance, no subquery, and no more than `left` nodes.
    private static func isShort(_ value: Expression, _ left: inout Int) -> Bool {
        left -= 1
        switch value {
        case .subquery: return false
        case .call(let function, _, _, _) where function.traits.isVolatile: return false
        default: break
        }
        guard left >= 0 else { return false }
        for child in value.children { guard isShort(child, &left) else { return false } }
        return true
    }

    /// A call of both values, where the first is compared as it is given, or as a cast of that. Nil where it is compared by a key.
    private static func askingOnce(_ first: Expression, _ equal: Expression, _ call: FunctionCall) -> Expression? {
        guard case .call(let function, let sides, _, _) = equal, function == .equal, sides.count == 2 else { return nil }
        PlanningWork.charge(first.measured.count)
        var bare = first
        // What says an order of a text is no part of what is compared.
        while case .call(.collated, let parts, _, _) = bare { bare = parts[0] }
        if sides[0].isSame(as: bare) { return call.make(.nullIf, [first, sides[1]], first.type) }
        guard case .cast(let value, let type, _) = sides[0], type == sides[1].type, value.isSame(as: bare) else { return nil }
        return call.make(.nullIfCast, [first, sides[1]], first.type)
    }
}

extension ScalarFunction {
    /// The first value; NULL where the second is equal to it.
    package static let nullIf = ScalarFunction(
        "nullif", nulls: .first, cost: .light, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try differing(call, as: call[0]) })

    /// The same, the first compared as the second's type.
    package static let nullIfCast = ScalarFunction(
        "nullif_cast", nulls: .first, cost: .light,
        failure: .depending { arguments, _ in arguments.count < 2 || ConstantFolding.castCanFail(from: arguments[0].type, to: arguments[1].type) },
        readsConstantsOnce: true, traits: Traits(castsToSecond: true),
        kernel: .plain { (call) throws(KernelError) in
            try differing(call, as: try CastKernels.cast(call[0], to: call[1].type, zone: call.context.timeZone, forms: call.context.forms, call.meter))
        })

    /// The first column where `key` differs from the second one, or either is NULL.
    private static func differing(_ call: KernelCall, as key: Column) throws(KernelError) -> Column {
        if call[0].isConstantNull || call[1].isConstantNull { return call[0].retyped(call.type) }
        // A text that all rows have stays one; any other constant is laid down for each.
        if case .bytes? = call[0].constantValue {} else { try call.meter.admit(call[0]) }
        return call[0].masked(by: ~CompareKernels.compare(.equal, key, call[1]).trueRows()).retyped(call.type)
    }
}
