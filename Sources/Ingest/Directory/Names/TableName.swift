import ColumnStore
package import Documents

/// Under which names a table is stored and shown.
///
/// A versioned table's rows, every version of every document, are stored as `t_history`; `t` and `t_accepted` are what of them is newest.
/// No type's table may end like that, so the name alone says which kind of table it is, and `TableKind` what that means.
package enum TableName {
    private static let sumsPrefix = "rollup_"
    /// Of executions whose time is over: the store's own rows, which have no documents.
    static let executions = "executions"
    /// What they have as their type. None of that name is in force, so that nobody else brings any.
    static let executionType = "till-execution"

    package static func stored(_ type: DocumentType) -> String { stored(type.file) }
    static func stored(_ type: TypeFile) -> String { type.tableKind.storedName(of: type.table) }

    /// The table of a rollup's sums.
    static func sums(of rollup: String) -> String { sumsPrefix + rollup }

    /// No table of documents that was made since there are rollups has such a name.
    static func isOfSums(_ stored: String) -> Bool { stored.hasPrefix(sumsPrefix) }

    /// Whether files of a table can lie under a name that was read: in a folder of its own, below that of all tables.
    ///
    /// A catalog may come out of a backup, a log or an archive, which lie where others may write: the table `../../live/warehouse/receipts` would be another store's.
    static func isFolder(_ stored: String) -> Bool { ObjectKey.isValid(stored) && !stored.contains("/") }

    package static func kind(of stored: String) -> TableKind { TableKind.ofStored(stored) }

    /// As callers name it.
    package static func shown(_ stored: String) -> String { kind(of: stored).shownName(of: stored) }
}
