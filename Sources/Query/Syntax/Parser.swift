/// Recursive descent over a query's tokens: PostgreSQL's grammar of SELECT, with its precedences.
///
/// This file holds the token cursor and the statements; `Parser+Query`, `Parser+Tables`, `ExpressionParser` and
/// `Parser+Functions` the rest. No input can exhaust the stack: nesting and the height of trees are bounded.
///
/// Invariants:
/// 1. `index` is that of a token; the last token is `.end` and is never passed;
/// 2. `nesting` is how many `nested` are running, `heights` has an element for each query that is being read and one more;
/// 3. nodes over others are made by `node`, so that no tree is higher or heavier than `SyntaxLimits` say.
///
/// A function that reads something begins at its first token, and ends at the first one behind it. Where a look ahead was wrong, `index` is set back.
package struct Parser {
    private let tokens: [Token]
    /// Token at the cursor.
    var index = 0
    /// Levels that are open: parentheses, subqueries, operands.
    private var nesting = 0
    /// Height of the tallest expression in each query being parsed, innermost last.
    private var heights: [Int] = [0]

    /// Parses one statement, which a semicolon may end.
    ///
    /// - Throws: bad-sql, with the place, for what is no statement or goes on behind one; unsupported-sql for what PostgreSQL would read and this
    ///   does not, and past the bounds of `SyntaxLimits`.
    /// - Complexity: the tokens, but for the few that are read twice.
    package static func parseStatement(_ query: String) throws(QueryError) -> Statement {
        var parser = Parser(tokens: try Lexer.tokens(of: query))
        let statement = try parser.statement()
        parser.acceptSymbol(";")
        try parser.expectEnd()
        return statement
    }

    /// Parses text that is one expression and nothing else: a rule or a computed column of a document type.
    ///
    /// - Throws: as `parseStatement`.
    package static func parseExpression(_ text: String) throws(QueryError) -> ExpressionSyntax {
        var parser = Parser(tokens: try Lexer.tokens(of: text))
        let expression = try parser.expression()
        try parser.expectEnd()
        return expression
    }

    init(tokens: [Token]) { self.tokens = tokens }

    // MARK: Cursor

    /// The last token is `.end`, and the cursor never passes it.
    var current: Token { tokens[index] }
    var position: Int { current.position }

    /// A token ahead of the cursor; behind the end, the end.
    func token(after distance: Int) -> Token { tokens[min(index + distance, tokens.count - 1)] }

    mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    /// - Parameter word: in lower case. A name in quotes is no word.
    func at(_ word: String) -> Bool { current.kind == .word && current.text == word }

    func at(anyOf words: Set<String>) -> Bool { current.kind == .word && words.contains(current.text) }

    func nextIs(_ word: String, distance: Int = 1) -> Bool {
        let next = token(after: distance)
        return next.kind == .word && next.text == word
    }

    func nextIs(symbol: String, distance: Int = 1) -> Bool {
        let next = token(after: distance)
        return next.kind == .symbol && next.text == symbol
    }

    func atSymbol(_ symbol: String) -> Bool { current.kind == .symbol && current.text == symbol }

    /// Passes the word where it stands at the cursor, and tells whether it did.
    @discardableResult
    mutating func accept(_ word: String) -> Bool {
        guard at(word) else { return false }
        advance()
        return true
    }

    @discardableResult
    mutating func acceptSymbol(_ symbol: String) -> Bool {
        guard atSymbol(symbol) else { return false }
        advance()
        return true
    }

    /// - Throws: bad-sql where another token stands.
    mutating func expect(_ word: String) throws(QueryError) {
        guard accept(word) else { throw unexpected(expected: word.uppercased()) }
    }

    mutating func expectSymbol(_ symbol: String) throws(QueryError) {
        guard acceptSymbol(symbol) else { throw unexpected(expected: "“\(symbol)”") }
    }

    private func expectEnd() throws(QueryError) {
        guard current.kind == .end else { throw unexpected(expected: "the end of the query") }
    }

    /// A syntax error at the current token.
    func unexpected(expected: String) -> QueryError {
        let found = switch current.kind {
        case .end: "the query ends here"
        case .string: "found a string"
        case .parameter: "found $\(current.text)"
        default: "found “\(current.text.prefix(60))”"
        }
        return .badSQL("expected \(expected), but \(found)", at: position)
    }

    // MARK: Bounds

    /// Runs `body` one level deeper.
    ///
    /// - Throws: unsupported-sql past `SyntaxLimits.nestingMax`, by which the stack of a thread is bounded.
    mutating func nested<Result>(_ body: (inout Parser) throws(QueryError) -> Result) throws(QueryError) -> Result {
        guard nesting < SyntaxLimits.nestingMax else {
            throw .unsupported("the query nests deeper than \(SyntaxLimits.nestingMax) levels", at: position)
        }
        nesting += 1
        defer { nesting -= 1 }
        return try body(&self)
    }

    /// Parses a query, and gives its height in expressions to the tree that holds it.
    ///
    /// Height does not hide in a subquery: it counts on in the expression around it.
    mutating func measured(_ body: (inout Parser) throws(QueryError) -> QuerySyntax) throws(QueryError) -> (QuerySyntax, height: Int) {
        heights.append(0)
        let query = try nested(body)
        let height = (heights.popLast() ?? 0) + 1
        try note(height: height, at: query.position)
        return (query, height)
    }

    /// Notes a height for the query that is being read.
    private mutating func note(height: Int, at position: Int) throws(QueryError) {
        guard height <= SyntaxLimits.expressionHeightMax else {
            throw .unsupported("this expression is deeper than \(SyntaxLimits.expressionHeightMax) operators", at: position)
        }
        heights[heights.count - 1] = max(heights[heights.count - 1], height)
    }

    /// Makes a node one higher than its tallest child.
    ///
    /// - Parameters:
    ///   - children: all expressions in the node. One that is left out does not count.
    ///   - queryHeight: of a subquery in it, by `measuredQuery`.
    /// - Throws: unsupported-sql for a tree that is too high, or means too many nodes.
    mutating func node(
        _ kind: ExpressionSyntax.Kind, at position: Int, over children: [ExpressionSyntax] = [], queryHeight: Int = 0
    ) throws(QueryError) -> ExpressionSyntax {
        let height = 1 + kind.addedHeight + children.reduce(queryHeight) { max($0, $1.height) }
        try note(height: height, at: position)
        let weight = children.reduce(1 + kind.addedWeight) { $0 + $1.weight }
        guard weight <= SyntaxLimits.expressionNodeCountMax else {
            throw .unsupported("this expression has more than \(SyntaxLimits.expressionNodeCountMax) operators, names and constants", at: position)
        }
        return ExpressionSyntax(kind: kind, position: position, height: height, weight: weight)
    }

    /// A list of which each item is a column.
    func checkListCount(_ count: Int, _ what: String) throws(QueryError) {
        guard count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported("\(what) has more than \(SyntaxLimits.listItemCountMax) items", at: position)
        }
    }

    // MARK: Statements

    /// EXPLAIN, SHOW TABLES, DESCRIBE or a query. Any other statement of SQL is refused as one that this does not do, and not as a typing error.
    private mutating func statement() throws(QueryError) -> Statement {
        if at("explain") {
            advance()
            let form = try explainForm()
            return .explain(try query(), form)
        }
        if at("show") {
            advance()
            guard accept("tables") else {
                throw .unsupported("only SHOW TABLES is supported", at: position)
            }
            return .showTables
        }
        if at("describe") || at("desc") {
            advance()
            return .describe(table: try qualifiedName())
        }
        if startsQuery() { return .query(try query()) }
        if current.kind == .word, Self.otherStatements.contains(current.text) {
            throw .unsupported("\(current.text.uppercased()) is not supported: this SQL only reads", at: position).because(.readOnly)
        }
        throw unexpectedStatement()
    }

    private func unexpectedStatement() -> QueryError {
        guard current.kind == .word,
            let meant = NameSuggestion.closest(to: current.text, among: ["select", "with", "explain", "values", "show", "describe"])
        else { return unexpected(expected: "SELECT") }
        return .badSQL(
            "expected SELECT, but found “\(current.text.prefix(60))”", at: position, hint: "did you mean \(meant.uppercased())?")
    }

    private static let otherStatements: Set<String> = [
        "insert", "update", "delete", "merge", "create", "drop", "alter", "truncate", "copy", "grant", "revoke", "begin", "start",
        "commit", "rollback", "set", "reset", "call", "do", "vacuum", "analyze", "prepare", "execute", "deallocate", "declare",
        "fetch", "close", "lock", "listen", "notify", "cluster", "reindex", "comment", "import", "load", "attach", "detach", "use",
        "pragma", "install", "refresh", "discard", "savepoint", "release",
    ]

    /// `ANALYZE VERBOSE` before the query, or options in parentheses: parentheses begin options unless a query stands in them.
    private mutating func explainForm() throws(QueryError) -> ExplainForm {
        var form = ExplainForm()
        guard atSymbol("("), !startsQuery() else {
            form.isAnalyzed = accept("analyze") || accept("analyse")
            accept("verbose")
            return form
        }
        advance()
        repeat { try explainOption(&form) } while acceptSymbol(",")
        try expectSymbol(")")
        return form
    }

    /// What PostgreSQL tells more or less of; a plan here tells the same with and without them.
    private static let explainDetails: Set<String> = ["verbose", "settings", "generic_plan", "buffers", "wal", "timing", "summary"]

    private mutating func explainOption(_ form: inout ExplainForm) throws(QueryError) {
        if accept("format") {
            guard current.kind == .word, let format = ExplainForm.Format(rawValue: current.text) else { throw .unsupported("the formats of EXPLAIN are TEXT, JSON and XML", at: position).because(.badValue) }
            advance()
            form.format = format
        } else if accept("analyze") || accept("analyse") {
            form.isAnalyzed = try explainFlag()
        } else if accept("costs") {
            form.showsCosts = try explainFlag()
        } else if current.kind == .word, Self.explainDetails.contains(current.text) {
            advance()
            _ = try explainFlag()
        } else {
            throw .unsupported("the options of EXPLAIN are ANALYZE and FORMAT", at: position).because(.syntax)
        }
    }

    /// `TRUE`, `ON` and `1`, or nothing at all; `FALSE`, `OFF` and `0`.
    private mutating func explainFlag() throws(QueryError) -> Bool {
        if atSymbol(",") || atSymbol(")") { return true }
        if current.kind == .number, ["0", "1"].contains(current.text) {
            defer { advance() }
            return current.text == "1"
        }
        if accept("true") || accept("on") { return true }
        guard accept("false") || accept("off") else { throw .badSQL("an option of EXPLAIN is ON or OFF", at: position) }
        return false
    }

    /// Whether the tokens from here on, perhaps after parentheses, are a query.
    func startsQuery() -> Bool {
        var distance = 0
        // No query nests deeper: more need not be looked at, at each of them anew.
        while distance <= SyntaxLimits.nestingMax, nextIs(symbol: "(", distance: distance), index + distance < tokens.count - 1 { distance += 1 }
        let first = token(after: distance)
        guard first.kind == .word else { return false }
        switch first.text {
        case "select", "with", "values", "table": return true
        default: return false
        }
    }

    /// Whether the current token itself starts a query, without parentheses.
    func atQuery() -> Bool { at("select") || at("with") || at("values") || at("table") }

    // MARK: Names

    /// A name of a column or table; a reserved word only in quotes.
    ///
    /// - Parameter what: for the message.
    mutating func name(_ what: String) throws(QueryError) -> NameSyntax {
        let token = current
        switch token.kind {
        case .quotedName: break
        case .word where Keywords.mayNameColumnOrTable(token.text): break
        case .word:
            throw .badSQL(
                "expected \(what), but found the reserved word \(token.text.uppercased())", at: token.position,
                hint: "a name like that goes in double quotes")
        default: throw unexpected(expected: what)
        }
        advance()
        return NameSyntax(token.text, at: token.position, isQuoted: token.kind == .quotedName)
    }

    /// A name after AS or a dot, where every word may stand.
    mutating func label(_ what: String) throws(QueryError) -> NameSyntax {
        let token = current
        guard token.kind == .quotedName || token.kind == .word else { throw unexpected(expected: what) }
        advance()
        return NameSyntax(token.text, at: token.position, isQuoted: token.kind == .quotedName)
    }

    /// A table's name, with its schema.
    mutating func qualifiedName() throws(QueryError) -> [NameSyntax] {
        var names = [try name("a table's name")]
        while acceptSymbol(".") { names.append(try label("a name")) }
        return names
    }

    /// `(a, b)`.
    mutating func nameList() throws(QueryError) -> [NameSyntax] {
        try expectSymbol("(")
        var names = [try name("a column's name")]
        while acceptSymbol(",") { names.append(try name("a column's name")) }
        try expectSymbol(")")
        return names
    }
}
