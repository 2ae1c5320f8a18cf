import ColumnStore

/// How long a list is, by PostgreSQL's names: an array has one dimension here, whose places count from 1.
extension SQLFunction {
    static let cardinality = SQLFunction("cardinality", forms: [[.listOf(.int32)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        return .cast(call.make(.listCount, [try list(call, typing)], .int64), to: .int32, position: call.position)
    }
    static let arrayLength = dimension(["array_length", "array_upper"]) { count, isEmpty in (isEmpty, count) }
    static let arrayLower = dimension(["array_lower"]) { count, isEmpty in (isEmpty, .literal(.integer(1), .int32)) }
    static let arrayDimensions = SQLFunction("array_ndims", forms: [[.listOf(.int32)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let count = call.make(.listCount, [try list(call, typing)], .int64)
        let some = Expression.call(.greater, [count, .literal(.integer(0), .int64)], type: .boolean, position: call.position)
        return .conditional(branches: [.init(condition: some, result: .literal(.integer(1), .int32))], otherwise: nil, type: .int32)
    }

    /// `[1:3]`; NULL of an empty list.
    static let arrayDims = SQLFunction("array_dims", forms: [[.listOf(.int32)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let count = call.make(.listCount, [try list(call, typing)], .int64)
        let some = Expression.call(.greater, [count, .literal(.integer(0), .int64)], type: .boolean, position: call.position)
        let text = call.make(.concat, [.text("[1:"), .cast(count, to: .string, position: call.position), .text("]")], .string)
        return .conditional(branches: [.init(condition: some, result: text)], otherwise: nil, type: .string)
    }

    private static func list(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let value = call.arguments[0]
        guard case .list = value.type else {
            throw .badSQL("\(call.name) needs a list, not \(value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        return value.expression
    }

    /// NULL of an empty list, and of any dimension but the first.
    private static func dimension(
        _ names: [String], _ result: @escaping @Sendable (_ count: Expression, _ some: Expression) -> (Expression, Expression)
    ) -> SQLFunction {
        SQLFunction(names: names, forms: [[.listOf(.int32), .int32]]) { (call, typing) throws(QueryError) in
            try call.count(2...2)
            let count = call.make(.listCount, [try list(call, typing)], .int64)
            let dimension = try typing.implicit(call.arguments[1], to: .int32, call.name)
            let some = Expression.and([
                .call(.greater, [count, .literal(.integer(0), .int64)], type: .boolean, position: call.position),
                .call(.equal, [dimension, .literal(.integer(1), .int32)], type: .boolean, position: call.position),
            ])
            let (condition, value) = result(.cast(count, to: .int32, position: call.position), some)
            return .conditional(branches: [.init(condition: condition, result: value)], otherwise: nil, type: .int32)
        }
    }
}
