/// The quarantine: documents that were refused, with the reasons.
package protocol RefusedDocuments: AnyObject, Sendable {
    /// A page of refused documents.
    ///
    /// - Parameters:
    ///   - received: only documents that last came between these instants.
    ///   - withDocuments: whether entries have the documents' bytes; without them a page has more entries.
    ///   - hold: called with the bytes of the page so far, before the next entry is read; an error that it throws ends the reading.
    func quarantine(
        client: String?, received: ReceivedSpan, cursor: String?, limit: Int, withDocuments: Bool, as principal: Principal,
        hold: (_ byteCount: Int) throws -> Void
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?)
    /// - Parameter hold: called with the bytes of the document and its reasons, before they are read; an error that it throws ends the reading.
    /// - Throws: `Fault`: not-found.
    func quarantineEntry(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> QuarantineEntry
    /// - Throws: not-found.
    func deleteQuarantineEntry(_ ticketID: String) throws
    /// Deletes refused documents that pass the filter, the oldest first.
    func deleteQuarantineEntries(_ filter: DeletionFilter) throws -> DeletionSummary
}

extension RefusedDocuments {
    /// Where nobody counts the memory.
    package func quarantine(client: String?, cursor: String?, limit: Int, as principal: Principal) throws -> (entries: [QuarantineEntry], nextCursor: String?) {
        try quarantine(client: client, received: ReceivedSpan(), cursor: cursor, limit: limit, withDocuments: true, as: principal) { _ in }
    }

    /// Where nobody counts the memory.
    package func quarantineEntry(_ ticketID: String, as principal: Principal) throws -> QuarantineEntry { try quarantineEntry(ticketID, as: principal) { _ in } }
}
