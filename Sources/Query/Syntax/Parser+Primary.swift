/// Primary expressions: constants, CASE, CAST, what stands in parentheses. Names and calls are in `Parser+Functions`, types in `Parser+Types`.
///
///     primary  = constant | $n | name {'.' name} ['.*'] | call | '(' list | query ')' | CASE … END | CAST '(' x AS type ')'
///              | EXISTS '(' query ')' | ARRAY '[' … ']' | ARRAY '(' query ')' | ROW '(' list ')' | type 'text' | INTERVAL 'text' [fields]
extension Parser {
    /// A primary with the fields that are taken out of it.
    mutating func primaryExpression() throws(QueryError) -> ExpressionSyntax {
        // Names take the dots behind them themselves, so one that is followed by a dot stood in parentheses.
        let isInParentheses = atSymbol("(")
        return try fields(of: try primary(), isInParentheses: isInParentheses)
    }

    /// `(row).field`, the field of a field, and `(t.*).field`.
    mutating func fields(of row: ExpressionSyntax, isInParentheses: Bool = false) throws(QueryError) -> ExpressionSyntax {
        var expression = row
        while atSymbol("."), hasFields(expression, isInParentheses) {
            let start = position
            advance()
            if acceptSymbol("*") { return try node(.members(expression), at: start, over: [expression]) }
            expression = try node(.field(expression, try label("a field's name")), at: start, over: [expression])
        }
        return expression
    }

    /// Not what a dot cannot follow: `t.*` as it stands, and a number, whose own dot it would be.
    private func hasFields(_ expression: ExpressionSyntax, _ isInParentheses: Bool) -> Bool {
        switch expression.kind {
        case .star: isInParentheses
        case .number: false
        default: true
        }
    }

    /// - Throws: bad-sql at a token that begins no expression.
    private mutating func primary() throws(QueryError) -> ExpressionSyntax {
        let token = current
        switch token.kind {
        case .number:
            advance()
            return try node(.number(token.text), at: token.position)
        case .string:
            advance()
            return try node(.string(token.text), at: token.position)
        case .parameter:
            // The lexer lets through none but 1 to 65535.
            advance()
            return try node(.parameter(Int(token.text) ?? 0), at: token.position)
        case .symbol where token.text == "(": return try parenthesised()
        case .quotedName: return try nameOrCall()
        case .word: return try wordExpression(token)
        default: throw unexpected(expected: "an expression")
        }
    }

    /// A word that begins an expression: a keyword with a grammar of its own, a type before a string, or a name.
    private mutating func wordExpression(_ token: Token) throws(QueryError) -> ExpressionSyntax {
        switch token.text {
        case "null": return try constant(.null)
        case "true": return try constant(.boolean(true))
        case "false": return try constant(.boolean(false))
        case "case": return try caseExpression()
        case "cast": return try castExpression()
        case "exists" where nextIs(symbol: "("): return try exists()
        case "array": return try array()
        case "row" where nextIs(symbol: "("):
            advance()
            advance()
            let items = atSymbol(")") ? [] : try expressionList()
            try expectSymbol(")")
            return try node(.row(items), at: token.position, over: items)
        // These words are names where what makes them more does not follow.
        case "interval":
            if let interval = try intervalConstant() { return interval }
        case "current_date", "current_timestamp", "localtimestamp", "current_time", "localtime", "current_user", "session_user",
            "user", "current_role", "current_catalog", "current_schema":
            return try keywordFunction(token)
        case "extract", "position", "substring", "trim", "overlay":
            if nextIs(symbol: "("), let call = try grammaticalCall(token) { return call }
        case let word where Self.xmlForms.contains(word) && nextIs(symbol: "("): return try xmlCall(token)
        case "collation" where nextIs("for"):
            advance()
            advance()
            return try callNode(try functionCall(named: NameSyntax("pg_collation_for", at: token.position)))
        case "b", "x":
            if let bits = try bitConstant(token) { return bits }
        case "try_cast": throw .unsupported("TRY_CAST is not supported", at: token.position)
        default: break
        }
        if let typed = try typedConstant(token) { return typed }
        return try nameOrCall()
    }

    /// `b'0101'` and `x'1F'`: the digits as a cast to a type of as many bits as they have. Nil where no string follows at once, and nothing is passed.
    private mutating func bitConstant(_ token: Token) throws(QueryError) -> ExpressionSyntax? {
        let string = self.token(after: 1)
        guard string.kind == .string, string.start == token.end else { return nil }
        let isHexadecimal = token.text == "x"
        guard string.text.utf8.allSatisfy({ isHexadecimal ? ($0 >= 0x30 && $0 <= 0x39) || (0x61...0x66).contains($0 | 0x20) : $0 == 0x30 || $0 == 0x31 }) else {
            throw .data("this is no string of \(isHexadecimal ? "hexadecimal" : "binary") digits", at: token.position).because(.invalidText)
        }
        advance()
        advance()
        let digits = try node(.string(token.text + string.text), at: token.position)
        let type = TypeNameSyntax(name: TypeNameSyntax.bitDigits, modifiers: [], isArray: false, position: token.position)
        return try node(.cast(digits, type), at: token.position, over: [digits])
    }

    private mutating func constant(_ kind: ExpressionSyntax.Kind) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        return try node(kind, at: start)
    }

    // MARK: Parentheses

    /// `(x)`, `(a, b)` or `(SELECT …)`. A single expression gets no node: parentheses have done their work.
    private mutating func parenthesised() throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        if atQuery() {
            let (inner, height) = try measuredQuery()
            try expectSymbol(")")
            return try node(.scalarQuery(inner), at: start, queryHeight: height)
        }
        let wasParenthesis = atSymbol("(")
        let items = try expressionList()
        // `((SELECT …) UNION (SELECT …))`: what looked like an expression was the first part of a query.
        if wasParenthesis, items.count == 1, case .scalarQuery(let first) = items[0].kind, atQueryContinuation {
            let (inner, height) = try query(continuing: first)
            try expectSymbol(")")
            return try node(.scalarQuery(inner), at: start, queryHeight: height)
        }
        try expectSymbol(")")
        guard items.count > 1 else { return items[0] }
        return try node(.row(items), at: start, over: items)
    }

    /// `EXISTS (query)`.
    private mutating func exists() throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        advance()
        guard startsQuery() else { throw unexpected(expected: "a subquery") }
        let (inner, height) = try measuredQuery()
        try expectSymbol(")")
        return try node(.exists(inner), at: start, queryHeight: height)
    }

    /// `ARRAY[…]` or `ARRAY(query)`.
    private mutating func array() throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        if acceptSymbol("(") {
            let (inner, height) = try measuredQuery()
            try expectSymbol(")")
            return try node(.arrayQuery(inner), at: start, queryHeight: height)
        }
        try expectSymbol("[")
        return try elements(at: start)
    }

    /// Of an ARRAY, behind its bracket: values, or lists of them in brackets alone.
    private mutating func elements(at start: Int) throws(QueryError) -> ExpressionSyntax {
        var items: [ExpressionSyntax] = []
        if atSymbol("[") {
            repeat {
                let place = position
                try expectSymbol("[")
                items.append(try nested { (parser) throws(QueryError) in try parser.elements(at: place) })
            } while acceptSymbol(",")
        } else if !atSymbol("]") {
            items = try expressionList()
        }
        try expectSymbol("]")
        return try node(.array(items), at: start, over: items)
    }

    // MARK: CASE and CAST

    /// `CASE [x] WHEN c THEN r … [ELSE e] END`. With an operand each `c` is a value that it is compared with, else a condition.
    private mutating func caseExpression() throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        let operand = at("when") ? nil : try expression()
        var branches: [ExpressionSyntax.CaseBranch] = []
        while accept("when") {
            let condition = try expression()
            try expect("then")
            branches.append(ExpressionSyntax.CaseBranch(condition: condition, result: try expression()))
        }
        guard !branches.isEmpty else { throw unexpected(expected: "WHEN") }
        let otherwise = accept("else") ? try expression() : nil
        try expect("end")
        let children = branches.flatMap { [$0.condition, $0.result] } + [operand, otherwise].compactMap { $0 }
        return try node(.caseWhen(operand: operand, branches: branches, otherwise: otherwise), at: start, over: children)
    }

    /// `CAST(x AS type)` is the same node as `x::type`.
    private mutating func castExpression() throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        try expectSymbol("(")
        let operand = try expression()
        try expect("as")
        let type = try typeName()
        try expectSymbol(")")
        return try node(.cast(operand, type), at: start, over: [operand])
    }
}
