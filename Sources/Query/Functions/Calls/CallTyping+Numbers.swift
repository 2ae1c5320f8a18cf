import ColumnStore

/// Arguments that are numbers.
extension CallTyping {
    /// Untyped literals and NULL are DOUBLE to a function of numbers, as in PostgreSQL.
    ///
    /// - Throws: bad-sql for what is no number.
    func number(_ value: TypedExpression, of call: FunctionCall) throws(QueryError) -> Expression {
        let expression = value.isUntyped || value.type == .null ? try implicit(value, to: .double, call.name) : value.expression
        guard TypeRules.isNumeric(expression.type) else {
            throw .badSQL("\(call.name) needs a number, not \(expression.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        return expression
    }

    /// The same where digits behind the mark are said beside it: a parameter of which nothing is known is a NUMERIC, as no other type takes them.
    func numeric(_ value: TypedExpression, of call: FunctionCall) throws(QueryError) -> Expression {
        guard value.isUntyped, case .literal(.bytes(let text), _) = value.expression, ParameterTypes.number(text) != nil else { return try number(value, of: call) }
        return try implicit(value, to: .decimal38(scale: TypeRules.divisionScaleMin), call.name)
    }

    /// An integer as the DECIMAL without digits behind the mark.
    func wholeDecimal(_ value: Expression, of call: FunctionCall) throws(QueryError) -> Expression {
        try cast(TypedExpression(value, at: call.position), to: .decimal38(scale: 0), isExplicit: false)
    }
}
