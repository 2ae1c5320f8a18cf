internal import Query

/// `till.comments`: what is said of the tables that an asker sees, and of their columns, for who asks at a door that has no `pg_catalog`.
enum CommentView {
    static let name = "comments"

    private static let none = "SELECT NULL::text AS table_name, NULL::text AS column_name, NULL::text AS comment WHERE false"

    /// A row for each table that has a comment, its column NULL, and for each such column.
    static func query(over catalog: any QueryCatalog) -> String {
        let rows = catalog.entryNames.sorted().flatMap { table -> [String] in
            guard let comments = catalog.comments(on: table) else { return [] }
            let relation = comments.relation.map { "(\(literal(table)), NULL, \(literal($0)))" }
            return (relation.map { [$0] } ?? []) + comments.columns.sorted { $0.key < $1.key }.map { "(\(literal(table)), \(literal($0.key)), \(literal($0.value)))" }
        }
        return rows.isEmpty ? none : "SELECT table_name, column_name, comment FROM (VALUES \(rows.joined(separator: ", "))) AS said(table_name, column_name, comment)"
    }

    private static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'::text" }
}
