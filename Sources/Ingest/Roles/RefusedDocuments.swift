/// What was refused, and why.
package protocol RefusedDocuments: AnyObject, Sendable {
    /// - Parameters:
    ///   - received: the instants between which they came last.
    ///   - withDocuments: without them entries have none, and pages are longer.
    ///   - hold: asked for the bytes of the page so far before the next entry is read. What it throws ends the reading.
    func quarantine(
        client: String?, received: ReceivedSpan, cursor: String?, limit: Int, withDocuments: Bool, as principal: Principal,
        hold: (_ byteCount: Int) throws -> Void
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?)
    /// - Parameter hold: asked for the bytes of the document and of its reasons before they are read. What it throws ends the reading.
    func quarantineEntry(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> QuarantineEntry
    /// - Throws: not-found.
    func deleteQuarantineEntry(_ ticketID: String) throws
    /// Deletes refused documents that pass, the oldest first.
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
