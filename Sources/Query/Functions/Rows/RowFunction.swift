import ColumnStore

/// A function that gives rows, besides UNNEST and generate_series: in FROM, and where it gives one column in SELECT's list, too. What it computes is a list
/// of its rows; a list of structs has a column for each member.
///
/// PostgreSQL 15's documentation, section 9.25.
struct RowFunction: Sendable {
    let name: String
    /// One sentence in Markdown, without a full stop: what rows come out.
    let summary: String
    /// What the column of a list without members is called; nil for the function's own name.
    let column: String?
    /// Its rows are values in SELECT's list, though they are lists or structs.
    let givesValues: Bool
    /// Gives an expression of a list.
    let bind: @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression

    init(
        _ name: String, summary: String, column: String? = nil, givesValues: Bool = false,
        bind: @escaping @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression
    ) {
        (self.name, self.summary, self.column, self.givesValues, self.bind) = (name, summary, column, givesValues, bind)
    }

    static let all: [RowFunction] =
        ["json", "jsonb"].flatMap { prefix -> [RowFunction] in
            let document = ColumnType.json(isBinary: prefix == "jsonb")
            func member(_ value: ColumnType) -> ColumnType { .structure([Field("key", .string), Field("value", value)]) }
            return [
                of("\(prefix)_array_elements", "elements of an array, in `value`", document, .jsonElements, document, column: "value"),
                of("\(prefix)_array_elements_text", "elements of an array as texts, in `value`", document, .jsonElementTexts, .string, column: "value"),
                of("\(prefix)_each", "members of an object, in `key` and `value`", document, .jsonEach, member(document)),
                of("\(prefix)_each_text", "members of an object, in `key` and, as texts, in `value`", document, .jsonEachText, member(.string)),
                of("\(prefix)_object_keys", "names of an object's members", document, .jsonKeys, .string),
            ]
        } + [
            ofTexts("regexp_matches", "the groups of the first match of a pattern, of each with the flag g", .regexpMatches, .listOf(.string)),
            ofTexts("regexp_split_to_table", "parts of a text between matches of a pattern", .regexpSplit, .string),
            ofTexts("string_to_table", "parts of a text between delimiters", .stringToArray, .string), expanded,
            RowFunction("jsonb_path_query", summary: "each value that a path of SQL/JSON selects") { (call, typing) throws(QueryError) in call.make(.jsonPathValues, try call.pathArguments(typing), .listOf(.jsonb)) },
            RowFunction("jsonb_path_query_tz", summary: "as `jsonb_path_query`, where a time with a zone compares with one that has none, by the session's clock") { (call, typing) throws(QueryError) in
                try typing.check(.stable, call.name, at: call.position)
                return call.make(.jsonPathValuesZoned, try call.zonedPathArguments(typing), .listOf(.jsonb))
            },
        ]

    /// `information_schema._pg_expandarray`: each element with its place, by which drivers read the columns of keys.
    private static let expanded = RowFunction("_pg_expandarray", summary: "a list's elements, as `x`, with their places from 1, as `n`", givesValues: true) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        guard case .list(let element) = call.arguments[0].type, !element.type.isNested else {
            throw .badSQL("_pg_expandarray takes an array, not \(call.arguments[0].type.sqlName)", at: call.position).because(.undefinedFunction)
        }
        return call.make(.expandArray, [call.arguments[0].expression], .listOf(.structure([Field("x", element.type), Field("n", .int32)])))
    }

    /// What the binder reads by itself.
    static let bound = [
        ShownFunction(name: "unnest", kind: .rows, summary: "a list's elements; of several lists beside each other in FROM"),
        ShownFunction(name: "generate_series", kind: .rows, summary: "numbers or times from one to another, by steps"),
        ShownFunction(name: "generate_subscripts", kind: .rows, summary: "the places of a list's elements in one of its dimensions"),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Of one document.
    ///
    /// - Parameter element: what type the list's elements have.
    private static func of(
        _ name: String, _ summary: String, _ document: ColumnType, _ function: ScalarFunction, _ element: ColumnType, column: String? = nil
    ) -> RowFunction {
        RowFunction(name, summary: summary, column: column) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            return call.make(function, [try call.document(0, typing, as: document)], .listOf(element))
        }
    }

    /// Of a text, a pattern and perhaps flags.
    private static func ofTexts(_ name: String, _ summary: String, _ function: ScalarFunction, _ element: ColumnType) -> RowFunction {
        RowFunction(name, summary: summary, givesValues: name == "regexp_matches") { (call, typing) throws(QueryError) in
            call.make(function, try call.typed([.string, .string, .string], required: 2, typing), .listOf(element))
        }
    }
}
