import ColumnStore

/// FROM: tables, views, WITH queries, subqueries. `Binder+RowFunctions` has functions that give rows, `Binder+Joins` what joins them.
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
    func named(_ plan: LogicalPlan, _ alias: TableAliasSyntax?, name: String?) throws(QueryError) -> (LogicalPlan, NameScope) {
        var columns = plan.columns
        if let alias {
            guard !alias.namesAll || columns.count <= alias.columns.count else { throw RecursionColumns.needsNames(at: alias.name.position) }
            columns = try renamed(columns, to: alias.columns, of: alias.name)
        }
        return (plan, NameScope(name: alias?.name.text ?? name, columns: columns.map(scopeColumn)))
    }

    func scopeColumn(_ column: OutputColumn) -> NameScope.Column {
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
            // A third name is another database's, and a fourth nothing's.
            let cause: QueryError.Cause = name.count < 3 ? .undefinedTable : name.count == 3 ? .notSupported : .syntax
            throw .badSQL("there is no schema “\(name[0].text)”", at: name[0].position, hint: "tables have no schema here").because(cause)
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

    private var findsTablesFirst: Bool {
        guard let dialect = context.catalog.dialect else { return false }
        return openViews.isEmpty ? dialect.findsTablesFirst : true
    }

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
        func number(_ syntax: ExpressionSyntax, _ what: String, as type: String, _ cause: QueryError.Cause) throws(QueryError) -> Double {
            let scope = ExpressionScope(frame: BindingFrame(parent: nil), clause: "TABLESAMPLE")
            let value = try settled(try bindExpression(syntax, in: scope), as: type)
            guard case .literal(let literal, _) = folded(try cast(value, to: .double, isExplicit: true)) else {
                throw .unsupported("\(what) of TABLESAMPLE must be a constant", at: syntax.position)
            }
            // Where only types are asked for, values are still to come.
            if context.parameterTypes != nil, literal == .null { return 0 }
            guard case .double(let number) = literal, !number.isNaN else { throw .data("\(what) of TABLESAMPLE must not be NULL", at: syntax.position).because(cause) }
            return number
        }
        let share = try number(percentage, "the percentage", as: "float4", .badSampleShare)
        guard (0...100).contains(share) else { throw .data("the percentage of TABLESAMPLE lies between 0 and 100", at: percentage.position).because(.badSampleShare) }
        // Without REPEATABLE another sample each time: the moment is the seed.
        let start = try seed.map { (seed) throws(QueryError) in try number(seed, "the seed", as: "float8", .badSampleSeed) } ?? Double(now)
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
            return try context.made.entry(.relation(schema: Array(schema.utf8), name: Array(name.utf8))) { try context.catalog.entry(named: name, inSchema: schema) }
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

    /// A relation of another schema than the store's, or of the one that is found without its name, before the store's unless the session's path has it behind.
    private func dialectEntry(_ name: [NameSyntax]) throws(QueryError) -> CatalogEntry? {
        guard let dialect = context.catalog.dialect, let last = name.last, name.count <= 2 else { return nil }
        dependsOnSession = true
        if name.count == 1, !dialect.isOpen(last.text) { return nil }
        do {
            if name.count == 1, findsTablesFirst, try context.catalog.entry(named: last.text) != nil { return nil }
            let schema = name.count == 2 ? name[0].text : dialect.openSchema
            return try context.made.entry(.relation(schema: Array(schema.utf8), name: Array(last.text.utf8))) { try dialect.entry(named: last.text, inSchema: schema) }
        } catch let error as QueryError {
            throw error.placed(at: last.position)
        } catch {
            throw .data("the relation “\(last.text)” cannot be opened: \(error)", at: last.position)
        }
    }

    /// The rows of one of the dialect's functions; nil of any other.
    ///
    /// - Throws: spill-full where there is no room for them.
    func dialectRows(of call: FunctionSyntax) throws(QueryError) -> (any TableSource)? {
        guard let dialect = context.catalog.dialect else { return nil }
        let (name, count) = (call.name.text, call.arguments.count)
        do throws(QueryError) {
            return try context.made.rows(.function(name: Array(name.utf8), argumentCount: count)) { dialect.rows(ofFunction: name, argumentCount: count) }
        } catch {
            throw error.placed(at: call.name.position)
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
            let (plan, read) = try planned.plan(in: context, newColumn: newColumn, newTable: newTable)
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
}
