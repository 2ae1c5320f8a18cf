import ColumnStore

/// The functions that PostgreSQL has behind the operators of documents: `jsonb_contains(a, b)` is `a @> b`.
extension SQLFunction {
    static let jsonbContains = named("jsonb_contains", .contains, [[.jsonb, .jsonb]])
    static let jsonbContained = named("jsonb_contained", .isContained, [[.jsonb, .jsonb]])
    static let jsonbExists = named("jsonb_exists", .hasKey, [[.jsonb, .string]])
    static let jsonbExistsAny = named("jsonb_exists_any", .hasAnyKey, [[.jsonb, .listOf(.string)]])
    static let jsonbExistsAll = named("jsonb_exists_all", .hasAllKeys, [[.jsonb, .listOf(.string)]])
    static let jsonbConcat = named("jsonb_concat", .concatenate, [[.jsonb, .jsonb]])
    static let jsonbDelete = named("jsonb_delete", .subtract, [[.jsonb, .int32], [.jsonb, .string], [.jsonb, .listOf(.string)]])
    static let jsonbDeletePath = named("jsonb_delete_path", .withoutPath, [[.jsonb, .listOf(.string)]])

    private static func named(_ name: String, _ op: ExpressionSyntax.BinaryOperator, _ forms: [[ColumnType]]) -> SQLFunction {
        SQLFunction(name, forms: forms) { (call, typing) throws(QueryError) in
            try call.count(2...2)
            let document = TypedExpression(try call.document(0, typing, as: .jsonb), at: call.arguments[0].position)
            var other = call.arguments[1]
            if forms[0][1] == .jsonb { other = TypedExpression(try call.document(1, typing, as: .jsonb), at: other.position) }
            return try typing.binary(op, document, other, at: call.position)
        }
    }
}
