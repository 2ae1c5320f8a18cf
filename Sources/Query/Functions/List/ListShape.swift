import ColumnStore

/// How long a list is, by PostgreSQL's names: each dimension's places count from 1, and lists within lists are dimensions.
///
/// All are expressions over `list_count` and elements, so that they have no kernels of their own. An empty list has no dimension: NULL, but a
/// cardinality of 0.
///
/// PostgreSQL 15's documentation, section 9.19.
extension SQLFunction {
    static let cardinality = SQLFunction(
        "cardinality", summary: "how many elements a list has in all its dimensions",
        forms: [[.listOf(.int32)]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        return .cast(call.make(.listCount, [try list(call, typing).flat(at: call.position)], .int64), to: .int32, position: call.position)
    }
    static let arrayLength = dimension(["array_length", "array_upper"], summary: "how many elements a dimension has") { $0 }
    static let arrayLower = dimension(["array_lower"], summary: "the place of a dimension's first element: 1") { _ in .literal(.integer(1), .int32) }

    /// NULL of an empty list.
    static let arrayDimensions = SQLFunction("array_ndims", summary: "how many dimensions a list has", forms: [[.listOf(.int32)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let list = try list(call, typing)
        let number = Expression.literal(.integer(Int64(list.type.dimensionCount)), .int32)
        return .conditional(branches: [.init(condition: some(count(of: list.flat(at: call.position), call), call), result: number)], otherwise: nil, type: .int32)
    }

    /// `[1:3]`, `[1:2][1:3]`; NULL of an empty list.
    static let arrayDims = SQLFunction("array_dims", summary: "a list's dimensions as a text: `[1:2][1:3]`", forms: [[.listOf(.int32)]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        // What is of chance is counted as one draw.
        let list = try list(call, typing).drawnOnce(0, at: call.position)
        var parts: [Expression] = []
        for number in 1...list.type.dimensionCount {
            parts += [.text("[1:"), .cast(count(of: list.dimension(number, at: call.position), call), to: .string, position: call.position), .text("]")]
        }
        let shown = some(count(of: list.flat(at: call.position), call), call)
        return .conditional(branches: [.init(condition: shown, result: call.make(.concat, parts, .string))], otherwise: nil, type: .string)
    }

    /// - Throws: undefined-function for what is no list, as PostgreSQL has no such form.
    private static func list(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let value = call.arguments[0]
        guard case .list = value.type else {
            throw .badSQL("\(call.name) needs a list, not \(value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        return value.expression
    }

    private static func count(of list: Expression, _ call: FunctionCall) -> Expression { call.make(.listCount, [list], .int64) }

    /// Whether there is any.
    private static func some(_ count: Expression, _ call: FunctionCall) -> Expression {
        .call(.greater, [count, .literal(.integer(0), .int64)], type: .boolean, position: call.position)
    }

    /// NULL of an empty list, and of a dimension that it does not have.
    private static func dimension(_ names: [String], summary: String, _ result: @escaping @Sendable (_ count: Expression) -> Expression) -> SQLFunction {
        SQLFunction(names: names, summary: summary, forms: [[.listOf(.int32), .int32]]) { (call, typing) throws(QueryError) in
            try call.count(2...2)
            let list = try list(call, typing).drawnOnce(0, at: call.position)
            let asked = try typing.implicit(call.arguments[1], to: .int32, call.name).drawnOnce(1, at: call.position)
            // A branch for each dimension that the type has: the number that is asked for may differ from row to row.
            var branches: [Expression.Branch] = []
            for number in 1...list.type.dimensionCount {
                let count = count(of: list.dimension(number, at: call.position), call)
                let isAsked = Expression.call(.equal, [asked, .literal(.integer(Int64(number)), .int32)], type: .boolean, position: call.position)
                branches.append(.init(condition: .and([some(count, call), isAsked]), result: result(.cast(count, to: .int32, position: call.position))))
            }
            return .conditional(branches: branches, otherwise: nil, type: .int32)
        }
    }
}
