import Documents
import Synchronization

/// One `RowFormat` for all rows of a type's version and content type.
///
/// Kinds are compared by their addresses, so that rows which say the same must share one. They are kept for good; `StoredContentType` bounds how
/// many there are.
final class RowFormats: Sendable {
    private struct Key: Hashable {
        let type: ObjectIdentifier
        let contentType: String
        let isUploaded: Bool
    }
    private struct Entry {
        let format: RowFormat
        /// Kept, so that its identity is not another's.
        let type: DocumentType
    }
    private let formats = Mutex<[Key: Entry]>([:])

    /// - Parameter isUploaded: its rows say which upload brought them.
    func format(_ type: DocumentType, contentType: String, isUploaded: Bool = false) -> RowFormat {
        formats.withLock { formats in
            let key = Key(type: ObjectIdentifier(type), contentType: contentType, isUploaded: isUploaded)
            if let known = formats[key] { return known.format }
            let format = RowFormat(
                table: TableName.stored(type), type: type.name, version: Int32(clamping: type.version), contentType: contentType,
                layout: VersionColumns.layout(type.layout, after: isUploaded ? type.tableKind.broughtByUploads : type.tableKind.broughtColumns))
            formats[key] = Entry(format: format, type: type)
            return format
        }
    }
}
