import ColumnStore

/// overlay(a placing b from n for c): what precedes, b, and what follows.
extension SQLFunction {
    static let overlay = SQLFunction("overlay", forms: [[.string, .string, .int32], [.string, .string, .int32, .int32]]) { (call, typing) throws(QueryError) in
        let arguments = try call.typed([.string, .string, .int32, .int32], required: 3, typing)
        let one = Expression.literal(.integer(1), .int32)
        let count = arguments.count == 4 ? arguments[3] : call.make(.length, [arguments[1]], .int32)
        let head = call.make(.substring, [arguments[0], one, call.make(.subtract, [arguments[2], one], .int32)], .string)
        let tail = call.make(.substring, [arguments[0], call.make(.add, [arguments[2], count], .int32)], .string)
        return call.make(.concat, [call.make(.concat, [head, arguments[1]], .string), tail], .string)
    }
}
