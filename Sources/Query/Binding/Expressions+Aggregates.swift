import ColumnStore

/// Aggregates, GROUPING and window functions: bound calls go to the SELECT's collector, a column stands in their place.
extension Binder {
    /// - Parameter beside: the other arguments of a call of which this is a part: whose query's aggregate it is, all of them say.
    func bindAggregate(_ call: FunctionSyntax, beside: [ExpressionSyntax] = [], in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = call.name.position
        guard let collector = scope.collector else {
            throw .badSQL("aggregates are not allowed in \(scope.clause)", at: position).because(.ungroupedColumn)
        }
        guard !scope.isInAggregate else { throw .badSQL("aggregates cannot be nested", at: position).because(.ungroupedColumn) }
        if let list = try percentiles(call, in: scope) { return list }
        let frames = levels(from: scope.frame)
        let before = frames.map(\.correlation)
        var bound = try aggregate(call, in: inner(scope))
        bound.filter = try filter(call, in: inner(scope))
        guard collector.aggregates.count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported("a SELECT has more than \(SyntaxLimits.listItemCountMax) aggregates", at: position)
        }
        var used: Set<ColumnID> = []
        for argument in beside { try bindExpression(argument, in: inner(scope)).expression.collectColumns(into: &used) }
        guard let owner = try owner(of: bound, used, frames), owner > 0 else { return TypedExpression(value(of: collector.column(for: bound), bound.function, bound.arguments), at: position) }
        return try outerAggregate(bound, frames, owner, before, at: position)
    }

    /// The least or greatest text of an order is behind its key.
    private func value(of column: OutputColumn, _ function: AggregateFunction, _ arguments: [Expression]) -> Expression {
        guard case .call(.collationKey, _, _, let position)? = arguments.first, [.min, .max, .percentileDiscrete, .mode].contains(function) else { return .column(column) }
        return .call(.collatedText, [.column(column)], type: .string, position: position)
    }

    private func levels(from frame: BindingFrame) -> [BindingFrame] {
        var levels: [BindingFrame] = []
        var level: BindingFrame? = frame
        while let here = level {
            levels.append(here)
            level = here.parent
        }
        return levels
    }

    /// The innermost level of whose columns the call mentions any: it is that query's aggregate. Nil where it mentions none.
    private func owner(of call: AggregateCall, _ others: Set<ColumnID>, _ levels: [BindingFrame]) throws(QueryError) -> Int? {
        var used = others
        for argument in call.arguments { argument.collectColumns(into: &used) }
        call.filter?.collectColumns(into: &used)
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
    private func outerAggregate(
        _ call: AggregateCall, _ levels: [BindingFrame], _ owner: Int, _ before: [[ColumnID]], at position: Int
    ) throws(QueryError) -> TypedExpression {
        guard let scope = levels[owner].subqueryScope, let collector = scope.collector else {
            let clause = levels[owner].subqueryScope?.clause ?? "FROM"
            throw .badSQL("this aggregate belongs to an outer query, and aggregates are not allowed in its \(clause)", at: position)
        }
        guard !scope.isInAggregate else { throw .badSQL("aggregates cannot be nested", at: position).because(.ungroupedColumn) }
        let column = collector.column(for: call)
        for (level, correlation) in zip(levels, before).prefix(owner) {
            level.restoreCorrelation(correlation)
            level.correlate([column.id])
        }
        return TypedExpression(value(of: column, call.function, call.arguments), at: position)
    }

    /// percentile_cont(ARRAY[…]): a list of one for each fraction; NULL of no values.
    private func percentiles(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        guard ["percentile_cont", "percentile_disc"].contains(call.name.text), call.arguments.count == 1,
            case .array(let fractions) = call.arguments[0].kind, !fractions.isEmpty
        else { return nil }
        var values: [Expression] = []
        for fraction in fractions {
            var single = call
            single.arguments = [fraction]
            values.append(try bindAggregate(single, in: scope).expression)
        }
        var some = call
        some.arguments = [ExpressionSyntax(kind: .number("0"), position: call.name.position, height: 1)]
        let first = try bindAggregate(some, in: scope).expression
        let list = ColumnType.list(element: Field("element", first.type))
        let branch = Expression.Branch(
            condition: .not(.isNull(first)), result: .call(.makeList, values, type: list, position: call.name.position))
        return TypedExpression(.conditional(branches: [branch], otherwise: nil, type: list), at: call.name.position)
    }

    /// Arguments of an aggregate: no further aggregates, no windows.
    private func inner(_ scope: ExpressionScope) -> ExpressionScope {
        var inner = scope
        inner.isInAggregate = true
        return inner
    }

    private func filter(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression? {
        guard let condition = call.filter else { return nil }
        var inner = scope
        inner.isInAggregate = true
        return try bindCondition(condition, in: inner)
    }

    private func aggregate(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> AggregateCall {
        let name = call.name.text, position = call.name.position
        guard let function = FunctionRegistry.aggregates[name] else { throw .badSQL("\(name) is no aggregate", at: position) }
        if call.isStar {
            guard function == .count, !call.isDistinct else { throw .badSQL("\(name)(*) is not an aggregate", at: position) }
            return AggregateCall(column: newColumn(name, .int64), function: .countRows, arguments: [], position: position)
        }
        let isOrderedSet = function.definition.isOrderedSet
        guard isOrderedSet != call.withinGroup.isEmpty else {
            throw .badSQL(
                isOrderedSet ? "\(name) needs WITHIN GROUP (ORDER BY …)" : "\(name) takes no WITHIN GROUP", at: position)
        }
        if isOrderedSet { return try orderedSet(function, call, in: scope) }
        let count = function.definition.argumentCount
        guard call.arguments.count == count else {
            throw .badSQL("\(name) takes \(count) argument\(count == 1 ? "" : "s"), not \(call.arguments.count)", at: position)
        }
        let values = try bindAll(call.arguments, in: scope)
        let (arguments, type) = try aggregateTypes(function, values, name, at: position)
        if call.isDistinct, arguments.contains(where: { $0.type.isNested && !isRowOfComparables($0.type) }) {
            throw .unsupported("DISTINCT cannot compare \(arguments[0].type.sqlName)", at: position)
        }
        var order: [SortKey] = []
        for item in call.orderBy {
            let key = try sortKey(try bindExpression(item.expression, in: scope).expression, item)
            if call.isDistinct, !arguments.contains(where: { $0.isSame(as: key.expression) }) {
                throw .badSQL("ORDER BY of an aggregate with DISTINCT takes its arguments only", at: item.expression.position)
            }
            order.append(key)
        }
        let readsInOrder = function.definition.readsInOrder
        if !readsInOrder { order = [] }
        // Values without repeats come sorted, as PostgreSQL has them.
        if call.isDistinct, order.isEmpty, readsInOrder, !arguments[0].type.isNested {
            order = [SortKey(arguments[0])]
        }
        return AggregateCall(
            column: newColumn(name, type), function: function, arguments: arguments, isDistinct: call.isDistinct, order: order,
            position: position)
    }

    /// Whole rows without a list in them have a key of their own.
    private func isRowOfComparables(_ type: ColumnType) -> Bool {
        guard case .structure(let fields) = type else { return false }
        return fields.allSatisfy { TypeRules.isComparable($0.type) || isRowOfComparables($0.type) }
    }

    private func aggregateTypes(
        _ function: AggregateFunction, _ values: [TypedExpression], _ name: String, at position: Int
    ) throws(QueryError) -> ([Expression], ColumnType) {
        let value = values[0]
        func fault() -> QueryError {
            .badSQL("\(name) does not take \(value.isUntyped ? "an untyped text" : value.type.sqlName)", at: value.position)
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
            let argument = value.type == .null ? Expression.null(.decimal38(scale: 0)) : value.expression
            guard !value.isUntyped, let type = function == .sum ? TypeRules.sum(argument.type) : TypeRules.average(argument.type) else {
                throw fault()
            }
            return ([argument], type)
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation:
            guard !value.isUntyped, TypeRules.isNumeric(value.type) || value.type == .null else { throw fault() }
            return ([value.type == .null ? .null(.double) : value.expression], .double)
        case .min, .max:
            guard TypeRules.isComparable(value.type), value.type != .boolean else { throw fault() }
            let argument = value.type == .null ? Expression.null(.string) : try collationKeys([value.expression], at: position)[0]
            return ([argument], TypeRules.widened(argument.type))
        case .boolAnd, .boolOr: return ([try implicit(value, to: .boolean, name)], .boolean)
        case .stringAggregate:
            let arguments = [try implicit(value, to: .string, name), try implicit(values[1], to: .string, name)]
            return (arguments, .string)
        case .arrayAggregate:
            let argument = value.type == .null ? Expression.null(.string) : value.expression
            guard !argument.type.isNested else { throw .unsupported("array_agg of lists and structs is not supported", at: position) }
            return ([argument], .list(element: Field("element", argument.type)))
        case .anyValue, .singleValue, .countRows, .averageOfParts, .approximateDistinctJoined, .percentileContinuous, .percentileDiscrete, .mode:
            let argument = value.type == .null ? Expression.null(.string) : value.expression
            return ([argument], argument.type)
        }
    }

    /// percentile_cont, percentile_disc, mode: over the values of WITHIN GROUP, in its order.
    private func orderedSet(_ function: AggregateFunction, _ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> AggregateCall {
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
                throw .badSQL("percentile_cont takes numbers and intervals, not \(value.type.sqlName)", at: value.position)
            }
            type = value.type == .interval ? .interval : .double
            arguments.append(try implicit(value, to: type, name))
        } else {
            arguments = try collationKeys([value.expression], at: value.position)
            type = TypeRules.widened(arguments[0].type)
        }
        let key = try sortKey(arguments[0], item)
        let wanted = function.definition.argumentCount
        guard call.arguments.count == wanted else {
            throw .badSQL("\(name) takes \(wanted) argument\(wanted == 1 ? "" : "s")", at: position)
        }
        if function != .mode {
            let argument = try bindExpression(call.arguments[0], in: scope)
            let fraction = folded(try implicit(argument, to: .double, name))
            guard case .literal(let literal, _) = fraction else {
                throw .unsupported("the fraction of \(name) must be a constant number", at: call.arguments[0].position)
            }
            if case .double(let number) = literal, !(number >= 0 && number <= 1) {
                throw .data("the fraction of \(name) must lie between 0 and 1", at: call.arguments[0].position)
            }
            arguments.append(fraction)
        }
        return AggregateCall(column: newColumn(name, type), function: function, arguments: arguments, order: [key], position: position)
    }

    func bindGroupingCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = call.name.position
        guard let collector = scope.collector, !scope.isInAggregate else {
            throw .badSQL("GROUPING is not allowed in \(scope.clause)", at: position)
        }
        guard (1...31).contains(call.arguments.count), !call.isStar, !call.isDistinct else {
            throw .badSQL("GROUPING takes 1 to 31 expressions of GROUP BY", at: position)
        }
        let arguments = try bindAll(call.arguments, in: inner(scope))
        let column = newColumn("grouping", .int32)
        collector.groupings.append((arguments, column, position))
        return TypedExpression(.column(column), at: position)
    }

    // MARK: Windows

    func bindWindowCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let name = call.name.text, position = call.name.position
        guard let collector = scope.collector, ["SELECT", "ORDER BY", "DISTINCT ON"].contains(scope.clause) else {
            throw .badSQL("window functions are not allowed in \(scope.clause)", at: position, hint: "use a subquery")
        }
        guard !scope.isInAggregate, !scope.isInWindow else {
            throw .badSQL("window functions cannot be inside aggregates or each other", at: position)
        }
        guard call.withinGroup.isEmpty, call.orderBy.isEmpty else {
            throw .unsupported("\(name) with an order of its own is not supported over a window", at: position)
        }
        guard !call.isDistinct else { throw .unsupported("DISTINCT is not supported over a window", at: position) }
        var inner = scope
        inner.isInWindow = true
        let window = try resolved(call.over, collector, at: position)
        var partition: [Expression] = []
        for item in window.partitionBy {
            let value = try bindExpression(item, in: inner)
            guard TypeRules.isComparable(value.type) else {
                throw .unsupported("PARTITION BY cannot compare \(value.type.sqlName)", at: item.position)
            }
            if !value.expression.isLiteral { partition.append(value.expression) }
        }
        var order: [SortKey] = []
        for item in window.orderBy { order.append(try sortKey(try bindExpression(item.expression, in: inner).expression, item)) }
        let (function, arguments, type) = try windowFunction(call, in: inner)
        let filter = try call.filter.map { (condition) throws(QueryError) in
            guard case .aggregate = function else { throw QueryError.badSQL("FILTER is for aggregates only", at: position) }
            return try bindCondition(condition, in: inner)
        }
        let frame = try bindFrame(window.frame, order, in: inner)
        let column = newColumn(name, type)
        collector.add(
            WindowNode.Call(column: column, function: function, arguments: arguments, filter: filter, frame: frame),
            partition: partition, order: order)
        guard collector.windows.count <= SyntaxLimits.setOperationCountMax, collector.windowIDs.count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported(
                "a SELECT has more than \(SyntaxLimits.setOperationCountMax) windows, or \(SyntaxLimits.listItemCountMax) calls over them", at: position)
        }
        guard case .aggregate(let aggregate) = function else { return TypedExpression(.column(column), at: position) }
        return TypedExpression(value(of: column, aggregate, arguments), at: position)
    }

    /// The window itself, with what it takes from the one that it names.
    private func resolved(_ over: OverSyntax?, _ collector: SelectCollector, at position: Int) throws(QueryError) -> WindowSyntax {
        func named(_ name: NameSyntax) throws(QueryError) -> WindowSyntax {
            guard let window = collector.windowDefinitions[name.text] else {
                let meant = NameSuggestion.closest(to: name.text, among: collector.windowDefinitions.keys)
                throw .badSQL("there is no window “\(name.text)”", at: name.position, hint: meant.map { "did you mean “\($0)”?" }).because(.undefinedObject)
            }
            return window
        }
        var window: WindowSyntax
        switch over {
        case .named(let name): window = try named(name)
        case .window(let own): window = own
        case nil: return WindowSyntax(position: position)
        }
        var depth = 0
        while let base = window.base {
            depth += 1
            try work?.spend(1)
            guard depth <= collector.windowDefinitions.count else { throw .badSQL("this window refers to itself", at: base.position) }
            let outer = try named(base)
            guard window.partitionBy.isEmpty, outer.frame == nil, window.orderBy.isEmpty || outer.orderBy.isEmpty else {
                throw .badSQL("a window cannot replace what “\(base.text)” says already", at: base.position)
            }
            window.base = outer.base
            window.partitionBy = outer.partitionBy
            if window.orderBy.isEmpty { window.orderBy = outer.orderBy }
        }
        return window
    }

    private func windowFunction(
        _ call: FunctionSyntax, in scope: ExpressionScope
    ) throws(QueryError) -> (WindowFunction, [Expression], ColumnType) {
        let name = call.name.text, position = call.name.position
        guard let function = FunctionRegistry.windows[name] else {
            guard FunctionRegistry.aggregates[name] != nil else {
                if FunctionRegistry.scalarsByName[name] != nil { throw .badSQL("\(name) is no window function", at: position) }
                throw .unsupported("the window function “\(name)” is not supported", at: position)
            }
            // Arguments may hold the SELECT's own aggregates: sum(sum(x)) OVER ().
            let bound = try aggregate(call, in: scope)
            return (.aggregate(bound.function), bound.arguments, bound.column.type)
        }
        guard !call.isStar else { throw .badSQL("\(name) takes no *", at: position) }
        let counts = function.definition.argumentCounts
        guard counts.contains(call.arguments.count) else {
            throw .badSQL("\(name) takes \(counts.lowerBound) to \(counts.upperBound) arguments, not \(call.arguments.count)", at: position)
        }
        let values = try bindAll(call.arguments, in: scope)
        switch function {
        case .rowNumber, .rank, .denseRank: return (function, [], .int64)
        case .percentRank, .cumulativeDistribution: return (function, [], .double)
        case .ntile: return (function, [try implicit(values[0], to: .int32, name)], .int32)
        default: break
        }
        var first = values[0]
        if first.isUntyped || first.type == .null { first = TypedExpression(try implicit(first, to: .string, name), at: first.position) }
        var arguments = [first.expression]
        if values.count > 1 { arguments.append(try implicit(values[1], to: .int32, name)) }
        if values.count > 2 {
            let both = try unified([first, values[2]], name)
            arguments = [both[0], arguments[1], both[1]]
        }
        return (function, arguments, TypeRules.widened(arguments[0].type))
    }

    private func bindFrame(_ syntax: FrameSyntax?, _ order: [SortKey], in scope: ExpressionScope) throws(QueryError) -> WindowNode.Frame {
        guard let syntax else { return WindowNode.Frame(unit: .range, start: .unboundedPreceding, end: .currentRow) }
        let unit: WindowNode.Frame.Unit = switch syntax.unit {
        case .rows: .rows
        case .range: .range
        case .groups: .groups
        }
        if unit == .groups, order.isEmpty { throw .badSQL("GROUPS needs ORDER BY", at: syntax.position) }
        func bound(_ bound: FrameSyntax.Bound) throws(QueryError) -> WindowNode.Frame.Bound {
            switch bound {
            case .unboundedPreceding: return .unboundedPreceding
            case .currentRow: return .currentRow
            case .unboundedFollowing: return .unboundedFollowing
            case .preceding(let distance): return .preceding(try frameDistance(distance, unit, order, syntax.position, in: scope))
            case .following(let distance): return .following(try frameDistance(distance, unit, order, syntax.position, in: scope))
            }
        }
        let exclusion: WindowNode.Frame.Exclusion = switch syntax.exclusion {
        case .currentRow: .currentRow
        case .group: .group
        case .ties: .ties
        case .noOthers: .none
        }
        return WindowNode.Frame(unit: unit, start: try bound(syntax.start), end: try bound(syntax.end), exclusion: exclusion)
    }

    private func frameDistance(
        _ syntax: ExpressionSyntax, _ unit: WindowNode.Frame.Unit, _ order: [SortKey], _ position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> Expression {
        var inner = scope
        inner.collector = nil
        let value = try bindExpression(syntax, in: inner)
        var type = ColumnType.int64
        if unit == .range {
            guard order.count == 1, let key = order.first else {
                throw .badSQL("RANGE with a distance needs ORDER BY of exactly one expression", at: position)
            }
            switch key.expression.type {
            case .date, .timestamp: type = .interval
            case .int32, .int64, .double: type = key.expression.type
            case .decimal(_, let scale): type = .decimal38(scale: max(scale, TypeRules.scale(value.type)))
            default:
                throw .unsupported(
                    "RANGE with a distance over \(key.expression.type.sqlName) is not supported", at: position)
            }
            if case .decimal(_, let scale) = key.expression.type, TypeRules.scale(value.type) > scale {
                throw .unsupported("the distance has more digits than the ORDER BY expression", at: syntax.position)
            }
        }
        let distance = folded(try implicit(value, to: type, "a frame"))
        guard case .literal(let literal, _) = distance else {
            throw .unsupported("the distance of a frame must be a constant", at: syntax.position)
        }
        let isNegative = switch literal {
        case .integer(let number): number < 0
        case .decimal(let digits): digits < 0
        case .double(let number): !(number >= 0)
        case .interval(let interval): interval.months < 0 || interval.days < 0 || interval.microseconds < 0
        default: true
        }
        guard !isNegative else { throw .data("the distance of a frame must not be NULL or negative", at: syntax.position) }
        return distance
    }
}
