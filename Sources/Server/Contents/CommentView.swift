internal import ColumnStore
internal import Query

/// `till.comments`: comments on the tables that the caller sees, and on their columns, for callers of doors that have no `pg_catalog`. Those of other schemas have theirs before the name.
enum CommentView {
    static let name = "comments"
    /// Under this name, which nobody types, stand the rows.
    static let rowsName = name + " rows"
    static let query = "SELECT table_name, column_name, comment FROM till.\"\(rowsName)\""

    private static let columns = ["table_name", "column_name", "comment"].map { RelationColumn(name: $0, schema: SchemaText("string")) }

    static let comments = RelationComments(
        relation: "What is said of tables and their columns.",
        columns: ["table_name": "The table, with its schema where that is another than public.", "column_name": "The column; NULL where the table itself is meant.", "comment": "What is said of it."])

    /// A row for each table that has a comment, its column NULL, and for each such column: a table at a time, since thousands of types may say something.
    static func table(over catalog: any QueryCatalog) -> RelationTable {
        RelationTable(columns) {
            let others = catalog.schemas.flatMap { schema in schema.entryNames.sorted().map { (schema: Optional(schema.name), name: $0) } }
            var tables = (catalog.entryNames.sorted().map { (schema: nil, name: $0) } + others)[...]
            return { _ in
                guard let (schema, name) = tables.popFirst() else { return nil }
                guard let comments = schema.map({ catalog.comments(on: name, inSchema: $0) }) ?? catalog.comments(on: name) else { return [] }
                let table = schema.map { "\($0).\(name)" } ?? name
                let relation = comments.relation.map { [Value.string(table), .null, .string($0)] }
                return (relation.map { [$0] } ?? []) + comments.columns.sorted { $0.key < $1.key }.map { [.string(table), .string($0.key), .string($0.value)] }
            }
        }
    }
}
