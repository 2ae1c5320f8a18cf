package import Documents

/// Under which names a table is stored and shown.
///
/// A versioned table's rows, every version of every document, are stored as `t_history`; `t` and `t_accepted` are what of them is newest.
/// No type's table may end like that, so the name alone says which kind of table it is.
package enum TableName {
    private static let historySuffix = "_history"

    package static func stored(_ type: DocumentType) -> String { type.isVersioned ? history(of: type.table) : type.table }

    package static func history(of shown: String) -> String { shown + historySuffix }

    package static func isVersioned(_ stored: String) -> Bool { stored.hasSuffix(historySuffix) }

    /// As callers name it.
    package static func shown(_ stored: String) -> String {
        isVersioned(stored) ? String(stored.dropLast(historySuffix.utf8.count)) : stored
    }
}
