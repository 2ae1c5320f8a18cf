/// Primary expressions: constants, names, calls, CASE, subqueries, and the functions with a grammar of their own.
///
///     primary  = constant | $n | name {'.' name} ['.*'] | call | '(' list | query ')' | CASE … END | CAST '(' x AS type ')'
///              | EXISTS '(' query ')' | ARRAY '[' … ']' | ARRAY '(' query ')' | ROW '(' list ')' | type 'text' | INTERVAL 'text' [fields]
///     call     = name '(' [ '*' | [DISTINCT | ALL] argument {',' argument} [ORDER BY …] ] ')'
///                [WITHIN GROUP '(' ORDER BY … ')'] [FILTER '(' WHERE x ')'] [OVER (name | '(' window ')')]
///     argument = [VARIADIC] x | name ('=>' | ':=') x
extension Parser {
    /// A primary with the fields that are taken out of it.
    mutating func primaryExpression() throws(QueryError) -> ExpressionSyntax {
        // Names take the dots behind them themselves, so one that is followed by a dot stood in parentheses.
        try fields(of: try primary())
    }

    /// `(row).field`, and the field of a field.
    mutating func fields(of row: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
        var expression = row
        while atSymbol("."), case .some = fieldOwner(expression) {
            let start = position
            advance()
            if acceptSymbol("*") { return try node(.members(expression), at: start, over: [expression]) }
            expression = try node(.field(expression, try label("a field's name")), at: start, over: [expression])
        }
        return expression
    }

    /// Nil for what a dot cannot follow: `*`, and a number, whose own dot it would be.
    private func fieldOwner(_ expression: ExpressionSyntax) -> Int? {
        switch expression.kind {
        case .star, .number: nil
        default: expression.position
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
        case "collation" where nextIs("for"):
            advance()
            advance()
            return try callNode(try functionCall(named: NameSyntax("pg_collation_for", at: token.position)))
        case "try_cast": throw .unsupported("TRY_CAST is not supported", at: token.position)
        default: break
        }
        if let typed = try typedConstant(token) { return typed }
        return try nameOrCall()
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

    // MARK: Types

    /// `[pg_catalog.]name [(n, …)] [fields of an interval] [WITH | WITHOUT TIME ZONE] {'[]'} [ARRAY]`. Whether there is such a type the binder says.
    mutating func typeName() throws(QueryError) -> TypeNameSyntax {
        let start = position
        guard current.kind == .word || current.kind == .quotedName else { throw unexpected(expected: "a type's name") }
        var name = current.text, isWord = current.kind == .word
        advance()
        if name == "pg_catalog", acceptSymbol(".") {
            (name, isWord) = (current.text, current.kind == .word)
            advance()
        }
        switch name {
        case "double": if accept("precision") { name = "double precision" }
        // In quotes it is a type of its own.
        case "char" where isWord: name = accept("varying") ? "varchar" : "character"
        case "character": if accept("varying") { name = "varchar" }
        case "nchar" where isWord: name = accept("varying") ? "varchar" : "character"
        case "national" where isWord && (at("character") || at("char")):
            advance()
            name = accept("varying") ? "varchar" : "character"
        case "bit" where isWord: if accept("varying") { name = "bit varying" }
        default: break
        }
        var modifiers: [Int] = []
        if atSymbol("(") {
            advance()
            repeat {
                guard current.kind == .number, let value = Int(current.text) else { throw unexpected(expected: "a number") }
                modifiers.append(value)
                advance()
            } while acceptSymbol(",")
            try expectSymbol(")")
        }
        if name == "interval", modifiers.isEmpty, let fields = try fieldsOfInterval() {
            name += " " + fields.name
            if let digits = fields.digits { modifiers = [digits] }
        }
        if name == "timestamp" || name == "time" {
            if at("with"), nextIs("time") {
                advance()
                try expectZone()
                name += " with time zone"
            } else if at("without"), nextIs("time") {
                advance()
                try expectZone()
            }
        }
        // `int[][]` is a list as well: how many dimensions a value has its own text tells.
        var isArray = false
        while atSymbol("["), nextIs(symbol: "]") {
            advance()
            advance()
            isArray = true
        }
        if accept("array") { isArray = true }
        return TypeNameSyntax(name: name, modifiers: modifiers, isArray: isArray, position: start)
    }

    /// `TIME ZONE` behind WITH or WITHOUT.
    private mutating func expectZone() throws(QueryError) {
        try expect("time")
        try expect("zone")
    }

    /// `DATE '…'`: a type's name straight before a string.
    ///
    /// Nil where none stands, and then nothing is passed.
    private mutating func typedConstant(_ token: Token) throws(QueryError) -> ExpressionSyntax? {
        guard Keywords.mayNameFunction(token.text) else { return nil }
        // It may be a column of that name: then the cursor goes back.
        let saved = index
        let isType: Bool
        // Types with further words or numbers may have their string further on; all others have it right behind them.
        switch token.text {
        case "timestamp", "timestamptz", "time", "interval", "double", "float", "character", "varchar", "char", "nchar", "national", "bpchar", "decimal", "dec", "numeric": isType = true
        default: isType = token.kind == .word && self.token(after: 1).kind == .string
        }
        guard isType else { return nil }
        if nextIs(symbol: "."), token.text != "pg_catalog" { return nil }
        guard var type = try? typeName(), current.kind == .string else {
            index = saved
            return nil
        }
        // Without a length a constant keeps all of its text, as PostgreSQL has it: elsewhere such a type is of one character.
        if type.name == "character", type.modifiers.isEmpty, !type.isArray { type = TypeNameSyntax(name: "bpchar", modifiers: [], isArray: false, position: type.position) }
        let text = current.text
        advance()
        return try node(.typedString(type, text), at: token.position)
    }

    private static let intervalFields: Set<String> = ["year", "month", "day", "hour", "minute", "second"]

    /// `INTERVAL 'text' [fields]`; nil where no string follows, and nothing is passed.
    private mutating func intervalConstant() throws(QueryError) -> ExpressionSyntax? {
        let start = position
        guard token(after: 1).kind == .string else { return nil }
        advance()
        let text = current.text
        advance()
        let fields = try fieldsOfInterval()
        return try node(.interval(text, fields: fields.map { $0.name + ($0.digits.map { "(\($0))" } ?? "") }), at: start)
    }

    /// `DAY TO SECOND(2)` behind an interval or its type; nil where none stands.
    private mutating func fieldsOfInterval() throws(QueryError) -> (name: String, digits: Int?)? {
        guard at(anyOf: Self.intervalFields) else { return nil }
        var name = current.text, last = name
        advance()
        if at("to") {
            advance()
            guard at(anyOf: Self.intervalFields) else { throw unexpected(expected: "a field of an interval") }
            last = current.text
            name += " to " + last
            advance()
        }
        guard last == "second", atSymbol("("), token(after: 1).kind == .number else { return (name, nil) }
        advance()
        guard let digits = Int(current.text) else { throw unexpected(expected: "a number") }
        advance()
        try expectSymbol(")")
        return (name, digits)
    }

    // MARK: Names and calls

    /// A name of any number of parts, or a call. A schema before a function is passed over: all are in `pg_catalog` here.
    ///
    /// - Throws: `.undefinedSchema` for a call in any other schema.
    private mutating func nameOrCall() throws(QueryError) -> ExpressionSyntax {
        let first = current
        if first.kind == .word, nextIs(symbol: "("), Keywords.mayNameFunction(first.text) || first.text == "any_value" {
            let name = try label("a function's name")
            return try callNode(try functionCall(named: name))
        }
        if first.kind == .quotedName, nextIs(symbol: "(") {
            return try callNode(try functionCall(named: try label("a function's name")))
        }
        var names = [try name("an expression")]
        while atSymbol(".") {
            advance()
            if atSymbol("*") {
                advance()
                return try node(.star(names), at: first.position)
            }
            names.append(try label("a column's name"))
        }
        // `information_schema._pg_expandarray` is one that drivers call.
        if atSymbol("("), names.count == 2, names[0].text == "pg_catalog" || names[0].text == "information_schema" && names[1].text.hasPrefix("_pg_") {
            return try callNode(try functionCall(named: names[1]))
        }
        if atSymbol("(") { throw .badSQL("functions have no schema here but pg_catalog", at: first.position).because(.undefinedSchema) }
        return try node(.name(names), at: first.position)
    }

    /// Functions that SQL writes without parentheses.
    private mutating func keywordFunction(_ token: Token) throws(QueryError) -> ExpressionSyntax {
        switch token.text {
        case "current_date", "current_timestamp", "localtimestamp", "localtime": break
        case "current_user", "session_user", "user", "current_role", "current_catalog", "current_schema":
            // Functions without parentheses; the last may have them.
            advance()
            if token.text == "current_schema", atSymbol("("), nextIs(symbol: ")") {
                advance()
                advance()
            }
            return try callNode(FunctionSyntax(name: NameSyntax(token.text, at: token.position)))
        default: throw .unsupported("\(token.text.uppercased()) is not supported", at: token.position)
        }
        advance()
        let call = try callNode(FunctionSyntax(name: NameSyntax(token.text, at: token.position)))
        guard token.text != "current_date", atSymbol("(") else { return call }
        // `current_timestamp(3)` is cut to what the precision says.
        advance()
        guard current.kind == .number, let digits = Int(current.text) else { throw unexpected(expected: "a number") }
        advance()
        try expectSymbol(")")
        let type = TypeNameSyntax(
            name: token.text == "localtime" ? "time" : token.text == "localtimestamp" ? "timestamp" : "timestamptz", modifiers: [digits], isArray: false, position: token.position)
        return try node(.cast(call, type), at: token.position, over: [call])
    }

    func orderExpressions(_ items: [OrderItemSyntax]) -> [ExpressionSyntax] { items.map(\.expression) }

    /// The node of a call over all that it holds, so that their heights count.
    mutating func callNode(_ call: FunctionSyntax) throws(QueryError) -> ExpressionSyntax {
        var children = call.arguments + orderExpressions(call.orderBy) + orderExpressions(call.withinGroup)
        if let filter = call.filter { children.append(filter) }
        if case .window(let window)? = call.over {
            children += window.partitionBy + orderExpressions(window.orderBy)
            if let frame = window.frame { children += distances(frame) }
        }
        return try node(.function(call), at: call.name.position, over: children)
    }

    private func distances(_ frame: FrameSyntax) -> [ExpressionSyntax] {
        var found: [ExpressionSyntax] = []
        for bound in [frame.start, frame.end] {
            switch bound {
            case .preceding(let distance), .following(let distance): found.append(distance)
            case .unboundedPreceding, .currentRow, .unboundedFollowing: break
            }
        }
        return found
    }

    /// After the name, at the opening parenthesis; through FILTER and OVER.
    ///
    /// Named arguments are brought into the order of the function's parameters here, and elements of a written `VARIADIC ARRAY[…]` are made
    /// arguments: nothing behind the parser knows of them.
    mutating func functionCall(named name: NameSyntax) throws(QueryError) -> FunctionSyntax {
        var call = FunctionSyntax(name: name)
        try expectSymbol("(")
        if atSymbol("*") {
            advance()
            call.isStar = true
        } else if !atSymbol(")") {
            if accept("distinct") { call.isDistinct = true } else { accept("all") }
            var named = NamedArguments(of: name)
            repeat {
                guard !call.isVariadic else { throw .badSQL("nothing follows a VARIADIC argument", at: position) }
                call.isVariadic = accept("variadic")
                if current.kind == .word || current.kind == .quotedName, nextIs(symbol: "=>") || nextIs(symbol: ":=") {
                    let argument = NameSyntax(current.text, at: position)
                    advance()
                    advance()
                    try named.take(try expression(), as: argument)
                } else {
                    guard named.isEmpty else { throw .badSQL("an argument without a name cannot follow one with a name", at: position) }
                    call.arguments.append(try expression())
                }
            } while acceptSymbol(",")
            if !named.isEmpty { call.arguments = try named.inOrder(behind: call.arguments) }
            // The form is a word of the grammar.
            if name.text == "normalize", call.arguments.count == 2, case .name(let form) = call.arguments[1].kind, form.count == 1 {
                call.arguments[1] = try node(.string(form[0].text), at: call.arguments[1].position)
            }
            // Elements that the text has are arguments as they stand.
            if call.isVariadic, case .array(let items)? = call.arguments.last?.kind {
                call.arguments = call.arguments.dropLast() + items
                call.isVariadic = false
            }
            if accept("order") {
                try expect("by")
                call.orderBy = try orderItems(keepsRows: call.isDistinct)
            }
            if at("ignore") || at("respect") { throw .unsupported("IGNORE NULLS and RESPECT NULLS are not supported", at: position) }
        }
        try expectSymbol(")")
        // WITHIN and FILTER may be aliases: they are these clauses only with what follows them.
        if at("within"), nextIs("group") {
            advance()
            advance()
            try expectSymbol("(")
            try expect("order")
            try expect("by")
            call.withinGroup = try orderItems()
            try expectSymbol(")")
        }
        if at("filter"), nextIs(symbol: "(") {
            advance()
            advance()
            try expect("where")
            call.filter = try expression()
            try expectSymbol(")")
        }
        if at("ignore") || at("respect"), nextIs("nulls") {
            throw .unsupported("IGNORE NULLS and RESPECT NULLS are not supported", at: position)
        }
        if accept("over") {
            if acceptSymbol("(") {
                call.over = .window(try nested { (parser) throws(QueryError) in try parser.windowDefinition() })
            } else {
                call.over = .named(try self.name("a window's name"))
            }
        }
        return call
    }

    // MARK: Functions with a grammar of their own

    /// EXTRACT(f FROM x) and its like become calls with ordinary arguments; nil when the arguments are plain.
    private mutating func grammaticalCall(_ token: Token) throws(QueryError) -> ExpressionSyntax? {
        // `substring(x, 1, 2)` has no words between its arguments: it is read again as any call.
        let saved = index
        advance()
        advance()
        let call: FunctionSyntax?
        switch token.text {
        case "extract": call = try extract(token)
        case "position": call = try positionIn(token)
        case "substring": call = try substring(token)
        case "trim": call = try trim(token)
        default: call = try overlay(token)
        }
        guard let call else {
            index = saved
            return nil
        }
        try expectSymbol(")")
        return try callNode(call)
    }

    private func call(_ name: String, _ token: Token, _ arguments: [ExpressionSyntax]) -> FunctionSyntax {
        FunctionSyntax(name: NameSyntax(name, at: token.position), arguments: arguments)
    }

    /// `EXTRACT(field FROM x)`; the field may be a word, a string or a name in quotes.
    private mutating func extract(_ token: Token) throws(QueryError) -> FunctionSyntax {
        guard [.word, .string, .quotedName].contains(current.kind) else { throw unexpected(expected: "a field such as YEAR") }
        let field = try node(.string(current.text), at: position)
        advance()
        try expect("from")
        return call("extract", token, [field, try expression()])
    }

    /// POSITION(part IN text) is strpos(text, part), under its own name.
    private mutating func positionIn(_ token: Token) throws(QueryError) -> FunctionSyntax {
        // IN must not be taken as the operator: read what binds tighter.
        // 6 is `Precedence.membership`, that of IN, BETWEEN and LIKE.
        let part = try expression(above: 6)
        try expect("in")
        let text = try expression(above: 6)
        return call("position", token, [text, part])
    }

    /// `SUBSTRING(x FROM a [FOR n])`, `(x FOR n [FROM a])` and `(x SIMILAR p ESCAPE e)`; nil for plain arguments. FOR alone counts from 1.
    private mutating func substring(_ token: Token) throws(QueryError) -> FunctionSyntax? {
        let text = try expression()
        if atSymbol(",") || atSymbol(")") { return nil }
        if accept("similar") {
            let pattern = try expression()
            try expect("escape")
            return call("substring", token, [text, pattern, try expression()])
        }
        var start: ExpressionSyntax?, count: ExpressionSyntax?
        if accept("from") {
            start = try expression()
            if accept("for") { count = try expression() }
        } else if accept("for") {
            count = try expression()
            if accept("from") { start = try expression() }
        } else {
            throw unexpected(expected: "FROM or FOR")
        }
        if start == nil { start = try node(.number("1"), at: token.position) }
        return call("substring", token, [text] + (start.map { [$0] } ?? []) + (count.map { [$0] } ?? []))
    }

    /// `TRIM([LEADING | TRAILING | BOTH] [characters] FROM x)` is `ltrim`, `rtrim` or `btrim` of x and the characters.
    private mutating func trim(_ token: Token) throws(QueryError) -> FunctionSyntax {
        var name = "btrim"
        if accept("leading") { name = "ltrim" } else if accept("trailing") { name = "rtrim" } else { accept("both") }
        if accept("from") { return call(name, token, try expressionList()) }
        let first = try expression()
        if accept("from") { return call(name, token, [try expression(), first]) }
        var arguments = [first]
        while acceptSymbol(",") { arguments.append(try expression()) }
        return call(name, token, arguments)
    }

    /// `OVERLAY(x PLACING y FROM a [FOR n])`; nil for plain arguments.
    private mutating func overlay(_ token: Token) throws(QueryError) -> FunctionSyntax? {
        let text = try expression()
        guard accept("placing") else { return nil }
        let replacement = try expression()
        try expect("from")
        let start = try expression()
        let count = accept("for") ? try expression() : nil
        return call("overlay", token, [text, replacement, start] + (count.map { [$0] } ?? []))
    }
}
