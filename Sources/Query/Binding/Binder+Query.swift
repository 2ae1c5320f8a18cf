import ColumnStore

/// Queries as a whole: WITH, VALUES, set operations, ORDER BY, LIMIT.
///
/// A query is bound in this order: its WITH, LIMIT and OFFSET, its body with ORDER BY, and then the LIMIT is put above. `bind` is called for every
/// query, however deep it stands.
///
/// PostgreSQL 15's documentation, sections 7.4 to 7.8.
extension Binder {
    /// Binds a query in a level of its own; `correlation` names the columns of outer queries that it mentions.
    func bindSubquery(_ query: QuerySyntax, parent: BindingFrame) throws(QueryError) -> (rows: BoundRows, correlation: [ColumnID]) {
        let frame = BindingFrame(parent: parent)
        let rows = try bind(query, in: frame)
        return (rows, frame.correlation)
    }

    /// - Parameter parent: the level around the query; nil for the statement and for views, which see nothing around them.
    func bindQuery(_ query: QuerySyntax, parent: BindingFrame?) throws(QueryError) -> BoundRows {
        try bind(query, in: BindingFrame(parent: parent))
    }

    private func bind(_ query: QuerySyntax, in frame: BindingFrame) throws(QueryError) -> BoundRows {
        try countNode(at: query.position)
        // Rows within a query are its own, not of the SELECT that it stands in.
        let sources = rowSources
        rowSources = nil
        defer { rowSources = sources }
        for table in try inOrder(query.with) { try bindCommonTable(table, in: frame) }
        // A constant count is a node of the plan; another one, and WITH TIES, need a number beside each row.
        let limit = try rowCount(query.limit, "LIMIT", in: frame), offset = try rowCount(query.offset, "OFFSET", in: frame)
        let rows: BoundRows
        switch query.body {
        case .select(let select):
            rows = BoundRows(plan: try bindSelect(select, orderBy: query.orderBy, in: frame))
        default:
            let body = try bindBody(query.body, in: frame)
            if case .setOperation(let op, _, _, _, _) = query.body { try checkOrder(query.orderBy, of: op) }
            rows = BoundRows(plan: try sorted(body.plan, by: query.orderBy, in: frame))
        }
        guard limit != nil || offset != nil else { return rows }
        if !query.withTies, limit?.constant != nil || limit == nil, offset?.constant != nil || offset == nil {
            let skipped = offset?.constant ?? 0
            return limit == nil && skipped == 0 ? rows : BoundRows(plan: .limit(input: rows.plan, count: limit?.constant, offset: skipped))
        }
        return BoundRows(plan: try numbered(rows.plan, limit, offset, withTies: query.withTies, at: query.limit?.position ?? query.position))
    }

    /// FETCH FIRST n ROWS WITH TIES, and counts that only the run knows: rows are numbered in their order, and their numbers tested.
    ///
    /// `LIMIT n OFFSET m` is `number > m AND number - m <= n`, a NULL count meaning no bound; WITH TIES takes the rank, which rows that are alike
    /// share, in place of the number.
    private func numbered(
        _ plan: LogicalPlan, _ limit: RowCount?, _ offset: RowCount?, withTies: Bool, at position: Int
    ) throws(QueryError) -> LogicalPlan {
        let (rows, keys) = plan.withItsOrder
        guard !withTies || !keys.isEmpty else { throw .badSQL("WITH TIES needs ORDER BY", at: position) }
        let whole = WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
        func call(_ function: WindowFunction) -> WindowNode.Call { WindowNode.Call(column: newColumn("", .int64), function: function, arguments: [], frame: whole) }
        let number = call(.rowNumber), rank = call(.rank)
        func test(_ count: Expression, _ function: ScalarFunction, _ bound: Expression) -> Expression {
            .call(function, [count, bound], type: .boolean, position: nil)
        }
        let zero = Expression.literal(.integer(0), .int64)
        let skipped = offset.map { Expression.coalesce([$0.expression, zero], type: .int64) } ?? zero
        var tests: [Expression] = []
        if offset != nil { tests.append(test(.column(number.column), .greater, skipped)) }
        if let limit {
            // Numbers begin at 1: what is behind the rows passed over is no less than that far below any bound.
            let behind = Expression.call(.subtract, [.column(withTies ? rank.column : number.column), skipped], type: .int64, position: nil)
            tests.append(.coalesce([test(behind, .lessOrEqual, limit.expression), .isTrue], type: .boolean))
        }
        // Of rows that the order leaves open, the same ones each time.
        let ties = withTies ? [] : plan.columns.filter { TypeRules.isComparable($0.type) }.map { SortKey(.column($0)) }
        var window = LogicalPlan.window(WindowNode(input: rows, partition: [], order: keys + ties, calls: [number] + (withTies ? [rank] : [])))
        window = .filter(input: window, conjuncts: tests)
        if !keys.isEmpty { window = .sort(SortNode(input: window, keys: keys)) }
        return window.shaped(as: plan.columns)
    }

    /// In longer lists tables see those before them alone: each is looked through for the names of all others.
    private static let orderedTableCountMax = 32

    /// Tables of WITH RECURSIVE see those behind them as well: each comes behind those that it asks for.
    ///
    /// - Throws: unsupported-sql for tables that ask for each other.
    private func inOrder(_ tables: [CommonTableSyntax]) throws(QueryError) -> [CommonTableSyntax] {
        guard tables.count > 1, tables.count <= Self.orderedTableCountMax, tables[0].isRecursive else { return tables }
        let names = Set(tables.map(\.name.text))
        var waiting = tables.map { table in (table: table, asked: names.filter { $0 != table.name.text && RecursionForm.asks(table, for: $0) }) }
        var ordered: [CommonTableSyntax] = []
        while let first = waiting.first {
            let open = Set(waiting.map(\.table.name.text))
            guard let next = waiting.firstIndex(where: { $0.asked.isDisjoint(with: open) }) else {
                throw .unsupported("mutual recursion between tables of WITH is not supported", at: first.table.name.position)
            }
            ordered.append(waiting.remove(at: next).table)
        }
        return ordered
    }

    /// Binds a table of WITH where it stands, once, and leaves it in the frame under its name. It sees those before it, and itself only if it is
    /// recursive.
    private func bindCommonTable(_ table: CommonTableSyntax, in frame: BindingFrame) throws(QueryError) {
        guard frame.commonTables[table.name.text] == nil else {
            throw .badSQL("WITH names “\(table.name.text)” twice", at: table.name.position).because(.duplicateAlias)
        }
        // How many nodes its plan has: each mention counts them again.
        let before = nodeCount
        if table.isRecursive, let recursive = try bindRecursive(table, in: frame) {
            frame.commonTables[table.name.text] = recursive
            return
        }
        let (rows, correlation) = try bindSubquery(table.query, parent: frame)
        let columns = try renamed(rows.columns, to: table.columns, of: table.name)
        frame.commonTables[table.name.text] = CommonTable(
            id: newShared(), plan: rows.plan, columns: columns, nodeCount: nodeCount - before, correlation: correlation)
    }

    /// `seed UNION [ALL] step`, where the second part reads the table itself; nil of any other query.
    ///
    /// - Throws: bad-sql where the parts differ in columns or types, or the table is read where `RecursionForm` does not have it.
    private func bindRecursive(_ table: CommonTableSyntax, in frame: BindingFrame) throws(QueryError) -> CommonTable? {
        let query = table.query
        try RecursionForm.check(table) { FunctionRegistry.aggregates[$0] != nil || GatheredAggregate.byName[$0] != nil }
        // A table of its own WITH that is called the same hides it.
        guard case .setOperation(.union, let isAll, let left, let right, let position) = query.body, query.orderBy.isEmpty, query.limit == nil, query.offset == nil,
            !query.with.contains(where: { $0.name.text == table.name.text })
        else { return nil }
        let outer = BindingFrame(parent: frame)
        for own in query.with { try bindCommonTable(own, in: outer) }
        let first = try typed(try bindBody(left, in: outer).plan) { $0 == .null ? .string : $0 }
        let named = try renamed(first.columns, to: table.columns, of: table.name)
        var types = first.columns.map { TypeRules.widened($0.type) }
        // A second time where the step has more digits behind the mark than the seed.
        for isLast in [false, true] {
            let columns = zip(named, types).map { newColumn($0.name, $1) }
            for (column, seed) in zip(columns, first.columns) { declare(column, as: declaredTypes[seed.id]) }
            let schema = Schema(types.enumerated().map { Field("\($0.offset + 1)", $0.element) })
            let working = WorkingTable(schema: schema)
            let inner = BindingFrame(parent: frame)
            inner.commonTables[table.name.text] = CommonTable(id: newShared(), plan: scan(table.name.text, working, []), columns: columns, nodeCount: 1)
            // Each part runs by itself, and has the tables of the query's WITH for itself.
            for own in query.with { try bindCommonTable(own, in: inner) }
            let second = try bindBody(right, in: inner)
            // Without a mention of itself it is a UNION like others.
            guard second.plan.reads(working) else { return nil }
            // What both parts are called, the table's columns are.
            for (column, other) in zip(columns, second.columns) where declaredTypes[other.id] != declaredTypes[column.id] && !untypedColumns.contains(other.id) {
                declaredTypes[column.id] = nil
            }
            let wider = try widened(types, by: second.columns, at: position)
            if wider != types, !isLast {
                types = wider
                continue
            }
            dependsOnSession = true
            let source = RecursiveTable(
                schema: schema, seed: try converted(first, to: types, at: position), step: try converted(second.plan, to: types, at: position), working: working,
                keepsRepeats: isAll)
            // A table that looks at no query around it is a scan like others.
            let outside = Set(outer.correlation + inner.correlation)
            let plan = outside.isEmpty ? scan(table.name.text, source, []) : recursion(source, of: table.name.text, over: outside, columns, at: position)
            return CommonTable(id: newShared(), plan: plan, columns: columns, nodeCount: 1, correlation: outside.sorted())
        }
        return nil
    }

    /// A recursive query that looks at the query around it: both its parts are LATERAL beside the outer rows, whose numbers go with its own, and run for all of
    /// them at a time. Of each outer row its rows come as a list.
    private func recursion(_ table: RecursiveTable, of name: String, over outside: Set<ColumnID>, _ columns: [OutputColumn], at position: Int) -> LogicalPlan {
        let mentioned = Dictionary((table.seed.mentions(of: outside) + table.step.mentions(of: outside)).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let outer = mentioned.values.sorted { $0.id < $1.id }
        let number = Field("0", .int64)
        let around = WorkingTable(schema: Schema([number] + outer.enumerated().map { Field("\($0.offset + 1)", $0.element.type) }))
        let working = WorkingTable(schema: Schema([number] + table.schema.fields))
        /// One part as a LATERAL join of the outer rows: with the row's number first, and the row's values in the place of outer columns.
        func beside(_ part: (OutputColumn) -> LogicalPlan) -> LogicalPlan {
            let rows = scan(name, around, [])
            let values = Dictionary(zip(outer, rows.columns.dropFirst()).map { ($0.id, Expression.column($1)) }, uniquingKeysWith: { first, _ in first })
            let own = part(rows.columns[0]).substituting(values)
            let columns = [rows.columns[0]] + own.columns
            return .project(
                input: .join(JoinNode(kind: .cross, left: rows, right: own)), columns: columns.map { ProjectedColumn(newColumn($0.name, $0.type), .column($0)) })
        }
        // The step reads the rows of its own outer row's recursion only.
        let step = beside { number in
            table.step.rewritten { plan in
                guard case .scan(let node) = plan, let source = node.table.source as? WorkingTable, source === table.working else { return plan }
                let all = scan(name, working, [])
                let own = LogicalPlan.filter(input: all, conjuncts: [.call(.equal, [.column(all.columns[0]), .column(number)], type: .boolean, position: nil)])
                return .project(input: own, columns: zip(plan.columns, all.columns.dropFirst()).map { ProjectedColumn($0, .column($1)) })
            }
        }
        let numbered = RecursiveTable(schema: working.schema, seed: beside { _ in table.seed }, step: step, working: working, keepsRepeats: table.keepsRepeats, outer: around)
        let list = Expression.call(.recursion(numbered), outer.map { .column($0) }, type: .listOf(.structure(table.schema.fields)), position: position)
        let elements = zip(table.schema.fields, columns).map { UnnestNode.Element(member: $0.name, column: $1) }
        return .unnest(UnnestNode(input: .values(columns: [], rows: [[]]), list: list, elements: elements, passed: []))
    }

    /// Decimals take the larger scale of both parts; other types are those of the first.
    private func widened(_ types: [ColumnType], by columns: [OutputColumn], at position: Int) throws(QueryError) -> [ColumnType] {
        guard types.count == columns.count else {
            throw .badSQL("the parts of a recursive query have \(types.count) and \(columns.count) columns", at: position)
        }
        var result = types
        for (index, column) in columns.enumerated() where !untypedColumns.contains(column.id) {
            guard let common = TypeRules.common(types[index], column.type), common == types[index] || TypeRules.isDecimal(types[index]) && TypeRules.isDecimal(common) else {
                throw .badSQL(
                    "column \(index + 1) of the recursive query is \(types[index].sqlName) in its first part, and \(column.type.sqlName) in the other", at: position,
                    hint: "cast one of them").because(.typeMismatch)
            }
            result[index] = TypeRules.widened(common)
        }
        return result
    }

    /// New names for the first columns.
    ///
    /// - Throws: bad-sql for more names than columns.
    func renamed(_ columns: [OutputColumn], to names: [NameSyntax], of table: NameSyntax) throws(QueryError) -> [OutputColumn] {
        guard names.count <= columns.count else {
            throw .badSQL(
                "“\(table.text)” has \(columns.count) columns, but \(names.count) names are given", at: names[columns.count].position).because(.badPlace)
        }
        var result = columns
        for (index, name) in names.enumerated() { result[index].name = name.text }
        return result
    }

    /// What LIMIT or OFFSET say: a BIGINT that is no less than 0, NULL for none.
    private struct RowCount {
        var expression: Expression
        /// Nil of what only the run knows.
        var constant: Int? { if case .literal(.integer(let count), _) = expression { Int(count) } else { nil } }
    }

    /// LIMIT and OFFSET, which know the columns around the query, but none of its own; nil for none.
    ///
    /// - Throws: data-error for a negative constant; errors of a constant that has no value.
    private func rowCount(_ syntax: ExpressionSyntax?, _ clause: String, in frame: BindingFrame) throws(QueryError) -> RowCount? {
        guard let syntax else { return nil }
        // A level without names: the query's own columns are not there yet.
        let outer = BindingFrame(parent: frame)
        let value = try bindExpression(syntax, in: ExpressionScope(frame: outer, clause: clause))
        frame.correlate(Set(outer.correlation))
        let count: Expression
        // 2.5 rows are 3: PostgreSQL rounds.
        if TypeRules.isDecimal(value.type) || value.type == .double {
            count = try cast(value, to: .int64, isExplicit: true)
        } else {
            count = try implicit(value, to: .int64, "\(clause)")
        }
        let isOffset = clause == "OFFSET"
        switch folded(count) {
        case .literal(.null, _): return nil
        case .literal(.integer(let count), _):
            guard count >= 0 else { throw .data("\(clause) must not be negative", at: syntax.position).because(isOffset ? .negativeOffset : .negativeLimit) }
            return RowCount(expression: .literal(.integer(count), .int64))
        case let other:
            // A constant without a value says why it has none.
            if let fault = fault(ofConstant: other) { throw QueryError(fault.slug, "\(clause): \(fault.detail)", position: fault.position ?? syntax.position) }
            var counted = other
            if other.isVolatile {
                // Of chance is one number for all rows.
                let column = newColumn("", .int64)
                let plan = LogicalPlan.values(columns: [column], rows: [[other]])
                counted = .subquery(SubqueryExpression(kind: .scalar, plan: plan, correlation: other.columnIDs.sorted(), type: .int64, position: syntax.position))
            }
            return RowCount(expression: .call(isOffset ? .offsetCount : .limitCount, [counted], type: .int64, position: syntax.position))
        }
    }

    /// Why an expression of literals has no value; nil where it has one, or is none.
    private func fault(ofConstant expression: Expression) -> QueryError? {
        guard !expression.children.isEmpty, expression.children.allSatisfy(\.isLiteral) else { return nil }
        do {
            _ = try Self.constant(expression, constantSteps)
            return nil
        } catch {
            // What takes too long now may have a value then.
            return constantSteps.isSpent ? nil : error
        }
    }

    // MARK: Bodies

    /// A body without what stands behind it: its order and limit are the caller's.
    private func bindBody(_ body: QueryBody, in frame: BindingFrame) throws(QueryError) -> BoundRows {
        switch body {
        case .select(let select): return BoundRows(plan: try bindSelect(select, orderBy: [], in: frame))
        case .nested(let query): return try bindQuery(query, parent: frame)
        case .values(let rows, let position): return try bindValues(rows, at: position, in: frame)
        case .setOperation(let op, let isAll, let left, let right, let position):
            try countNode(at: position)
            let inputs = try operands(op, isAll, left, in: frame) + [try bindBody(right, in: frame)]
            return try combine(op, isAll, inputs, at: position)
        }
    }

    /// `a UNION ALL b UNION ALL c` is one node of three inputs; so is `a UNION ALL b UNION c`, which has each row once in any case.
    private func operands(_ op: SetOperator, _ isAll: Bool, _ left: QueryBody, in frame: BindingFrame) throws(QueryError) -> [BoundRows] {
        var rest: [QueryBody] = [], first = left
        while op == .union, case .setOperation(.union, let keepsRepeats, let next, let second, let position) = first, keepsRepeats || !isAll {
            try countNode(at: position)
            rest.append(second)
            first = next
        }
        var rows = [try bindBody(first, in: frame)]
        for body in rest.reversed() { rows.append(try bindBody(body, in: frame)) }
        return rows
    }

    /// The set operation of inputs that are bound: columns by place get one type each, names are the first input's.
    ///
    /// - Throws: bad-sql for different numbers of columns, for types that have none in common, and where rows that do not compare would have to be.
    private func combine(_ op: SetOperator, _ isAll: Bool, _ inputs: [BoundRows], at position: Int) throws(QueryError) -> BoundRows {
        // Rows that are compared must be of the same types, in PostgreSQL as well.
        let inputs = try op == .union && isAll ? withRowsMet(inputs) : inputs
        let names = inputs[0].columns.map(\.name)
        // A constant without a type says nothing: the other inputs decide.
        func type(of column: OutputColumn) -> ColumnType { untypedColumns.contains(column.id) ? .null : column.type }
        var types = inputs[0].columns.map(type)
        for input in inputs.dropFirst() {
            guard input.columns.count == types.count else {
                throw .badSQL(
                    "the sides of \(op.rawValue) have \(types.count) and \(input.columns.count) columns", at: position)
            }
            for (index, column) in input.columns.enumerated() {
                guard let type = TypeRules.common(types[index], type(of: column)) else {
                    throw .badSQL(
                        "\(op.rawValue) cannot match \(types[index].sqlName) with \(column.type.sqlName) in column \(index + 1)",
                        at: position).because(.typeMismatch)
                }
                types[index] = TypeRules.widened(type)
            }
            // The first two meet before the third comes: what has no type in both is a text by then.
            types = types.map { $0 == .null ? .string : $0 }
        }
        for input in inputs { types = withRoom(types, for: input.plan) }
        for input in inputs { settleParameters(of: input.plan, as: types) }
        if !(op == .union && isAll), let other = types.first(where: { !TypeRules.isComparable($0) }) {
            throw .badSQL("\(op.rawValue) cannot compare values of type \(other.sqlName)", at: position).because(.undefinedFunction)
        }
        let kind: SetOperationNode.Kind = switch op {
        case .union: .union
        case .intersect: .intersect
        case .except: .except
        }
        let parts = types.indices.map { index in inputs.map { self.value(of: $0.columns[index], at: position) } }
        let reals = parts.map(realsThatMeet)
        var plans: [LogicalPlan] = []
        for input in inputs { plans.append(try converted(input.plan, to: types, reals, at: position)) }
        let columns = zip(names, types).map { newColumn($0, $1) }
        for (column, values) in zip(columns, parts) {
            declare(column, as: meetingDeclaration(values, inPairs: true) ?? narrowDeclaration(values))
        }
        return BoundRows(
            plan: .setOperation(SetOperationNode(kind: kind, keepsRepeats: isAll, inputs: plans, columns: columns)))
    }

    /// What all that are of a type are declared as: without a length beside what has none, and as nothing where the first two are texts without a type.
    ///
    /// - Parameter inPairs: the first two meet before the third comes.
    private func meetingDeclaration(_ values: [TypedExpression], inPairs: Bool) -> String? {
        func isOpen(_ value: TypedExpression) -> Bool { value.isUntyped || value.type == .null }
        if inPairs, values.count > 2, values.prefix(2).allSatisfy(isOpen) { return nil }
        let typed = values.filter { !isOpen($0) }, names = typed.map { declaredType($0) }
        let ofTexts = typed.allSatisfy { $0.type == .string } ? DeclaredType.ofTexts(names) : nil
        let common = DeclaredType.common(names) ?? ofTexts
        return typed.count < values.count ? common.map(DeclaredType.withoutLength) : common
    }

    /// Parameters that are selected as they are, and of which nothing has said what they are, are of the types that the columns get.
    private func settleParameters(of plan: LogicalPlan, as types: [ColumnType]) {
        guard let parameters = context.parameterTypes, case .project(_, let columns) = plan else { return }
        for (column, type) in zip(columns, types) where untypedColumns.contains(column.column.id) {
            if case .literal(.bytes(let text), _) = column.expression, let number = ParameterTypes.number(text) { parameters.settle(number, as: type) }
        }
    }

    /// The same where rows that are written are selected in one place: their NULLs are of the types of each other's fields.
    private func withRowsMet(_ inputs: [BoundRows]) throws(QueryError) -> [BoundRows] {
        var selected = inputs.map { input -> [ProjectedColumn] in
            if case .project(_, let columns) = input.plan { columns } else { input.columns.map { ProjectedColumn($0, .column($0)) } }
        }
        var changed: Set<Int> = []
        for place in 0..<(selected.map(\.count).min() ?? 0) {
            let rows = selected.map { $0[place].expression }
            for (index, row) in rowsMet(rows).enumerated() where row.type != rows[index].type {
                try checkFields(of: row.type, at: nil)
                let old = selected[index][place].column, column = newColumn(old.name, row.type)
                declare(column, as: declaredTypes[old.id])
                selected[index][place] = ProjectedColumn(column, row)
                changed.insert(index)
            }
        }
        return inputs.indices.map { index in
            guard changed.contains(index), case .project(let input, _) = inputs[index].plan else { return inputs[index] }
            return BoundRows(plan: .project(input: input, columns: selected[index]))
        }
    }

    /// The types, with room for the digits of constants without a type that the plan selects beside decimals.
    private func withRoom(_ types: [ColumnType], for plan: LogicalPlan) -> [ColumnType] {
        guard case .project(_, let columns) = plan else { return types }
        return zip(types, columns).map { type, column in
            guard TypeRules.isDecimal(type), untypedColumns.contains(column.column.id), case .literal(.bytes(let text), _) = column.expression,
                ParameterTypes.number(text) == nil, let scale = Self.scaleNeeded(text)
            else { return type }
            return TypeRules.commonNumber(type, .decimal38(scale: scale))
        }
    }

    /// The same rows with columns of exactly these types.
    ///
    /// - Parameter reals: of each column, what becomes of REALs; empty where none meets another type.
    private func converted(_ plan: LogicalPlan, to types: [ColumnType], _ reals: [Reals?] = [], at position: Int?) throws(QueryError) -> LogicalPlan {
        let columns = plan.columns
        guard zip(columns, types).contains(where: { $0.type != $1 }) || reals.contains(where: { $0 != nil }) else { return plan }
        var projected: [ProjectedColumn] = []
        for (index, (column, type)) in zip(columns, types).enumerated() {
            if index < reals.count, let real = reals[index], !untypedColumns.contains(column.id) {
                let value = try met(self.value(of: column, at: position), as: type, real)
                if case .column = value { projected.append(ProjectedColumn(column, value)) } else { projected.append(ProjectedColumn(newColumn(column.name, type), value)) }
            } else if column.type == type {
                projected.append(ProjectedColumn(column, .column(column)))
            } else if untypedColumns.contains(column.id) {
                projected.append(ProjectedColumn(newColumn(column.name, type), .cast(.column(column), to: type, position: position)))
            } else {
                let value = self.value(of: column, at: position)
                projected.append(ProjectedColumn(newColumn(column.name, type), try cast(value, to: type, isExplicit: false)))
            }
        }
        return .project(input: plan, columns: projected)
    }

    private func value(of column: OutputColumn, at position: Int?) -> TypedExpression {
        TypedExpression(.column(column), isUntyped: untypedColumns.contains(column.id), at: position ?? 1)
    }

    /// SMALLINT or REAL, where other values become that.
    private func narrowDeclaration(_ values: [TypedExpression]) -> String? { commonDeclaration(values).flatMap { Self.isNarrow($0) ? $0 : nil } }

    /// VALUES: each column of one type over all rows, named column1, column2 …
    private func bindValues(_ rows: [[ExpressionSyntax]], at position: Int, in frame: BindingFrame) throws(QueryError) -> BoundRows {
        // No columns but those of queries around it.
        let scope = ExpressionScope(frame: BindingFrame(parent: frame), clause: "VALUES")
        var bound: [[TypedExpression]] = []
        for row in rows {
            var items: [TypedExpression] = []
            for item in row { items.append(try bindExpression(item, in: scope)) }
            bound.append(items)
        }
        frame.correlate(Set(scope.frame.correlation))
        var columns: [OutputColumn] = []
        var result = [[Expression]](repeating: [], count: rows.count)
        for index in rows[0].indices {
            let items = try unified(bound.map { $0[index] }, "VALUES")
            for row in items.indices { result[row].append(items[row]) }
            let column = newColumn("column\(index + 1)", items[0].type)
            // What all are declared as, the column is.
            let values = bound.map { $0[index] }
            declare(column, as: meetingDeclaration(values, inPairs: false) ?? narrowDeclaration(values))
            columns.append(column)
        }
        return BoundRows(plan: .values(columns: columns, rows: result))
    }

    // MARK: Order

    /// What rows of a set operation are ordered by: names of its columns and ordinals, as in PostgreSQL.
    private func checkOrder(_ items: [OrderItemSyntax], of op: SetOperator) throws(QueryError) {
        // A view that was put before stays as it is.
        guard openViews.isEmpty else { return }
        for item in items {
            switch item.expression.kind {
            case .name, .number, .string: continue
            default:
                throw .unsupported(
                    "rows of \(op.rawValue) are ordered by names or numbers of their columns: write SELECT * FROM (…) ORDER BY …", at: item.expression.position
                ).because(.notSupported)
            }
        }
    }

    /// ORDER BY over a set operation or VALUES: ordinals, and expressions of the output names.
    private func sorted(_ plan: LogicalPlan, by items: [OrderItemSyntax], in frame: BindingFrame) throws(QueryError) -> LogicalPlan {
        guard !items.isEmpty else { return plan }
        let columns = plan.columns
        let inner = BindingFrame(parent: frame)
        inner.names = NameScope(name: nil, columns: columns.map { NameScope.Column(name: $0.name, expression: .column($0)) })
        let scope = ExpressionScope(frame: inner, clause: "ORDER BY")
        var keys: [SortKey] = []
        for item in items {
            let expression: Expression
            if let ordinal = try ordinal(item.expression, count: columns.count, "ORDER BY") {
                expression = .column(columns[ordinal])
            } else {
                expression = try bindExpression(item.expression, in: scope).expression
            }
            keys.append(try sortKey(expression, item))
        }
        frame.correlate(Set(inner.correlation))
        return .sort(SortNode(input: plan, keys: keys))
    }

    /// The key of an order, as rows are to be sorted by it: of a text with a collation the bytes that its language sorts by.
    ///
    /// - Throws: bad-sql for types that have no order.
    func sortKey(_ expression: Expression, _ item: OrderItemSyntax) throws(QueryError) -> SortKey {
        guard TypeRules.isComparable(expression.type) else {
            throw .badSQL("values of type \(expression.type.sqlName) have no order", at: item.expression.position).because(.undefinedFunction)
        }
        try refuseUnordered([TypedExpression(expression, at: item.expression.position)], "ORDER BY", at: item.expression.position)
        let expression = try collationKeys([expression], at: item.expression.position)[0]
        return SortKey(expression, isDescending: item.isDescending, nullsFirst: item.nullsFirst)
    }

    /// `ORDER BY 2`, `GROUP BY 2`: 0-based, or nil when the expression is no bare integer.
    ///
    /// - Throws: bad-sql for a number that is no column, and for another constant.
    func ordinal(_ syntax: ExpressionSyntax, count: Int, _ clause: String) throws(QueryError) -> Int? {
        guard case .number(let digits) = syntax.kind else {
            if case .string = syntax.kind { throw .badSQL("a constant in \(clause) must be an ordinal", at: syntax.position) }
            return nil
        }
        guard let number = Int(digits) else { throw .badSQL("a constant in \(clause) must be an ordinal", at: syntax.position) }
        guard (1...max(count, 1)).contains(number), count > 0 else {
            throw .badSQL("\(clause) \(number) is not among the \(count) selected columns", at: syntax.position).because(.badPlace)
        }
        return number - 1
    }
}
