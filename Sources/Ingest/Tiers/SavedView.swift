import ColumnStore

/// A SELECT that the administrator has put under a name: everybody reads it, with their own rights to what is beneath.
///
/// A value. Stored in the catalog (`SavedViews`), expanded into the query that names it.
package struct SavedView: Sendable, Equatable {
    package struct ViewColumn: Sendable, Equatable {
        package let name: String
        /// As SQL says it.
        package let type: String

        package init(name: String, type: String) { (self.name, self.type) = (name, type) }
    }

    package let name: String
    /// As it was put.
    package let query: String
    package let description: String?
    /// As they were when it was put; columns that tables get later are not in it, whatever `*` would say.
    package let columns: [ViewColumn]
    /// The tables and views that it names itself.
    package let reads: [String]
    /// Microseconds since 1970; 0 of one that is not stored yet.
    package internal(set) var putAt: Int64

    package init(name: String, query: String, description: String?, columns: [ViewColumn], reads: [String], putAt: Int64 = 0) {
        (self.name, self.query, self.description, self.columns, self.reads, self.putAt) = (name, query, description, columns, reads, putAt)
    }

    /// By bytes: a query that asks for other bytes of the same letters is another.
    package static func == (left: SavedView, right: SavedView) -> Bool {
        func isSame(_ one: String?, _ other: String?) -> Bool { one.map { one in other.map { one.hasBytes(of: $0) } ?? false } ?? (other == nil) }
        return left.name.hasBytes(of: right.name) && left.query.hasBytes(of: right.query) && isSame(left.description, right.description)
            && left.columnsJSON == right.columnsJSON && left.readsJSON == right.readsJSON && left.putAt == right.putAt
    }

    /// What stands for it in FROM: its columns by name, of what was put, however that ends.
    ///
    /// The line breaks keep a comment at the end of what was put from taking the bracket with it.
    package var fixedQuery: String {
        let names = columns.map { Self.quoted($0.name) }.joined(separator: ", ")
        return "SELECT \(names) FROM (\n\(Self.withoutEnd(query))\n) AS \(Self.quoted(name))"
    }

    /// Its columns with their types; nil where one is not known by its name.
    var fields: [Field]? {
        let fields = columns.compactMap { column in ColumnType(sqlName: column.type).map { Field(column.name, $0) } }
        return fields.count == columns.count ? fields : nil
    }

    private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// Without the semicolon that may end a statement and not a subquery.
    private static func withoutEnd(_ query: String) -> Substring {
        var text = query[...]
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        return text
    }

    // MARK: On disk

    var columnsJSON: [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for column in columns {
            json.beginObject()
            json.member("name", column.name)
            json.member("type", column.type)
            json.endObject()
        }
        json.endArray()
        return json.bytes
    }

    var readsJSON: [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for name in reads { json.string(name) }
        json.endArray()
        return json.bytes
    }

    /// - Throws: `JSONSyntaxError` where a row is damaged.
    init(name: String, query: String, description: String?, columns: [UInt8], reads: [UInt8], putAt: Int64) throws {
        let columns = try JSONParser.parse(columns).array ?? []
        self.init(
            name: name, query: query, description: description,
            columns: columns.map { ViewColumn(name: $0["name"]?.text ?? "", type: $0["type"]?.text ?? "") },
            reads: try JSONParser.parse(reads).array?.compactMap(\.text) ?? [], putAt: putAt)
    }
}
