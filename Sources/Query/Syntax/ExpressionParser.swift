/// Expressions, by precedence climbing over PostgreSQL's table of precedences.
///
///     expression = prefix { infix }                       of operators that bind tighter than what is around it
///     prefix     = NOT expression | ('-' | '+' | '~' | '@' | '|/' | '||/') expression | primary
///     infix      = operator expression | AND … | OR … | IS [NOT] test | [NOT] BETWEEN … AND …
///                | [NOT] IN '(' list | query ')' | [NOT] (LIKE | ILIKE) pattern [ESCAPE e] | [NOT] SIMILAR TO pattern
///                | operator (ANY | SOME | ALL) '(' query | list ')' | AT TIME ZONE zone | COLLATE name
///                | '::' type | { '[' (index | [from] ':' [to]) ']' } | OVERLAPS row | ISNULL | NOTNULL
///
/// `a + b * c`: with `a` read, `+` (8) waits while what binds tighter than 8, `b * c`, is read as its right side; an operator of the same precedence
/// ends that side, so that all of them are left-associative. Each operand costs one level of `nested`, whatever stands in it.
extension Parser {
    /// From loosest to tightest; PostgreSQL 15, chapter 4.1.6.
    private enum Precedence {
        // From loosest to tightest. `other` are all operators without a place of their own, `isTest` IS and ISNULL.
        static let or = 1, and = 2, not = 3, isTest = 4, comparison = 5, membership = 6, other = 7, additive = 8
        static let multiplicative = 9, power = 10, timeZone = 11, collate = 12, unary = 13, element = 14, cast = 15
    }

    /// An expression up to a token that can be no part of it, as a comma, a closing bracket or a keyword.
    mutating func expression() throws(QueryError) -> ExpressionSyntax { try expression(above: 0) }

    /// One or more, separated by commas.
    mutating func expressionList() throws(QueryError) -> [ExpressionSyntax] {
        var list = [try expression()]
        while acceptSymbol(",") { list.append(try expression()) }
        return list
    }

    /// An expression whose operators all bind tighter than `precedence`.
    mutating func expression(above precedence: Int) throws(QueryError) -> ExpressionSyntax {
        // `infix` only looks; `apply` passes the operator and all that belongs to it.
        try nested { (parser) throws(QueryError) in
            var left = try parser.prefix()
            while let (operatorPrecedence, step) = parser.infix(), operatorPrecedence > precedence {
                left = try parser.apply(step, to: left)
            }
            return left
        }
    }

    // MARK: Prefix

    /// An operand, with what stands before it. A sign binds tighter than `^`, other prefix operators looser than `+`: `- a ^ b` is `(-a) ^ b`, `~ a +
    /// b` is `~ (a + b)`.
    private mutating func prefix() throws(QueryError) -> ExpressionSyntax {
        let start = position
        if accept("not") {
            // One less, so that another NOT may stand in it: NOT NOT a.
            let operand = try expression(above: Precedence.not - 1)
            return try node(.not(operand), at: start, over: [operand])
        }
        if atSymbol("-") || atSymbol("+") {
            let sign: ExpressionSyntax.UnaryOperator = atSymbol("-") ? .minus : .plus
            advance()
            // As for NOT: `- - a`.
            let operand = try expression(above: Precedence.unary - 1)
            return try node(.unary(sign, operand), at: start, over: [operand])
        }
        if current.kind == .symbol, let sign = Self.prefixOperators[current.text] {
            advance()
            let operand = try expression(above: Precedence.other)
            return try node(.unary(sign, operand), at: start, over: [operand])
        }
        return try primaryExpression()
    }

    // MARK: Infix

    /// What the token at the cursor does to the expression before it.
    ///
    /// Made by `infix` without passing anything, since an operator that binds too loosely is left for an expression further out.
    private enum Infix {
        case binary(ExpressionSyntax.BinaryOperator, Int)
        case overlaps, and, or, isTest, between, membership, like, similar, notMembership, isNull, notNull, timeZone, collate, cast, element
        /// `~~`, `!~~`, `~~*` and `!~~*`, which PostgreSQL makes of LIKE.
        case likeOperator(ignoresCase: Bool, isNegated: Bool)
        /// `OPERATOR(schema.op)`; the count of its tokens, parentheses included.
        case namedOperator(ExpressionSyntax.BinaryOperator, tokenCount: Int)
        /// An operator of PostgreSQL's that means nothing here.
        case unsupported
    }

    /// Operators of two operands that need nothing read but their right side.
    private static let binaryOperators: [String: (ExpressionSyntax.BinaryOperator, Int)] = [
        "+": (.add, Precedence.additive), "-": (.subtract, Precedence.additive), "*": (.multiply, Precedence.multiplicative),
        "/": (.divide, Precedence.multiplicative), "%": (.remainder, Precedence.multiplicative), "^": (.power, Precedence.power),
        "||": (.concatenate, Precedence.other), "^@": (.startsWith, Precedence.other), "~": (.matches, Precedence.other), "~*": (.matchesIgnoringCase, Precedence.other),
        "!~": (.matchesNot, Precedence.other), "!~*": (.matchesNotIgnoringCase, Precedence.other),
        // By bytes, as texts are compared here anyway.
        "~<~": (.less, Precedence.other), "~<=~": (.lessOrEqual, Precedence.other), "~>~": (.greater, Precedence.other), "~>=~": (.greaterOrEqual, Precedence.other),
        "=": (.equal, Precedence.comparison), "<>": (.notEqual, Precedence.comparison), "!=": (.notEqual, Precedence.comparison),
        "<": (.less, Precedence.comparison), "<=": (.lessOrEqual, Precedence.comparison),
        ">": (.greater, Precedence.comparison), ">=": (.greaterOrEqual, Precedence.comparison),
        "->": (.member, Precedence.other), "->>": (.memberText, Precedence.other), "#>": (.path, Precedence.other),
        "#>>": (.pathText, Precedence.other), "@>": (.contains, Precedence.other), "<@": (.isContained, Precedence.other),
        "?": (.hasKey, Precedence.other), "?|": (.hasAnyKey, Precedence.other), "?&": (.hasAllKeys, Precedence.other),
        "#-": (.withoutPath, Precedence.other), "@?": (.pathIsThere, Precedence.other), "@@": (.pathHolds, Precedence.other), "&&": (.overlaps, Precedence.other), "&": (.bitAnd, Precedence.other),
        "|": (.bitOr, Precedence.other), "#": (.bitXor, Precedence.other), "<<": (.shiftLeft, Precedence.other),
        ">>": (.shiftRight, Precedence.other),
    ]

    private static let prefixOperators: [String: ExpressionSyntax.UnaryOperator] = [
        "~": .bitNot, "@": .magnitude, "|/": .squareRoot, "||/": .cubeRoot,
    ]

    /// Between two operands; before one, some of them are known.
    private static let unsupportedOperators: Set<String> = ["@", "!", "|/", "||/"]

    /// The operator at the cursor, not consumed.
    private func infix() -> (Int, Infix)? {
        switch current.kind {
        case .symbol: return infixSymbol(current.text)
        case .word: return infixWord(current.text)
        default: return nil
        }
    }

    /// Nil for a symbol that ends the expression, as `,` or `)`.
    private func infixSymbol(_ text: String) -> (Int, Infix)? {
        if let (op, precedence) = Self.binaryOperators[text] { return (precedence, .binary(op, precedence)) }
        switch text {
        case "::": return (Precedence.cast, .cast)
        case "[": return (Precedence.element, .element)
        case "~~": return (Precedence.other, .likeOperator(ignoresCase: false, isNegated: false))
        case "~~*": return (Precedence.other, .likeOperator(ignoresCase: true, isNegated: false))
        case "!~~": return (Precedence.other, .likeOperator(ignoresCase: false, isNegated: true))
        case "!~~*": return (Precedence.other, .likeOperator(ignoresCase: true, isNegated: true))
        default: return Self.unsupportedOperators.contains(text) ? (Precedence.other, .unsupported) : nil
        }
    }

    /// Nil for a word that ends the expression: a keyword of the query around it, or an alias.
    private func infixWord(_ text: String) -> (Int, Infix)? {
        switch text {
        case "or": return (Precedence.or, .or)
        case "and": return (Precedence.and, .and)
        case "is": return (Precedence.isTest, .isTest)
        case "isnull": return (Precedence.isTest, .isNull)
        case "notnull": return (Precedence.isTest, .notNull)
        case "between": return (Precedence.membership, .between)
        case "in": return (Precedence.membership, .membership)
        case "like", "ilike": return (Precedence.membership, .like)
        case "similar": return nextIs("to") ? (Precedence.membership, .similar) : nil
        // NOT behind an operand is only part of another word's test.
        case "not":
            let next = token(after: 1)
            guard next.kind == .word, ["between", "in", "like", "ilike", "similar"].contains(next.text) else { return nil }
            return (Precedence.membership, .notMembership)
        case "at": return nextIs("time") && nextIs("zone", distance: 2) ? (Precedence.timeZone, .timeZone) : nil
        case "collate": return (Precedence.collate, .collate)
        case "operator": return nextIs(symbol: "(") ? namedOperator() : nil
        case "overlaps": return (Precedence.other, .overlaps)
        default: return nil
        }
    }

    /// `OPERATOR(pg_catalog.~)`, which binds as all operators do that have no place of their own.
    private func namedOperator() -> (Int, Infix)? {
        var place = 2
        // The cursor is at OPERATOR: a parenthesis, the schema and a dot where they are written, the sign, a parenthesis.
        if token(after: place).kind == .word, token(after: place).text == "pg_catalog", nextIs(symbol: ".", distance: place + 1) { place += 2 }
        guard nextIs(symbol: ")", distance: place + 1), [.word, .symbol].contains(token(after: place).kind), let (op, _) = Self.binaryOperators[token(after: place).text] else { return (Precedence.other, .unsupported) }
        return (Precedence.other, .namedOperator(op, tokenCount: place + 2))
    }

    /// Reads what belongs to the operator at the cursor, the operator included.
    private mutating func apply(_ step: Infix, to left: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
        let start = position
        switch step {
        case .binary(let op, let precedence): return try binary(op, precedence, left)
        case .and, .or: return try connective(left)
        case .isTest: return try isTest(left)
        case .isNull, .notNull:
            let isNegated = at("notnull")
            advance()
            return try node(.isTest(left, .null, isNegated: isNegated), at: start, over: [left])
        case .between: return try between(left, isNegated: false)
        case .membership: return try membership(left, isNegated: false)
        case .like: return try like(left, isNegated: false)
        case .likeOperator(let ignoresCase, let isNegated):
            advance()
            let pattern = try expression(above: Precedence.other)
            return try node(
                .like(left, pattern: pattern, escape: nil, ignoresCase: ignoresCase, isNegated: isNegated), at: start,
                over: [left, pattern])
        case .namedOperator(let op, let tokenCount):
            for _ in 0..<tokenCount { advance() }
            if let several = try ofSeveral(op, left, at: start) { return several }
            let right = try expression(above: Precedence.other)
            return try node(.binary(op, left, right), at: start, over: [left, right])
        case .notMembership:
            advance()
            switch current.text {
            case "between": return try between(left, isNegated: true)
            case "in": return try membership(left, isNegated: true)
            case "like", "ilike": return try like(left, isNegated: true)
            default: return try similar(left, isNegated: true)
            }
        case .similar: return try similar(left, isNegated: false)
        case .timeZone:
            advance()
            advance()
            advance()
            let zone = try expression(above: Precedence.timeZone)
            return try node(.atTimeZone(left, zone: zone), at: start, over: [left, zone])
        case .collate: return try collate(left)
        case .cast:
            advance()
            return try node(.cast(left, try typeName()), at: start, over: [left])
        case .element:
            advance()
            return try elementOrSlice(of: left, at: start)
        case .overlaps: return try overlaps(left)
        case .unsupported: throw .unsupported("the operator \(current.text.uppercased()) is not supported", at: start).because(.undefinedFunction)
        }
    }

    /// After `[`: `n]`, `a:b]`, `a:]`, `:b]` or `:]`, and further ones beside it.
    ///
    /// One range makes ranges of all that stand beside it: `n` is `1:n` then.
    private mutating func elementOrSlice(of list: ExpressionSyntax, at start: Int) throws(QueryError) -> ExpressionSyntax {
        var subscripts: [(range: ExpressionSyntax.SliceRange, isSlice: Bool, position: Int)] = [], place = start
        repeat {
            let low = atSymbol(":") ? nil : try expression()
            if acceptSymbol(":") {
                let high = atSymbol("]") ? nil : try expression()
                subscripts.append((.init(from: low, to: high), true, place))
            } else {
                subscripts.append((.init(from: nil, to: low), false, place))
            }
            try expectSymbol("]")
            place = position
        } while acceptSymbol("[")
        guard subscripts.contains(where: \.isSlice) else {
            var element = list
            for item in subscripts {
                guard let index = item.range.to else { continue }
                element = try node(.element(element, index: index), at: item.position, over: [element, index])
            }
            // `lines[1].name` as `(lines[1]).name`.
            return try fields(of: element)
        }
        var ranges: [ExpressionSyntax.SliceRange] = []
        for item in subscripts {
            let one = try node(.number("1"), at: item.position)
            ranges.append(item.isSlice ? item.range : .init(from: one, to: item.range.to))
        }
        return try node(.slice(list, ranges), at: start, over: [list] + ranges.flatMap { [$0.from, $0.to] }.compactMap { $0 })
    }

    /// `(start, end) OVERLAPS (start, length)` is a call of four arguments.
    private mutating func overlaps(_ left: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        let right = try expression(above: Precedence.other)
        guard left.rowFields.count == 2, right.rowFields.count == 2 else {
            throw .badSQL("OVERLAPS takes two periods, each (start, end) or (start, length)", at: start)
        }
        return try callNode(FunctionSyntax(name: NameSyntax("overlaps", at: start), arguments: left.rowFields + right.rowFields))
    }

    /// An operator with its right side, or with ANY, SOME or ALL of a query or a list.
    private mutating func binary(
        _ op: ExpressionSyntax.BinaryOperator, _ precedence: Int, _ left: ExpressionSyntax
    ) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        if let several = try ofSeveral(op, left, at: start) { return several }
        let right = try expression(above: precedence)
        // `a < b < c` is an error in PostgreSQL, whose comparisons do not associate.
        if precedence == Precedence.comparison, let (next, _) = infix(), next == Precedence.comparison {
            throw .badSQL("comparisons cannot be chained", at: position, hint: "join two of them with AND")
        }
        return try node(.binary(op, left, right), at: start, over: [left, right])
    }

    /// ANY, SOME or ALL of a query or a list, behind the operator; nil of one right side.
    private mutating func ofSeveral(_ op: ExpressionSyntax.BinaryOperator, _ left: ExpressionSyntax, at start: Int) throws(QueryError) -> ExpressionSyntax? {
        guard at("any") || at("some") || at("all"), nextIs(symbol: "(") else { return nil }
        // Of a pattern each test is one by itself, since there is no least and greatest pattern; of others the tree has a node.
        guard op.isPatternTest else { return try quantified(op, left, at: start) }
        return try each(left, at: start) { (parser, pattern) throws(QueryError) in try parser.node(.binary(op, left, pattern), at: start, over: [left, pattern]) }
    }

    /// `x op ANY (query)` and `x op ALL (list)`, at the word behind the operator.
    ///
    /// SOME means ANY.
    private mutating func quantified(
        _ op: ExpressionSyntax.BinaryOperator, _ left: ExpressionSyntax, at start: Int
    ) throws(QueryError) -> ExpressionSyntax {
        let isAll = at("all")
        advance()
        advance()
        let (set, height) = try quantifiedSet()
        switch set {
        case .query: return try node(.quantified(left, op, isAll: isAll, set), at: start, over: [left], queryHeight: height)
        case .array(let array): return try node(.quantified(left, op, isAll: isAll, set), at: start, over: [left, array])
        }
    }

    /// What stands in the parentheses of ANY, SOME or ALL, through the closing one, and a query's height.
    ///
    /// A query or a list is known with the first word, unless that is another parenthesis: `((SELECT …) UNION …)` and `((SELECT …)::INTEGER[])`.
    private mutating func quantifiedSet() throws(QueryError) -> (ExpressionSyntax.QuantifiedSet, height: Int) {
        if atQuery() {
            let (inner, height) = try measuredQuery()
            try expectSymbol(")")
            return (.query(inner), height)
        }
        let list = try expression()
        guard case .scalarQuery(let first) = list.kind else {
            try expectSymbol(")")
            return (.array(list), list.height)
        }
        let (inner, height) = atQueryContinuation ? try query(continuing: first) : (first, list.height)
        try expectSymbol(")")
        return (.query(inner), height)
    }

    /// `a AND b AND c` is one flat node, so that long filters stay low.
    private mutating func connective(_ first: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
        let start = position
        let isAnd = at("and")
        let word = isAnd ? "and" : "or"
        // An operand that is such a node itself, of parentheses, stays one.
        var items = [first]
        while accept(word) { items.append(try expression(above: isAnd ? Precedence.and : Precedence.or)) }
        return try node(isAnd ? .and(items) : .or(items), at: start, over: items)
    }

    /// IS [NOT] NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM x, or [form] NORMALIZED, which is a call of `is_normalized`.
    private mutating func isTest(_ left: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        let isNegated = accept("not")
        if accept("distinct") {
            try expect("from")
            let right = try expression(above: Precedence.isTest)
            return try node(.isDistinct(left, right, isNegated: isNegated), at: start, over: [left, right])
        }
        let test: ExpressionSyntax.TruthTest
        switch current.kind == .word ? current.text : "" {
        case "null": test = .null
        case "true": test = .isTrue
        case "false": test = .isFalse
        case "unknown": test = .unknown
        case "normalized", "nfc", "nfd", "nfkc", "nfkd":
            let form = current.text
            advance()
            if form != "normalized" { try expect("normalized") }
            let name = try node(.string(form == "normalized" ? "nfc" : form), at: start)
            let call = try callNode(FunctionSyntax(name: NameSyntax("is_normalized", at: start), arguments: [left, name]))
            return isNegated ? try node(.not(call), at: start, over: [call]) : call
        case "document", "json", "of":
            throw .unsupported("IS \(current.text.uppercased()) is not supported", at: position)
        default: throw unexpected(expected: "NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
        }
        advance()
        return try node(.isTest(left, test, isNegated: isNegated), at: start, over: [left])
    }

    /// `[NOT] BETWEEN [SYMMETRIC] low AND high`: bounds hold no AND of their own, so that the word ends the first.
    private mutating func between(_ left: ExpressionSyntax, isNegated: Bool) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        let isSymmetric = accept("symmetric")
        if !isSymmetric { accept("asymmetric") }
        let low = try expression(above: Precedence.membership)
        try expect("and")
        let high = try expression(above: Precedence.membership)
        return try node(
            .between(left, low: low, high: high, isSymmetric: isSymmetric, isNegated: isNegated), at: start, over: [left, low, high])
    }

    /// `[NOT] IN (…)`. Whether the parentheses hold a query or a list is known with their first word, unless that is another parenthesis.
    private mutating func membership(_ left: ExpressionSyntax, isNegated: Bool) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        try expectSymbol("(")
        if atQuery() {
            let (inner, height) = try measuredQuery()
            try expectSymbol(")")
            return try node(.inQuery(left, inner, isNegated: isNegated), at: start, over: [left], queryHeight: height)
        }
        let list = try expressionList()
        // `IN ((SELECT …) UNION (SELECT …))`, and a query in doubled parentheses.
        if list.count == 1, case .scalarQuery(let first) = list[0].kind {
            let (inner, height) = atQueryContinuation ? try query(continuing: first) : (first, list[0].height)
            try expectSymbol(")")
            return try node(.inQuery(left, inner, isNegated: isNegated), at: start, over: [left], queryHeight: height)
        }
        try expectSymbol(")")
        return try node(.inList(left, list, isNegated: isNegated), at: start, over: [left] + list)
    }

    /// `[NOT] LIKE pattern [ESCAPE e]`.
    private mutating func like(_ left: ExpressionSyntax, isNegated: Bool) throws(QueryError) -> ExpressionSyntax {
        let start = position
        let ignoresCase = at("ilike")
        advance()
        if at("any") || at("some") || at("all"), nextIs(symbol: "(") {
            return try likeEach(left, ignoresCase: ignoresCase, isNegated: isNegated, at: start)
        }
        let pattern = try expression(above: Precedence.membership)
        let escape = accept("escape") ? try expression(above: Precedence.membership) : nil
        return try node(
            .like(left, pattern: pattern, escape: escape, ignoresCase: ignoresCase, isNegated: isNegated), at: start,
            over: [left, pattern] + (escape.map { [$0] } ?? []))
    }

    /// SIMILAR TO is a match of the regular expression that the pattern means.
    private mutating func similar(_ left: ExpressionSyntax, isNegated: Bool) throws(QueryError) -> ExpressionSyntax {
        let start = position
        advance()
        try expect("to")
        var arguments = [try expression(above: Precedence.membership)]
        if accept("escape") { arguments.append(try expression(above: Precedence.membership)) }
        let pattern = try callNode(FunctionSyntax(name: NameSyntax("similar_to_escape", at: start), arguments: arguments))
        return try node(.binary(isNegated ? .matchesNot : .matches, left, pattern), at: start, over: [left, pattern])
    }

    /// `x LIKE ANY (ARRAY[…])` is a test for each pattern.
    private mutating func likeEach(
        _ left: ExpressionSyntax, ignoresCase: Bool, isNegated: Bool, at start: Int
    ) throws(QueryError) -> ExpressionSyntax {
        try each(left, at: start) { (parser, pattern) throws(QueryError) in
            try parser.node(.like(left, pattern: pattern, escape: nil, ignoresCase: ignoresCase, isNegated: isNegated), at: start, over: [left, pattern])
        }
    }

    /// A test for each pattern of `ANY (…)` or `ALL (…)`: of `ARRAY[…]` they stand beside each other, of another list or a query TRUE is compared with their answers.
    private mutating func each(
        _ left: ExpressionSyntax, at start: Int, _ test: (inout Parser, ExpressionSyntax) throws(QueryError) -> ExpressionSyntax
    ) throws(QueryError) -> ExpressionSyntax {
        let isAll = at("all")
        advance()
        advance()
        // No name that somebody may write.
        let pattern = NameSyntax("\u{0}pattern", at: start)
        let alias = TableAliasSyntax(name: NameSyntax("\u{0}patterns", at: start), columns: [pattern])
        let (set, height) = try quantifiedSet()
        let list: ExpressionSyntax
        switch set {
        case .query(let inner):
            // Its one column is called `pattern` by the alias, whatever it is called there.
            return try answers(.subquery(inner, alias: alias, isLateral: false, position: start), test(&self, try node(.name([pattern]), at: start)), isAll, height, at: start)
        case .array(let array): list = array
        }
        if case .array(let patterns) = list.kind {
            var tests: [ExpressionSyntax] = []
            for pattern in patterns { tests.append(try test(&self, pattern)) }
            if tests.isEmpty { return try node(.boolean(isAll), at: start) }
            return tests.count == 1 ? tests[0] : try node(isAll ? .and(tests) : .or(tests), at: start, over: tests)
        }
        let texts = try node(.cast(list, TypeNameSyntax(name: "text", modifiers: [], isArray: true, position: list.position)), at: list.position, over: [list])
        let rows = TableSyntax.function(FunctionSyntax(name: NameSyntax("unnest", at: start), arguments: [texts]), withOrdinality: false, alias: alias, position: start)
        let all = try answers(rows, test(&self, try node(.name([pattern]), at: start)), isAll, texts.height, at: start)
        // Of no list the answer is none.
        let isNone = try node(.isTest(texts, .null, isNegated: false), at: start, over: [texts])
        let none = try node(.null, at: start)
        return try node(
            .caseWhen(operand: nil, branches: [.init(condition: isNone, result: none)], otherwise: all), at: start, over: [isNone, none, all])
    }

    /// Whether TRUE is among the answers of a test for each row, or all of them are.
    private mutating func answers(_ rows: TableSyntax, _ test: ExpressionSyntax, _ isAll: Bool, _ height: Int, at start: Int) throws(QueryError) -> ExpressionSyntax {
        var select = SelectSyntax(position: start)
        select.items = [SelectItemSyntax(expression: test, alias: nil)]
        select.from = [rows]
        // All are true where FALSE is not among them.
        let wanted = try node(.boolean(!isAll), at: start)
        let isAmong = try node(
            .quantified(wanted, .equal, isAll: false, .query(QuerySyntax(body: .select(select), position: start))), at: start, over: [wanted, test], queryHeight: height + 2)
        return isAll ? try node(.not(isAmong), at: start, over: [isAmong]) : isAmong
    }

    /// The schema of a collation says nothing here; only `pg_catalog` is passed over.
    private mutating func collate(_ left: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
        advance()
        if at("pg_catalog"), nextIs(symbol: ".") {
            advance()
            advance()
        }
        let start = position
        return try node(.collated(left, try label("a collation")), at: start, over: [left])
    }
}
