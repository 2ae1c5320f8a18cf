import ColumnStore

/// Calls of functions: which kind each is, and the scalar ones by their definitions.
extension Binder {
    func bindCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let name = call.name.text, position = call.name.position
        if call.over != nil { return try bindWindowCall(call, in: scope) }
        if name == "grouping" { return try bindGroupingCall(call, in: scope) }
        if FunctionRegistry.aggregates[name] != nil { return try bindAggregate(call, in: scope) }
        if FunctionRegistry.windows[name] != nil { throw .badSQL("\(name) needs OVER", at: position).because(.windowing) }
        guard let function = FunctionRegistry.scalarsByName[name] else { throw unknownFunction(name, at: position) }
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else {
            throw .badSQL("\(name) is no aggregate: it takes arguments only", at: position)
        }
        let arguments = try bindAll(call.arguments, in: scope)
        return TypedExpression(try function.bound(FunctionCall(name: name, arguments: arguments, position: position), self), at: position)
    }

    private func unknownFunction(_ name: String, at position: Int) -> QueryError {
        if name == "unnest" || name == "generate_series" {
            return .unsupported("\(name) is supported in FROM only", at: position)
        }
        if !FunctionRegistry.absent.contains(name), let meant = NameSuggestion.closest(to: name, among: FunctionRegistry.names) {
            return .badSQL("there is no function “\(name)”", at: position, hint: "did you mean \(meant)?").because(.undefinedFunction)
        }
        return .unsupported("the function “\(name)” is not supported", at: position).because(.undefinedFunction)
    }
}

extension Binder: CallTyping {
    var zone: Expression {
        dependsOnSession = true
        return .text(context.timeZone)
    }
    var isUTC: Bool {
        dependsOnSession = true
        return context.isUTC
    }
    var now: Int64 {
        dependsOnSession = true
        return context.now
    }

    func check(_ volatility: SQLFunction.Volatility, _ name: String, at position: Int) throws(QueryError) {
        if volatility == .stable { dependsOnSession = true }
        if volatility == .stable, !allowsNow { throw .unsupported("\(name) is not allowed in this expression", at: position) }
    }
}
