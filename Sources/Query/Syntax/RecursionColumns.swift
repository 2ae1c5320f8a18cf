/// SEARCH and CYCLE behind a table of WITH RECURSIVE, as the columns that they stand for: both parts of the table are asked once more, and each row has with it
/// what the row that it comes from had. `CYCLE n SET c USING p` of `SELECT 1 UNION ALL SELECT n + 1 FROM r` is
///
///     SELECT s.n, false, ARRAY[ROW(s.n)] FROM (SELECT 1) s(n)
///     UNION ALL
///     SELECT s.n, CASE WHEN array_position(s.p, ROW(s.n)) IS NOT NULL THEN true ELSE false END, s.p || ROW(s.n)
///     FROM (SELECT n + 1, r.c, r.p FROM r WHERE r.c <> true) s(n, c, p)
extension Parser {
    /// A table with what stands behind it, if anything does.
    mutating func withRecursionColumns(_ table: CommonTableSyntax) throws(QueryError) -> CommonTableSyntax {
        guard at("search") || at("cycle") else { return table }
        let start = position
        guard table.isRecursive else { throw .badSQL("SEARCH and CYCLE stand behind tables of WITH RECURSIVE", at: start) }
        var columns = try RecursionColumns(of: table, at: start)
        if accept("search") {
            let isDepth = accept("depth")
            if !isDepth { try expect("breadth") }
            try expect("first")
            try expect("by")
            let by = try searchedColumns(columns)
            try expect("set")
            let name = try name("a column's name")
            columns.added.append(try isDepth ? path(name, by) : level(name, by))
        }
        if accept("cycle") {
            let by = try searchedColumns(columns)
            try expect("set")
            let mark = try name("a column's name")
            var values = (found: try node(.boolean(true), at: start), usual: try node(.boolean(false), at: start))
            if accept("to") {
                values.found = try expression()
                try expect("default")
                values.usual = try expression()
            }
            try expect("using")
            let path = try path(try name("a column's name"), by)
            try columns.add(cycle: mark, values, path, made(by), &self)
        }
        return try columns.table(table, &self)
    }

    /// Names of columns that the table has.
    private mutating func searchedColumns(_ columns: RecursionColumns) throws(QueryError) -> [NameSyntax] {
        var names: [NameSyntax] = []
        repeat {
            let name = try name("a column's name")
            guard columns.visible.contains(where: { $0.text == name.text }) else {
                throw .badSQL("the recursive table has no column “\(name.text)”", at: name.position)
            }
            guard !names.contains(where: { $0.text == name.text }) else { throw .badSQL("the column “\(name.text)” stands twice here", at: name.position).because(.duplicateColumn) }
            names.append(name)
        } while acceptSymbol(",")
        try checkListCount(names.count, "SEARCH or CYCLE")
        return names
    }

    /// The row of these columns.
    private mutating func made(_ names: [NameSyntax]) throws(QueryError) -> ExpressionSyntax {
        var fields: [ExpressionSyntax] = []
        for name in names { fields.append(try column(name)) }
        return try node(.row(fields), at: names[0].position, over: fields)
    }

    /// - Parameter table: nil for the part's own rows.
    mutating func column(_ name: NameSyntax, of table: NameSyntax? = nil) throws(QueryError) -> ExpressionSyntax {
        try node(.name([table ?? RecursionColumns.rows(at: name.position), name]), at: name.position)
    }

    /// All rows on the way to one, itself at the end.
    private mutating func path(_ name: NameSyntax, _ by: [NameSyntax]) throws(QueryError) -> RecursionColumns.Added {
        let row = try made(by), before = try column(name)
        let first = try node(.array([row]), at: name.position, over: [row])
        return RecursionColumns.Added(name: name, first: first, next: try node(.binary(.concatenate, before, row), at: name.position, over: [before, row]))
    }

    /// How many rows are on the way to one, and the row.
    private mutating func level(_ name: NameSyntax, _ by: [NameSyntax]) throws(QueryError) -> RecursionColumns.Added {
        let place = name.position
        let zero = try node(.number("0"), at: place), one = try node(.number("1"), at: place)
        let start = try node(.cast(zero, TypeNameSyntax(name: "bigint", modifiers: [], isArray: false, position: place)), at: place, over: [zero])
        let before = try column(name)
        let count = try node(.field(before, NameSyntax("f1", at: place)), at: place, over: [before])
        let further = try node(.binary(.add, count, one), at: place, over: [count, one])
        var rows: [ExpressionSyntax] = []
        for level in [start, further] {
            var fields = [level]
            for name in by { fields.append(try column(name)) }
            rows.append(try node(.row(fields), at: place, over: fields))
        }
        return RecursionColumns.Added(name: name, first: rows[0], next: rows[1])
    }
}

/// What SEARCH and CYCLE add to a recursive table.
struct RecursionColumns {
    struct Added {
        var name: NameSyntax
        /// Of a row of the first part.
        var first: ExpressionSyntax
        /// Of one of the second part, which has the column of the row that it comes from with it.
        var next: ExpressionSyntax
    }

    /// Columns that the table has without them.
    let visible: [NameSyntax]
    /// In the order in which they stand behind the others.
    var added: [Added] = []
    private let parts: (first: SelectSyntax, next: SelectSyntax)
    private let isAll: Bool
    private let position: Int
    /// What the second part calls the table.
    private let reference: NameSyntax
    private let hasStars: Bool
    /// What ends the search.
    private var condition: ExpressionSyntax?

    /// What the rows of a part are called: no other table has blanks in its name.
    static func rows(at position: Int) -> NameSyntax { NameSyntax("rows of recursion", at: position) }

    /// - Throws: bad-sql where the query is not `SELECT … UNION SELECT …`; unsupported-sql where its columns have no names to repeat, or the second
    ///   part has no place to take the added columns from.
    init(of table: CommonTableSyntax, at position: Int) throws(QueryError) {
        let query = table.query
        guard case .setOperation(.union, let isAll, .select(let first), .select(let next), _) = query.body, query.with.isEmpty, query.orderBy.isEmpty, query.limit == nil,
            query.offset == nil
        else { throw .badSQL("SEARCH and CYCLE take SELECT … UNION [ALL] SELECT …", at: position).because(.badRecursion) }
        guard next.groupBy.isEmpty, next.having == nil else { throw .unsupported("SEARCH and CYCLE need a second part without groups", at: position) }
        guard let reference = next.from.lazy.compactMap({ Self.reference(to: table.name, in: $0) }).first else {
            throw .unsupported("SEARCH and CYCLE need the recursive table in FROM of the second part, under a name without columns", at: position)
        }
        // What a star stands for only the binder knows: then the table names all columns. Of the recursive table itself it would have the added ones, too.
        hasStars = (first.items + next.items).contains { $0.star != nil }
        if hasStars {
            let isOfItself = next.items.contains { item in item.star.map { $0.last.map { $0.text == reference.text } ?? true } ?? false }
            guard !table.columns.isEmpty, !isOfItself else { throw Self.needsNames(at: position) }
            visible = table.columns
        } else {
            let own = first.items.map { NameSyntax($0.alias?.text ?? OutputNames.name(of: $0.expression), at: position) }
            visible = table.columns + own.dropFirst(table.columns.count)
        }
        (self.isAll, self.position, self.reference, parts) = (isAll, position, reference, (first, next))
    }

    static func needsNames(at position: Int) -> QueryError {
        .unsupported("SEARCH and CYCLE need the columns of both parts by name, or a * of other tables and the names of all columns behind the table's", at: position)
    }

    /// What FROM calls the recursive table; nil where it does not stand there.
    private static func reference(to name: NameSyntax, in table: TableSyntax) -> NameSyntax? {
        switch table {
        case .named(let parts, let alias):
            guard parts.count == 1, parts[0].text == name.text, alias?.columns.isEmpty ?? true else { return nil }
            return alias?.name ?? parts[0]
        case .join(_, let left, let right, _, _): return reference(to: name, in: left) ?? reference(to: name, in: right)
        case .subquery, .function, .sampled: return nil
        }
    }

    /// A mark of rows that were met before, and the way to each; behind a marked row the search ends.
    mutating func add(
        cycle mark: NameSyntax, _ values: (found: ExpressionSyntax, usual: ExpressionSyntax), _ path: Added, _ row: ExpressionSyntax, _ parser: inout Parser
    ) throws(QueryError) {
        let place = mark.position
        let before = try parser.column(path.name)
        let found = try parser.callNode(FunctionSyntax(name: NameSyntax("array_position", at: place), arguments: [before, row]))
        let isFound = try parser.node(.isTest(found, .null, isNegated: true), at: place, over: [found])
        let branch = ExpressionSyntax.CaseBranch(condition: isFound, result: values.found)
        let next = try parser.node(.caseWhen(operand: nil, branches: [branch], otherwise: values.usual), at: place, over: [isFound, values.found, values.usual])
        added += [Added(name: mark, first: values.usual, next: next), path]
        let last = try parser.column(mark, of: reference)
        condition = try parser.node(.binary(.notEqual, last, values.found), at: place, over: [last, values.found])
    }

    /// The table with the added columns: each part stands as a subquery under `rows of recursion`, so that the new expressions can name its columns.
    ///
    /// - Throws: bad-sql for a name that another column has.
    func table(_ table: CommonTableSyntax, _ parser: inout Parser) throws(QueryError) -> CommonTableSyntax {
        let names = visible + added.map(\.name)
        guard Set(names.map(\.text)).count == names.count else {
            throw .badSQL("SEARCH and CYCLE need names that no other column of the table has", at: position)
        }
        var next = parts.next
        for column in added { next.items.append(SelectItemSyntax(expression: try parser.column(column.name, of: reference), alias: column.name)) }
        if let condition {
            next.whereClause = try next.whereClause.map { (own) throws(QueryError) in try parser.node(.and([own, condition]), at: own.position, over: [own, condition]) } ?? condition
        }
        let body = QueryBody.setOperation(
            .union, isAll: isAll, left: .select(try select(parts.first, visible, added.map(\.first), &parser)), right: .select(try select(next, names, added.map(\.next), &parser)),
            position: position)
        return CommonTableSyntax(name: table.name, columns: names, query: QuerySyntax(body: body, position: table.query.position), isRecursive: true)
    }

    /// The visible columns of a part, and what is added to them.
    private func select(_ part: SelectSyntax, _ names: [NameSyntax], _ values: [ExpressionSyntax], _ parser: inout Parser) throws(QueryError) -> SelectSyntax {
        var select = SelectSyntax(position: part.position)
        for name in visible { select.items.append(SelectItemSyntax(expression: try parser.column(name), alias: name)) }
        for (column, value) in zip(added, values) { select.items.append(SelectItemSyntax(expression: value, alias: column.name)) }
        let alias = TableAliasSyntax(name: Self.rows(at: part.position), columns: names, namesAll: hasStars)
        select.from = [.subquery(QuerySyntax(body: .select(part), position: part.position), alias: alias, isLateral: false, position: part.position)]
        return select
    }
}

extension SelectItemSyntax {
    /// Of columns that only the tables tell what stands before the star: nothing is all of them.
    fileprivate var star: [NameSyntax]? {
        switch expression.kind {
        case .star(let qualifier): qualifier
        case .members: []
        default: nil
        }
    }
}
