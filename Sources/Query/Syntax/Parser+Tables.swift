/// FROM: tables, subqueries, functions that give rows, and joins.
///
///     tables  = table {',' table}
///     table   = primary { join primary [ON x | USING '(' names ')' [AS name]] }
///     join    = [NATURAL] [INNER | LEFT [OUTER] | RIGHT [OUTER] | FULL [OUTER] | CROSS | ASOF [LEFT]] JOIN
///     primary = [ONLY] name ['*'] [alias] [TABLESAMPLE method '(' x ')' [REPEATABLE '(' x ')']]
///             | [LATERAL] '(' query ')' [alias] | '(' table ')' [alias]
///             | [LATERAL] call [WITH ORDINALITY] [alias] | ROWS FROM '(' call {',' call} ')' [WITH ORDINALITY] [alias]
///     alias   = [AS] name ['(' names ')']
///
/// PostgreSQL 15's documentation, section 7.2.
extension Parser {
    /// One item of the FROM list, with the joins that follow it.
    mutating func tableReference() throws(QueryError) -> TableSyntax {
        try nested { (parser) throws(QueryError) in try parser.joins(from: try parser.tablePrimary()) }
    }

    /// Joins from left to right.
    private mutating func joins(from first: TableSyntax) throws(QueryError) -> TableSyntax {
        var left = first, count = 0
        while true {
            let start = position
            var isNatural = false
            if at("natural") {
                isNatural = true
                advance()
            }
            guard let kind = try joinKind(isNatural: isNatural) else { return left }
            count += 1
            try checkOperationCount(count, start)
            if kind == .cross, isNatural { throw .badSQL("NATURAL CROSS JOIN is not SQL", at: start) }
            // `a JOIN b JOIN c ON … ON …`: an inner join may hide in the right side.
            let right = kind == .cross || isNatural ? try tablePrimary() : try joinedRight()
            let condition = try joinCondition(kind, isNatural: isNatural)
            left = .join(kind, left: left, right: right, condition: condition, position: start)
        }
    }

    /// The right side of a join that has a condition: `a JOIN (b JOIN c ON …) ON …` may be written without its parentheses.
    private mutating func joinedRight() throws(QueryError) -> TableSyntax {
        let right = try tablePrimary()
        guard at(anyOf: ["join", "inner", "left", "right", "full", "cross", "natural"]) || atNearestJoin else { return right }
        // Another join before our own ON: it belongs to the right side.
        return try nested { (parser) throws(QueryError) in
            try parser.joins(from: right)
        }
    }

    /// The words before a table, through JOIN; nil where none of them stands.
    private mutating func joinKind(isNatural: Bool) throws(QueryError) -> JoinKindSyntax? {
        let kind: JoinKindSyntax
        switch current.kind == .word ? current.text : "" {
        case "join": kind = .inner
        case "inner": kind = .inner; advance()
        case "cross": kind = .cross; advance()
        case "left": kind = .left; advance(); accept("outer")
        case "right": kind = .right; advance(); accept("outer")
        case "full": kind = .full; advance(); accept("outer")
        case "asof" where atNearestJoin:
            advance()
            if isNatural { throw .unsupported("NATURAL ASOF JOIN is not supported: name the columns in USING", at: position) }
            kind = accept("left") ? .asofLeft : .asof
            accept(kind == .asofLeft ? "outer" : "inner")
        default:
            if isNatural { throw unexpected(expected: "JOIN") }
            return nil
        }
        try expect("join")
        return kind
    }

    /// Before these words `asof` is no alias, though PostgreSQL has it as one.
    private var atNearestJoin: Bool { at("asof") && ["join", "left", "inner"].contains { nextIs($0) } }

    /// - Throws: bad-sql where a join that needs one has none.
    private mutating func joinCondition(_ kind: JoinKindSyntax, isNatural: Bool) throws(QueryError) -> JoinConditionSyntax {
        if isNatural { return .natural }
        if kind == .cross { return .none }
        if accept("on") { return .on(try expression()) }
        if accept("using") {
            let names = try nameList()
            return .using(names, alias: accept("as") ? try name("an alias") : nil)
        }
        throw unexpected(expected: "ON or USING")
    }

    /// One table of FROM, without joins unless in parentheses.
    private mutating func tablePrimary() throws(QueryError) -> TableSyntax {
        let start = position
        let isLateral = accept("lateral")
        if atSymbol("(") { return try parenthesisedTable(isLateral: isLateral, start: start) }
        // The schema of functions that all have.
        if at("pg_catalog") || at("information_schema") && token(after: 2).kind == .word && token(after: 2).text.hasPrefix("_pg_"), nextIs(symbol: "."), token(after: 3).kind == .symbol, token(after: 3).text == "(" {
            advance()
            advance()
        }
        if current.kind == .word, nextIs(symbol: "("), Keywords.mayNameFunction(current.text) {
            return try tableFunction(start: start)
        }
        if isLateral { throw unexpected(expected: "a subquery or a function after LATERAL") }
        if at("rows"), nextIs("from"), token(after: 2).kind == .symbol, token(after: 2).text == "(" { return try rowsFrom(start: start) }
        accept("only")
        let names = try qualifiedName()
        acceptSymbol("*")
        let alias = try tableAlias()
        let table = TableSyntax.named(names, alias: alias)
        return at("tablesample") ? try sample(of: table) : table
    }

    /// `TABLESAMPLE {SYSTEM | BERNOULLI} (percentage) [REPEATABLE (seed)]`.
    private mutating func sample(of table: TableSyntax) throws(QueryError) -> TableSyntax {
        let start = position
        advance()
        guard at("system") || at("bernoulli") else {
            throw .unsupported("the methods of TABLESAMPLE are SYSTEM and BERNOULLI", at: position).because(.undefinedObject)
        }
        let method = current.text.uppercased()
        advance()
        try expectSymbol("(")
        let percentage = try expression()
        try expectSymbol(")")
        var seed: ExpressionSyntax?
        if accept("repeatable") {
            try expectSymbol("(")
            seed = try expression()
            try expectSymbol(")")
        }
        return .sampled(table, method: method, percentage: percentage, seed: seed, position: start)
    }

    /// A function whose rows are a table. LATERAL says nothing there: it always sees the tables before it.
    private mutating func tableFunction(start: Int) throws(QueryError) -> TableSyntax {
        let name = try label("a function's name")
        let call = Self.ofRecords(try functionCall(named: name))
        if Self.givesRecords(call.name.text) { return try records(of: call, at: start) }
        let withOrdinality = acceptOrdinality()
        return .function(call, withOrdinality: withOrdinality, alias: try tableAlias(), position: start)
    }

    private mutating func acceptOrdinality() -> Bool {
        guard at("with"), nextIs("ordinality") else { return false }
        advance()
        advance()
        return true
    }

    /// `ROWS FROM (f(…), g(…))`: the rows of several functions beside each other, as a call of `FunctionSyntax.rowsFrom` over theirs.
    private mutating func rowsFrom(start: Int) throws(QueryError) -> TableSyntax {
        advance()
        advance()
        try expectSymbol("(")
        var calls: [ExpressionSyntax] = []
        repeat {
            guard current.kind == .word, nextIs(symbol: "("), Keywords.mayNameFunction(current.text) else { throw unexpected(expected: "a function") }
            calls += try columnsOfRows(try functionCall(named: try label("a function's name")))
            guard calls.count <= SyntaxLimits.listItemCountMax else { throw .unsupported("ROWS FROM takes at most \(SyntaxLimits.listItemCountMax) functions", at: start) }
        } while acceptSymbol(",")
        try expectSymbol(")")
        let withOrdinality = acceptOrdinality()
        var call = FunctionSyntax(name: NameSyntax(FunctionSyntax.rowsFrom, at: start), arguments: calls)
        // The rows of one function are its own.
        if calls.count == 1, case .function(let only) = calls[0].kind { call = only }
        return .function(call, withOrdinality: withOrdinality, alias: try tableAlias(), position: start)
    }

    /// One call, but of several lists one for each: their rows stand beside each other.
    private mutating func columnsOfRows(_ call: FunctionSyntax) throws(QueryError) -> [ExpressionSyntax] {
        guard call.name.text == "unnest", call.arguments.count > 1 else { return [try callNode(call)] }
        var calls: [ExpressionSyntax] = []
        for argument in call.arguments { calls.append(try callNode(FunctionSyntax(name: call.name, arguments: [argument]))) }
        return calls
    }

    /// `(SELECT …) AS x`, `(a JOIN b ON …)`, or parentheses around one of them.
    private mutating func parenthesisedTable(isLateral: Bool, start: Int) throws(QueryError) -> TableSyntax {
        advance()
        if atQuery() {
            let inner = try query()
            try expectSymbol(")")
            return .subquery(inner, alias: try subqueryAlias(), isLateral: isLateral, position: start)
        }
        let inner = try tableReference()
        // What looked like a table in parentheses was the first part of a query.
        if case .subquery(let query, alias: nil, _, _) = inner {
            let whole = atQueryContinuation ? try self.query(continuing: query).0 : query
            try expectSymbol(")")
            return .subquery(whole, alias: try subqueryAlias(), isLateral: isLateral, position: start)
        }
        try expectSymbol(")")
        guard case .join = inner else {
            throw .badSQL("parentheses in FROM need a join or a subquery in them", at: start)
        }
        if at("as") || current.kind == .quotedName || (current.kind == .word && Self.mayBeTableAlias(current.text)) {
            // Its columns under one name: as a subquery that selects them all.
            var select = SelectSyntax(position: start)
            select.items = [SelectItemSyntax(expression: try node(.star([]), at: start), alias: nil)]
            select.from = [inner]
            return .subquery(QuerySyntax(body: .select(select), position: start), alias: try tableAlias(), isLateral: false, position: start)
        }
        return inner
    }

    /// A subquery's alias is optional here, as in PostgreSQL 16.
    private mutating func subqueryAlias() throws(QueryError) -> TableAliasSyntax? { try tableAlias() }

    private static func mayBeTableAlias(_ word: String) -> Bool { Keywords.mayNameColumnOrTable(word) }

    /// `[AS] name [(columns)]`; nil where none stands.
    private mutating func tableAlias() throws(QueryError) -> TableAliasSyntax? {
        let hasAs = accept("as")
        guard hasAs || current.kind == .quotedName || (current.kind == .word && Self.mayBeTableAlias(current.text) && !atNearestJoin) else { return nil }
        let name = try name("an alias")
        let columns = atSymbol("(") ? try nameList() : []
        return TableAliasSyntax(name: name, columns: columns)
    }
}
