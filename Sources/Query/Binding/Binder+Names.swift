package import ColumnStore

/// Names of columns in expressions, and the tables that describe tables.
///
/// A name is looked for from the innermost level outwards. Each level that is passed on the way is correlated by what is found: it mentions a column
/// of a query around it.
extension Binder {
    /// A dotted name is alias.column first, then column.field.
    ///
    /// Ways to read `a.b.c`, the first that finds something: column b of table a, column a, column c of table b in schema a, the same names in
    /// letters of another case, the row of a table.
    ///
    /// - Throws: bad-sql for a name that means nothing, or several things at one level.
    func bindName(_ parts: [NameSyntax], in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = parts[0].position
        if parts.count >= 2, let found = try find(parts[1].text, of: parts[0].text, from: scope.frame, at: position) {
            mention(found, parts[1].text, position)
            return TypedExpression(try fields(parts.dropFirst(2), of: found), at: position)
        }
        if let found = try find(parts[0].text, of: nil, from: scope.frame, at: position) {
            mention(found, parts[0].text, position)
            return TypedExpression(try fields(parts.dropFirst(1), of: found), at: position)
        }
        // schema.table.column
        if parts.count >= 3, context.catalog.dialect != nil || isSchema(parts[0].text), let found = try find(parts[2].text, of: parts[1].text, from: scope.frame, at: position) {
            mention(found, parts[2].text, position)
            return TypedExpression(try fields(parts.dropFirst(3), of: found), at: position)
        }
        if let found = try find(loosely: parts, from: scope.frame) {
            mention(found.0, parts[found.1 - 1].text, position)
            return TypedExpression(try fields(parts.dropFirst(found.1), of: found.0), at: position)
        }
        // Columns of every table in PostgreSQL, of none here.
        if let last = parts.last, ["tableoid", "xmin", "xmax"].contains(last.text), parts.count <= 2, let number = relationNumber(parts.count == 2 ? parts[0].text : nil, from: scope.frame) {
            if last.text == "tableoid" { return TypedExpression(.literal(.integer(number), .int64), declared: "oid", at: position) }
            // xmin is that of the reader's own transaction, xmax none: a client that asks for what is new (DataGrip does) finds everything.
            return TypedExpression(.literal(.integer(last.text == "xmin" ? 3 : 0), .int64), declared: "xid", at: position)
        }
        if parts.count == 1, let row = try wholeRow(parts[0], in: scope) { return TypedExpression(row, declared: "record", at: position) }
        throw unknownColumn(parts, in: scope.frame)
    }

    private func isSchema(_ name: String) -> Bool {
        ["public", "information_schema"].contains(name) || context.catalog.schemas.contains { $0.name == name }
    }

    /// `tableoid`, where the dialect numbers relations: of the table of that name, or of the only one there is.
    private func relationNumber(_ name: String?, from frame: BindingFrame) -> Int64? {
        guard let dialect = context.catalog.dialect else { return nil }
        var level: BindingFrame? = frame
        while let here = level {
            let relation = name.map { here.names.relation(named: $0) } ?? (here.names.relations.count == 1 ? here.names.relations[0] : nil)
            if case .column(let id, _)? = relation?.columns.first?.expression, let origin = origins[id] {
                dependsOnSession = true
                return dialect.number(ofRelation: origin.relation, inSchema: origin.schema)
            }
            level = here.parent
        }
        return nil
    }

    /// A table's name where a value is wanted: its row, with a field for each column.
    func wholeRow(_ name: NameSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression? {
        var passed: [BindingFrame] = []
        var level: BindingFrame? = scope.frame
        while let here = level {
            if let relation = here.names.relation(named: name.text), !relation.columns.isEmpty {
                guard !relation.mayBeAbsent || relation.presence != nil else {
                    wantsPresence = true
                    throw .unsupported("a whole row of “\(name.text)”, which an outer join may leave out, is no value here; name its columns", at: name.position)
                }
                var values = relation.columns.map(\.expression)
                // Numbers that are written as names are names within a row, as all that looks at rows writes them.
                if passed.isEmpty { for place in values.indices { values[place] = try written(TypedExpression(values[place], at: name.position), in: scope).expression } }
                let fields = zip(relation.columns, values).map { Field($0.name, $1.type) }
                var row = Expression.call(.makeRow, values, type: .structure(fields), position: name.position)
                // A stored relation has the columns that it has.
                let isStored = relation.columns.allSatisfy { if case .column(let id, _) = $0.expression { origins[id] != nil } else { false } }
                if !isStored { try checkFields(of: row.type, at: name.position) }
                if relation.mayBeAbsent, let presence = relation.presence {
                    row = .conditional(branches: [.init(condition: presence, result: row)], otherwise: .null(row.type), type: row.type)
                }
                for frame in passed { frame.correlate(row.columnIDs) }
                mention(row, name.text, name.position)
                return row
            }
            passed.append(here)
            level = here.parent
        }
        return nil
    }

    /// What `wholeRow` makes.
    static func isWholeRow(_ expression: Expression) -> Bool {
        if case .call(.makeRow, _, _, _) = expression { return true }
        return rowWhereItIs(expression) != nil
    }

    /// A row where a condition is true, and NULL elsewhere: the condition, and the row's fields; nil of any other expression.
    static func rowWhereItIs(_ expression: Expression) -> (condition: Expression, fields: [Expression])? {
        guard case .conditional(let branches, let otherwise, _) = expression, branches.count == 1, case .call(.makeRow, let fields, _, _) = branches[0].result,
            otherwise.map({ $0 == .null($0.type) }) ?? true
        else { return nil }
        return (branches[0].condition, fields)
    }

    /// Where no column has the very name: the value of a function's rows by its alias, and the one column whose name differs in the case of its letters
    /// only, where the name was written without quotes.
    private func find(loosely parts: [NameSyntax], from frame: BindingFrame) throws(QueryError) -> (Expression, partCount: Int)? {
        if parts.count >= 2, !parts[1].isQuoted,
            let found = try find(from: frame, parts[1].text, at: parts[0].position, { $0.lookup(anyCaseOf: parts[1].text, in: parts[0].text) }) { return (found, 2) }
        // What has no fields is asked for none: `g.m` is a column that is not there.
        if let found = try find(from: frame, parts[0].text, at: parts[0].position, { $0.lookup(rowOf: parts[0].text) }), parts.count == 1 || found.type.isNested { return (found, 1) }
        if !parts[0].isQuoted, let found = try find(from: frame, parts[0].text, at: parts[0].position, { $0.lookup(anyCaseOf: parts[0].text) }) { return (found, 1) }
        return nil
    }

    /// Notes where a column is mentioned, for `ungrouped`.
    private func mention(_ expression: Expression, _ name: String, _ position: Int) {
        for id in expression.columnIDs { mentions[id] = (name, position) }
    }

    /// Looks outward level by level; passing a level makes it a correlated one.
    private func find(_ name: String, of relation: String?, from frame: BindingFrame, at position: Int) throws(QueryError) -> Expression? {
        try find(from: frame, name, at: position) { names in relation.map { names.lookup(name, in: $0) } ?? names.lookup(name) }
    }

    /// The first level at which `lookup` finds something.
    private func find(
        from frame: BindingFrame, _ name: String, at position: Int, _ lookup: (NameScope) -> NameScope.Lookup
    ) throws(QueryError) -> Expression? {
        var passed: [BindingFrame] = []
        var level: BindingFrame? = frame
        while let here = level {
            switch lookup(here.names) {
            case .found(let expression):
                for frame in passed { frame.correlate(expression.columnIDs) }
                return expression
            case .ambiguous:
                throw .badSQL("the column “\(name)” is in several tables", at: position, hint: "put the table's name before it").because(.ambiguousColumn)
            case .none: break
            }
            passed.append(here)
            level = here.parent
        }
        return nil
    }

    /// Further names behind a column: members, each of the one before.
    private func fields(_ names: ArraySlice<NameSyntax>, of owner: Expression) throws(QueryError) -> Expression {
        var expression = owner
        for name in names { expression = try field(name, of: expression) }
        return expression
    }

    /// A member of a struct, or of each element of a list.
    func field(_ name: NameSyntax, of owner: Expression) throws(QueryError) -> Expression {
        var members: [Field]?, isList = false
        switch owner.type {
        case .structure(let fields): members = fields
        case .list(let element):
            if case .structure(let fields) = element.type { members = fields }
            isList = true
        default: break
        }
        guard let members else {
            throw .badSQL("a \(owner.type.sqlName) has no field “\(name.text)”", at: name.position)
        }
        guard let place = members.firstIndex(where: { $0.name == name.text }) else {
            let meant = NameSuggestion.closest(to: name.text, among: members.map(\.name))
            throw .badSQL("there is no field “\(name.text)”", at: name.position, hint: meant.map { "did you mean “\($0)”?" }).because(.undefinedColumn)
        }
        let type = isList ? ColumnType.list(element: Field("element", members[place].type)) : members[place].type
        if case .literal(.null, _) = owner { return .null(type) }
        return made(place, of: owner) ?? .member(owner, name: name.text, type: type)
    }

    /// A field of a row that is made on the spot is what it is made of: the others, among them names that are looked up by numbers, need not be made. Nil of all else.
    private func made(_ place: Int, of row: Expression) -> Expression? {
        if case .call(.makeRow, let values, _, _) = row { return values[place] }
        guard let (condition, fields) = Self.rowWhereItIs(row) else { return nil }
        // Columns of a side that a join left out are NULL by themselves; whatever else a statement says of a row holds for its fields.
        if case .column(let id, _) = condition, presenceIDs.contains(id), case .column = fields[place] { return fields[place] }
        return .conditional(branches: [.init(condition: condition, result: fields[place])], otherwise: .null(fields[place].type), type: fields[place].type)
    }

    /// The error for a name that is no column, with the nearest one that is.
    private func unknownColumn(_ parts: [NameSyntax], in frame: BindingFrame) -> QueryError {
        let first = parts[0]
        var relations: [String] = [], columns: [String] = []
        var level: BindingFrame? = frame
        while let here = level {
            relations += here.names.relations.compactMap(\.name)
            columns += here.names.unqualified.map(\.column.name)
            if parts.count >= 2, here.names.hasRelation(first.text) {
                let meant = NameSuggestion.closest(to: parts[1].text, among: here.names.columnNames(of: first.text))
                return .badSQL(
                    "“\(first.text)” has no column “\(parts[1].text)”", at: parts[1].position,
                    hint: meant.map { "did you mean “\(first.text).\($0)”?" }).because(.undefinedColumn)
            }
            level = here.parent
        }
        if parts.count == 1, relations.contains(first.text) {
            return .unsupported("a whole row of “\(first.text)” is no value here; name its columns", at: first.position)
        }
        let meant = NameSuggestion.closest(to: first.text, among: parts.count >= 2 ? relations + columns : columns)
        let what = parts.count >= 2 ? "there is no table or column “\(first.text)”" : "there is no column “\(first.text)”"
        return .badSQL(what, at: first.position, hint: meant.map { "did you mean “\($0)”?" }).because(parts.count > 4 ? .syntax : parts.count >= 2 ? .undefinedTable : .undefinedColumn)
    }

    // MARK: Tables about tables

    /// A table of constants: its columns' names and types, and its rows.
    private func textRows(_ names: [(String, ColumnType)], _ rows: [[Value]]) -> LogicalPlan {
        let columns = names.map { newColumn($0.0, $0.1) }
        return .values(columns: columns, rows: rows.map { row in zip(row, names).map { .literal($0, $1.1) } })
    }

    /// SHOW TABLES: all names that FROM finds without a schema.
    func showTables() -> BoundQuery {
        let plan = textRows([("name", .string)], context.catalog.entryNames.map { [.string($0)] })
        return BoundQuery(plan: plan, columns: plan.columns)
    }

    /// DESCRIBE: names and types of a table's columns, in its order; of a view too.
    func describe(_ table: [NameSyntax]) throws(QueryError) -> BoundQuery {
        let select = SelectSyntax(
            items: [
                SelectItemSyntax(
                    expression: ExpressionSyntax(kind: .star([]), position: table[0].position, height: 1), alias: nil)
            ],
            from: [.named(table, alias: nil)], position: table[0].position)
        let rows = try bindQuery(QuerySyntax(body: .select(select), position: table[0].position), parent: nil)
        let plan = textRows(
            [("column_name", .string), ("column_type", .string), ("", .int32)],
            rows.columns.enumerated().map { [.string($0.element.name), .string($0.element.type.sqlName), .integer(Int64($0.offset))] })
        // In the table's order, which pages keep, too.
        let shown = Array(plan.columns.dropLast())
        let sorted = LogicalPlan.sort(SortNode(input: plan, keys: [SortKey(.column(plan.columns[2]))])).shaped(as: shown)
        return BoundQuery(plan: sorted, columns: shown)
    }

    /// - Throws: bad-sql for a table that it does not have; spill-full where there is no room for its rows.
    func informationSchema(_ name: NameSyntax) throws(QueryError) -> LogicalPlan {
        guard let relation = InformationSchema.byName[name.text] else {
            let meant = NameSuggestion.closest(to: name.text, among: InformationSchema.all.map(\.name))
            throw .badSQL("there is no table information_schema.\(name.text)", at: name.position, hint: meant.map { "did you mean \($0)?" }).because(.undefinedTable)
        }
        dependsOnSession = true
        let (schema, shown) = (Array("information_schema".utf8), Array(relation.name.utf8))
        do throws(QueryError) {
            let table = try context.made.table(asksForColumns ? .columns(schema: schema, name: shown) : .relation(schema: schema, name: shown)) { () throws(QueryError) -> MemoryTable in
                let schemas = (context.catalog.dialect.map { [$0.openSchema] } ?? []) + ["public", "information_schema"] + context.catalog.schemas.map(\.name)
                // Where a view's columns are wanted, no row is: what is shown would be made again for each view of it.
                let relations = asksForColumns ? [] : try shownRelations(at: name.position, defining: relation.name == "views")
                return relation.table(InformationRows(relations: relations, schemas: schemas, functions: FunctionRegistry.shown).rows(of: relation.name))
            }
            return scan(relation.name, table, [])
        } catch {
            throw error.placed(at: name.position)
        }
    }

    /// Everything that FROM may name, those of other schemas last.
    /// - Parameter isDefining: with the texts of views.
    private func shownRelations(at position: Int, defining isDefining: Bool) throws(QueryError) -> [ShownRelation] {
        var found: [ShownRelation] = []
        let names = Set(context.catalog.entryNames)
        for table in context.catalog.entryNames {
            guard let entry = try entry(table, at: position) else { continue }
            var isView = true
            // What is shown of a table under another name is no table of its own.
            if case .table = entry { isView = ["_accepted", "_history"].contains { table.hasSuffix($0) && names.contains(String(table.dropLast($0.count))) } }
            found.append(ShownRelation(schema: "public", name: table, isView: isView, columns: columns(of: entry, table), definition: isDefining ? definition(of: entry, table) : nil))
        }
        for schema in context.catalog.schemas {
            for name in schema.entryNames {
                guard let entry = try entry(name, inSchema: schema.name, at: position) else { continue }
                let definition = isDefining ? definition(of: entry, name, schema: schema.name) : nil
                found.append(ShownRelation(schema: schema.name, name: name, isView: true, columns: columns(of: entry, name, schema: schema.name), definition: definition))
            }
        }
        return found
    }

    private func definition(of entry: CatalogEntry, _ name: String, schema: String? = nil) -> String? {
        let query: String? = if case .view(let query) = entry { query } else { nil }
        return ViewDefinition.text(ofView: name, query, inSchema: schema, in: context.catalog)
    }

    private func columns(of entry: CatalogEntry, _ name: String, schema: String? = nil) -> [Field] {
        switch entry {
        case .table(let source, _): source.schema.fields
        case .rows(let rows): rows.fields
        // A view that does not bind has no columns to show; whoever reads it gets the reason.
        case .view(let query): Self.columns(ofView: name, query, inSchema: schema, in: context) ?? []
        }
    }

    /// The columns of a view: those that were kept with it, else those of its text, which is no part of the question at hand: however many views there are,
    /// each has a plan's room of its own. Nil where it does not bind.
    package static func columns(ofView name: String, _ query: String, inSchema schema: String?, in context: QueryContext) -> [Field]? {
        if schema == nil, let stored = context.catalog.storedColumns(ofView: name) { return stored }
        let binder = Binder(context: context)
        binder.openViews = [schema.map { "\($0).\(name)" } ?? name]
        binder.asksForColumns = true
        guard case .query(let syntax)? = try? Parser.parseStatement(query) else { return nil }
        return try? binder.bindQuery(syntax, parent: nil).columns.map { Field($0.name, $0.type) }
    }
}
