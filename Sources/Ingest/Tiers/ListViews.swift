internal import ColumnStore

/// Built-in views: for each list of a table `<table>_<list>`, a row for each element, as `receipts_lines`. They are texts of SELECTs over the table, so that
/// whatever a caller may not see of that is not in them either.
enum ListViews {
    static let ordinal = "ordinal"

    /// - Returns: the lists of a table that have a view.
    static func lists(of schema: Schema) -> [String] {
        schema.fields.compactMap { if case .list = $0.type { $0.name } else { nil } }
    }

    /// The scalar columns of the table without `document`, the element's place from 1, and what it has; a name that stands in the table already gets the
    /// list's before it. Nil where the table has no such list.
    static func query(table: String, list: String, schema: Schema) -> String? {
        guard case .list(let element)? = schema[list]?.type else { return nil }
        let own = schema.fields.filter { !$0.type.isNested && $0.name != "document" }.map(\.name)
        var taken = Set(own + [ordinal])
        var members = [list]
        if case .structure(let fields) = element.type { members = fields.map(\.name) }
        var columns = own.map { "t.\(quoted($0))" } + ["u.\"element ordinal\"::integer AS \(ordinal)"]
        for (index, member) in members.enumerated() {
            let name = taken.contains(member) ? "\(list)_\(member)" : member
            guard taken.insert(name).inserted else { continue }
            columns.append("u.\"m\(index)\" AS \(quoted(name))")
        }
        let names = members.indices.map { "\"m\($0)\"" } + ["\"element ordinal\""]
        return "SELECT \(columns.joined(separator: ", ")) FROM \(quoted(table)) AS t, unnest(t.\(quoted(list))) WITH ORDINALITY AS u(\(names.joined(separator: ", ")))"
    }

    private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
