import ColumnStore

/// A call as the text of a query has it, its arguments bound, with the checks that most functions make.
///
/// The binder makes one for each call and gives it to the function's `bind`, which checks the arguments and makes the expression that the call
/// becomes.
struct FunctionCall {
    /// The name that was called: one of the function's.
    var name: String
    var arguments: [TypedExpression]
    var position: Int

    /// - Throws: bad-sql for a number of arguments outside of the range.
    func count(_ range: ClosedRange<Int>) throws(QueryError) {
        guard range.contains(arguments.count) else {
            let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            throw .badSQL("\(name) takes \(wanted) argument\(range == 1...1 ? "" : "s"), not \(arguments.count)", at: position).because(.undefinedFunction)
        }
    }

    /// Arguments of exactly these types; fewer than all may be given down to `required`.
    ///
    /// - Throws: bad-sql for a wrong number of arguments, and for one that would have to be cast in writing.
    func typed(_ types: [ColumnType], required: Int? = nil, _ typing: any CallTyping) throws(QueryError) -> [Expression] {
        try count((required ?? types.count)...types.count)
        var result: [Expression] = []
        for (argument, type) in zip(arguments, types) { result.append(try typing.implicit(argument, to: type, name)) }
        return result
    }

    /// A call in a plan, at this call's place in the text.
    func make(_ function: ScalarFunction, _ arguments: [Expression], _ type: ColumnType) -> Expression {
        .call(function, arguments, type: type, position: position)
    }
}
