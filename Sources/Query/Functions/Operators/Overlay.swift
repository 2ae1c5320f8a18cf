import ColumnStore

/// overlay(a placing b from n for c): what precedes, b, and what follows.
extension SQLFunction {
    static let overlay = SQLFunction(
        "overlay", summary: "a text with a part, by its place and length, replaced: `overlay(a PLACING b FROM 2 FOR 3)`",
        forms: [[.string, .string, .int32], [.string, .string, .int32, .int32], [.binary, .binary, .int32, .int32]]
    ) { (call, typing) throws(QueryError) in
        let type: ColumnType = call.arguments.prefix(2).contains { $0.type == .binary } ? .binary : .string
        let arguments = try call.typed([type, type, .int32, .int32], required: 3, typing)
        let one = Expression.literal(.integer(1), .int32)
        // Without FOR as many characters go as come.
        let count = arguments.count == 4 ? arguments[3] : call.make(.length, [arguments[1]], .int32)
        let head = call.make(.substring, [arguments[0], one, call.make(.subtract, [arguments[2], one], .int32)], type)
        let tail = call.make(.substring, [arguments[0], call.make(.add, [arguments[2], count], .int32)], type)
        return call.make(.concat, [call.make(.concat, [head, arguments[1]], type), tail], type)
    }
}
