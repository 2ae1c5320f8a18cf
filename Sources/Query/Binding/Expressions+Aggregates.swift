import ColumnStore

/// Aggregates and GROUPING: bound calls go to the SELECT's collector, a column stands in their place.
///
/// An aggregate belongs to the innermost query of whose columns its arguments mention any: `SELECT (SELECT sum(o.x) FROM t) FROM o` sums in the outer
/// query. So its arguments are bound where it stands, and then it is given to its owner's collector.
///
/// PostgreSQL 15's documentation, sections 4.2.7 and 9.21.
extension Binder {
    /// - Throws: bad-sql in a clause that takes none, within another aggregate, and for arguments of a wrong number or type.
    ///
    /// Steps: 1. a list of percentiles is taken apart; 2. arguments and FILTER are bound where the call stands; 3. the owner is found by their
    /// columns; 4. its collector gives the column.
    func bindAggregate(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let collector = try collector(of: call, in: scope)
        if let list = try percentiles(call, in: scope) { return list }
        if let value = try percentileOfGroup(call, in: scope) { return value }
        let frames = levels(from: scope.frame)
        // The arguments may have correlated levels that the aggregate will not be in: those are put back.
        let before = frames.map(\.correlation)
        var (bound, given) = try aggregate(call, in: inner(scope))
        bound.filter = try filter(call, in: inner(scope))
        let value = try placed(bound, used: columns(of: bound), collector, scope.clause, frames, before, at: call.name.position)
        return declared(value, of: bound.function, bound.arguments.first, given)
    }

    /// An aggregate's value as PostgreSQL declares it: some give one of their values or a list of them, and a sum of REALs is one.
    ///
    /// - Parameter given: what the argument is declared as, which its expression alone may tell otherwise: `oid::regclass` is a column of numbers.
    func declared(_ value: TypedExpression, of function: AggregateFunction, _ argument: Expression?, _ given: String?) -> TypedExpression {
        if function == .sum, case .call(.wideReal, _, _, let position)? = argument {
            return TypedExpression(.call(.narrowReal, [value.expression], type: value.type, position: position), declared: "float4", at: value.position)
        }
        guard let argument, let declared = given.map(DeclaredType.ofOne) ?? Self.narrowed(argument) else { return value }
        if function == .arrayAggregate {
            return TypedExpression(value.expression, declared: Self.listDeclaration(of: DeclaredType.withoutLength(declared)), at: value.position)
        }
        if function == .percentileDiscrete, case .list = value.type {
            return TypedExpression(value.expression, declared: Self.listDeclaration(of: DeclaredType.withoutLength(declared)), at: value.position)
        }
        guard argument.type == value.type else { return value }
        switch function {
        case .min, .max:
            // The least and greatest of names are numbers.
            guard Self.isNarrow(declared) || declared == "float4[]" || declared == "int2[]" || DeclaredType.isNumber(declared) || TypeNames.paddedLength(declared) != nil else { return value }
            return TypedExpression(value.expression, declared: DeclaredType.isNumber(declared) ? "oid" : declared, at: value.position)
        case .anyValue, .mode, .percentileDiscrete:
            return DeclaredType.isKept(declared) ? TypedExpression(value.expression, declared: declared, at: value.position) : value
        default: return value
        }
    }

    /// Each argument as a list: an array_agg of the same rows in the same order. What the arguments mention is bound once, or calls inside calls would double with each.
    /// - Parameter documents: what rows and lists become before they are gathered; nil: they are none.
    func bindLists(_ call: FunctionSyntax, documents: ColumnType?, types: [ColumnType?] = [], in scope: ExpressionScope) throws(QueryError) -> (lists: [TypedExpression], hasDocuments: Bool) {
        let collector = try collector(of: call, in: scope)
        let frames = levels(from: scope.frame)
        var before = frames.map(\.correlation)
        var values = try bindAll(call.arguments, in: inner(scope))
        if Self.ofBits.contains(call.name.text), let value = values.first, isUnknown(value) { throw notUnique(call.name.text, value, at: call.name.position) }
        // Constants without a type are of the one that is taken.
        for (place, type) in types.enumerated() where place < values.count && (values[place].isUntyped || values[place].type == .null) {
            if let type { values[place] = TypedExpression(try implicit(values[place], to: type, call.name.text), at: values[place].position) }
        }
        values = zip(values, types + [ColumnType?](repeating: nil, count: values.count)).map { $1 == .double ? widened($0) : $0 }
        let hasDocuments = documents != nil && values.contains { $0.type.isNested }
        if let documents {
            for place in values.indices { values[place] = withBlanks(try written(values[place], in: inner(scope))) }
            values = values.map { value in
                guard value.type.isNested else { return value }
                return TypedExpression(.call(.jsonOf, [value.expression, zone], type: documents, position: value.position), at: value.position)
            }
        }
        let order = try keys(call, in: inner(scope))
        let filter = try filter(call, in: inner(scope))
        var parts: [AggregateCall] = []
        for value in values {
            var part = try aggregate(.arrayAggregate, "array_agg", [value], order, call)
            part.filter = filter
            parts.append(part)
        }
        // Whose query's aggregate it is, all of them say.
        let used = parts.reduce(into: Set<ColumnID>()) { $0.formUnion(columns(of: $1)) }
        var lists: [TypedExpression] = []
        for (part, value) in zip(parts, values) {
            let list = try placed(part, used: used, collector, scope.clause, frames, before, at: call.name.position)
            lists.append(TypedExpression(list.expression, declared: Self.listDeclaration(of: declaredType(value)), at: list.position))
            before = frames.map(\.correlation)
        }
        return (lists, hasDocuments)
    }

    /// Nil in a clause that takes no aggregates but those of queries around it.
    ///
    /// - Throws: bad-sql within another aggregate; unsupported-sql past the number of aggregates.
    private func collector(of call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> SelectCollector? {
        let position = call.name.position
        guard let collector = scope.collector else { return nil }
        guard !scope.isInAggregate else { throw .badSQL("aggregates cannot be nested", at: position).because(.ungroupedColumn) }
        guard collector.aggregates.count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported("a SELECT has more than \(SyntaxLimits.listItemCountMax) aggregates", at: position)
        }
        return collector
    }

    /// The column that stands for the call, in its owner's collector.
    ///
    /// - Parameter before: the correlations of the levels before its arguments were bound.
    private func placed(
        _ call: AggregateCall, used: Set<ColumnID>, _ collector: SelectCollector?, _ clause: String, _ levels: [BindingFrame], _ before: [[ColumnID]], at position: Int
    ) throws(QueryError) -> TypedExpression {
        // Level 0 is the query at hand, as is a call that mentions no columns.
        guard let owner = try owner(of: used, levels), owner > 0 else {
            guard let collector else { throw .badSQL("aggregates are not allowed in \(clause)", at: position).because(.ungroupedColumn) }
            return TypedExpression(try value(of: collector.column(for: call), call.function, call.arguments, at: position), at: position)
        }
        return try outerAggregate(call, levels, owner, before, at: position)
    }

    /// What the call's owner is found by; ORDER BY within it has no say.
    private func columns(of call: AggregateCall) -> Set<ColumnID> {
        var used: Set<ColumnID> = []
        for argument in call.arguments { argument.collectColumns(into: &used) }
        call.filter?.collectColumns(into: &used)
        return used
    }

    /// The least or greatest text of an order is behind its key. What is made of texts is compared by their order.
    func value(of column: OutputColumn, _ function: AggregateFunction, _ arguments: [Expression], at position: Int) throws(QueryError) -> Expression {
        guard case .call(.collationKey, let parts, _, let place)? = arguments.first, [.min, .max, .percentileDiscrete, .mode].contains(function) else {
            if column.type == .string { collations[column.id] = try collationName(of: arguments, at: position) }
            return .column(column)
        }
        if case .literal(.bytes(let name), _)? = parts.last { collations[column.id] = String(word: name) }
        return .call(.collatedText, [.column(column)], type: .string, position: place)
    }

    /// A level and all around it, innermost first.
    private func levels(from frame: BindingFrame) -> [BindingFrame] {
        var levels: [BindingFrame] = []
        var level: BindingFrame? = frame
        while let here = level {
            levels.append(here)
            level = here.parent
        }
        return levels
    }

    /// The innermost level of whose columns a call mentions any: it is that query's aggregate. Nil where it mentions none.
    ///
    /// - Complexity: the columns of all levels, each paid for.
    private func owner(of used: Set<ColumnID>, _ levels: [BindingFrame]) throws(QueryError) -> Int? {
        guard !used.isEmpty else { return nil }
        for (number, level) in levels.enumerated() {
            for relation in level.names.relations {
                try work?.spend(relation.columns.count)
                for column in relation.columns {
                    if case .column(let id, _) = column.expression {
                        if used.contains(id) { return number }
                    } else if !column.expression.columnIDs.isDisjoint(with: used) {
                        return number
                    }
                }
            }
        }
        return nil
    }

    /// An aggregate over an outer query's columns is computed there; here its value stands like a column of that query.
    ///
    /// - Throws: bad-sql where the outer query stands in a clause that takes no aggregates.
    private func outerAggregate(
        _ call: AggregateCall, _ levels: [BindingFrame], _ owner: Int, _ before: [[ColumnID]], at position: Int
    ) throws(QueryError) -> TypedExpression {
        guard let scope = levels[owner].subqueryScope, let collector = scope.collector else {
            let clause = levels[owner].subqueryScope?.clause ?? "FROM"
            throw .badSQL("this aggregate belongs to an outer query, and aggregates are not allowed in its \(clause)", at: position).because(.ungroupedColumn)
        }
        guard !scope.isInAggregate else { throw .badSQL("aggregates cannot be nested", at: position).because(.ungroupedColumn) }
        let column = collector.column(for: call)
        // Levels in between see one column of the owner, and not those that the arguments mention.
        for (level, correlation) in zip(levels, before).prefix(owner) {
            level.restoreCorrelation(correlation)
            level.correlate([column.id])
        }
        return TypedExpression(try value(of: column, call.function, call.arguments, at: position), at: position)
    }

    /// percentile_cont(ARRAY[…]): a list of one for each fraction; NULL of no values.
    private func percentiles(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        guard ["percentile_cont", "percentile_disc"].contains(call.name.text), call.arguments.count == 1, let fractions = try fractions(call.arguments[0]), !fractions.isEmpty
        else { return nil }
        var values: [Expression] = []
        var declared: String?
        for fraction in fractions {
            var single = call
            single.arguments = [fraction]
            let value = try bindAggregate(single, in: scope)
            declared = declaredType(value)
            values.append(value.expression)
        }
        // A fraction of any value tells whether there are values at all.
        var some = call
        some.arguments = [ExpressionSyntax(kind: .number("0"), position: call.name.position, height: 1)]
        let first = try bindAggregate(some, in: scope).expression
        // Of several dimensions, where each fraction is a list of them.
        let element = values[0].type
        guard values.allSatisfy({ $0.type == element }) else { throw .badSQL("the lists of \(call.name.text) have different dimensions", at: call.name.position).because(.typeMismatch) }
        let list = ColumnType.list(element: Field("element", element))
        let branch = Expression.Branch(
            condition: .not(.isNull(first)), result: .call(.makeList, values, type: list, position: call.name.position))
        let declaration = Self.listDeclaration(of: declared.map { DeclaredType.withoutLength($0) })
        return TypedExpression(.conditional(branches: [branch], otherwise: nil, type: list), declared: declaration, at: call.name.position)
    }

    /// percentile_cont(x) of a fraction that is each group's own, or a subquery's: at its place in the list of the group's values; nil of a constant.
    private func percentileOfGroup(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        let name = call.name.text, position = call.name.position
        guard ["percentile_cont", "percentile_disc"].contains(name), call.arguments.count == 1, call.withinGroup.count == 1, call.orderBy.isEmpty, !call.isDistinct else { return nil }
        var fraction = try bindExpression(call.arguments[0], in: inner(scope))
        guard !fraction.isUntyped, TypeRules.isNumeric(fraction.type), !folded(fraction.expression).isLiteral else { return nil }
        func made(_ kind: ExpressionSyntax.Kind) -> ExpressionSyntax { ExpressionSyntax(kind: kind, position: position, height: 1) }
        let value = call.withinGroup[0].expression, isThere = made(.isTest(value, .null, isNegated: true))
        var gathered = FunctionSyntax(name: NameSyntax("array_agg", at: position), arguments: [value])
        gathered.orderBy = call.withinGroup
        gathered.filter = call.filter.map { made(.and([$0, isThere])) } ?? isThere
        let list = try bindAggregate(gathered, in: scope)
        guard case .list(let field) = list.type, name == "percentile_disc" || TypeRules.isNumeric(field.type) else {
            throw .unsupported("the fraction of \(name) must be a constant number", at: call.arguments[0].position)
        }
        // Once more, so that the fault of a column that is not grouped points here.
        if !fraction.expression.hasSubquery { fraction = try bindExpression(call.arguments[0], in: inner(scope)) }
        let share = try implicit(widened(fraction), to: .double, name)
        if name == "percentile_disc" {
            let place = Expression.call(.placeOfFraction, [list.expression, share], type: .int32, position: position)
            return TypedExpression(.call(.element, [list.expression, place], type: field.type, position: position), declared: elementDeclaration(of: list), at: position)
        }
        let exact = isOfReals(list) ? Expression.call(.wideReals, [list.expression], type: list.type, position: position) : list.expression
        let numbers = field.type == .double ? exact : .cast(exact, to: .listOf(.double), position: position)
        return TypedExpression(.call(.numberAtFraction, [numbers, share], type: .double, position: position), at: position)
    }

    /// The elements of a list that is written, or given as a parameter; nil of anything else.
    private func fractions(_ syntax: ExpressionSyntax) throws(QueryError) -> [ExpressionSyntax]? {
        if case .array(let items) = syntax.kind { return items }
        var inner = syntax
        if case .cast(let operand, _) = syntax.kind { inner = operand }
        switch inner.kind {
        case .parameter, .string: break
        default: return nil
        }
        let value = try bindExpression(syntax, in: ExpressionScope(frame: BindingFrame(parent: nil), clause: "WITHIN GROUP"))
        guard case .list(let field) = value.type, !field.type.isNested else { return nil }
        func written(_ value: Expression) throws(QueryError) -> ExpressionSyntax {
            guard case .literal(let literal, _) = folded(try cast(TypedExpression(value, at: syntax.position), to: .double, isExplicit: true)) else {
                throw .unsupported("the fractions of a percentile must be constants", at: syntax.position)
            }
            let kind: ExpressionSyntax.Kind = if case .double(let number) = literal { .number("\(number)") } else { .null }
            return ExpressionSyntax(kind: kind, position: syntax.position, height: 1)
        }
        var items: [ExpressionSyntax] = []
        switch folded(value.expression) {
        case .literal(.list(let values), _): for item in values { items.append(try written(.literal(item, field.type))) }
        case .call(.makeList, let elements, _, _): for item in elements { items.append(try written(item)) }
        // One whose values are still to come.
        case .literal(.null, _) where context.parameterTypes != nil: items = [ExpressionSyntax(kind: .number("0"), position: syntax.position, height: 1)]
        default: return nil
        }
        return items
    }

    /// Arguments of an aggregate: no further aggregates, no windows.
    func inner(_ scope: ExpressionScope) -> ExpressionScope {
        var inner = scope
        inner.isInAggregate = true
        return inner
    }

    /// FILTER's condition, which takes no aggregates either.
    private func filter(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression? {
        guard let condition = call.filter else { return nil }
        var inner = scope
        inner.isInAggregate = true
        return try bindCondition(condition, in: inner)
    }

    /// The call as an aggregate, not yet given to a collector.
    ///
    /// - Returns: with what its first argument is declared as.
    func aggregate(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> (call: AggregateCall, given: String?) {
        let name = call.name.text, position = call.name.position
        guard let function = FunctionRegistry.aggregates[name] else { throw .badSQL("\(name) is no aggregate", at: position) }
        if call.isStar {
            guard function == .count, !call.isDistinct else { throw .badSQL("\(name)(*) is not an aggregate", at: position) }
            return (AggregateCall(column: newColumn(name, .int64), function: .countRows, arguments: [], position: position), nil)
        }
        let isOrderedSet = function.definition.isOrderedSet
        guard isOrderedSet != call.withinGroup.isEmpty else {
            // PostgreSQL looks for a function of all that stands within both brackets.
            let isThere = call.arguments.count + call.withinGroup.count == function.definition.argumentCount + (isOrderedSet ? 1 : 0)
            throw .badSQL(isOrderedSet ? "\(name) needs WITHIN GROUP (ORDER BY …)" : "\(name) takes no WITHIN GROUP", at: position).because(isThere ? .notThatKind : .undefinedFunction)
        }
        if isOrderedSet { return try orderedSet(function, call, in: scope) }
        let count = function.definition.argumentCount
        guard call.arguments.count == count else {
            throw .badSQL("\(name) takes \(count) argument\(count == 1 ? "" : "s"), not \(call.arguments.count)", at: position)
                .because(function == .count && call.arguments.isEmpty ? .notThatKind : .undefinedFunction)
        }
        // Subqueries of its ORDER BY are recognised as those of its arguments.
        let wasGrouped = scope.frame.isGrouped
        if call.isDistinct, !call.orderBy.isEmpty { scope.frame.isGrouped = true }
        defer { scope.frame.isGrouped = wasGrouped }
        let values = try bindAll(call.arguments, in: scope)
        // A table's row is never NULL, whatever is in it: none of its columns need be read.
        if function == .count, !call.isDistinct, case .call(.makeRow, _, _, _) = values[0].expression {
            return (AggregateCall(column: newColumn(name, .int64), function: .countRows, arguments: [], position: position), nil)
        }
        return (try aggregate(function, name, values, keys(call, in: scope), call), declaredType(values[0]))
    }

    /// ORDER BY within the call: its keys, and what each of them sorts by as it is written.
    private func keys(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> (keys: [SortKey], values: [Expression]) {
        var keys: [SortKey] = [], values: [Expression] = []
        for item in call.orderBy {
            let value = try bindExpression(item.expression, in: scope).expression
            keys.append(try sortKey(value, item))
            values.append(value)
        }
        return (keys, values)
    }

    /// A call of arguments that are bound: its types, what DISTINCT asks of them, and its order where the function reads one.
    ///
    /// - Throws: bad-sql for DISTINCT of what does not compare, and for an order beside DISTINCT that is no argument.
    private func aggregate(
        _ function: AggregateFunction, _ name: String, _ values: [TypedExpression], _ own: (keys: [SortKey], values: [Expression]), _ call: FunctionSyntax
    ) throws(QueryError) -> AggregateCall {
        let position = call.name.position
        let (arguments, type) = try aggregateTypes(function, values, name, at: position)
        if call.isDistinct, let other = arguments.first(where: { !TypeRules.isComparable($0.type) }) {
            throw .badSQL("DISTINCT cannot compare \(other.type.sqlName)", at: position).because(.undefinedFunction)
        }
        // What DISTINCT keeps is sorted by: the argument itself, or its key where COLLATE says an order of it.
        func sorting(_ argument: Expression) throws(QueryError) -> Expression {
            try collation(of: [argument], at: position) == nil ? argument : collationKeys([argument], at: position)[0]
        }
        var order = own.keys
        for (index, item) in call.orderBy.enumerated() where call.isDistinct {
            // As it is written, COLLATE and all: `DISTINCT x ORDER BY x COLLATE "C"` is of another value to PostgreSQL, too.
            let value = twins.compared(own.values[index])
            guard let place = values.firstIndex(where: { twins.compared($0.expression).isSame(as: value) }) else {
                let isCollated = if case .call(.collated, _, _, _) = value { true } else { false }
                throw .badSQL(
                    "ORDER BY of an aggregate with DISTINCT takes its arguments only", at: item.expression.position, hint: isCollated ? "say COLLATE of the argument as well" : nil
                ).because(.badPlace)
            }
            order[index].expression = try sorting(arguments[place])
        }
        let readsInOrder = function.definition.readsInOrder
        if !readsInOrder { order = [] }
        // What is there once comes sorted by all arguments, as PostgreSQL has it; a constant orders nothing.
        if call.isDistinct, readsInOrder {
            for argument in arguments where !argument.isLiteral {
                let key = try sorting(argument)
                if !order.contains(where: { $0.expression.isSame(as: key) }) { order.append(SortKey(key)) }
            }
        }
        return AggregateCall(
            column: newColumn(name, type), function: function, arguments: arguments, isDistinct: call.isDistinct, order: order,
            position: position)
    }

    /// Structs, and lists of them.
    private func isRow(_ type: ColumnType) -> Bool {
        switch type {
        case .structure: true
        case .list(let element): isRow(element.type)
        default: false
        }
    }

    /// The arguments as the aggregate takes them, and the type of its value. An untyped NULL takes the type that the aggregate likes best, as
    /// PostgreSQL chooses it.
    ///
    /// - Throws: bad-sql for types that it does not take.
    private func aggregateTypes(
        _ function: AggregateFunction, _ values: [TypedExpression], _ name: String, at position: Int
    ) throws(QueryError) -> ([Expression], ColumnType) {
        let value = values[0]
        func fault() -> QueryError {
            .badSQL("\(name) does not take \(value.isUntyped ? "an untyped text" : value.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        switch function {
        case .count, .approximateDistinct:
            guard function == .count || TypeRules.isComparable(value.type) else { throw fault() }
            return ([value.type == .null ? .null(.string) : value.expression], .int64)
        case .approximateDistinctSketch:
            guard TypeRules.isComparable(value.type) else { throw fault() }
            return ([value.type == .null ? .null(.string) : value.expression], .binary)
        case .approximateDistinctOfSketches:
            guard value.type == .binary || value.type == .null else { throw fault() }
            return ([value.type == .null ? .null(.binary) : value.expression], .int64)
        case .sum, .avg:
            if isUnknown(value) { throw notUnique(name, value, at: position) }
            let argument = value.type == .null ? Expression.null(.decimal38(scale: 0)) : widened(value).expression
            guard let type = function == .sum ? TypeRules.sum(argument.type) : TypeRules.average(argument.type) else {
                throw fault()
            }
            return ([argument], type)
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation:
            if value.isUntyped { return ([try implicit(value, to: .double, name)], .double) }
            guard TypeRules.isNumeric(value.type) || value.type == .null else { throw fault() }
            return ([value.type == .null ? .null(.double) : widened(value).expression], .double)
        case .min, .max:
            try refuseUnordered([value], name, at: position)
            // Documents and rows have an order, but no least.
            guard TypeRules.isComparable(value.type), value.type != .boolean, !value.type.isJSON, !isRow(value.type) else { throw fault() }
            let argument = value.type == .null ? Expression.null(.string) : try collationKeys([value.expression], at: position)[0]
            return ([argument], TypeRules.widened(argument.type))
        case .boolAnd, .boolOr: return ([try implicit(value, to: .boolean, name)], .boolean)
        case .stringAggregate where value.type == .binary:
            return ([value.expression, try implicit(values[1], to: .binary, name)], .binary)
        case .stringAggregate:
            guard value.isUntyped || value.type == .null || value.type == .string else {
                throw .badSQL("\(name) needs VARCHAR, not \(value.type.sqlName)", at: value.position, hint: "cast it with ::VARCHAR").because(.undefinedFunction)
            }
            let arguments = [try implicit(value, to: .string, name), try implicit(values[1], to: .string, name)]
            return (arguments, .string)
        case .arrayAggregate:
            let argument = value.type == .null ? Expression.null(.string) : value.expression
            // Lists are gathered as the rows of one that has a dimension more.
            guard !argument.type.holdsRows || declaredType(value) == "record" else { throw .unsupported("array_agg of structs is not supported", at: position) }
            return ([argument], .list(element: Field("element", argument.type)))
        case .anyValue, .singleValue, .countRows, .averageOfParts, .approximateDistinctJoined, .percentileContinuous, .percentileDiscrete, .mode:
            let argument = value.type == .null ? Expression.null(.string) : value.expression
            return ([argument], argument.type)
        }
    }

    /// PostgreSQL has them for integers and for strings of bits.
    private static let ofBits: Set<String> = ["bit_and", "bit_or", "bit_xor"]

    /// Whether it is a constant that no type stands by: a text, a parameter's, or NULL.
    func isUnknown(_ value: TypedExpression) -> Bool {
        if case .literal(.null, .null) = value.expression { return true }
        return value.isUntyped
    }

    /// Of an aggregate that PostgreSQL has for types of several categories: a constant without a type chooses none of them.
    func notUnique(_ name: String, _ value: TypedExpression, at position: Int) -> QueryError {
        .badSQL("function \(name)(unknown) is not unique", at: position, hint: value.isUntyped ? "cast the text to what it holds" : "cast it to a type").because(.ambiguousFunction)
    }

    /// percentile_cont, percentile_disc, mode: over the values of WITHIN GROUP, in its order.
    ///
    /// The call's first argument is the value of WITHIN GROUP, its second the fraction.
    private func orderedSet(_ function: AggregateFunction, _ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> (AggregateCall, String?) {
        let name = call.name.text, position = call.name.position
        guard !call.isDistinct, call.orderBy.isEmpty else { throw .badSQL("\(name) takes no DISTINCT and no ORDER BY inside", at: position) }
        guard call.withinGroup.count == 1, let item = call.withinGroup.first else {
            throw .badSQL("\(name) orders by one expression", at: position)
        }
        var value = try bindExpression(item.expression, in: scope)
        if value.isUntyped || value.type == .null {
            value = TypedExpression(try implicit(value, to: function == .percentileContinuous ? .double : .string, name), at: value.position)
        }
        var arguments: [Expression] = []
        let type: ColumnType
        if function == .percentileContinuous {
            guard TypeRules.isNumeric(value.type) || value.type == .interval else {
                throw .badSQL("percentile_cont takes numbers and intervals, not \(value.type.sqlName)", at: value.position).because(.undefinedFunction)
            }
            type = value.type == .interval ? .interval : .double
            arguments.append(try implicit(widened(value), to: type, name))
        } else {
            arguments = try collationKeys([value.expression], at: value.position)
            type = TypeRules.widened(arguments[0].type)
        }
        let key = try sortKey(arguments[0], item)
        let wanted = function.definition.argumentCount
        guard call.arguments.count == wanted else {
            throw .badSQL("\(name) takes \(wanted) argument\(wanted == 1 ? "" : "s")", at: position)
        }
        // A constant, so that its bounds are checked once and here.
        if function != .mode {
            let argument = try bindExpression(call.arguments[0], in: scope)
            let fraction = folded(try implicit(argument, to: .double, name))
            guard case .literal(let literal, _) = fraction else {
                throw .unsupported("the fraction of \(name) must be a constant number", at: call.arguments[0].position)
            }
            if case .double(let number) = literal, !(number >= 0 && number <= 1) {
                throw .overflow("the fraction of \(name) must lie between 0 and 1", at: call.arguments[0].position)
            }
            arguments.append(fraction)
        }
        return (AggregateCall(column: newColumn(name, type), function: function, arguments: arguments, order: [key], position: position), declaredType(value))
    }

    /// GROUPING(a, b): a column that `Grouping` puts the bits for, once the keys are known.
    func bindGroupingCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = call.name.position
        // As many bits as an INTEGER has beside its sign.
        guard (1...31).contains(call.arguments.count), !call.isStar, !call.isDistinct else {
            throw .badSQL("GROUPING takes 1 to 31 expressions of GROUP BY", at: position)
        }
        let frames = levels(from: scope.frame)
        let before = frames.map(\.correlation)
        let arguments = try bindAll(call.arguments, in: inner(scope))
        let column = newColumn("grouping", .int32)
        // Like an aggregate it belongs to the query whose columns it mentions.
        let owner = try owner(of: arguments.reduce(into: []) { $1.expression.collectColumns(into: &$0) }, frames) ?? 0
        let standing = owner == 0 ? scope : frames[owner].subqueryScope
        guard let collector = standing?.collector, standing?.isInAggregate == false else {
            throw .badSQL("GROUPING is not allowed in \(standing?.clause ?? "FROM")", at: position)
        }
        collector.groupings.append((arguments, column, position))
        for (level, correlation) in zip(frames, before).prefix(owner) {
            level.restoreCorrelation(correlation)
            level.correlate([column.id])
        }
        return TypedExpression(.column(column), at: position)
    }
}

/// The conditions and counts that a hypothetical set's function is made of.
///
/// All is syntax, which is bound as if it had been written: it is no more than counts with filters.
struct HypotheticalSet {
    private let call: FunctionSyntax
    let keys: [OrderItemSyntax]

    init(_ call: FunctionSyntax) { (self.call, keys) = (call, call.withinGroup) }

    func make(_ kind: ExpressionSyntax.Kind) -> ExpressionSyntax { ExpressionSyntax(kind: kind, position: call.name.position, height: 1) }

    func number(_ digits: String) -> ExpressionSyntax { make(.number(digits)) }

    func sum(_ one: ExpressionSyntax, _ other: ExpressionSyntax) -> ExpressionSyntax { make(.binary(.add, one, other)) }

    func real(_ value: ExpressionSyntax) -> ExpressionSyntax {
        make(.cast(value, TypeNameSyntax(name: "double precision", modifiers: [], isArray: false, position: call.name.position)))
    }

    /// Rows that the call's FILTER and `condition` leave.
    ///
    /// All counts of the call have its FILTER as it is written: what is of chance in it is then one draw of a row for all of them (`ChanceColumns`), or there were more rows
    /// before the values than rows.
    func count(_ condition: ExpressionSyntax?) -> ExpressionSyntax {
        var count = FunctionSyntax(name: NameSyntax("count", at: call.name.position))
        count.filter = call.filter ?? condition
        if call.filter != nil, let condition {
            let branch = ExpressionSyntax.CaseBranch(condition: condition, result: make(.boolean(true)))
            count.arguments = [make(.caseWhen(operand: nil, branches: [branch], otherwise: nil))]
        } else {
            count.isStar = true
        }
        return make(.function(count))
    }

    /// Different rows of keys among them.
    func countDistinct(_ condition: ExpressionSyntax) -> ExpressionSyntax {
        var count = FunctionSyntax(name: NameSyntax("count", at: call.name.position), arguments: [make(.row(keys.map(\.expression)))])
        count.isDistinct = true
        count.filter = call.filter.map { make(.and([$0, condition])) } ?? condition
        return make(.function(count))
    }

    /// Whether a row stands before the call's values.
    ///
    /// At some key it is before, and alike at all keys in front of that.
    var precedes: ExpressionSyntax {
        let places = keys.indices.map { place in make(.and([isAlike(place), isBefore(place)])) }
        return places.count == 1 ? places[0] : make(.or(places))
    }

    /// Whether the first `count` keys are those values.
    func isAlike(_ count: Int) -> ExpressionSyntax {
        let tests = zip(keys, call.arguments).prefix(count).map { make(.isDistinct($0.expression, $1, isNegated: true)) }
        // TRUE makes a conjunction of a single test, too.
        return tests.isEmpty ? make(.boolean(true)) : make(.and([make(.boolean(true))] + tests))
    }

    /// As the key sorts: NULLs where its order has them.
    private func isBefore(_ place: Int) -> ExpressionSyntax {
        let (item, value) = (keys[place], call.arguments[place])
        func isNull(_ expression: ExpressionSyntax, _ isNegated: Bool) -> ExpressionSyntax { make(.isTest(expression, .null, isNegated: isNegated)) }
        // NULLs are above all values, and so first where the order descends.
        let nullsFirst = item.nullsFirst ?? item.isDescending
        return make(
            .or([
                make(.binary(item.isDescending ? .greater : .less, item.expression, value)),
                // One of the two is NULL: the row's where NULLs are first, the value where they are last.
                make(.and([isNull(item.expression, !nullsFirst), isNull(value, nullsFirst)])),
            ]))
    }
}
