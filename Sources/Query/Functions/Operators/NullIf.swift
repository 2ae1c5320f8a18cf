import ColumnStore

/// NULLIF(a, b): NULL where they are equal, else a, as the number that it was compared as: of 1 and 2.5 it is a NUMERIC.
/// PostgreSQL 15's documentation, section 9.18.3.
extension SQLFunction {
    static let nullIf = SQLFunction(
        "nullif", summary: "the first value; NULL where both are equal",
        forms: [[.string, .string], [.int32, .int64]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
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
        return .conditional(branches: [.init(condition: equal, result: .null(first.type))], otherwise: first, type: first.type)
    }
}
