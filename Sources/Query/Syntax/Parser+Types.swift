/// Types, and constants that have theirs before them.
extension Parser {
    /// `[pg_catalog.]name [(n, …)] [fields of an interval] [WITH | WITHOUT TIME ZONE] {'[]'} [ARRAY]`. Whether there is such a type the binder says.
    mutating func typeName() throws(QueryError) -> TypeNameSyntax {
        let start = position
        guard current.kind == .word || current.kind == .quotedName else { throw unexpected(expected: "a type's name") }
        var name = current.text, isWord = current.kind == .word
        advance()
        let isSchema = atSymbol(".") && [.word, .quotedName].contains(token(after: 1).kind)
        if name == "pg_catalog", acceptSymbol(".") {
            (name, isWord) = (current.text, current.kind == .word)
            advance()
        } else if isSchema {
            // `public` has no types, and others are not there.
            throw .badSQL("there is no type “\(name).\(token(after: 1).text)”", at: start, hint: "types have no schema but pg_catalog").because(name == "public" ? .undefinedType : .undefinedSchema)
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
                // A NUMERIC may have fewer than no digits behind its mark.
                let isNegative = !modifiers.isEmpty && ["numeric", "decimal", "dec"].contains(name) && acceptSymbol("-")
                guard current.kind == .number, let value = Int(current.text) else { throw unexpected(expected: "a number") }
                modifiers.append(isNegative ? 0 - value : value)
                advance()
            } while acceptSymbol(",")
            try expectSymbol(")")
        } else if name == "bit", isWord {
            modifiers = [1]
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
        // `int[][]` is a list as well, and so is `int[3]`: how many dimensions and elements a value has its own text tells. What stands behind JSONB asks for a
        // part of the document.
        var isArray = false
        while atSymbol("["), nextIs(symbol: "]") || name != "jsonb" && atLength {
            while !acceptSymbol("]") { advance() }
            isArray = true
        }
        if accept("array") {
            isArray = true
            if atLength { while !acceptSymbol("]") { advance() } }
        }
        return TypeNameSyntax(name: name, modifiers: modifiers, isArray: isArray, position: start)
    }

    /// `[3]`
    private var atLength: Bool {
        let length = token(after: 1)
        return atSymbol("[") && length.kind == .number && Int(length.text) != nil && nextIs(symbol: "]", distance: 2)
    }

    /// `TIME ZONE` behind WITH or WITHOUT.
    private mutating func expectZone() throws(QueryError) {
        try expect("time")
        try expect("zone")
    }

    /// `DATE '…'`: a type's name straight before a string.
    ///
    /// Nil where none stands, and then nothing is passed.
    mutating func typedConstant(_ token: Token) throws(QueryError) -> ExpressionSyntax? {
        guard Keywords.mayNameFunction(token.text) else { return nil }
        // It may be a column of that name: then the cursor goes back.
        let saved = index
        let isType: Bool
        // Types with further words or numbers may have their string further on; all others have it right behind them.
        switch token.text {
        case "timestamp", "timestamptz", "time", "interval", "double", "float", "character", "varchar", "char", "nchar", "national", "bpchar", "decimal", "dec", "numeric", "bit": isType = true
        default: isType = token.kind == .word && self.token(after: 1).kind == .string
        }
        guard isType else { return nil }
        if nextIs(symbol: "."), token.text != "pg_catalog" { return nil }
        let isBare = self.token(after: 1).kind == .string
        guard var type = try? typeName(), current.kind == .string else {
            index = saved
            return nil
        }
        // Without a length a constant keeps all of its text, as PostgreSQL has it: elsewhere such a type is of one character.
        if type.name == "character", type.modifiers.isEmpty, !type.isArray { type = TypeNameSyntax(name: "bpchar", modifiers: [], isArray: false, position: type.position) }
        // So are all of BIT's.
        if type.name == "bit", isBare { type = TypeNameSyntax(name: type.name, modifiers: [], isArray: type.isArray, position: type.position) }
        let text = current.text
        advance()
        return try node(.typedString(type, text), at: token.position)
    }

    private static let intervalFields: Set<String> = ["year", "month", "day", "hour", "minute", "second"]

    /// `INTERVAL 'text' [fields]`; nil where no string follows, and nothing is passed.
    mutating func intervalConstant() throws(QueryError) -> ExpressionSyntax? {
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
}
