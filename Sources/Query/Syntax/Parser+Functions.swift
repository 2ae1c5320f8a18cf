/// Names, calls, and the functions with a grammar of their own.
///
///     call     = name '(' [ '*' | [DISTINCT | ALL] argument {',' argument} [ORDER BY …] ] ')'
///                [WITHIN GROUP '(' ORDER BY … ')'] [FILTER '(' WHERE x ')'] [OVER (name | '(' window ')')]
///     argument = [VARIADIC] x | name ('=>' | ':=') x
extension Parser {
    // MARK: Names and calls

    /// A name of any number of parts, or a call. A schema before a function is passed over: all are in `pg_catalog` here.
    ///
    /// - Throws: `.undefinedSchema` for a call in any other schema.
    mutating func nameOrCall() throws(QueryError) -> ExpressionSyntax {
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
    mutating func keywordFunction(_ token: Token) throws(QueryError) -> ExpressionSyntax {
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
        case "current_time": throw .unsupported("CURRENT_TIME is not supported", at: token.position, hint: "take LOCALTIME, or CURRENT_TIMESTAMP")
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

    /// What a written list has, of all its dimensions; an expression that is none is its own.
    private static func elements(of expression: ExpressionSyntax) -> [ExpressionSyntax] {
        guard case .array(let items) = expression.kind else { return [expression] }
        return items.flatMap(elements)
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
            // Elements that the text has are arguments as they stand: of several dimensions, all values.
            if call.isVariadic, let last = call.arguments.last, case .array = last.kind {
                call.arguments = call.arguments.dropLast() + Self.elements(of: last)
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
    mutating func grammaticalCall(_ token: Token) throws(QueryError) -> ExpressionSyntax? {
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
