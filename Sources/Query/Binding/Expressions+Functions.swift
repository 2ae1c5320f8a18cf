import ColumnStore

/// Calls of functions: which kind each is, and the scalar ones by their definitions.
extension Binder {
    func bindCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let name = call.name.text, position = call.name.position
        if call.over != nil { return try bindWindowCall(call, in: scope) }
        if name == "grouping" { return try bindGroupingCall(call, in: scope) }
        if FunctionRegistry.aggregates[name] != nil { return try bindAggregate(call, in: scope) }
        if let function = GatheredAggregate.byName[name] { return try bindGathered(function, call, in: scope) }
        if FunctionRegistry.windows[name] != nil { throw .badSQL("\(name) needs OVER", at: position).because(.windowing) }
        guard let function = FunctionRegistry.scalarsByName[name] else {
            if let expanded = try bindExpansion(call, in: scope) { return expanded }
            throw unknownFunction(name, at: position)
        }
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else {
            throw .badSQL("\(name) is no aggregate: it takes arguments only", at: position)
        }
        let arguments = try bindAll(call.arguments, in: scope)
        return TypedExpression(try function.bound(FunctionCall(name: name, arguments: arguments, position: position), self), at: position)
    }

    /// Its arguments as lists, each by an array_agg of the same rows in the same order.
    private func bindGathered(_ function: GatheredAggregate, _ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = call.name.position
        guard call.arguments.count == function.argumentCount, !call.isStar, call.withinGroup.isEmpty else {
            throw .badSQL("\(function.name) takes \(function.argumentCount) arguments", at: position).because(.undefinedFunction)
        }
        guard !call.isDistinct || function.argumentCount == 1 else { throw .unsupported("\(function.name) takes no DISTINCT", at: position) }
        var lists: [Expression] = [], types: [ColumnType] = []
        for (argument, type) in zip(call.arguments, function.types) {
            var gathering = call
            gathering.name = NameSyntax("array_agg", at: position)
            gathering.arguments = [argument]
            let list = try bindAggregate(gathering, in: scope).expression
            guard case .list(let field) = list.type else { throw .unsupported("\(function.name) does not take \(list.type.sqlName)", at: position) }
            types.append(type ?? field.type)
            guard let type, field.type != type else {
                lists.append(list)
                continue
            }
            guard TypeRules.cast(from: field.type, to: type) != .none, type == .string || TypeRules.isNumeric(field.type) else {
                throw .badSQL("\(function.name) does not take \(field.type.sqlName)", at: position).because(.undefinedFunction)
            }
            lists.append(.cast(list, to: .listOf(type), position: position))
        }
        guard let type = function.gives(types) else {
            throw .badSQL("\(function.name) does not take \(types[0].sqlName)", at: position).because(.undefinedFunction)
        }
        return TypedExpression(.call(function.function, lists + (function.takesZone ? [zone] : []), type: type, position: position), at: position)
    }

    // MARK: The dialect's functions

    /// A function that is an expression of its arguments; nil for one that is none.
    private func bindExpansion(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        guard let text = context.catalog.dialect?.expression(of: call.name.text, argumentCount: call.arguments.count) else { return nil }
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else {
            throw .badSQL("\(call.name.text) is no aggregate: it takes arguments only", at: call.name.position)
        }
        return try expand(text, try bindAll(call.arguments, in: scope), at: call.name.position, in: scope)
    }

    /// - Parameter text: an expression with `$1`, `$2` … for the arguments, which are bound already: no name in them can mean something within it.
    func expand(_ text: String, _ arguments: [TypedExpression], at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard expansions.count < 8 else { throw .unsupported("functions of functions go too deep", at: position) }
        dependsOnSession = true
        expansions.append((arguments, scope.frame))
        defer { expansions.removeLast() }
        do throws(QueryError) {
            let found = try bindExpression(try Parser.parseExpression(text), in: scope)
            return TypedExpression(found.expression, isUntyped: found.isUntyped, at: position)
        } catch {
            // Places in the function's text mean nothing in the query's.
            throw QueryError(error.slug, error.detail, position: position)
        }
    }

    func expansionArgument(_ number: Int, at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard let (arguments, frame) = expansions.last, number <= arguments.count else { throw .badSQL("there is no argument $\(number)", at: position) }
        let value = arguments[number - 1]
        // As a name that was found in an outer level.
        var level: BindingFrame? = scope.frame
        while let here = level, here !== frame {
            here.correlate(value.expression.columnIDs)
            level = here.parent
        }
        return value
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
