package import ColumnStore
import Documents

/// The columns that every table has, in their order, whatever its types add.
///
/// Their order is that of images and cold files.
package enum StandardColumns {
    package static let fields: [Field] = [
        Field("client_id", .string, isRequired: true),
        Field("receipt_id", .string, isRequired: true),
        Field("business_day", .date, isRequired: true),
        Field("issued_at", .timestampTZ, isRequired: true),
        Field("type", .string, isRequired: true),
        Field("type_version", .int32, isRequired: true),
        Field("received_at", .timestampTZ, isRequired: true),
        Field("state", .string, isRequired: true),
        Field("completed_at", .timestampTZ),
        Field("ticket_id", .string, isRequired: true),
        Field("sequence", .int64, isRequired: true),
        Field("content_type", .string, isRequired: true),
        Field("document", .binary, isRequired: true),
        Field("document_sha256", .binary, isRequired: true),
        Field("history", .string),
    ]

    /// Those that lie in columnar form in the hot tier too; the rest is read from the rows.
    package static let columnar: [Field] = Array(fields[..<12])
    /// Read row by row in the hot tier.
    package static let stored: Set<String> = ["document", "document_sha256", "history"]
    package static let names: Set<String> = Set(fields.map(\.name))

    /// A table's columns: the standard ones, then those of its types.
    ///
    /// - Parameter table: as it is stored. Rows that remove a document have none.
    package static func schema(of table: String, typeColumns: [Field]) -> Schema {
        let mayLackDocument = TableName.kind(of: table).hasRemovals
        return Schema(fields.map { mayLackDocument && ofDocument.contains($0.name) ? Field($0.name, $0.type) : $0 } + typeColumns)
    }

    // Rows that remove a document have neither.
    private static let ofDocument: Set<String> = ["document", "document_sha256"]
}

extension SchemaEncoding {
    /// The columns of a table after a type's were added: a new name goes to the end, a list gains the members that it lacks.
    ///
    /// Names are compared by their bytes. What is there keeps its place and its type.
    ///
    /// - Returns: nil when a column of that name has another type.
    package static func merged(_ table: [Field], adding type: [Field]) -> [Field]? {
        var result = table
        for field in type {
            guard let place = result.firstIndex(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else {
                result.append(Field(field.name, field.type.withoutIDs))
                continue
            }
            if case .list(let element) = result[place].type, case .structure(let members) = element.type,
                case .list(let added) = field.type, case .structure(let more) = added.type
            {
                guard let joined = merged(members, adding: more) else { return nil }
                result[place].type = .list(element: Field("element", .structure(joined)))
            } else if result[place].type.withoutIDs != field.type.withoutIDs {
                return nil
            }
        }
        return result
    }
}
