import ColumnStore

/// A call as the text of a query has it, its arguments bound, with the checks that most functions make.
struct FunctionCall {
    /// The name that was called: one of the function's.
    var name: String
    var arguments: [TypedExpression]
    var position: Int

    func count(_ range: ClosedRange<Int>) throws(QueryError) {
        guard range.contains(arguments.count) else {
            let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            throw .badSQL("\(name) takes \(wanted) arguments, not \(arguments.count)", at: position).because(.undefinedFunction)
        }
    }

    /// Arguments of exactly these types; fewer than all may be given down to `required`.
    func typed(_ types: [ColumnType], required: Int? = nil, _ typing: any CallTyping) throws(QueryError) -> [Expression] {
        try count((required ?? types.count)...types.count)
        var result: [Expression] = []
        for (argument, type) in zip(arguments, types) { result.append(try typing.implicit(argument, to: type, name)) }
        return result
    }

    func make(_ function: ScalarFunction, _ arguments: [Expression], _ type: ColumnType) -> Expression {
        .call(function, arguments, type: type, position: position)
    }
}
