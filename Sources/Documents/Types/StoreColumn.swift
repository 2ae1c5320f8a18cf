package import ColumnStore

/// A column that the store adds to those of types, in some kinds of table or in all.
package enum StoreColumn: Sendable {
    /// From 1, within one identity.
    case version
    /// Whether the row removes its document.
    case removed
    /// When the next version came that is not FAILED. NULL in the newest, and in a file that was written before that one came.
    case validTo
    /// The sequence of that next version. Not shown in SQL.
    case supersededBy
    /// Which upload brought the row.
    case upload

    package var field: Field {
        switch self {
        case .version: Field("version", .int32)
        case .removed: Field("removed", .boolean)
        case .validTo: Field("valid_to", .timestampTZ)
        case .supersededBy: Field("superseded_by", .int64)
        case .upload: Field("upload_id", .string)
        }
    }
}
