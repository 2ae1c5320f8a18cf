import ColumnStore

/// NULLIF(a, b): NULL where they are equal, else a.
extension SQLFunction {
    static let nullIf = SQLFunction("nullif", forms: [[.string, .string], [.int32, .int64]]) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        let equal = try typing.binary(.equal, call.arguments[0], call.arguments[1], at: call.position)
        let first = call.arguments[0].expression
        return .conditional(branches: [.init(condition: equal, result: .null(first.type))], otherwise: first, type: first.type)
    }
}
