/// Records of documents, whose columns stand in the query: `jsonb_to_recordset(x) AS t(a int, b text)` is a LATERAL subquery of members and casts.
///
///     LATERAL (SELECT CAST(record.value ->> 'a' AS int) AS a FROM jsonb_array_elements("records of"(CAST(x AS jsonb))) AS record(value)) AS t
extension Parser {
    /// Functions with a list of columns behind them, and whether a document has many records.
    private static let recordFunctions = ["json_to_record": false, "jsonb_to_record": false, "json_to_recordset": true, "jsonb_to_recordset": true]

    /// Whether a list of columns has to stand behind a call of it.
    static func givesRecords(_ name: String) -> Bool { recordFunctions[name] != nil }

    /// `jsonb_populate_record(NULL::record, x)` is `jsonb_to_record(x)`; any other call stays as it is.
    static func ofRecords(_ call: FunctionSyntax) -> FunctionSyntax {
        let plain = call.name.text.replacing("_populate_", with: "_to_")
        guard plain != call.name.text, givesRecords(plain), call.arguments.count == 2, case .cast(let base, let type) = call.arguments[0].kind, case .null = base.kind,
            type.name == "record", !type.isArray
        else { return call }
        return FunctionSyntax(name: NameSyntax(plain, at: call.name.position), arguments: [call.arguments[1]])
    }

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
            select.items.append(SelectItemSyntax(expression: try memberOfRecord(name, try typeName(), isBinary: isBinary), alias: name))
        } while acceptSymbol(",")
        try expectSymbol(")")
        try checkListCount(select.items.count, "a list of columns")
        let hasMany = Self.recordFunctions[function] == true
        let read = try node(.cast(call.arguments[0], documentType), at: start, over: call.arguments)
        let check = FunctionSyntax(name: NameSyntax(hasMany ? FunctionSyntax.recordsOf : FunctionSyntax.recordOf, at: start), arguments: [read])
        let document = try node(.function(check), at: start, over: [read])
        let element = TableAliasSyntax(name: NameSyntax("record", at: start), columns: [NameSyntax("value", at: start)])
        if hasMany {
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
    private mutating func memberOfRecord(_ name: NameSyntax, _ type: TypeNameSyntax, isBinary: Bool) throws(QueryError) -> ExpressionSyntax {
        // PostgreSQL's own name of int4[].
        if type.name.hasPrefix("_"), type.modifiers.isEmpty, !type.isArray {
            return try memberOfRecord(name, TypeNameSyntax(name: String(type.name.dropFirst()), modifiers: [], isArray: true, position: type.position), isBinary: isBinary)
        }
        let owner = try node(.name([NameSyntax("record", at: name.position), NameSyntax("value", at: name.position)]), at: name.position)
        let key = try node(.string(name.text), at: name.position)
        let text = try node(.binary(.memberText, owner, key), at: name.position, over: [owner, key])
        if type.isArray { return try listOfRecord(owner, key, text, type, isBinary: isBinary) }
        guard type.name == "json" || type.name == "jsonb" else { return try node(.cast(text, type), at: name.position, over: [text]) }
        let part = try node(.binary(.member, owner, key), at: name.position, over: [owner, key])
        let cast = try node(.cast(part, type), at: name.position, over: [part])
        // A member that is null in JSON would be a document of its own as JSON: it is NULL here, as in PostgreSQL.
        let test = try node(.isTest(text, .null, isNegated: true), at: name.position, over: [text])
        let branch = ExpressionSyntax.CaseBranch(condition: test, result: cast)
        return try node(.caseWhen(operand: nil, branches: [branch], otherwise: nil), at: name.position, over: [test, cast])
    }

    /// A member as a list: an array's elements, each as its text; what else stands there is read as a text of a list, which most are not.
    private mutating func listOfRecord(
        _ owner: ExpressionSyntax, _ key: ExpressionSyntax, _ text: ExpressionSyntax, _ type: TypeNameSyntax, isBinary: Bool
    ) throws(QueryError) -> ExpressionSyntax {
        let position = type.position
        func named(_ name: String) -> NameSyntax { NameSyntax(name, at: position) }
        let prefix = isBinary ? "jsonb" : "json"
        let part = try node(.binary(.member, owner, key), at: position, over: [owner, key])
        let kind = try node(.function(FunctionSyntax(name: named(prefix + "_typeof"), arguments: [part])), at: position, over: [part])
        let array = try node(.string("array"), at: position)
        // What stands there in place of an array is read as the text of a list.
        let other = try node(.cast(text, type), at: position, over: [text])
        var list: ExpressionSyntax
        let isOfDocuments = type.name == "json" || type.name == "jsonb"
        if isOfDocuments || Self.textNames.contains(type.name) {
            var select = SelectSyntax(position: position)
            let value = try node(.name([named("item"), named("value")]), at: position)
            let item = isOfDocuments ? try documentOfList(value, type, isBinary: isBinary) : value
            select.items = [SelectItemSyntax(expression: item, alias: nil)]
            let items = FunctionSyntax(name: named(prefix + (isOfDocuments ? "_array_elements" : "_array_elements_text")), arguments: [part])
            select.from = [.function(items, withOrdinality: false, alias: TableAliasSyntax(name: named("item"), columns: [named("value")]), position: position)]
            let elements = try node(.arrayQuery(QuerySyntax(body: .select(select), position: position)), at: position, over: [part, item])
            list = try node(.cast(elements, type), at: position, over: [elements])
            // Of an array that begins with one PostgreSQL makes a list of more dimensions: it is refused as no text of a list.
            let zero = try node(.number("0"), at: position), first = try node(.binary(.member, part, zero), at: position, over: [part, zero])
            let firstKind = try node(.function(FunctionSyntax(name: named(prefix + "_typeof"), arguments: [first])), at: position, over: [first])
            let nested = ExpressionSyntax.CaseBranch(condition: array, result: other)
            list = try node(.caseWhen(operand: firstKind, branches: [nested], otherwise: list), at: position, over: [firstKind, other, list])
        } else {
            // Numbers, truths and times in quotes are written alike in both, but for the brackets; so are arrays within arrays.
            let marks = [text, try node(.string("[]"), at: position), try node(.string("{}"), at: position)]
            let elements = try node(.function(FunctionSyntax(name: named("translate"), arguments: marks)), at: position, over: marks)
            list = try node(.cast(elements, type), at: position, over: [elements])
        }
        let branch = ExpressionSyntax.CaseBranch(condition: array, result: list)
        return try node(.caseWhen(operand: kind, branches: [branch], otherwise: other), at: position, over: [kind, list, other])
    }

    /// An element as a document of the list's; null is NULL.
    private mutating func documentOfList(_ value: ExpressionSyntax, _ type: TypeNameSyntax, isBinary: Bool) throws(QueryError) -> ExpressionSyntax {
        let position = type.position
        let cast = try node(.cast(value, TypeNameSyntax(name: type.name, modifiers: [], isArray: false, position: position)), at: position, over: [value])
        let kind = try node(.function(FunctionSyntax(name: NameSyntax(isBinary ? "jsonb_typeof" : "json_typeof", at: position), arguments: [value])), at: position, over: [value])
        let branch = ExpressionSyntax.CaseBranch(condition: try node(.string("null"), at: position), result: try node(.null, at: position))
        return try node(.caseWhen(operand: kind, branches: [branch], otherwise: cast), at: position, over: [kind, cast])
    }

    private static let textNames: Set<String> = ["text", "varchar", "character varying", "string", "bpchar", "char", "character", "name"]
}
