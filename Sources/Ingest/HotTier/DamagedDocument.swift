import ColumnStore

/// A row whose document on the disk is not the one that was stored.
///
/// Its columns, where they were in memory only, cannot be read again: whoever asks for them, or for the document, gets this as an error
/// and not a row without values. What stands beside the document (identity, times, state, sequence, hash) is as it was.
package struct DamagedDocument: Error, Sendable, Equatable, CustomStringConvertible {
    /// Of the hot file.
    package let path: String
    package let row: Int64
    package let ticket: ULID
    package let reason: String

    package var description: String { "\(path): row \(row), ticket \(ticket): the document is damaged: \(reason)" }

    private static let advice = "the administrator finds it in the log and with till verify, and can restore it from a backup"

    /// For who may see the row.
    package var problem: Problem {
        Problem(
            .internalError, "the document of the receipt with the ticket \(ticket) is damaged on the server's disk; \(Self.advice)",
            errors: [violation], cause: description)
    }

    /// In the ticket's `errors`.
    var violation: Problem.Violation {
        .init(
            pointer: "/document", code: "document-damaged",
            message: "the receipt is registered, but its document (ticket \(ticket)) is damaged on the server's disk; \(Self.advice)")
    }
}

extension HotFile {
    /// Refuses to go on when one of the rows has a damaged document and something is asked of it that only the document tells.
    ///
    /// - Parameters:
    ///   - rows: those that passed everything that can be tested without the document.
    ///   - paths: what is read of them.
    /// - Throws: `DamagedDocument`, the first of them.
    func refuseDamaged(_ paths: some Sequence<ColumnPath>, of rows: () -> [Int64]) throws {
        let damage = damage
        guard !damage.isEmpty, paths.contains(where: { Self.needsDocument($0) }) else { return }
        for row in rows() { if let damaged = damage[row] { throw damaged } }
    }

    /// Whether a row of these has a damaged document.
    func hasDamage(in rows: ClosedRange<Int64>) -> Bool { damage.keys.contains { rows.contains($0) } }

    /// Columns that a row has apart from its document.
    private static let ownNames = StandardColumns.names.subtracting(["document"]).union([HotChunk.rowIDName])

    static func needsDocument(_ path: ColumnPath) -> Bool { !ownNames.contains(path.names.first ?? "") }
}
