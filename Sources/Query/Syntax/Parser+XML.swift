/// XML's functions, which have a grammar of their own, as calls with names and keywords for ordinary arguments. Texts of XML are texts here: XMLPARSE and XMLSERIALIZE are
/// casts, and nobody asks whether DOCUMENT holds.
///
///     XMLELEMENT '(' NAME name [ ',' XMLATTRIBUTES '(' named { ',' named } ')' ] { ',' x } ')'        named = x [ AS name ]
///     XMLFOREST '(' named { ',' named } ')'
///     XMLPI '(' NAME name [ ',' x ] ')'
///     XMLROOT '(' x ',' VERSION ( x | NO VALUE ) [ ',' STANDALONE ( YES | NO [ VALUE ] ) ] ')'
///     XMLPARSE '(' ( DOCUMENT | CONTENT ) x [ ( STRIP | PRESERVE ) WHITESPACE ] ')'
///     XMLSERIALIZE '(' ( DOCUMENT | CONTENT ) x AS type ')'
///     XMLEXISTS '(' x PASSING [ BY ( REF | VALUE ) ] x [ BY ( REF | VALUE ) ] ')'
///
/// PostgreSQL 15's documentation, sections 9.15.1 and 8.13.1.
extension Parser {
    static let xmlForms: Set<String> = ["xmlelement", "xmlforest", "xmlpi", "xmlroot", "xmlparse", "xmlserialize", "xmlexists"]

    /// One of them, at its name.
    mutating func xmlCall(_ token: Token) throws(QueryError) -> ExpressionSyntax {
        advance()
        try expectSymbol("(")
        let made: ExpressionSyntax
        switch token.text {
        case "xmlelement": made = try xmlNode(token, try xmlElement())
        case "xmlforest": made = try xmlNode(token, try xmlNamedValues())
        case "xmlpi":
            var arguments = [try xmlNameArgument()]
            if acceptSymbol(",") { arguments.append(try expression()) }
            made = try xmlNode(token, arguments)
        case "xmlroot": made = try xmlNode(token, try xmlRoot())
        case "xmlparse":
            let value = try xmlContent()
            if accept("strip") || accept("preserve") { try expect("whitespace") }
            var type = TypeNameSyntax(name: "xml", modifiers: [], isArray: false, position: token.position)
            type.columnName = token.text
            made = try node(.cast(value, type), at: token.position, over: [value])
        case "xmlserialize":
            let value = try xmlContent()
            try expect("as")
            var type = try typeName()
            type.columnName = token.text
            made = try node(.cast(value, type), at: token.position, over: [value])
        default:
            let path = try expression()
            try expect("passing")
            try passXMLMechanism()
            let value = try expression()
            try passXMLMechanism()
            var call = FunctionSyntax(name: NameSyntax("xpath_exists", at: token.position), arguments: [path, value])
            call.columnName = token.text
            made = try callNode(call)
        }
        try expectSymbol(")")
        return made
    }

    private mutating func xmlNode(_ token: Token, _ arguments: [ExpressionSyntax]) throws(QueryError) -> ExpressionSyntax {
        try callNode(FunctionSyntax(name: NameSyntax(token.text, at: token.position), arguments: arguments))
    }

    /// A name of any word, as a constant.
    private mutating func xmlName() throws(QueryError) -> ExpressionSyntax {
        guard current.kind == .word || current.kind == .quotedName else { throw unexpected(expected: "a name") }
        let (text, start) = (current.text, position)
        advance()
        return try node(.string(text), at: start)
    }

    private mutating func xmlNameArgument() throws(QueryError) -> ExpressionSyntax {
        try expect("name")
        return try xmlName()
    }

    /// The name, how many arguments are of attributes, these, and the others.
    private mutating func xmlElement() throws(QueryError) -> [ExpressionSyntax] {
        let start = position, name = try xmlNameArgument()
        var attributes: [ExpressionSyntax] = [], contents: [ExpressionSyntax] = []
        while acceptSymbol(",") {
            guard attributes.isEmpty, contents.isEmpty, at("xmlattributes"), nextIs(symbol: "(") else {
                contents.append(try expression())
                continue
            }
            advance()
            advance()
            attributes = try xmlNamedValues()
            try expectSymbol(")")
        }
        return [name, try node(.number(String(attributes.count)), at: start)] + attributes + contents
    }

    /// Values, each with its name before it.
    private mutating func xmlNamedValues() throws(QueryError) -> [ExpressionSyntax] {
        var items: [ExpressionSyntax] = []
        repeat {
            let value = try expression()
            if accept("as") {
                items.append(try xmlName())
            } else {
                guard case .name(let parts) = value.kind, let last = parts.last else { throw .badSQL("a value that is no column needs AS and a name", at: value.position) }
                items.append(try node(.string(last.text), at: value.position))
            }
            items.append(value)
        } while acceptSymbol(",")
        return items
    }

    /// A text, its version and what it says of standing alone: as much as nothing says, the text itself does.
    private mutating func xmlRoot() throws(QueryError) -> [ExpressionSyntax] {
        let start = position, value = try expression()
        try expectSymbol(",")
        try expect("version")
        let version: ExpressionSyntax
        if accept("no") {
            try expect("value")
            version = try node(.null, at: start)
        } else {
            version = try expression()
        }
        var standalone = ""
        if acceptSymbol(",") {
            try expect("standalone")
            if accept("yes") {
                standalone = "yes"
            } else {
                try expect("no")
                standalone = accept("value") ? "no value" : "no"
            }
        }
        return [value, version, try node(.string(standalone), at: start)]
    }

    private mutating func xmlContent() throws(QueryError) -> ExpressionSyntax {
        if !accept("document") { try expect("content") }
        return try expression()
    }

    /// BY REF and BY VALUE mean the same here.
    private mutating func passXMLMechanism() throws(QueryError) {
        guard accept("by") else { return }
        if !accept("ref") { try expect("value") }
    }
}
