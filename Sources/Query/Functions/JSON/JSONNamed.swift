import ColumnStore

/// The functions that PostgreSQL has behind the operators of documents: `jsonb_contains(a, b)` is `a @> b`.
extension SQLFunction {
    static let jsonbContains = named("jsonb_contains", summary: "as `@>`", .contains, [[.jsonb, .jsonb]])
    static let jsonbContained = named("jsonb_contained", summary: "as `<@`", .isContained, [[.jsonb, .jsonb]])
    static let jsonbExists = named("jsonb_exists", summary: "as `?`", .hasKey, [[.jsonb, .string]])
    static let jsonbExistsAny = named("jsonb_exists_any", summary: "as `?|`", .hasAnyKey, [[.jsonb, .listOf(.string)]])
    static let jsonbExistsAll = named("jsonb_exists_all", summary: "as `?&`", .hasAllKeys, [[.jsonb, .listOf(.string)]])
    static let jsonbConcat = named("jsonb_concat", summary: "as `||`", .concatenate, [[.jsonb, .jsonb]])
    static let jsonbDelete = named("jsonb_delete", summary: "as `-`", .subtract, [[.jsonb, .int32], [.jsonb, .string], [.jsonb, .listOf(.string)]])
    static let jsonbDeletePath = named("jsonb_delete_path", summary: "as `#-`", .withoutPath, [[.jsonb, .listOf(.string)]])

    /// Bound as the operator, once the left side is a document.
    private static func named(_ name: String, summary: String, _ op: ExpressionSyntax.BinaryOperator, _ forms: [[ColumnType]]) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: forms) { (call, typing) throws(QueryError) in
            try call.count(2...2)
            let document = TypedExpression(try call.document(0, typing, as: .jsonb), at: call.arguments[0].position)
            var other = call.arguments[1]
            if forms[0][1] == .jsonb { other = TypedExpression(try call.document(1, typing, as: .jsonb), at: other.position) }
            return try typing.binary(op, document, other, at: call.position)
        }
    }
}
