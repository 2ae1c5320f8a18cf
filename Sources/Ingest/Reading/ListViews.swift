internal import ColumnStore

/// Built-in views: for each list of a table `<table>_<list>`, a row for each element, as `receipts_lines`. They are texts of SELECTs over the table, so that
/// whatever a caller may not see of that is not in them either.
///
/// `docs/decisions/0045-recursion-and-list-views.md`
enum ListViews {
    static let ordinal = "ordinal"

    /// - Returns: the lists of a table that have a view.
    static func lists(of schema: Schema) -> [String] {
        schema.fields.compactMap { if case .list = $0.type { $0.name } else { nil } }
    }

    /// The scalar columns of the table without `document`, the element's place from 1, and what it has; a name that stands in the table already gets the
    /// list's before it. Nil where the table has no such list.
    ///
    /// Example, of a list `lines` with a member `amount`: `SELECT t."client_id", …, u."element ordinal"::integer AS ordinal, u."m0" AS "amount"
    /// FROM "receipts" AS t, unnest(t."lines") WITH ORDINALITY AS u("m0", "element ordinal")`. Members are numbered there, since their names may
    /// be the table's.
    static func query(table: String, list: String, schema: Schema) -> String? {
        guard case .list(let element)? = schema[list]?.type else { return nil }
        let own = scalars(schema)
        var columns = own.map { "t.\(quoted($0))" } + ["u.\"element ordinal\"::integer AS \(ordinal)"]
        columns += members(list, of: element.type, beside: own).map { "u.\"m\($0.index)\" AS \(quoted($0.name))" }
        let names = memberNames(list, element.type).indices.map { "\"m\($0)\"" } + ["\"element ordinal\""]
        return "SELECT \(columns.joined(separator: ", ")) FROM \(quoted(table)) AS t, unnest(t.\(quoted(list))) WITH ORDINALITY AS u(\(names.joined(separator: ", ")))"
    }

    /// What the view has of the table itself.
    private static func scalars(_ schema: Schema) -> [String] { schema.fields.filter { !$0.type.isNested && $0.name != "document" }.map(\.name) }

    private static func memberNames(_ list: String, _ element: ColumnType) -> [String] {
        if case .structure(let fields) = element { fields.map(\.name) } else { [list] }
    }

    /// The view's columns of the elements: which of the element's each is, and what it is called.
    private static func members(_ list: String, of element: ColumnType, beside own: [String]) -> [(index: Int, name: String)] {
        var taken = Set(own + [ordinal])
        return memberNames(list, element).enumerated().map { index, member in
            var name = member
            // Once, and again where a column has that name too.
            while !taken.insert(name).inserted { name = "\(list)_\(name)" }
            return (index, name)
        }
    }

    /// By the name of each of the view's columns the column of the table that it shows: `amount` shows `lines.amount`.
    static func paths(list: String, schema: Schema) -> [String: ColumnPath] {
        guard case .list(let element)? = schema[list]?.type else { return [:] }
        let own = scalars(schema)
        let names = memberNames(list, element.type)
        let shown = members(list, of: element.type, beside: own).map { ($0.name, ColumnPath([list, names[$0.index]])) }
        return Dictionary(own.map { ($0, ColumnPath($0)) } + shown, uniquingKeysWith: { $1 })
    }

    private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
