/// Queries: WITH, SELECT, VALUES, set operations, ORDER BY and LIMIT.
///
///     query  = [WITH [RECURSIVE] table {',' table}] body [ORDER BY items] [LIMIT n | FETCH FIRST n ROWS (ONLY | WITH TIES)] [OFFSET n]
///     table  = name ['(' names ')'] AS [[NOT] MATERIALIZED] '(' query ')' [SEARCH …] [CYCLE …]
///     body   = term { INTERSECT [ALL] term } { (UNION | EXCEPT) [ALL] term { INTERSECT [ALL] term } }
///     term   = '(' query ')' | SELECT … | VALUES row {',' row} | TABLE name
///     select = SELECT [ALL | DISTINCT [ON '(' list ')']] items [FROM tables] [WHERE x]
///              [GROUP BY [DISTINCT] groupings] [HAVING x] [WINDOW name AS '(' window ')' …]
///
/// LIMIT and OFFSET may stand in either order. What writes or locks is refused by name.
///
/// PostgreSQL 15's documentation, chapter 7, and the page of SELECT.
extension Parser {
    /// A query, its WITH included, up to a token that can be no part of it.
    mutating func query() throws(QueryError) -> QuerySyntax {
        try measuredQuery().0
    }

    /// A query, and its height for the expression that holds it.
    mutating func measuredQuery() throws(QueryError) -> (QuerySyntax, height: Int) {
        try measured { (parser) throws(QueryError) in try parser.queryHere() }
    }

    private mutating func queryHere() throws(QueryError) -> QuerySyntax {
        let start = position
        let with = accept("with") ? try commonTables() : []
        let body = try queryBody()
        var query = QuerySyntax(with: with, body: body, position: start)
        try queryTail(into: &query)
        return query
    }

    /// Continues a query whose first part, in parentheses, has been read already.
    mutating func query(continuing first: QuerySyntax) throws(QueryError) -> (QuerySyntax, height: Int) {
        try measured { (parser) throws(QueryError) in
            let body = try parser.setOperations(from: .nested(first))
            var query = QuerySyntax(body: body, position: first.position)
            try parser.queryTail(into: &query)
            return query
        }
    }

    /// Whether the current token can follow a query in parentheses and make it the first part of a longer one.
    var atQueryContinuation: Bool { at(anyOf: ["union", "intersect", "except", "order", "limit", "offset", "fetch"]) }

    /// MATERIALIZED and NOT MATERIALIZED are read and mean nothing: the planner decides by how often a table is mentioned.
    private mutating func commonTables() throws(QueryError) -> [CommonTableSyntax] {
        let isRecursive = accept("recursive")
        var tables: [CommonTableSyntax] = []
        repeat {
            let name = try name("a name for this WITH query")
            let columns = atSymbol("(") ? try nameList() : []
            try expect("as")
            if at("not") && nextIs("materialized") { advance() }
            accept("materialized")
            try expectSymbol("(")
            guard startsQuery() else { throw .unsupported("WITH takes SELECT only", at: position).because(.readOnly) }
            let body = try query()
            try expectSymbol(")")
            tables.append(try withRecursionColumns(CommonTableSyntax(name: name, columns: columns, query: body, isRecursive: isRecursive)))
        } while acceptSymbol(",")
        return tables
    }

    /// ORDER BY, LIMIT, OFFSET and FETCH, each once.
    private mutating func queryTail(into query: inout QuerySyntax) throws(QueryError) {
        if accept("order") {
            try expect("by")
            query.orderBy = try orderItems()
        }
        // LIMIT and FETCH are one clause.
        var sawLimit = false, sawOffset = false
        while true {
            let start = position
            if at("limit"), !sawLimit {
                advance()
                sawLimit = true
                if !accept("all") { query.limit = try expression() }
                if atSymbol(",") { throw .badSQL("LIMIT a, b is not SQL", at: position, hint: "write LIMIT b OFFSET a") }
            } else if at("offset"), !sawOffset {
                advance()
                sawOffset = true
                query.offset = try expression()
                _ = accept("row") || accept("rows")
            } else if at("fetch"), !sawLimit {
                advance()
                sawLimit = true
                query.limit = try fetchCount(start, withTies: &query.withTies)
            } else {
                break
            }
        }
        if at("for") { throw .unsupported("row locks are not supported", at: position).because(.readOnly) }
        if at("into") { throw .unsupported("SELECT INTO is not supported", at: position).because(.readOnly) }
    }

    /// `-1`: a number like others, which its sign is then refused for.
    private mutating func signedCount() throws(QueryError) -> ExpressionSyntax {
        let start = position, sign: ExpressionSyntax.UnaryOperator = atSymbol("-") ? .minus : .plus
        advance()
        guard current.kind == .number else { throw unexpected(expected: "a number") }
        let number = try primaryExpression()
        return try node(.unary(sign, number), at: start, over: [number])
    }

    /// `FETCH {FIRST | NEXT} [n] {ROW | ROWS} {ONLY | WITH TIES}`; without a number one row.
    private mutating func fetchCount(_ start: Int, withTies: inout Bool) throws(QueryError) -> ExpressionSyntax {
        guard accept("first") || accept("next") else { throw unexpected(expected: "FIRST or NEXT") }
        let count = at("row") || at("rows") ? try node(.number("1"), at: start) : atSymbol("-") || atSymbol("+") ? try signedCount() : try primaryExpression()
        guard accept("row") || accept("rows") else { throw unexpected(expected: "ROW or ROWS") }
        if at("with"), nextIs("ties") {
            advance()
            advance()
            withTies = true
            return count
        }
        try expect("only")
        return count
    }

    /// `expression [ASC | DESC | USING < | USING >] [NULLS FIRST | NULLS LAST]`, one or more.
    ///
    /// - Parameter keepsRows: rows stay whole, where an order must be one of what DISTINCT compares.
    mutating func orderItems(keepsRows: Bool = false) throws(QueryError) -> [OrderItemSyntax] {
        var items: [OrderItemSyntax] = []
        repeat {
            let expression = try expression()
            let isDescending: Bool
            if accept("using") {
                isDescending = atSymbol(">")
                guard isDescending || atSymbol("<") else { throw unexpected(expected: "< or >") }
                advance()
            } else {
                isDescending = accept("desc")
                if !isDescending { accept("asc") }
            }
            var nullsFirst: Bool?
            if accept("nulls") {
                if accept("first") { nullsFirst = true } else { try expect("last"); nullsFirst = false }
            }
            // A row is never NULL: by its fields, of which a NULL is above all others.
            // A number or a text among the fields would be a column's place if it stood alone: such a row is left whole.
            let isRow = expression.isRow && !keepsRows && !expression.rowFields.contains { $0.isConstant }
            for key in isRow ? expression.rowFields : [expression] {
                items.append(OrderItemSyntax(expression: key, isDescending: isDescending, nullsFirst: isRow ? nil : nullsFirst))
            }
        } while acceptSymbol(",")
        try checkListCount(items.count, "ORDER BY")
        return items
    }

    // MARK: Set operations

    /// INTERSECT, then UNION and EXCEPT over what it made.
    private mutating func queryBody() throws(QueryError) -> QueryBody {
        let first = try intersection()
        return try unions(from: first)
    }

    /// The rest of a body whose first term is read already.
    private mutating func setOperations(from first: QueryBody) throws(QueryError) -> QueryBody {
        try unions(from: try intersections(from: first))
    }

    /// UNION and EXCEPT, from left to right.
    private mutating func unions(from first: QueryBody) throws(QueryError) -> QueryBody {
        var left = first, count = 0, levelCount = 0, wasAll = true
        while at("union") || at("except") {
            let (position, op) = (position, at("union") ? SetOperator.union : .except)
            advance()
            count += 1
            let isAll = setQuantifier()
            // UNIONs in a row are one node; each EXCEPT is a level, and rows that stay behind some that were thrown out.
            if op == .except || isAll && !wasAll { levelCount += 1 }
            wasAll = op == .union && isAll
            try checkOperationCount(levelCount, position)
            guard count <= SyntaxLimits.operandCountMax else { throw .unsupported("more than \(SyntaxLimits.operandCountMax) in a row", at: position) }
            left = .setOperation(op, isAll: isAll, left: left, right: try intersection(), position: position)
        }
        return left
    }

    /// INTERSECT binds tighter than UNION and EXCEPT.
    private mutating func intersection() throws(QueryError) -> QueryBody { try intersections(from: try queryTerm()) }

    private mutating func intersections(from first: QueryBody) throws(QueryError) -> QueryBody {
        var left = first, count = 0
        while at("intersect") {
            let position = position
            advance()
            count += 1
            try checkOperationCount(count, position)
            let isAll = setQuantifier()
            left = .setOperation(.intersect, isAll: isAll, left: left, right: try queryTerm(), position: position)
        }
        return left
    }

    /// Each of them is one level of the tree, over which later passes recurse.
    func checkOperationCount(_ count: Int, _ position: Int) throws(QueryError) {
        guard count <= SyntaxLimits.setOperationCountMax else {
            throw .unsupported("more than \(SyntaxLimits.setOperationCountMax) in a row", at: position)
        }
    }

    /// Whether repeats stay: ALL; DISTINCT and nothing mean the same.
    private mutating func setQuantifier() -> Bool {
        if accept("all") { return true }
        accept("distinct")
        return false
    }

    /// A query in parentheses keeps a WITH, an order and a limit of its own.
    private mutating func queryTerm() throws(QueryError) -> QueryBody {
        if atSymbol("(") {
            advance()
            guard startsQuery() else { throw unexpected(expected: "SELECT") }
            let inner = try query()
            try expectSymbol(")")
            return .nested(inner)
        }
        if at("select") { return .select(try select()) }
        if at("values") { return try values() }
        if at("table") { return try tableCommand() }
        throw unexpected(expected: "SELECT")
    }

    /// `TABLE t` is short for `SELECT * FROM t`.
    private mutating func tableCommand() throws(QueryError) -> QueryBody {
        let start = position
        advance()
        var select = SelectSyntax(position: start)
        select.items = [SelectItemSyntax(expression: try node(.star([]), at: start), alias: nil)]
        select.from = [.named(try qualifiedName(), alias: nil)]
        return .select(select)
    }

    /// Every row has as many values as the first.
    private mutating func values() throws(QueryError) -> QueryBody {
        let start = position
        advance()
        var rows: [[ExpressionSyntax]] = []
        repeat {
            let rowPosition = position
            try expectSymbol("(")
            let row = try expressionList()
            try checkListCount(row.count, "a row of VALUES")
            try expectSymbol(")")
            if let first = rows.first, first.count != row.count {
                throw .badSQL("every row of VALUES needs \(first.count) columns; this one has \(row.count)", at: rowPosition)
            }
            rows.append(row)
        } while acceptSymbol(",")
        return .values(rows, position: start)
    }

    // MARK: SELECT

    private mutating func select() throws(QueryError) -> SelectSyntax {
        var select = SelectSyntax(position: position)
        advance()
        try distinct(into: &select)
        // Rows without columns: what asks whether there are any needs none.
        if case .none = select.distinct, atEndOfList { return try clauses(of: select) }
        repeat { select.items.append(try selectItem()) } while acceptSymbol(",")
        try checkListCount(select.items.count, "SELECT")
        return try clauses(of: select)
    }

    /// Words that may follow SELECT's list.
    private static let wordsBehindList = ["from", "where", "group", "having", "window", "union", "except", "intersect", "order", "limit", "offset", "fetch", "for", "into"]

    /// Whether nothing stands where the list would begin: `SELECT FROM t`.
    private var atEndOfList: Bool {
        current.kind == .end || atSymbol(")") || atSymbol(";") || current.kind == .word && Self.wordsBehindList.contains(current.text)
    }

    /// What follows SELECT's list.
    private mutating func clauses(of list: SelectSyntax) throws(QueryError) -> SelectSyntax {
        var select = list
        if at("into") { throw .unsupported("SELECT INTO is not supported", at: position).because(.readOnly) }
        if accept("from") {
            repeat {
                select.from.append(try tableReference())
                try checkOperationCount(select.from.count, position)
            } while acceptSymbol(",")
        }
        if accept("where") { select.whereClause = try expression() }
        if at("group") {
            select.groupByPosition = position
            advance()
            try expect("by")
            select.groupsAreDistinct = accept("distinct")
            if !select.groupsAreDistinct { accept("all") }
            repeat { select.groupBy.append(try groupingItem()) } while acceptSymbol(",")
            try checkListCount(select.groupBy.count, "GROUP BY")
        }
        if accept("having") { select.having = try expression() }
        if accept("window") {
            repeat {
                let name = try name("a window's name")
                try expect("as")
                try expectSymbol("(")
                select.windows.append((name, try windowDefinition()))
                try checkOperationCount(select.windows.count, position)
            } while acceptSymbol(",")
        }
        if at("qualify") { throw .unsupported("QUALIFY is not supported; filter in an outer query", at: position) }
        return select
    }

    /// `[ALL | DISTINCT [ON (…)]]`.
    private mutating func distinct(into select: inout SelectSyntax) throws(QueryError) {
        if accept("all") { return }
        guard accept("distinct") else { return }
        guard accept("on") else {
            select.distinct = .all
            return
        }
        try expectSymbol("(")
        let keys = try expressionList()
        try checkListCount(keys.count, "DISTINCT ON")
        select.distinct = .on(keys)
        try expectSymbol(")")
    }

    /// `*`, or an expression with its alias. Without AS an alias may not be a word that could go on with the query.
    private mutating func selectItem() throws(QueryError) -> SelectItemSyntax {
        if atSymbol("*") {
            let star = try node(.star([]), at: position)
            advance()
            return SelectItemSyntax(expression: star, alias: nil)
        }
        if at("from") || current.kind == .end || atSymbol(";") {
            throw unexpected(expected: "an expression to select")
        }
        let expression = try expression()
        if accept("as") { return SelectItemSyntax(expression: expression, alias: try label("a column's alias")) }
        if current.kind == .quotedName || (current.kind == .word && Keywords.mayBeBareLabel(current.text)) {
            return SelectItemSyntax(expression: expression, alias: try label("a column's alias"))
        }
        return SelectItemSyntax(expression: expression, alias: nil)
    }

    /// An expression, ROLLUP, CUBE, or GROUPING SETS, which may hold any of them.
    private mutating func groupingItem() throws(QueryError) -> GroupingSyntax {
        let start = position
        if at("rollup") && nextIs(symbol: "(") {
            advance()
            return .rollup(try groupingList(), position: start)
        }
        if at("cube") && nextIs(symbol: "(") {
            advance()
            return .cube(try groupingList(), position: start)
        }
        if at("grouping") && nextIs("sets") {
            advance()
            advance()
            try expectSymbol("(")
            var sets: [GroupingSyntax] = []
            try nested { (parser) throws(QueryError) in
                repeat { sets.append(try parser.groupingItem()) } while parser.acceptSymbol(",")
            }
            try expectSymbol(")")
            return .groupingSets(sets, position: start)
        }
        return .set(try groupingColumns())
    }

    /// Behind ROLLUP or CUBE: items of which each is one column or several that come and go together.
    private mutating func groupingList() throws(QueryError) -> [[ExpressionSyntax]] {
        try expectSymbol("(")
        var items: [[ExpressionSyntax]] = []
        repeat { items.append(try groupingColumns()) } while acceptSymbol(",")
        try expectSymbol(")")
        return items
    }

    /// One expression, `(a, b)` or `()`.
    ///
    /// `()` is the set of no columns: one group of all rows.
    private mutating func groupingColumns() throws(QueryError) -> [ExpressionSyntax] {
        if atSymbol("("), nextIs(symbol: ")") {
            advance()
            advance()
            return []
        }
        let expression = try expression()
        if case .row(let items) = expression.kind { return items }
        return [expression]
    }

    // MARK: Windows

    /// After the opening parenthesis, through the closing one.
    mutating func windowDefinition() throws(QueryError) -> WindowSyntax {
        var window = WindowSyntax(position: position)
        // PARTITION, RANGE, ROWS and GROUPS are no reserved words, but begin a clause here.
        if current.kind == .quotedName || (current.kind == .word && Keywords.mayNameColumnOrTable(current.text)
            && !at(anyOf: ["partition", "range", "rows", "groups"])) {
            window.base = try name("a window's name")
        }
        if accept("partition") {
            try expect("by")
            window.partitionBy = try expressionList()
            try checkListCount(window.partitionBy.count, "PARTITION BY")
        }
        if accept("order") {
            try expect("by")
            window.orderBy = try orderItems()
        }
        if at(anyOf: ["rows", "range", "groups"]) { window.frame = try frame() }
        try expectSymbol(")")
        return window
    }

    /// `{ROWS | RANGE | GROUPS} bound` up to the current row, or `BETWEEN bound AND bound`, with EXCLUDE.
    private mutating func frame() throws(QueryError) -> FrameSyntax {
        let start = position
        let unit: FrameSyntax.Unit = at("rows") ? .rows : at("range") ? .range : .groups
        advance()
        let first: FrameSyntax.Bound, last: FrameSyntax.Bound
        if accept("between") {
            first = try frameBound()
            try expect("and")
            last = try frameBound()
        } else {
            first = try frameBound()
            last = .currentRow
        }
        try checkFrame(first, last, at: start)
        return FrameSyntax(unit: unit, start: first, end: last, exclusion: try frameExclusion(), position: start)
    }

    /// Frames that are empty by their words alone; distances are the binder's to look at.
    private func checkFrame(_ first: FrameSyntax.Bound, _ last: FrameSyntax.Bound, at position: Int) throws(QueryError) {
        switch (first, last) {
        case (.unboundedFollowing, _): throw .badSQL("a frame cannot start at UNBOUNDED FOLLOWING", at: position).because(.windowing)
        case (_, .unboundedPreceding): throw .badSQL("a frame cannot end at UNBOUNDED PRECEDING", at: position).because(.windowing)
        case (.currentRow, .preceding), (.following, .preceding), (.following, .currentRow):
            throw .badSQL("this frame ends before it starts", at: position).because(.windowing)
        default: break
        }
    }

    /// `EXCLUDE {CURRENT ROW | GROUP | TIES | NO OTHERS}`; without it all rows of the frame count.
    private mutating func frameExclusion() throws(QueryError) -> FrameSyntax.Exclusion {
        guard accept("exclude") else { return .noOthers }
        if accept("current") {
            try expect("row")
            return .currentRow
        }
        if accept("group") { return .group }
        if accept("ties") { return .ties }
        try expect("no")
        try expect("others")
        return .noOthers
    }

    /// `UNBOUNDED {PRECEDING | FOLLOWING}`, `CURRENT ROW`, or a distance and one of the two words.
    private mutating func frameBound() throws(QueryError) -> FrameSyntax.Bound {
        if accept("unbounded") {
            if accept("preceding") { return .unboundedPreceding }
            try expect("following")
            return .unboundedFollowing
        }
        if at("current"), nextIs("row") {
            advance()
            advance()
            return .currentRow
        }
        let distance = try expression()
        if accept("preceding") { return .preceding(distance) }
        try expect("following")
        return .following(distance)
    }
}
