internal import ColumnStore
internal import Query

/// `till.comments`: comments on the tables that the caller sees, and on their columns, for callers of doors that have no `pg_catalog`.
enum CommentView {
    static let name = "comments"
    /// Under this name, which nobody types, stand the rows.
    static let rowsName = name + " rows"
    static let query = "SELECT table_name, column_name, comment FROM till.\"\(rowsName)\""

    private static let columns = ["table_name", "column_name", "comment"].map { RelationColumn(name: $0, schema: SchemaText("string")) }

    /// A row for each table that has a comment, its column NULL, and for each such column: a table at a time, since thousands of types may say something.
    static func table(over catalog: any QueryCatalog) -> RelationTable {
        RelationTable(columns) {
            var tables = catalog.entryNames.sorted()[...]
            return { _ in
                guard let table = tables.popFirst() else { return nil }
                guard let comments = catalog.comments(on: table) else { return [] }
                let relation = comments.relation.map { [Value.string(table), .null, .string($0)] }
                return (relation.map { [$0] } ?? []) + comments.columns.sorted { $0.key < $1.key }.map { [.string(table), .string($0.key), .string($0.value)] }
            }
        }
    }
}
