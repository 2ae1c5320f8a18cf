import Documents
import Synchronization

/// One `RowKind` for all rows of a type's version and content type.
///
/// Kinds are compared by their addresses, so that rows which say the same must share one. They are kept for good; `StoredContentType` bounds how
/// many there are.
final class RowKinds: Sendable {
    private struct Key: Hashable {
        let type: ObjectIdentifier
        let contentType: String
        let isUploaded: Bool
    }
    private struct Entry {
        let kind: RowKind
        /// Kept, so that its identity is not another's.
        let type: DocumentType
    }
    private let kinds = Mutex<[Key: Entry]>([:])

    /// - Parameter isUploaded: its rows say which upload brought them.
    func kind(_ type: DocumentType, contentType: String, isUploaded: Bool = false) -> RowKind {
        kinds.withLock { kinds in
            let key = Key(type: ObjectIdentifier(type), contentType: contentType, isUploaded: isUploaded)
            if let known = kinds[key] { return known.kind }
            let kind = RowKind(
                table: TableName.stored(type), type: type.name, version: Int32(clamping: type.version), contentType: contentType,
                layout: VersionColumns.layout(type.layout, after: isUploaded ? type.tableKind.broughtByUploads : type.tableKind.broughtColumns))
            kinds[key] = Entry(kind: kind, type: type)
            return kind
        }
    }
}
