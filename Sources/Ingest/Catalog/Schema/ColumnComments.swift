import ColumnStore
import Documents
import Query

/// What is said of tables and their columns to people: of the columns that every table has by the store, of all others by the types that bring them. Of one that no type describes, which
/// types bring it.
struct ColumnComments {
    private let table: String?
    /// `lines` and `lines.amount` among them.
    private let columns: [ColumnPath: String]

    /// - Parameters:
    ///   - types: all in force. Where several of a table say something of the same column, the first by name does.
    ///   - stored: as the table is stored.
    ///   - namesTypes: whether the asker may know what types there are.
    init(types: [DocumentType], stored: String, namesTypes: Bool) {
        let own = types.filter { TableName.stored($0) == stored }
        let said = own.compactMap { type in type.file.description.map { (type.name, $0) } }
        table = said.isEmpty ? nil : own.count == 1 ? said[0].1 : said.map { "\($0.0): \($0.1)" }.joined(separator: "\n")
        var columns = own.reduce(into: [ColumnPath: String]()) { $0.merge($1.file.descriptions) { first, _ in first } }
        for (path, bringing) in Self.bringing(own) where columns[path] == nil { columns[path] = namesTypes ? bringing.text : "From the documents." }
        for (name, text) in Self.standard { columns[ColumnPath(name)] = text }
        self.columns = columns
    }

    /// Of the table, or of what shows some of its rows.
    func comments(showing rows: String?) -> RelationComments {
        let top = columns.filter { $0.key.names.count == 1 }
        return RelationComments(relation: rows ?? table, columns: Dictionary(uniqueKeysWithValues: top.map { ($0.key.names[0], $0.value) }))
    }

    /// Of a view over one of its lists.
    ///
    /// - Parameters:
    ///   - paths: the view's columns by name.
    ///   - ordinal: the name of its column of places.
    func comments(ofList list: String, in name: String, paths: [String: ColumnPath], ordinal: String) -> RelationComments {
        var found = RelationComments(relation: "The elements of \(list) of \(name), a row for each.")
        for (column, path) in paths { found.columns[column] = columns[path] }
        found.columns[ordinal] = "The element's place in the list, from 1."
        return found
    }

    /// The types that bring a column: a few of them by name.
    private struct Bringing {
        private var names: [String] = []
        private var count = 0
        private static let nameCountMax = 3

        mutating func add(_ name: String) {
            count += 1
            if names.count < Self.nameCountMax { names.append(name) }
        }

        var text: String {
            guard count > 1 else { return "From documents of the type \(names.first ?? "")." }
            guard count > names.count else { return "From documents of the types \(names.dropLast().joined(separator: ", ")) and \(names.last ?? "")." }
            return "From documents of the types \(names.joined(separator: ", ")) and \(count - names.count) more."
        }
    }

    private static func bringing(_ types: [DocumentType]) -> [ColumnPath: Bringing] {
        var found: [ColumnPath: Bringing] = [:]
        for type in types { for path in type.file.storedPaths { found[path, default: Bringing()].add(type.name) } }
        return found
    }

    private static let standard: [String: String] = [
        "client_id": "Whose document it is: the contract's id.",
        "receipt_id": "The document's own id; unique with client_id and business_day, in versioned tables with client_id.",
        "business_day": "The local date of issue.",
        "issued_at": "The instant of issue.",
        "type": "The document type that recognised it.",
        "type_version": "The version of that type.",
        "received_at": "When it was durable.",
        "state": "PROCESSING, COMPLETE or FAILED.",
        "completed_at": "When it became COMPLETE or FAILED.",
        "ticket_id": "The handle that its sender got; unique.",
        "sequence": "The order of commits over the whole store.",
        "content_type": "The document's media type.",
        "document": "The document's exact bytes.",
        "document_sha256": "The SHA-256 of the document.",
        "history": "What happened to it, as JSON: steps, attempts, answers and deliveries.",
        "upload_id": "The upload that brought it, if one did.",
        "version": "Which version of the document it is, from 1.",
        "removed": "Whether this version removes the document.",
        "valid_to": "When the next version came; NULL in the newest.",
    ]
}
