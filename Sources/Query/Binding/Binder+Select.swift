import ColumnStore

/// One SELECT: FROM, WHERE, grouping, windows, the list, DISTINCT and its ORDER BY, in the order in which SQL evaluates them.
///
/// The plan, from the tables up:
///
///     FROM → WHERE → rows of functions that are keys → aggregation → HAVING → windows → rows of other functions
///          → list, with columns that only the order needs → DISTINCT → ORDER BY → the list's columns alone
///
/// Expressions of the list, HAVING and ORDER BY are bound over FROM's columns first; aggregates and windows in them go to the collector, and a column
/// stands for each. Only when all are known is the aggregation made, and the expressions are written anew over what it gives (`Grouping`).
extension Binder {
    /// A column of the list under way.
    struct Item {
        var name: String
        var expression: Expression
        var isUntyped: Bool
        var position: Int
        /// What PostgreSQL calls its type, where the expression's does not tell.
        var declared: String?
        /// How one that gives rows is written: a key of GROUP BY that is written alike is that one.
        var text: String?
    }

    /// - Parameters:
    ///   - orderBy: of the query, since it may name what the list does not.
    ///   - queryFrame: the query's level, with its WITH.
    func bindSelect(_ select: SelectSyntax, orderBy: [OrderItemSyntax], in queryFrame: BindingFrame) throws(QueryError) -> LogicalPlan {
        let frame = BindingFrame(parent: queryFrame)
        let outerSources = rowSources
        defer {
            queryFrame.correlate(Set(frame.correlation))
            rowSources = outerSources
        }
        frame.isGrouped = !select.groupBy.isEmpty
        // DISTINCT compares what is ordered by with the list, as a grouping does.
        if case .none = select.distinct {} else { frame.isGrouped = true }
        var plan = try bindFrom(select.from, in: frame)
        if let condition = select.whereClause {
            let scope = ExpressionScope(frame: frame, clause: "WHERE")
            plan = .filter(input: plan, conjuncts: try bindCondition(condition, in: scope).conjuncts)
        }
        let collector = SelectCollector()
        for (name, window) in select.windows {
            guard collector.windowDefinitions[name.text] == nil else {
                throw .badSQL("the window “\(name.text)” is defined twice", at: name.position).because(.windowing)
            }
            collector.windowDefinitions[name.text] = window
        }
        rowSources = []
        var items = try bindItems(select, in: ExpressionScope(frame: frame, clause: "SELECT", collector: collector))
        let groups = try bindGroups(select, items, collector, in: frame)
        let keyRows = keySources(groups)
        plan = try unfolded(keyRows, over: plan, at: select.position)
        var having = try select.having.map { (condition) throws(QueryError) in
            try bindCondition(condition, in: ExpressionScope(frame: frame, clause: "HAVING", collector: collector))
        }
        var outputs: (order: [Output], distinctOn: [Output]) = ([], [])
        outputs.order = try bindOrder(orderBy, items, groups, ExpressionScope(frame: frame, clause: "ORDER BY", collector: collector))
        if case .on(let keys) = select.distinct { outputs.distinctOn = try bindDistinctOn(keys, items, groups, collector, in: frame) }
        var order: [SortKey] = [], distinctOn = outputs.distinctOn.map(\.expression)
        for (key, item) in zip(outputs.order, orderBy) { order.append(try sortKey(key.expression, item)) }
        var sources = (rowSources ?? []).filter { source in !keyRows.contains { $0.element.id == source.element.id } }

        // An aggregate or HAVING without GROUP BY is one group of all rows.
        if !select.groupBy.isEmpty || having != nil || !collector.aggregates.isEmpty || !collector.groupings.isEmpty {
            let grouping = try Grouping(groups, collector, input: plan, binder: self)
            try grouping.check(collector.ofGroups, isPlain: groups.sets.count == 1)
            plan = grouping.plan
            try regroup(&items, groups, by: grouping)
            for index in sources.indices { sources[index].list = try grouping.rewrite(sources[index].list) }
            having = try having.map { (condition) throws(QueryError) in try grouping.rewrite(condition) }
            try regroup(&order, &distinctOn, outputs, groups, by: grouping)
            try grouping.rewriteWindows(of: collector)
        }
        if let having { plan = .filter(input: plan, conjuncts: having.conjuncts) }
        for window in collector.windows {
            plan = .window(WindowNode(input: plan, partition: window.partition, order: window.order, calls: window.calls))
        }
        return try withRows(of: sources, select, plan, items, order, distinctOn)
    }

    /// The end of a SELECT, with the rows that functions give: made last of all behind DISTINCT ON and ORDER BY that do not look at them, as in PostgreSQL, else before both.
    private func withRows(
        of sources: [RowSource], _ select: SelectSyntax, _ plan: LogicalPlan, _ items: [Item], _ order: [SortKey], _ distinctOn: [Expression]
    ) throws(QueryError) -> LogicalPlan {
        let elements = Set(sources.map(\.element.id))
        guard !sources.isEmpty, case .on = select.distinct, !order.isEmpty, (order.map(\.expression) + distinctOn).allSatisfy({ $0.columnIDs.isDisjoint(with: elements) }) else {
            return try finish(select, unfolded(sources, over: plan, at: select.position), items, order, distinctOn)
        }
        // Columns that are made of rows wait for them: NULL stands in their places, and what they and the lists are made of is carried along.
        var early = items, used: Set<ColumnID> = []
        for source in sources { source.list.collectColumns(into: &used) }
        let late = items.indices.filter { !items[$0].expression.columnIDs.isDisjoint(with: elements) }
        for index in late {
            items[index].expression.collectColumns(into: &used)
            early[index].expression = .null(items[index].expression.type)
        }
        let carried = plan.columns.filter { used.contains($0.id) }
        early += carried.map { Item(name: "", expression: .column($0), isUntyped: false, position: select.position) }
        let ordered = try finish(select, plan, early, order, distinctOn)
        var values: [ColumnID: Expression] = [:]
        for (column, own) in zip(carried, ordered.columns.dropFirst(items.count)) { values[column.id] = .column(own) }
        let rows = try unfolded(sources.map { RowSource(list: $0.list.substituting(values), element: $0.element) }, over: ordered, at: select.position)
        var columns = ordered.columns.prefix(items.count).map { ProjectedColumn($0, .column($0)) }
        for index in late {
            var item = items[index]
            item.expression = item.expression.substituting(values)
            columns[index] = try output(item)
        }
        return .project(input: rows, columns: columns)
    }

    /// The list's columns as what the groups give.
    private func regroup(_ items: inout [Item], _ groups: GroupingList, by grouping: Grouping) throws(QueryError) {
        for index in items.indices {
            if let place = groups.items[index] {
                let order = try collation(of: [items[index].expression], at: items[index].position)
                items[index].expression = grouping.key(at: place)
                if case .column(let id, _) = items[index].expression { collations[id] = order }
            } else {
                items[index].expression = try grouping.rewrite(items[index].expression)
            }
        }
    }

    /// What ORDER BY and DISTINCT ON name as what the groups give; a key's collation stays with it.
    private func regroup(
        _ order: inout [SortKey], _ distinctOn: inout [Expression], _ outputs: (order: [Output], distinctOn: [Output]), _ groups: GroupingList, by grouping: Grouping
    ) throws(QueryError) {
        func rewritten(_ output: Output) throws(QueryError) -> Expression {
            guard let item = output.item, let place = groups.items[item] else { return try grouping.rewrite(output.expression) }
            return grouping.key(at: place)
        }
        for index in order.indices {
            let key = try rewritten(outputs.order[index])
            if case .call(.collationKey, let arguments, _, _) = order[index].expression {
                order[index].expression = order[index].expression.withChildren([key, arguments[1]])
            } else {
                order[index].expression = key
            }
        }
        for index in distinctOn.indices { distinctOn[index] = try rewritten(outputs.distinctOn[index]) }
    }

    // MARK: The list

    /// The SELECT's list, `*` spread out.
    ///
    /// - Throws: unsupported-sql past `SyntaxLimits.listItemCountMax` columns.
    private func bindItems(_ select: SelectSyntax, in scope: ExpressionScope) throws(QueryError) -> [Item] {
        var items: [Item] = []
        for item in select.items {
            if case .star(let qualifier) = item.expression.kind {
                // Stars upon stars are refused below, before all are spread out.
                guard items.count <= SyntaxLimits.listItemCountMax else { break }
                for column in try expandStar(qualifier, at: item.expression.position, in: scope.frame) {
                    items.append(Item(name: column.name, expression: column.expression, isUntyped: false, position: item.expression.position, declared: declaredType(column.expression)))
                }
                continue
            }
            if case .members(let owner) = item.expression.kind {
                guard item.alias == nil else { throw .badSQL("(…).* has no alias", at: item.expression.position) }
                items += try bindMembers(of: owner, in: scope)
                continue
            }
            if var made = try bindRowFunction(item.expression, item.alias?.text, in: scope) {
                made.text = SyntaxPrinter.print(item.expression)
                items.append(made)
                continue
            }
            let value = try bindExpression(item.expression, in: scope)
            let name = item.alias?.text ?? queryName(item.expression, value) ?? OutputNames.name(of: item.expression)
            items.append(
                Item(
                    name: name, expression: value.expression, isUntyped: value.isUntyped, position: item.expression.position, declared: declaredType(value),
                    text: isOfRows(value.expression) ? SyntaxPrinter.print(item.expression) : nil))
        }
        guard items.count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported("SELECT has more than \(SyntaxLimits.listItemCountMax) columns, with those that * stands for", at: select.position)
        }
        return items
    }

    /// A subquery is called as its column is, which `*` may stand for.
    private func queryName(_ syntax: ExpressionSyntax, _ value: TypedExpression) -> String? {
        guard case .scalarQuery = syntax.kind, case .subquery(let query) = value.expression else { return nil }
        return query.plan.columns.first?.name
    }

    /// `(row).*`: the fields of a row; of a table's row its columns.
    private func bindMembers(of owner: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> [Item] {
        let position = owner.position
        if case .function(let call) = owner.kind, let items = try bindRowMembers(call, at: position, in: scope) { return items }
        let row = try bindExpression(owner, in: scope)
        // A table's row is its columns, with what they are declared as.
        if case .name(let parts) = owner.kind, Self.isWholeRow(row.expression) {
            return try expandStar(parts, at: position, in: scope.frame).map {
                Item(name: $0.name, expression: $0.expression, isUntyped: false, position: position, declared: declaredType($0.expression))
            }
        }
        guard case .structure(let fields) = row.type else {
            throw .badSQL("(…).* takes a row, not \(row.type.sqlName)", at: position).because(.notThatKind)
        }
        try work?.spend(fields.count)
        var items: [Item] = []
        for field in fields {
            let member = try self.field(NameSyntax(field.name, at: position), of: row.expression)
            items.append(Item(name: field.name, expression: member, isUntyped: false, position: position))
        }
        return items
    }

    /// A function that gives rows, by itself in the list; or a member of each of its rows, `(f(x)).member`.
    private func bindRowFunction(
        _ syntax: ExpressionSyntax, _ alias: String?, in scope: ExpressionScope
    ) throws(QueryError) -> Item? {
        var member: NameSyntax?, made = syntax
        if case .field(let owner, let name) = syntax.kind { (made, member) = (owner, name) }
        guard case .function(let call) = made.kind else { return nil }
        let name = call.name.text, position = call.name.position
        guard try givesRows(call) else { return nil }
        let rows = try bindRows(call, in: scope)
        var list = rows.expression, declared = elementDeclaration(of: rows)
        if let member {
            list = try field(member, of: list)
            declared = try declaredMember(member.text, of: call)
        }
        guard case .list(let field) = list.type, field.type.isNested == false || RowFunction.byName[name]?.givesValues == true || rows.declared == "record[]" else {
            throw .unsupported("UNNEST of lists of structs stands in FROM only", at: position)
        }
        let title = alias ?? member?.text ?? name
        return Item(
            name: title, expression: .column(try rowElement(of: list, field.type, title, at: position)), isUntyped: false, position: position,
            declared: declared)
    }

    /// `(f(x)).*` of a function that gives rows: a column for each member, beside each other.
    private func bindRowMembers(_ call: FunctionSyntax, at position: Int, in scope: ExpressionScope) throws(QueryError) -> [Item]? {
        guard try givesRows(call), case .list(let element) = try bindRows(call, in: scope).expression.type, case .structure(let fields) = element.type else { return nil }
        try work?.spend(fields.count)
        var items: [Item] = []
        for member in fields {
            let list = try field(NameSyntax(member.name, at: position), of: try bindRows(call, in: scope).expression)
            // Each member asks for the call anew, and a subquery stands in a plan once.
            guard !list.hasSubquery else { throw .unsupported("(\(call.name.text)(…)).* is not supported: put \(call.name.text) in FROM", at: position) }
            items.append(
                Item(
                    name: member.name, expression: .column(try rowElement(of: list, member.type, member.name, at: position)), isUntyped: false, position: position,
                    declared: try declaredMember(member.name, of: call)))
        }
        return items
    }

    /// What a member of the rows of one of the dialect's functions is called.
    private func declaredMember(_ name: String, of call: FunctionSyntax) throws(QueryError) -> String? {
        try dialectRows(of: call)?.declaredTypes[name]
    }

    /// The columns that `*` or `t.*` stands for.
    ///
    /// - Throws: bad-sql for `*` without FROM, and for a table that is not there.
    func expandStar(_ qualifier: [NameSyntax], at position: Int, in frame: BindingFrame) throws(QueryError) -> [NameScope.Column] {
        let columns: [NameScope.Column]
        if let relation = qualifier.last {
            columns = try starred(relation, from: frame)
        } else {
            guard !frame.names.relations.isEmpty else { throw .badSQL("* needs a FROM", at: position) }
            columns = frame.names.unqualified.map(\.column)
        }
        for column in columns {
            if case .column(let id, _) = column.expression { mentions[id] = (column.name, position) }
        }
        return columns
    }

    /// A table's columns, the query's own or one's around it.
    private func starred(_ relation: NameSyntax, from frame: BindingFrame) throws(QueryError) -> [NameScope.Column] {
        var passed: [BindingFrame] = []
        var level: BindingFrame? = frame
        while let here = level {
            if here.names.hasRelation(relation.text) {
                let columns = here.names.relations.filter { $0.name == relation.text }.flatMap(\.columns)
                // To the levels in between they are outer columns.
                for frame in passed { for column in columns { frame.correlate(column.expression.columnIDs) } }
                return columns
            }
            passed.append(here)
            level = here.parent
        }
        throw unknownTable(relation, in: frame)
    }

    // MARK: Order

    private func bindOrder(
        _ order: [OrderItemSyntax], _ items: [Item], _ groups: GroupingList, _ scope: ExpressionScope
    ) throws(QueryError) -> [Output] {
        var keys: [Output] = []
        for item in order { keys.append(try outputOrExpression(item.expression, items, groups, scope)) }
        return keys
    }

    /// What ORDER BY and DISTINCT ON name, and its place in the list where it stands there.
    private struct Output {
        var expression: Expression
        var item: Int?
    }

    /// An ordinal, an output name, else an expression over the FROM.
    private func outputOrExpression(
        _ syntax: ExpressionSyntax, _ items: [Item], _ groups: GroupingList, _ scope: ExpressionScope
    ) throws(QueryError) -> Output {
        if let ordinal = try ordinal(syntax, count: items.count, scope.clause) { return Output(expression: items[ordinal].expression, item: ordinal) }
        if case .name(let parts) = syntax.kind, parts.count == 1, let item = try outputNamed(parts[0].text, items, at: syntax.position) {
            return Output(expression: items[item].expression, item: item)
        }
        if let item = rowItem(syntax, items) { return Output(expression: items[item].expression, item: item) }
        let expression = try bindExpression(syntax, in: scope).expression
        return Output(expression: expression, item: groups.outputs[twins.compared(expression)])
    }

    /// The column of the list that gives rows and is written like this.
    func rowItem(_ syntax: ExpressionSyntax, _ items: [Item]) -> Int? {
        guard items.contains(where: { $0.text != nil }) else { return nil }
        let text = SyntaxPrinter.print(syntax)
        return items.firstIndex { $0.text?.hasBytes(of: text) ?? false }
    }

    /// The first column of the list that has the name: several of one value are one.
    func outputNamed(_ name: String, _ items: [Item], at position: Int) throws(QueryError) -> Int? {
        try work?.spend(items.count)
        guard let first = items.firstIndex(where: { $0.name == name }) else { return nil }
        guard items[first...].allSatisfy({ $0.name != name || $0.expression.isSame(as: items[first].expression) }) else {
            throw .badSQL("“\(name)” is the name of several selected columns", at: position).because(.ambiguousColumn)
        }
        return first
    }

    /// - Throws: bad-sql for what does not compare.
    private func bindDistinctOn(
        _ keys: [ExpressionSyntax], _ items: [Item], _ groups: GroupingList, _ collector: SelectCollector, in frame: BindingFrame
    ) throws(QueryError) -> [Output] {
        let scope = ExpressionScope(frame: frame, clause: "DISTINCT ON", collector: collector)
        var result: [Output] = []
        for key in keys {
            let output = try outputOrExpression(key, items, groups, scope)
            guard TypeRules.isComparable(output.expression.type) else {
                throw .badSQL("DISTINCT ON cannot compare \(output.expression.type.sqlName)", at: key.position).because(.undefinedFunction)
            }
            result.append(output)
        }
        return result
    }

    // MARK: Output

    /// List, DISTINCT and ORDER BY over all that stands below.
    ///
    /// - Throws: bad-sql where DISTINCT is ordered by what it does not have.
    private func finish(
        _ select: SelectSyntax, _ input: LogicalPlan, _ items: [Item], _ order: [SortKey], _ distinctOn: [Expression]
    ) throws(QueryError) -> LogicalPlan {
        var projected: [ProjectedColumn] = []
        for item in items { projected.append(try output(item)) }
        let visible = projected.map(\.column)
        // Sort keys that are no output get columns of their own, dropped after sorting.
        var places = ExpressionPlaces()
        if !order.isEmpty || !distinctOn.isEmpty { places = ExpressionPlaces(projected.map { twins.compared($0.expression) }) }
        func place(of expression: Expression) -> OutputColumn? { places[twins.compared(expression)].map { projected[$0].column } }
        func add(_ expression: Expression) {
            places.insert(twins.compared(expression), at: projected.count)
            projected.append(project("", expression))
        }
        var isDistinct = false
        if case .all = select.distinct { isDistinct = true }
        if isDistinct, let other = visible.first(where: { !TypeRules.isComparable($0.type) }) {
            throw .badSQL("DISTINCT cannot compare values of type \(other.type.sqlName)", at: select.position).because(.undefinedFunction)
        }
        var keys: [SortKey] = []
        for key in order {
            // A constant orders nothing.
            if key.expression.isLiteral { continue }
            // A language's key is made of the column where it is sorted by, so that DISTINCT sees the text alone.
            if case .call(.collationKey, let arguments, _, _) = key.expression {
                if place(of: arguments[0]) == nil, !isDistinct { add(arguments[0]) }
                if let column = place(of: arguments[0]) {
                    let expression = key.expression.withChildren([.column(column), arguments[1]])
                    keys.append(SortKey(expression, isDescending: key.isDescending, nullsFirst: key.nullsFirst))
                    continue
                }
            }
            if place(of: key.expression) == nil {
                if isDistinct { throw .badSQL("ORDER BY of SELECT DISTINCT takes selected columns only", at: select.position).because(.badPlace) }
                add(key.expression)
            }
            guard let column = place(of: key.expression) else { continue }
            keys.append(SortKey(.column(column), isDescending: key.isDescending, nullsFirst: key.nullsFirst))
        }
        var onColumns: [Expression] = []
        for key in distinctOn where !key.isLiteral {
            if place(of: key) == nil { add(key) }
            // A key that is repeated is one key, of the groups and of the order that has to begin with them.
            if let column = place(of: key), !onColumns.contains(Expression.column(column)) { onColumns.append(.column(column)) }
        }
        var plan = LogicalPlan.project(input: input, columns: projected)
        if isDistinct { plan = .distinct(input: plan) }
        if case .on = select.distinct { plan = try firstOfEach(onColumns, keys, plan, at: select.position) }
        if !keys.isEmpty { plan = .sort(SortNode(input: plan, keys: keys)) }
        if plan.columns.count > visible.count {
            plan = .project(input: plan, columns: visible.map { ProjectedColumn($0, .column($0)) })
        }
        return plan
    }

    /// A column of the answer, with what is known of it.
    private func output(_ item: Item) throws(QueryError) -> ProjectedColumn {
        let made = project(item.name, item.expression)
        if item.isUntyped { untypedColumns.insert(made.column.id) }
        declare(made.column, as: item.declared)
        if case .column(let id, _) = item.expression { origins[made.column.id] = origins[id] }
        collations[made.column.id] = try collationName(of: [item.expression], at: item.position)
        return made
    }

    private func project(_ name: String, _ expression: Expression) -> ProjectedColumn {
        // Each item has a column of its own, so that one value under two names is two columns.
        ProjectedColumn(newColumn(name, expression.type), expression)
    }

    /// DISTINCT ON: the first row of each group in the query's order.
    ///
    /// - Throws: bad-sql where the order does not begin with the keys: the first row would be any.
    private func firstOfEach(
        _ keys: [Expression], _ order: [SortKey], _ input: LogicalPlan, at position: Int
    ) throws(QueryError) -> LogicalPlan {
        for (index, key) in order.prefix(keys.count).enumerated() {
            var text = key.expression
            if case .call(.collationKey, let arguments, _, _) = text { text = arguments[0] }
            guard keys.contains(where: { $0.isSame(as: text) }) || index >= keys.count else {
                throw .badSQL("ORDER BY must start with the expressions of DISTINCT ON", at: position).because(.badPlace)
            }
        }
        // row_number over the keys: 1 is the first row of each group.
        let number = newColumn("", .int64)
        let call = WindowNode.Call(
            column: number, function: .rowNumber, arguments: [],
            frame: WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow))
        let window = LogicalPlan.window(WindowNode(input: input, partition: keys, order: order, calls: [call]))
        let first = Expression.call(.equal, [.column(number), .literal(.integer(1), .int64)], type: .boolean, position: nil)
        return .filter(input: window, conjuncts: [first])
    }
}
