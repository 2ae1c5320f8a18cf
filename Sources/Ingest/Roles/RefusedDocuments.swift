/// What was refused, and why.
package protocol RefusedDocuments: AnyObject, Sendable {
    func quarantine(client: String?, cursor: String?, limit: Int, as principal: Principal) throws -> (entries: [QuarantineEntry], nextCursor: String?)
    func quarantineEntry(_ ticketID: String, as principal: Principal) throws -> QuarantineEntry
    /// - Throws: not-found.
    func deleteQuarantineEntry(_ ticketID: String) throws
    /// Deletes refused documents that pass, the oldest first.
    func deleteQuarantineEntries(_ filter: DeletionFilter) throws -> DeletionSummary
}
