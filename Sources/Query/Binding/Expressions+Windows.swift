import ColumnStore

/// Window functions: bound calls go to the SELECT's collector, a column stands in their place.
///
/// A call over a window is a column: the collector puts calls of one partition and order into one node, whose columns the SELECT's expressions then
/// name.
extension Binder {
    /// - Throws: bad-sql outside of SELECT's list, ORDER BY and DISTINCT ON, and within aggregates or other windows.
    ///
    /// Steps: 1. the window is resolved; 2. partition, order, arguments and FILTER are bound, with aggregates allowed in them but no windows; 3. the
    /// frame; 4. the collector gets the call.
    func bindWindowCall(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let name = call.name.text, position = call.name.position
        guard let collector = scope.collector, ["SELECT", "ORDER BY", "DISTINCT ON"].contains(scope.clause) else {
            throw .badSQL("window functions are not allowed in \(scope.clause)", at: position, hint: "use a subquery").because(.windowing)
        }
        guard !scope.isInAggregate, !scope.isInWindow else {
            throw .badSQL("window functions cannot be inside aggregates or each other", at: position).because(scope.isInAggregate ? .ungroupedColumn : .windowing)
        }
        guard call.withinGroup.isEmpty, call.orderBy.isEmpty else {
            throw .unsupported("\(name) with an order of its own is not supported over a window", at: position)
        }
        guard !call.isDistinct else { throw .unsupported("DISTINCT is not supported over a window", at: position) }
        // The collector stays, so that sum(sum(x)) OVER () finds the inner sum's place.
        var inner = scope
        inner.isInWindow = true
        let window = try resolved(call.over, collector, at: position)
        var partition: [Expression] = []
        for item in window.partitionBy {
            let value = try bindExpression(item, in: inner)
            guard TypeRules.isComparable(value.type) else {
                throw .badSQL("PARTITION BY cannot compare \(value.type.sqlName)", at: item.position).because(.undefinedFunction)
            }
            // A constant parts nothing.
            if !value.expression.isLiteral { partition.append(value.expression) }
        }
        var order: [SortKey] = []
        for item in window.orderBy {
            let key = try sortKey(try bindExpression(item.expression, in: inner).expression, item)
            // What is ordered by already orders nothing.
            if !order.contains(where: { $0.expression.isSame(as: key.expression) }) { order.append(key) }
        }
        let (function, arguments, type, given) = try windowFunction(call, in: inner)
        let filter = try call.filter.map { (condition) throws(QueryError) in
            guard case .aggregate = function else { throw QueryError.unsupported("FILTER is for aggregates only", at: position) }
            return try bindCondition(condition, in: inner)
        }
        // After the order: RANGE's distances have the type of its key.
        let frame = try bindFrame(window.frame, order, in: inner)
        let column = newColumn(name, type)
        collector.add(
            WindowNode.Call(column: column, function: function, arguments: arguments, filter: filter, frame: frame, position: position),
            partition: partition, order: order)
        guard collector.windows.count <= SyntaxLimits.setOperationCountMax, collector.windowIDs.count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported(
                "a SELECT has more than \(SyntaxLimits.setOperationCountMax) windows, or \(SyntaxLimits.listItemCountMax) calls over them", at: position)
        }
        guard case .aggregate(let aggregate) = function else {
            // It gives one of its values.
            if column.type == .string { collations[column.id] = try collationName(of: arguments, at: position) }
            let kept = arguments.first.flatMap { $0.type == column.type ? given.map(DeclaredType.ofOne) ?? Self.narrowed($0) : nil }
            return TypedExpression(.column(column), declared: kept.flatMap { DeclaredType.isKept($0) ? $0 : nil }, at: position)
        }
        return declared(TypedExpression(try value(of: column, aggregate, arguments, at: position), at: position), of: aggregate, arguments.first, given)
    }

    /// The window itself, with what it takes from the one that it names.
    ///
    /// A window that names another takes its PARTITION BY, adds an ORDER BY where that has none, and may have a frame (PostgreSQL's documentation,
    /// 4.2.8).
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
        // A chain longer than there are definitions goes round.
        var depth = 0
        while let base = window.base {
            depth += 1
            try work?.spend(1)
            guard depth <= collector.windowDefinitions.count else { throw .badSQL("this window refers to itself", at: base.position) }
            let outer = try named(base)
            guard window.partitionBy.isEmpty, outer.frame == nil, window.orderBy.isEmpty || outer.orderBy.isEmpty else {
                throw .badSQL("a window cannot replace what “\(base.text)” says already", at: base.position).because(.windowing)
            }
            window.base = outer.base
            window.partitionBy = outer.partitionBy
            if window.orderBy.isEmpty { window.orderBy = outer.orderBy }
        }
        return window
    }

    /// The function, its arguments as it takes them, the type of its value, and what its first argument is declared as.
    ///
    /// - Throws: bad-sql for a wrong number of arguments, and for what is no window function.
    private func windowFunction(
        _ call: FunctionSyntax, in scope: ExpressionScope
    ) throws(QueryError) -> (WindowFunction, [Expression], ColumnType, given: String?) {
        let name = call.name.text, position = call.name.position
        guard let function = FunctionRegistry.windows[name] else {
            guard FunctionRegistry.aggregates[name] != nil else {
                if FunctionRegistry.scalarsByName[name] != nil { throw .badSQL("\(name) is no window function", at: position).because(.notThatKind) }
                guard GatheredAggregate.byName[name] != nil else { throw unknownFunction(name, at: position) }
                throw .unsupported("the window function “\(name)” is not supported", at: position)
            }
            // Arguments may hold the SELECT's own aggregates: sum(sum(x)) OVER ().
            let bound = try aggregate(call, in: scope)
            return (.aggregate(bound.call.function), bound.call.arguments, bound.call.column.type, bound.given)
        }
        guard !call.isStar else { throw .badSQL("\(name) takes no *", at: position) }
        let counts = function.definition.argumentCounts
        guard counts.contains(call.arguments.count) else {
            throw .badSQL("\(name) takes \(counts.lowerBound) to \(counts.upperBound) arguments, not \(call.arguments.count)", at: position).because(.undefinedFunction)
        }
        let values = try bindAll(call.arguments, in: scope)
        switch function {
        case .rowNumber, .rank, .denseRank: return (function, [], .int64, nil)
        case .percentRank, .cumulativeDistribution: return (function, [], .double, nil)
        case .ntile: return (function, [try implicit(values[0], to: .int32, name)], .int32, nil)
        default: break
        }
        var first = values[0]
        // Of the type of what stands in for rows that are not there, where it has none of its own.
        if first.isUntyped || first.type == .null, values.count < 3 { first = TypedExpression(try implicit(first, to: .string, name), at: first.position) }
        var arguments = [first.expression]
        if values.count > 1 { arguments.append(try implicit(values[1], to: .int32, name)) }
        if values.count > 2 {
            let both = try unified([first, values[2]], name)
            arguments = [both[0], arguments[1], both[1]]
        }
        return (function, arguments, TypeRules.widened(arguments[0].type), declaredType(first))
    }

    /// A function of lists over a window: what array_agg gathers of each argument in a row's frame.
    ///
    /// Each argument has an array_agg of its own over the one window; the function takes these columns.
    /// - Parameter areWritten: as documents are made of them, of numbers that are written as names the names.
    /// - Parameter types: what the function takes; of a list of REALs that is to be one of DOUBLEs the values are what they are exactly.
    func windowLists(_ call: FunctionSyntax, areWritten: Bool, types: [ColumnType?], in scope: ExpressionScope) throws(QueryError) -> [TypedExpression] {
        let name = call.name.text, position = call.name.position
        guard !call.isDistinct, call.orderBy.isEmpty else { throw .unsupported("\(name) with DISTINCT or an order of its own is not supported over a window", at: position) }
        var lists: [TypedExpression] = []
        for (place, argument) in call.arguments.enumerated() {
            var part = FunctionSyntax(name: NameSyntax("array_agg", at: position), arguments: [argument])
            (part.over, part.filter) = (call.over, call.filter)
            let list = try bindWindowCall(part, in: scope)
            guard case .list(let field) = list.type, !field.type.isNested else { throw .unsupported("\(name) of rows and lists is not supported over a window", at: position) }
            if areWritten {
                lists.append(try writtenWhole(list, in: scope))
            } else {
                lists.append(place < types.count && types[place] == .double ? wideList(list, to: TypeNames.Target(type: .double)) : list)
            }
        }
        return lists
    }

    /// Without a word the frame is RANGE up to the current row, as in SQL.
    private func bindFrame(_ syntax: FrameSyntax?, _ order: [SortKey], in scope: ExpressionScope) throws(QueryError) -> WindowNode.Frame {
        guard let syntax else { return WindowNode.Frame(unit: .range, start: .unboundedPreceding, end: .currentRow) }
        let unit: WindowNode.Frame.Unit = switch syntax.unit {
        case .rows: .rows
        case .range: .range
        case .groups: .groups
        }
        if unit == .groups, order.isEmpty { throw .badSQL("GROUPS needs ORDER BY", at: syntax.position).because(.windowing) }
        func bound(_ bound: FrameSyntax.Bound, isStart: Bool) throws(QueryError) -> WindowNode.Frame.Bound {
            // What a distance has beyond the digits of the keys reaches no further key where the frame grows by it; where it shrinks it leaves one out.
            func distance(_ given: ExpressionSyntax, roundsUp: Bool) throws(QueryError) -> Expression {
                try frameDistance(given, unit, order, syntax.position, roundsUp: roundsUp, in: scope)
            }
            switch bound {
            case .unboundedPreceding: return .unboundedPreceding
            case .currentRow: return .currentRow
            case .unboundedFollowing: return .unboundedFollowing
            case .preceding(let given): return .preceding(try distance(given, roundsUp: !isStart))
            case .following(let given): return .following(try distance(given, roundsUp: isStart))
            }
        }
        let exclusion: WindowNode.Frame.Exclusion = switch syntax.exclusion {
        case .currentRow: .currentRow
        case .group: .group
        case .ties: .ties
        case .noOthers: .none
        }
        return WindowNode.Frame(unit: unit, start: try bound(syntax.start, isStart: true), end: try bound(syntax.end, isStart: false), exclusion: exclusion)
    }

    /// A distance as a constant: a BIGINT for ROWS and GROUPS, for RANGE what can be added to the key.
    ///
    /// - Parameter roundsUp: what becomes of digits that a decimal key has none of; else they are left out. All keys lie on the grid of their scale, so that
    ///   the same rows are reached.
    /// - Throws: unsupported-sql for anything but a constant; data-error for NULL and what is negative.
    private func frameDistance(
        _ syntax: ExpressionSyntax, _ unit: WindowNode.Frame.Unit, _ order: [SortKey], _ position: Int, roundsUp: Bool, in scope: ExpressionScope
    ) throws(QueryError) -> Expression {
        var inner = scope
        // No aggregates: a distance is one for the whole query.
        inner.collector = nil
        var value = try bindExpression(syntax, in: inner)
        var type = ColumnType.int64
        if unit == .range {
            guard order.count == 1, let key = order.first else {
                throw .badSQL("RANGE with a distance needs ORDER BY of exactly one expression", at: position).because(.windowing)
            }
            switch key.expression.type {
            case .date, .timestamp, .time, .interval: type = .interval
            case .int32, .int64, .double: type = key.expression.type
            case .decimal(_, let scale): type = .decimal38(scale: max(scale, TypeRules.scale(value.type)))
            default:
                throw .unsupported(
                    "RANGE with a distance over \(key.expression.type.sqlName) is not supported", at: position)
            }
        }
        // Of rows and groups so many as it is about.
        let isCounted = unit != .range && TypeRules.isNumeric(value.type)
        // A BIGINT that an INTEGER could be.
        if type == .int32, value.type == .int64, case .literal(.integer(let number), _) = folded(value.expression), Int32(exactly: number) != nil {
            value = TypedExpression(.literal(.integer(number), .int32), at: value.position)
        }
        let distance = folded(isCounted ? try cast(value, to: type, isExplicit: true) : try implicit(value, to: type, "a frame"))
        guard case .literal(let literal, _) = distance else {
            guard distance.columnIDs.isEmpty else { throw .badSQL("the distance of a frame looks at no columns", at: syntax.position).because(.badPlace) }
            throw .unsupported("the distance of a frame must be a constant", at: syntax.position)
        }
        // A parameter whose value is still to come.
        if case .null = literal, context.parameterTypes != nil { return distance }
        if case .null = literal { throw .data("the distance of a frame must not be NULL", at: syntax.position).because(.nullName) }
        let isNegative = switch literal {
        case .integer(let number): number < 0
        case .decimal(let digits): digits < 0
        // NaN is refused as well.
        case .double(let number): !(number >= 0)
        // Of a time of day the months and days say nothing.
        case .interval(let interval): order.first?.expression.type == .time ? interval.microseconds < 0 : interval.span < 0
        default: true
        }
        guard !isNegative else { throw .data("the distance of a frame must not be negative", at: syntax.position).because(.badFrameDistance) }
        if unit == .range, case .decimal(let digits) = literal, case .decimal(_, let keyScale)? = order.first?.expression.type {
            let power = DecimalMath.powers[TypeRules.scale(distance.type) - keyScale]
            let (whole, rest) = digits.quotientAndRemainder(dividingBy: power)
            return .literal(.decimal(roundsUp && rest != 0 ? whole + 1 : whole), .decimal38(scale: keyScale))
        }
        return distance
    }
}
