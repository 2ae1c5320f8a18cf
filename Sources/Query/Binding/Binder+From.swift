import ColumnStore

/// FROM: tables, views, WITH queries, subqueries, UNNEST and generate_series. `Binder+Joins` has what joins them.
///
/// Each table of FROM gives a plan and the names of its columns (`NameScope`). A comma and a join put two of both together; what stands in a later
/// place may look at earlier ones only if it is a function or LATERAL:
///
///     FROM a, UNNEST(a.list) l, (SELECT … a.x …) s    the function sees a, the subquery does not
///     FROM a, LATERAL (SELECT … a.x …) s              a join whose right side mentions columns of its left one
///
/// PostgreSQL 15's documentation, section 7.2.1.
extension Binder {
    /// Binds the list and leaves its names in the frame.
    ///
    /// - Parameter frame: the SELECT's own level; its names are empty before.
    func bindFrom(_ items: [TableSyntax], in frame: BindingFrame) throws(QueryError) -> LogicalPlan {
        // Without FROM there is one row, which has no columns.
        guard !items.isEmpty else { return .values(columns: [], rows: [[]]) }
        var plan: LogicalPlan?
        for item in items {
            try checkNames(of: item, against: frame)
            plan = try bindTable(item, after: plan, in: frame)
        }
        return plan ?? .values(columns: [], rows: [[]])
    }

    /// Joins `item` to what stands before it, whose names are in the frame: a function may use them.
    private func bindTable(_ item: TableSyntax, after left: LogicalPlan?, in frame: BindingFrame) throws(QueryError) -> LogicalPlan {
        // A function unfolds the rows before it, and needs no join.
        if case .function(let call, let withOrdinality, let alias, let position) = item,
            let unnest = try bindList(call, withOrdinality, alias, at: position, in: frame)
        {
            frame.names = frame.names.joined(with: unnest.names)
            return unnest.node(over: left, keepsEmpty: false)
        }
        let (plan, names) = try bindBeside(item, frame)
        frame.names = frame.names.joined(with: names)
        guard let left else { return plan }
        return .join(JoinNode(kind: .cross, left: left, right: plan))
    }

    /// A LATERAL subquery sees the tables before it, whose names are in `frame`.
    func bindBeside(_ item: TableSyntax, _ frame: BindingFrame) throws(QueryError) -> (LogicalPlan, NameScope) {
        guard case .subquery(let query, let alias, true, _) = item else { return try bindApart(item, in: frame) }
        return try named(try bindQuery(query, parent: frame).plan, alias, name: nil)
    }

    /// Binds a table that does not look at its neighbours; the frame's own names stay as they are.
    func bindApart(_ item: TableSyntax, in frame: BindingFrame) throws(QueryError) -> (LogicalPlan, NameScope) {
        switch item {
        case .named(let name, let alias): return try bindNamed(name, alias, in: frame)
        case .subquery(let query, let alias, _, _):
            let outer = BindingFrame(parent: frame.outer)
            // The subquery sees what is around this query and its WITH, and none of the tables beside it.
            outer.commonTables = frame.commonTables
            let rows = try bindQuery(query, parent: outer)
            frame.correlate(Set(outer.correlation))
            return try named(rows.plan, alias, name: nil)
        case .function(let call, let withOrdinality, let alias, let position):
            if let list = try bindList(call, withOrdinality, alias, at: position, in: frame) {
                return (list.node(over: nil, keepsEmpty: false), list.names)
            }
            return try bindTableFunction(call, withOrdinality, alias, at: position, in: frame)
        case .sampled(let table, _, let percentage, let seed, let position):
            let (rows, names) = try bindApart(table, in: frame)
            return (try sample(of: rows, percentage, seed, at: position, in: frame), names)
        case .join(let kind, let left, let right, let condition, let position):
            return try bindJoin(kind, left, right, condition, at: position, in: frame)
        }
    }

    /// The plan's columns under the table's name, with the alias's names for the first of them.
    private func named(_ plan: LogicalPlan, _ alias: TableAliasSyntax?, name: String?) throws(QueryError) -> (LogicalPlan, NameScope) {
        var columns = plan.columns
        if let alias { columns = try renamed(columns, to: alias.columns, of: alias.name) }
        return (plan, NameScope(name: alias?.name.text ?? name, columns: columns.map(scopeColumn)))
    }

    private func scopeColumn(_ column: OutputColumn) -> NameScope.Column {
        NameScope.Column(name: column.name, expression: Self.readable(column))
    }

    /// SQL has microseconds only: nanoseconds of files of others are cut on reading.
    private static func readable(_ column: OutputColumn) -> Expression {
        if case .timestampNanoseconds(let isUTC) = column.type {
            return .cast(.column(column), to: .timestamp(isUTC: isUTC), position: nil)
        }
        return .column(column)
    }

    // MARK: Tables

    /// A name of FROM, in the order in which it is looked for: a table of WITH, a schema's relation, the dialect's, `information_schema`, the store's
    /// tables and views.
    private func bindNamed(_ parts: [NameSyntax], _ alias: TableAliasSyntax?, in frame: BindingFrame) throws(QueryError) -> (LogicalPlan, NameScope) {
        // The database is the only one there is.
        let name = parts.count == 3 && parts[0].text == context.catalog.dialect?.databaseName ? Array(parts.dropFirst()) : parts
        let last = name[name.count - 1]
        // A table of WITH counts with all that it is made of, at each mention.
        try countNode(at: last.position)
        if name.count == 1, let table = frame.commonTable(last.text) {
            try countNode(table.nodeCount, at: last.position)
            frame.mention(table, last.text)
            // Columns of its own at each mention: the table may be joined with itself.
            let columns = table.columns.map { newColumn($0.name, $0.type) }
            for (column, defined) in zip(columns, table.columns) {
                declare(column, as: declaredTypes[defined.id])
                collations[column.id] = collations[defined.id]
                origins[column.id] = origins[defined.id]
            }
            return try named(.shared(id: table.id, definition: table.plan, columns: columns), alias, name: last.text)
        }
        if name.count == 2, let schema = context.catalog.schemas.first(where: { $0.name == name[0].text }) {
            return try named(try bindForeign(last, in: schema), alias, name: last.text)
        }
        if let entry = try dialectEntry(name) { return try named(noting(try bindEntry(last, entry), of: last, in: context.catalog.dialect?.openSchema), alias, name: last.text) }
        if name.count == 2, name[0].text == "information_schema" {
            return try named(noting(try informationSchema(last), of: last, in: name[0].text), alias, name: last.text)
        }
        guard name.count == 1 || (name.count == 2 && name[0].text == "public") else {
            throw .badSQL("there is no schema “\(name[0].text)”", at: name[0].position, hint: "tables have no schema here").because(.undefinedTable)
        }
        if name.count == 1, let found = try onPath(last) { return try bindNamed([found, last], alias, in: frame) }
        guard name.count == 2 || findsTables else { throw unknownTable(last, in: frame) }
        // What the view at hand names itself, without what views among that name.
        if openViews.count == 1 { reads.insert(last.text) }
        guard let entry = try entry(last.text, at: last.position) else { throw unknownTable(last, in: frame) }
        return try named(noting(try bindEntry(last, entry), of: last, in: nil), alias, name: last.text)
    }

    /// Whether tables are found without a schema. A view's text is not the session's.
    private var findsTables: Bool { openViews.isEmpty ? context.catalog.dialect?.searchPath.contains("public") ?? true : true }

    /// The schema of the session's path that has a relation of this name, where neither the store nor the dialect has one.
    private func onPath(_ name: NameSyntax) throws(QueryError) -> NameSyntax? {
        guard openViews.isEmpty, let path = context.catalog.dialect?.searchPath, path != ["public"] else { return nil }
        if findsTables, try entry(name.text, at: name.position) != nil { return nil }
        for schema in path {
            let isThere = schema == "information_schema" ? InformationSchema.byName[name.text] != nil : context.catalog.schemas.contains { $0.name == schema && $0.entryNames.contains(name.text) }
            if isThere { return NameSyntax(schema, at: name.position) }
        }
        return nil
    }

    /// The columns of a relation are its own, whatever they are made of: a view's are not those of what it reads.
    private func noting(_ plan: LogicalPlan, of name: NameSyntax, in schema: String?) -> LogicalPlan {
        for (index, column) in plan.columns.enumerated() { origins[column.id] = ColumnOrigin(schema: schema, relation: name.text, place: index + 1) }
        return plan
    }

    /// TABLESAMPLE: rows by a hash of what they are, so that a seed means the same ones however the table lies.
    private func sample(
        of rows: LogicalPlan, _ percentage: ExpressionSyntax, _ seed: ExpressionSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> LogicalPlan {
        func number(_ syntax: ExpressionSyntax, _ what: String, as type: String) throws(QueryError) -> Double {
            let scope = ExpressionScope(frame: BindingFrame(parent: nil), clause: "TABLESAMPLE")
            let value = try settled(try bindExpression(syntax, in: scope), as: type)
            guard case .literal(let literal, _) = folded(try cast(value, to: .double, isExplicit: true)) else {
                throw .unsupported("\(what) of TABLESAMPLE must be a constant", at: syntax.position)
            }
            // Where only types are asked for, values are still to come.
            if context.parameterTypes != nil, literal == .null { return 0 }
            guard case .double(let number) = literal, !number.isNaN else { throw .data("\(what) of TABLESAMPLE must not be NULL", at: syntax.position) }
            return number
        }
        let share = try number(percentage, "the percentage", as: "float4")
        guard (0...100).contains(share) else { throw .data("the percentage of TABLESAMPLE lies between 0 and 100", at: percentage.position) }
        // Without REPEATABLE another sample each time: the moment is the seed.
        let start = try seed.map { (seed) throws(QueryError) in try number(seed, "the seed", as: "float8") } ?? Double(now)
        // A ticket's id tells a row by itself; of other tables all columns that have one value do.
        let columns = rows.columns.filter { !$0.type.isNested }
        let keys = columns.first { $0.name == "ticket_id" }.map { [$0] } ?? columns
        guard !keys.isEmpty else { throw .unsupported("TABLESAMPLE needs a column that is no list", at: position) }
        let arguments = [.literal(.double(share), .double), .literal(.double(start), .double)] + keys.map { Expression.column($0) }
        return .filter(input: rows, conjuncts: [.call(.isSampled, arguments, type: .boolean, position: position)])
    }

    /// A relation of a schema that is found by its name alone.
    private func bindForeign(_ name: NameSyntax, in schema: CatalogSchema) throws(QueryError) -> LogicalPlan {
        guard let entry = try entry(name.text, inSchema: schema.name, at: name.position) else {
            let meant = NameSuggestion.closest(to: name.text, among: schema.entryNames)
            throw .badSQL("there is no table “\(schema.name).\(name.text)”", at: name.position, hint: meant.map { "did you mean “\(schema.name).\($0)”?" })
                .because(.undefinedTable)
        }
        return noting(try bindEntry(name, entry, schema: schema.name), of: name, in: schema.name)
    }

    /// - Returns: nil where the schema has no such relation.
    /// - Throws: what the catalog throws, placed at the name; data-error for an entry that cannot be opened.
    func entry(_ name: String, inSchema schema: String, at position: Int) throws(QueryError) -> CatalogEntry? {
        dependsOnSession = true
        do {
            return try context.catalog.entry(named: name, inSchema: schema)
        } catch let error as QueryError {
            throw error.placed(at: position)
        } catch {
            throw .data("the table “\(schema).\(name)” cannot be opened: \(error)", at: position)
        }
    }

    private func bindEntry(_ name: NameSyntax, _ entry: CatalogEntry, schema: String? = nil) throws(QueryError) -> LogicalPlan {
        switch entry {
        case .table(let source, let scope): scan(name.text, source, scope)
        case .view(let query): try bindView(name, query, schema: schema)
        case .rows(let rows): try bindRows(name, rows)
        }
    }

    /// As the other, of the store's own tables and views.
    func entry(_ name: String, at position: Int) throws(QueryError) -> CatalogEntry? {
        dependsOnSession = true
        do {
            return try context.catalog.entry(named: name)
        } catch let error as QueryError {
            throw error.placed(at: position)
        } catch {
            throw .data("the table “\(name)” cannot be opened: \(error)", at: position)
        }
    }

    /// A relation of another schema than the store's, or of the one that is found without its name where the store has none of that name.
    private func dialectEntry(_ name: [NameSyntax]) throws(QueryError) -> CatalogEntry? {
        guard let dialect = context.catalog.dialect, let last = name.last, name.count <= 2 else { return nil }
        dependsOnSession = true
        do {
            if name.count == 2 { return try dialect.entry(named: last.text, inSchema: name[0].text) }
            return try !findsTables || context.catalog.entry(named: last.text) == nil ? dialect.entry(named: last.text, inSchema: dialect.openSchema) : nil
        } catch let error as QueryError {
            throw error.placed(at: last.position)
        } catch {
            throw .data("the relation “\(last.text)” cannot be opened: \(error)", at: last.position)
        }
    }

    /// The scan of all columns of a table; `ColumnPruning` leaves out those that nobody reads.
    ///
    /// - Parameter scope: rows that the asker may see. It goes into the scan beneath everything, so that no expression meets another row.
    func scan(_ name: String, _ source: any TableSource, _ scope: [ColumnFilter]) -> LogicalPlan {
        let table = TableReference(name: name, source: source, identity: newTable())
        let columns = source.schema.fields.map { ScanColumn(column: newColumn($0.name, $0.type.withoutIDs), name: $0.name) }
        let single = source.singlePrecisionColumns
        for column in columns where single.contains(column.name) { singlePrecisionIDs.insert(column.column.id) }
        let declared = source.declaredTypes
        if !declared.isEmpty { for column in columns { declare(column.column, as: declared[column.name]) } }
        return .scan(ScanNode(table: table, columns: columns, scope: scope))
    }

    /// A rollup as a table.
    ///
    /// - Throws: data-error where it has no plan.
    func bindRows(_ name: NameSyntax, _ rows: any EntryRows) throws(QueryError) -> LogicalPlan {
        do {
            guard let planned = rows as? any PlannedRows else { throw QueryError(.unsupportedSQL, "its rows have no plan") }
            let (plan, read) = try planned.plan(isWhole: context.readsWholeSums, newColumn: newColumn, newTable: newTable)
            sumsRead.append(read)
            return plan
        } catch { throw .data("the table “\(name.text)” cannot be opened: \((error as? QueryError)?.detail ?? "\(error)")", at: name.position) }
    }

    /// The view's query, bound at this place as if it stood here in parentheses, but with nothing around it.
    ///
    /// - Throws: bad-sql where views read each other in a ring; any fault of the view's text at the place of its name.
    private func bindView(_ name: NameSyntax, _ query: String, schema: String?) throws(QueryError) -> LogicalPlan {
        // Two schemas may each have a view of that name.
        let key = schema.map { "\($0).\(name.text)" } ?? name.text
        guard !openViews.contains(key) else { throw .badSQL("the view “\(name.text)” reads itself", at: name.position) }
        guard openViews.count < Self.viewDepthMax else {
            throw .unsupported("views that read each other are more than \(Self.viewDepthMax) deep at “\(name.text)”", at: name.position)
        }
        openViews.append(key)
        defer { openViews.removeLast() }
        do throws(QueryError) {
            guard case .query(let syntax) = try Parser.parseStatement(query) else {
                throw QueryError.badSQL("the view “\(name.text)” is no SELECT", at: nil)
            }
            return try bindQuery(syntax, parent: nil).plan
        } catch {
            // Positions in the view's text mean nothing in the query's.
            throw error.moved(to: name.position)
        }
    }

    /// Views within views.
    package static let viewDepthMax = 16

    /// The error for a name that is no table, with the nearest of all names that could stand here.
    func unknownTable(_ name: NameSyntax, in frame: BindingFrame) -> QueryError {
        var known = context.catalog.entryNames
        var level: BindingFrame? = frame
        while let here = level {
            known += here.commonTables.keys.sorted() + here.names.relations.compactMap(\.name)
            level = here.parent
        }
        let meant = NameSuggestion.closest(to: name.text, among: known)
        return .badSQL("there is no table “\(name.text)”", at: name.position, hint: meant.map { "did you mean “\($0)”?" }).because(.undefinedTable)
    }

    /// Two tables of one FROM cannot have one name.
    private func checkNames(of item: TableSyntax, against frame: BindingFrame) throws(QueryError) {
        var seen = Set(frame.names.relations.compactMap(\.name))
        try collect(item, &seen)
    }

    /// The names that an item brings, those within a join among them.
    ///
    /// - Throws: bad-sql for one that is there already.
    private func collect(_ item: TableSyntax, _ seen: inout Set<String>) throws(QueryError) {
        let name: NameSyntax?
        switch item {
        case .named(let parts, let alias): name = alias?.name ?? parts.last
        case .subquery(_, let alias, _, _): name = alias?.name
        case .function(let call, _, let alias, _): name = alias?.name ?? call.name
        case .sampled(let table, _, _, _, _): return try collect(table, &seen)
        case .join(_, let left, let right, let condition, _):
            try collect(left, &seen)
            try collect(right, &seen)
            name = if case .using(_, let alias) = condition { alias } else { nil }
        }
        guard let name else { return }
        guard seen.insert(name.text).inserted else {
            throw .badSQL("the table name “\(name.text)” is used twice", at: name.position, hint: "give one an alias").because(.duplicateAlias)
        }
    }

    // MARK: Functions that give rows

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
        guard !call.arguments.isEmpty else { throw .badSQL("UNNEST takes a list", at: position) }
        let list = try bindExpression(call.arguments[0], in: ExpressionScope(frame: frame, clause: "FROM"))
        guard case .list = list.type else { throw .badSQL("UNNEST needs a list, not \(list.type.sqlName)", at: list.position) }
        let found = try unnested(list.expression.flat(at: position), column: alias?.name.text ?? "unnest", "unnest", withOrdinality, alias, at: position)
        declareElements(of: list, in: found.elements)
        return found
    }

    /// Elements of `smallint[]` are SMALLINT, in however many dimensions they lie.
    private func declareElements(of list: TypedExpression, in elements: [UnnestNode.Element]) {
        if elements.count == 1, elements[0].member.isEmpty, let declared = declaredType(list), declared.hasSuffix("[]") {
            declare(elements[0].column, as: String(declared.dropLast(2)))
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
            guard givesRows(function) else { throw .unsupported("ROWS FROM takes functions that give rows, and \(name) is none here", at: argument.position) }
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
            names: NameScope(name: name.text, columns: columns.map(scopeColumn)))
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
        if let rows = context.catalog.dialect?.rows(ofFunction: call.name.text, argumentCount: call.arguments.count) {
            try countNode(at: position)
            dependsOnSession = true
            return listOfRows(scan(call.name.text, rows, []), isEmpty: (rows as? MemoryTable)?.statistics.rowCount == 0, at: position)
        }
        if call.name.text == "unnest" {
            guard arguments.count == 1 else { throw .unsupported("UNNEST takes one list", at: call.name.position) }
            guard case .list = arguments[0].type else {
                throw .badSQL("UNNEST needs a list, not \(arguments[0].type.sqlName)", at: arguments[0].position)
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

    static let one = Expression.literal(.integer(1), .int32)

    /// Whether a value is one of PostgreSQL's vectors: lists that count from 0 and are written without braces.
    func isVector(_ value: TypedExpression) -> Bool {
        guard case .list = value.type, let declared = declaredType(value) else { return false }
        return declared == "int2vector" || declared == "oidvector"
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
            throw .badSQL("\(call.name.text) in FROM takes arguments only", at: call.name.position)
        }
    }

    /// A function that is a table by itself: the dialect's, generate_series of constants, or one value as a row.
    private func bindTableFunction(
        _ call: FunctionSyntax, _ withOrdinality: Bool, _ alias: TableAliasSyntax?, at position: Int, in frame: BindingFrame
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        try countNode(at: position)
        try checkPlain(call)
        if !withOrdinality, let rows = context.catalog.dialect?.rows(ofFunction: call.name.text, argumentCount: call.arguments.count) {
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
        return (plan, NameScope(name: name.text, columns: columns.map(scopeColumn)))
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
    /// - Throws: bad-sql for times without a step, and for what is neither number nor time.
    private func seriesTypes(_ arguments: [TypedExpression], at position: Int) throws(QueryError) -> (ColumnType, [Expression]) {
        let first = arguments[0], last = arguments[1]
        // A step that is an interval says so of bounds without a type as well.
        let isTime = [first, last].contains { TypeRules.isTimestamp($0.type) || $0.type == .date } || arguments.count == 3 && arguments[2].type == .interval
        if isTime {
            guard arguments.count == 3 else { throw .badSQL("generate_series of times needs a step", at: position) }
            // Dates become timestamps with time zone, as in PostgreSQL.
            let type: ColumnType = first.type == .timestamp(isUTC: false) || last.type == .timestamp(isUTC: false)
                ? .timestamp(isUTC: false) : .timestampTZ
            return (type, [
                try implicit(first, to: type, "generate_series"), try implicit(last, to: type, "generate_series"),
                try implicit(arguments[2], to: .interval, "generate_series"),
            ])
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
