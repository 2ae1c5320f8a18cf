/// Records of documents, whose columns stand in the query: `jsonb_to_recordset(x) AS t(a int, b text)` is a LATERAL subquery of members and casts.
///
///     LATERAL (SELECT CAST(record.value ->> 'a' AS int) AS a FROM jsonb_array_elements(CAST(x AS jsonb)) AS record(value)) AS t
extension Parser {
    /// Functions with a list of columns behind them, and whether a document has many records.
    private static let recordFunctions = ["json_to_record": false, "jsonb_to_record": false, "json_to_recordset": true, "jsonb_to_recordset": true]

    /// Whether a list of columns has to stand behind a call of it.
    static func givesRecords(_ name: String) -> Bool { recordFunctions[name] != nil }

    /// What stands behind the call: `[AS] [t](a int, b text)`.
    mutating func records(of call: FunctionSyntax, at start: Int) throws(QueryError) -> TableSyntax {
        let function = call.name.text
        let hasAs = accept("as")
        let alias = hasAs && atSymbol("(") ? call.name : hasAs || !atSymbol("(") ? try recordName(function) : nil
        guard let alias, acceptSymbol("(") else {
            throw .badSQL("\(function) needs a list of columns", at: position, hint: "write \(function)(…) AS t(a INTEGER, b TEXT)")
        }
        guard call.arguments.count == 1 else { throw .badSQL("\(function) takes one document", at: start).because(.undefinedFunction) }
        let isBinary = function.hasPrefix("jsonb")
        let documentType = TypeNameSyntax(name: isBinary ? "jsonb" : "json", modifiers: [], isArray: false, position: start)
        var select = SelectSyntax(position: start)
        repeat {
            let name = try name("a column's name")
            select.items.append(SelectItemSyntax(expression: try memberOfRecord(name, try typeName()), alias: name))
        } while acceptSymbol(",")
        try expectSymbol(")")
        try checkListCount(select.items.count, "a list of columns")
        let document = try node(.cast(call.arguments[0], documentType), at: start, over: call.arguments)
        let element = TableAliasSyntax(name: NameSyntax("record", at: start), columns: [NameSyntax("value", at: start)])
        if Self.recordFunctions[function] == true {
            let elements = FunctionSyntax(name: NameSyntax(isBinary ? "jsonb_array_elements" : "json_array_elements", at: start), arguments: [document])
            select.from = [.function(elements, withOrdinality: false, alias: element, position: start)]
        } else {
            var one = SelectSyntax(position: start)
            one.items = [SelectItemSyntax(expression: document, alias: NameSyntax("value", at: start))]
            select.from = [.subquery(QuerySyntax(body: .select(one), position: start), alias: element, isLateral: true, position: start)]
        }
        let names = TableAliasSyntax(name: alias, columns: [])
        return .subquery(QuerySyntax(body: .select(select), position: start), alias: names, isLateral: true, position: start)
    }

    /// The alias of the rows, where a list of columns follows it.
    private mutating func recordName(_ function: String) throws(QueryError) -> NameSyntax? {
        guard current.kind == .quotedName || current.kind == .word, nextIs(symbol: "(") else { return nil }
        return try name("an alias")
    }

    /// A member as a type: of a scalar its text, read as that; a document stays one; null is NULL.
    private mutating func memberOfRecord(_ name: NameSyntax, _ type: TypeNameSyntax) throws(QueryError) -> ExpressionSyntax {
        let owner = try node(.name([NameSyntax("record", at: name.position), NameSyntax("value", at: name.position)]), at: name.position)
        let key = try node(.string(name.text), at: name.position)
        let text = try node(.binary(.memberText, owner, key), at: name.position, over: [owner, key])
        guard !type.isArray else { throw .unsupported("columns of records are no lists here: take the member as JSONB", at: type.position) }
        guard type.name == "json" || type.name == "jsonb" else { return try node(.cast(text, type), at: name.position, over: [text]) }
        let part = try node(.binary(.member, owner, key), at: name.position, over: [owner, key])
        let cast = try node(.cast(part, type), at: name.position, over: [part])
        // A member that is null in JSON would be a document of its own as JSON: it is NULL here, as in PostgreSQL.
        let test = try node(.isTest(text, .null, isNegated: true), at: name.position, over: [text])
        let branch = ExpressionSyntax.CaseBranch(condition: test, result: cast)
        return try node(.caseWhen(operand: nil, branches: [branch], otherwise: nil), at: name.position, over: [test, cast])
    }
}
