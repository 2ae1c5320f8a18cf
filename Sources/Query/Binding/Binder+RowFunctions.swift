import ColumnStore

/// A function that gives rows where expressions stand: its list, and the column that its values are there.
struct RowSource {
    var list: Expression
    let element: OutputColumn
}

/// Functions that give rows: UNNEST, generate_series, ROWS FROM and their kin, in FROM and in lists of SELECT.
extension Binder {
    /// Rows of a list, bound but not yet put beside other tables: over a left side they are unfolded row by row, by themselves they are a table.
    struct Unnest {
        var list: Expression
        var elements: [UnnestNode.Element]
        /// The column of WITH ORDINALITY.
        var ordinality: OutputColumn?
        var names: NameScope

        /// Without a table before it, the list of a single row.
        func node(over left: LogicalPlan?, keepsEmpty: Bool) -> LogicalPlan {
            let input = left ?? .values(columns: [], rows: [[]])
            return .unnest(
                UnnestNode(
                    input: input, list: list, elements: elements, ordinality: ordinality, keepsEmpty: keepsEmpty,
                    passed: input.columns))
        }
    }

    /// UNNEST of one list, whose elements are a column, or of a list of rows, whose members are columns.
    private func bindUnnest(
        _ call: FunctionSyntax, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> Unnest {
        try countNode(at: position)
        try checkPlain(call)
        if call.arguments.count > 1 { return try bindZipped(call, withOrdinality, alias, at: position, in: frame) }
        guard !call.arguments.isEmpty else { throw .badSQL("UNNEST takes a list", at: position).because(.undefinedFunction) }
        let list = try bindExpression(call.arguments[0], in: ExpressionScope(frame: frame, clause: "FROM"))
        guard case .list = list.type else { throw .badSQL("UNNEST needs a list, not \(list.type.sqlName)", at: list.position).because(.undefinedFunction) }
        let found = try unnested(list.expression.flat(at: position), column: alias?.name.text ?? "unnest", "unnest", withOrdinality, alias, at: position)
        declareElements(of: list, in: found.elements)
        return found
    }

    /// Elements of `smallint[]` are SMALLINT, in however many dimensions they lie.
    private func declareElements(of list: TypedExpression, in elements: [UnnestNode.Element]) {
        if elements.count == 1, elements[0].member.isEmpty {
            if let declared = declaredType(list), declared.hasSuffix("[]") { declare(elements[0].column, as: String(declared.dropLast(2))) }
            if let element = vectorElement(of: list) { declare(elements[0].column, as: element) }
        }
    }

    /// UNNEST of several lists: their elements beside each other, NULL behind the end of a shorter one.
    private func bindZipped(
        _ call: FunctionSyntax, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> Unnest {
        var lists: [Expression] = [], members: [Field] = [], declared: [String?] = []
        for list in try bindAll(call.arguments, in: ExpressionScope(frame: frame, clause: "FROM")) {
            guard case .list(let element) = list.type, !element.type.isNested else {
                throw .badSQL("UNNEST of several takes lists of values, not \(list.type.sqlName)", at: list.position)
            }
            lists.append(list.expression)
            declared.append(elementDeclaration(of: list))
            members.append(Field("unnest\(lists.count)", element.type))
        }
        let found = try zipped(lists, members, names: members.map { _ in "unnest" }, withOrdinality, alias, name: "unnest", at: position)
        for (element, type) in zip(found.elements, declared) { declare(element.column, as: type) }
        return found
    }

    /// ROWS FROM: as UNNEST of several lists, which are the functions' rows.
    private func bindRowsFrom(
        _ call: FunctionSyntax, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> Unnest {
        try countNode(at: position)
        var lists: [Expression] = [], members: [Field] = [], names: [String] = []
        for argument in call.arguments {
            guard case .function(let function) = argument.kind else { continue }
            try checkPlain(function)
            let name = function.name.text
            guard try givesRows(function) else { throw .unsupported("ROWS FROM takes functions that give rows, and \(name) is none here", at: argument.position) }
            let list = try bindRows(function, in: ExpressionScope(frame: frame, clause: "FROM")).expression
            guard case .list(let element) = list.type, !element.type.isNested else {
                throw .unsupported("ROWS FROM takes functions whose rows have one column: \(name) stands in FROM by itself", at: argument.position)
            }
            lists.append(list)
            members.append(Field("rows\(lists.count)", element.type))
            names.append(RowFunction.byName[name]?.column ?? name)
        }
        return try zipped(lists, members, names: names, withOrdinality, alias, name: names.first ?? "", at: position)
    }

    /// - Parameter names: of the columns where no alias names them.
    private func zipped(
        _ lists: [Expression], _ members: [Field], names: [String], _ withOrdinality: Bool, _ alias: TableAliasSyntax?, name: String, at position: Int
    ) throws(QueryError) -> Unnest {
        let zipped = Expression.call(.zipLists, lists, type: .listOf(.structure(members)), position: position)
        var unnest = try unnested(zipped, column: name, name, withOrdinality, nil, at: position)
        var columns = unnest.elements.map(\.column) + (unnest.ordinality.map { [$0] } ?? [])
        for place in lists.indices { columns[place].name = names[place] }
        if let alias { columns = try renamed(columns, to: alias.columns, of: alias.name) }
        unnest.names = NameScope(name: alias?.name.text ?? name, columns: columns.map(scopeColumn))
        return unnest
    }

    /// A function's list, as rows.
    ///
    /// - Throws: bad-sql for anything but arguments in the call.
    func rows(of function: RowFunction, _ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression {
        try checkPlain(call)
        let arguments = try bindAll(call.arguments, in: scope)
        return try function.bind(FunctionCall(name: function.name, arguments: arguments, position: call.name.position), self)
    }

    /// - Parameter column: what the column of elements that have no members is called.
    private func unnested(
        _ list: Expression, column: String, _ function: String, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int
    ) throws(QueryError) -> Unnest {
        let name = alias?.name ?? NameSyntax(function, at: position)
        let elements: [UnnestNode.Element]
        if case .list(let element) = list.type, case .structure(let members) = element.type {
            elements = members.map { UnnestNode.Element(member: $0.name, column: newColumn($0.name, $0.type)) }
        } else if case .list(let element) = list.type {
            elements = [UnnestNode.Element(member: "", column: newColumn(column, element.type))]
        } else {
            elements = []
        }
        let ordinality = withOrdinality ? newColumn("ordinality", .int64) : nil
        var columns = elements.map(\.column) + (ordinality.map { [$0] } ?? [])
        if let alias { columns = try renamed(columns, to: alias.columns, of: alias.name) }
        return Unnest(list: list, elements: elements, ordinality: ordinality, names: NameScope(name: name.text, columns: columns.map(scopeColumn), isOfScalars: elements.first?.member == ""))
    }

    /// A function whose rows come from a list, of each row before it: UNNEST, and generate_series over columns.
    ///
    /// Nil for one that is a table by itself, as generate_series of constants is.
    func bindList(
        _ call: FunctionSyntax, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> Unnest? {
        if call.name.text == "unnest" { return try bindUnnest(call, withOrdinality, alias, at: position, in: frame) }
        if call.name.text == FunctionSyntax.rowsFrom { return try bindRowsFrom(call, withOrdinality, alias, at: position, in: frame) }
        if let function = RowFunction.byName[call.name.text] {
            try countNode(at: position)
            let list = try rows(of: function, call, in: ExpressionScope(frame: frame, clause: "FROM"))
            return try unnested(list, column: function.column ?? alias?.name.text ?? function.name, function.name, withOrdinality, alias, at: position)
        }
        let isSubscripts = call.name.text == "generate_subscripts"
        guard isSubscripts || call.name.text == "generate_series", (2...3).contains(call.arguments.count) else { return nil }
        try checkPlain(call)
        let arguments = try bindAll(call.arguments, in: ExpressionScope(frame: frame, clause: "FROM"))
        // Bounds that look at no row make one series, which a scan-like node gives without a list in memory.
        guard isSubscripts || arguments.contains(where: { !$0.expression.columnIDs.isEmpty || $0.expression.hasSubquery }) else { return nil }
        try countNode(at: position)
        // Subscripts take their bounds from the list.
        let (type, bounds) = isSubscripts ? (.int32, []) : try seriesTypes(arguments, at: position)
        let name = alias?.name ?? NameSyntax(call.name.text, at: position)
        let ordinality = withOrdinality ? newColumn("ordinality", .int64) : nil
        let element = newColumn(name.text, type)
        var columns = [element] + (ordinality.map { [$0] } ?? [])
        if let alias { columns = try renamed(columns, to: alias.columns, of: alias.name) }
        return Unnest(
            list: isSubscripts ? try subscripts(arguments, at: position) : series(bounds, type, at: position),
            elements: [UnnestNode.Element(member: "", column: element)], ordinality: ordinality,
            names: NameScope(name: name.text, columns: columns.map(scopeColumn), isOfScalars: !withOrdinality))
    }

    /// UNNEST(…) or generate_series(…) as a list: where it stands in a SELECT's list.
    func bindRows(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = call.name.position
        if let function = RowFunction.byName[call.name.text] {
            let list = try rows(of: function, call, in: scope)
            // Where there are rows as values, these are.
            return TypedExpression(list, declared: context.catalog.dialect != nil && list.type.holdsRows ? "record[]" : nil, at: position)
        }
        try checkPlain(call)
        let arguments = try bindAll(call.arguments, in: scope)
        if let rows = try dialectRows(of: call) {
            try countNode(at: position)
            dependsOnSession = true
            return listOfRows(scan(call.name.text, rows, []), isEmpty: (rows as? MemoryTable)?.statistics.rowCount == 0, at: position)
        }
        if call.name.text == "unnest" {
            guard arguments.count == 1 else { throw .unsupported("UNNEST takes one list", at: call.name.position) }
            guard case .list = arguments[0].type else {
                throw .badSQL("UNNEST needs a list, not \(arguments[0].type.sqlName)", at: arguments[0].position).because(.undefinedFunction)
            }
            return TypedExpression(arguments[0].expression.flat(at: position), declared: declaredType(arguments[0]), at: position)
        }
        if call.name.text == "generate_subscripts" { return TypedExpression(try subscripts(arguments, at: position), at: position) }
        guard (2...3).contains(arguments.count) else {
            throw .badSQL("generate_series takes a start, an end and perhaps a step", at: position)
        }
        let (type, bounds) = try seriesTypes(arguments, at: call.name.position)
        return TypedExpression(series(bounds, type, at: position), at: position)
    }

    // MARK: Rows of expressions

    /// The column of a function's values; that of a call before it which says the same, since both step together.
    func rowElement(of list: Expression, _ type: ColumnType, _ name: String, at position: Int) throws(QueryError) -> OutputColumn {
        try work?.spend(rowSources?.count ?? 0)
        // Two of chance are two.
        if !list.isVolatile, let known = rowSources?.first(where: { $0.element.type == type && $0.list.isSame(as: list) }) { return known.element }
        let element = newColumn(name, type)
        mentions[element.id] = (name, position)
        rowSources?.append(RowSource(list: list, element: element))
        return element
    }

    /// Whether an expression is made of rows that functions in this SELECT give.
    func isOfRows(_ expression: Expression) -> Bool {
        guard let sources = rowSources, !sources.isEmpty else { return false }
        let columns = expression.columnIDs
        return sources.contains { columns.contains($0.element.id) }
    }

    /// Rows are made after grouping, but for those that keys are made of, with those within them: they are made before.
    func keySources(_ groups: GroupingList) -> [RowSource] {
        guard let sources = rowSources, !sources.isEmpty else { return [] }
        var used = groups.expressions.reduce(into: Set<ColumnID>()) { $1.expression.collectColumns(into: &$0) }
        var keys: [RowSource] = []
        for source in sources.reversed() where used.contains(source.element.id) {
            source.list.collectColumns(into: &used)
            keys.append(source)
        }
        return keys.reversed()
    }

    /// The plan's rows with those that functions give for each of them: lists step together up to the end of the longest, the others being NULL behind their
    /// own. A list that is made of another's values is unfolded above it, as in PostgreSQL: of `generate_series(1, unnest(a)), unnest(b)`
    ///
    ///     unnest generate_series(1, u)
    ///       unnest a as u, b             together
    func unfolded(_ sources: [RowSource], over plan: LogicalPlan, at position: Int) throws(QueryError) -> LogicalPlan {
        var plan = plan, waiting = sources
        while !waiting.isEmpty {
            // Lists are made of those before them: the first one always can go.
            let unknown = Set(waiting.map(\.element.id))
            let ready = waiting.filter { $0.list.columnIDs.isDisjoint(with: unknown) }
            waiting = waiting.filter { !$0.list.columnIDs.isDisjoint(with: unknown) }
            try countNode(at: position)
            plan = alone(ready, over: plan) ?? .unnest(together(ready, over: plan, at: position))
        }
        return plan
    }

    /// A series that a SELECT without FROM gives alone, of bounds that look at nothing: made as it is read, as in FROM, and no list of all its values.
    private func alone(_ sources: [RowSource], over plan: LogicalPlan) -> LogicalPlan? {
        guard sources.count == 1, case .values(let columns, let rows) = plan, columns.isEmpty, rows.count == 1, case .call(.series, let bounds, _, _) = sources[0].list, bounds.count >= 3,
            bounds.allSatisfy({ $0.columnIDs.isEmpty && !$0.hasSubquery })
        else { return nil }
        return .series(column: sources[0].element, start: bounds[0], stop: bounds[1], step: bounds[2])
    }

    private func together(_ sources: [RowSource], over plan: LogicalPlan, at position: Int) -> UnnestNode {
        if sources.count == 1 {
            return UnnestNode(input: plan, list: sources[0].list, elements: [UnnestNode.Element(member: "", column: sources[0].element)], passed: plan.columns)
        }
        let members = sources.enumerated().map { Field("rows\($0.offset + 1)", $0.element.element.type) }
        let list = Expression.call(.zipLists, sources.map(\.list), type: .listOf(.structure(members)), position: position)
        return UnnestNode(input: plan, list: list, elements: zip(members, sources).map { UnnestNode.Element(member: $0.name, column: $1.element) }, passed: plan.columns)
    }

    // MARK: Series and places

    static let one = Expression.literal(.integer(1), .int32)

    /// Whether a value is one of PostgreSQL's vectors: lists that count from 0 and are written without braces.
    func isVector(_ value: TypedExpression) -> Bool {
        guard case .list = value.type, let declared = declaredType(value) else { return false }
        return declared == "int2vector" || declared == "oidvector"
    }

    /// What one of a vector's elements is called; nil of all other lists.
    func vectorElement(of value: TypedExpression) -> String? { isVector(value) ? declaredType(value) == "oidvector" ? "oid" : "int2" : nil }

    /// A place that counts from 0, counted from 1.
    func fromOne(_ place: Expression, at position: Int) -> Expression {
        .cast(.call(.add, [.cast(place, to: .int64, position: position), .literal(.integer(1), .int64)], type: .int64, position: position), to: .int32, position: position)
    }

    /// A place that counts from 1, counted from 0.
    func fromZero(_ place: Expression, at position: Int) -> Expression { .call(.subtract, [place, Self.one], type: .int32, position: position) }

    /// `[0:2]`
    func dimensionsOfVector(_ vector: TypedExpression, at position: Int) throws(QueryError) -> Expression {
        let count = FunctionCall(name: "array_length", arguments: [vector, TypedExpression(Self.one, at: position)], position: position)
        let last = Expression.cast(fromZero(try SQLFunction.arrayLength.bound(count, self), at: position), to: .string, position: position)
        return .call(.concat, [.text("[0:"), last, .text("]")], type: .string, position: position)
    }

    /// The places of a list's elements, from 1.
    private func subscripts(_ arguments: [TypedExpression], at position: Int) throws(QueryError) -> Expression {
        guard (2...3).contains(arguments.count), case .list = arguments[0].type else {
            throw .badSQL("generate_subscripts takes a list and a dimension", at: position).because(.undefinedFunction)
        }
        let length = FunctionCall(name: "array_length", arguments: [arguments[0], arguments[1]], position: position)
        let count = try SQLFunction.arrayLength.bound(length, self)
        let first = isVector(arguments[0]) ? Expression.literal(.integer(0), .int32) : Self.one
        let last = isVector(arguments[0]) ? fromZero(count, at: position) : count
        guard arguments.count == 3 else { return series([first, last, Self.one], .int32, at: position) }
        // Backwards where the last argument says so.
        let isReverse = try implicit(arguments[2], to: .boolean, "generate_subscripts")
        func either(_ one: Expression, _ other: Expression) -> Expression { .conditional(branches: [.init(condition: isReverse, result: one)], otherwise: other, type: .int32) }
        return series([either(last, first), either(first, last), either(.literal(.integer(-1), .int32), Self.one)], .int32, at: position)
    }

    /// A series as a list. Of instants the steps are days and months of the session's zone.
    func series(_ bounds: [Expression], _ type: ColumnType, at position: Int) -> Expression {
        let zones = type == .timestampTZ ? [zone] : []
        return .call(.series, bounds + zones, type: .list(element: Field("element", type)), position: position)
    }

    /// - Throws: bad-sql for what only aggregates and windows take.
    private func checkPlain(_ call: FunctionSyntax) throws(QueryError) {
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil, call.over == nil else {
            throw .badSQL("\(call.name.text) in FROM takes arguments only", at: call.name.position).because(call.isStar ? .undefinedFunction : .notThatKind)
        }
    }

    /// A function that is a table by itself: the dialect's, generate_series of constants, or one value as a row.
    func bindTableFunction(
        _ call: FunctionSyntax, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        try countNode(at: position)
        try checkPlain(call)
        if !withOrdinality, let rows = try dialectRows(of: call) {
            return try named(scan(call.name.text, rows, []), alias, name: call.name.text)
        }
        guard call.name.text == "generate_series" else {
            // `SELECT * FROM current_schema()`, as TypeORM asks.
            let isOfDialect = context.catalog.dialect?.expression(of: call.name.text, argumentCount: call.arguments.count) != nil
            if !withOrdinality, isOfDialect || FunctionRegistry.scalarsByName[call.name.text] != nil { return try bindOneRow(call, alias, at: position, in: frame) }
            throw .unsupported("the function \(call.name.text) cannot stand in FROM", at: position)
        }
        guard (2...3).contains(call.arguments.count) else {
            throw .badSQL("generate_series takes a start, an end and perhaps a step", at: position)
        }
        let scope = ExpressionScope(frame: BindingFrame(parent: nil), clause: "generate_series")
        var arguments: [TypedExpression] = []
        for argument in call.arguments { arguments.append(try bindExpression(argument, in: scope)) }
        let name = alias?.name ?? NameSyntax("generate_series", at: position)
        let (type, bounds) = try seriesTypes(arguments, at: position)
        var columns = [newColumn(name.text, type)]
        var plan = LogicalPlan.series(column: columns[0], start: bounds[0], stop: bounds[1], step: bounds[2])
        if withOrdinality {
            columns.append(newColumn("ordinality", .int64))
            plan = numbered(plan, in: columns[1])
        }
        if let alias { columns = try renamed(columns, to: alias.columns, of: alias.name) }
        return (plan, NameScope(name: name.text, columns: columns.map(scopeColumn), isOfScalars: !withOrdinality))
    }

    /// A function of one value in FROM: a row of it.
    private func bindOneRow(
        _ call: FunctionSyntax, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        var select = SelectSyntax(position: position)
        let name = alias?.name ?? call.name
        // As the parser would measure it.
        let height = 1 + (call.arguments.map(\.height).max() ?? 0)
        select.items = [SelectItemSyntax(expression: ExpressionSyntax(kind: .function(call), position: position, height: height), alias: name)]
        let rows = try bindQuery(QuerySyntax(body: .select(select), position: position), parent: frame)
        return try named(rows.plan, alias, name: name.text)
    }

    /// The rows in the order that they come in, numbered from 1.
    private func numbered(_ plan: LogicalPlan, in column: OutputColumn) -> LogicalPlan {
        let whole = WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
        let call = WindowNode.Call(column: column, function: .rowNumber, arguments: [], frame: whole)
        return .window(WindowNode(input: plan, partition: [], order: [], calls: [call]))
    }

    /// The type of a series' values, and start, end and step as that. Times step by intervals; numbers of several types become one.
    ///
    /// - Throws: bad-sql for times without a step, for what is neither number nor time, and where none says which: SMALLINT is as near to all numbers as a text without a type.
    private func seriesTypes(_ arguments: [TypedExpression], at position: Int) throws(QueryError) -> (ColumnType, [Expression]) {
        let first = arguments[0], last = arguments[1]
        // A step that is an interval says so of bounds without a type as well.
        let isTime = [first, last].contains { TypeRules.isTimestamp($0.type) || $0.type == .date } || arguments.count == 3 && arguments[2].type == .interval
        if isTime {
            guard arguments.count == 3 else { throw .badSQL("generate_series of times needs a step", at: position).because(.undefinedFunction) }
            // Dates become timestamps with time zone, as in PostgreSQL, and so does what stands beside one.
            let bounds = [first.type, last.type]
            let type: ColumnType = bounds.contains(.timestamp(isUTC: false)) && !bounds.contains(.timestampTZ) ? .timestamp(isUTC: false) : .timestampTZ
            return (type, [
                try implicit(first, to: type, "generate_series"), try implicit(last, to: type, "generate_series"),
                try implicit(arguments[2], to: .interval, "generate_series"),
            ])
        }
        let typed = arguments.filter { !$0.isUntyped && $0.type != .null }
        if let other = typed.first(where: { !TypeRules.isNumeric($0.type) }) {
            throw .badSQL("generate_series needs numbers or times, not \(other.type.sqlName)", at: position).because(.undefinedFunction)
        }
        if expansions.isEmpty, !isOfKeptText, !arguments.contains(where: isUnknownParameter), typed.allSatisfy({ declaredType($0) == "int2" }) {
            throw .badSQL("generate_series gives values of several types, and nothing here says which", at: position, hint: "cast a bound, as with ::INTEGER").because(.ambiguousFunction)
        }
        var items = arguments
        if items.count == 2 { items.append(TypedExpression(.literal(.integer(1), .int32), at: position)) }
        let unified = try self.unified(items, "generate_series")
        guard TypeRules.isInteger(unified[0].type) || TypeRules.isDecimal(unified[0].type) else {
            throw .badSQL("generate_series needs numbers or times, not \(unified[0].type.sqlName)", at: position).because(.undefinedFunction)
        }
        return (unified[0].type, unified)
    }
}
