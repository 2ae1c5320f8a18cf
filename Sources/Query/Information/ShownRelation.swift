import ColumnStore

/// A relation that `information_schema` tells of.
struct ShownRelation {
    let schema: String
    let name: String
    let isView: Bool
    let columns: [Field]
    /// What a view's definition says; nil of tables, and of what no text stands for.
    var definition: String?

    /// The column of its primary key: each row of a table of documents has a ticket of its own.
    var key: Int? { isView ? nil : columns.firstIndex { $0.name == "ticket_id" } }
}
