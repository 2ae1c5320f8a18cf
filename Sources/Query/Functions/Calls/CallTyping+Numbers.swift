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

    /// An integer as the DECIMAL without digits behind the mark.
    func wholeDecimal(_ value: Expression, of call: FunctionCall) throws(QueryError) -> Expression {
        try cast(TypedExpression(value, at: call.position), to: .decimal38(scale: 0), isExplicit: false)
    }
}
