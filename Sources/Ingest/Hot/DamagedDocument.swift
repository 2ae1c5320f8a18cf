import ColumnStore
package import Documents

/// A row whose document on the disk is not the one that was stored.
///
/// Its columns, where they were in memory only, cannot be read again: a query for them, or for the document, ends with this as an error
/// and gives no row without values. What stands beside the document (identity, times, state, sequence, hash) is as it was.
package struct DamagedDocument: DamageReport, Sendable, Equatable, CustomStringConvertible {
    /// Of the hot file.
    package let path: String
    package let row: Int64
    package let ticket: ULID
    package let reason: String

    package var description: String { "\(path): row \(row), ticket \(ticket): the document is damaged: \(reason)" }

    private static let advice = "sent again as it was, it is whole again; or the administrator, who finds it in the log and with till verify, restores it from a backup"

    /// For who may see the row.
    package var fault: Fault {
        Fault(
            .internalError, "the document of the receipt with the ticket \(ticket) is damaged on the server's disk; \(Self.advice)",
            errors: [violation], cause: description)
    }

    /// In the ticket's `errors`.
    var violation: Fault.Violation {
        .init(
            pointer: "/document", code: "document-damaged",
            message: "the receipt is registered, but its document (ticket \(ticket)) is damaged on the server's disk; \(Self.advice)")
    }
}

/// What a scan may answer of a damaged row: the columns that SQLite has of it, and its number.
extension HotFile {
    /// Columns that a row has apart from its document.
    private static let ownNames = StandardColumns.names.subtracting(["document"]).union([HotChunk.rowIDName])

    /// Whether a column's values were read out of the document: all but the standard ones. The document itself and its type's columns, at whatever
    /// depth.
    static func needsDocument(_ path: ColumnPath) -> Bool { !ownNames.contains(path.names.first ?? "") }
}
