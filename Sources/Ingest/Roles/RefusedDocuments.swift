/// What was refused, and why.
package protocol RefusedDocuments: AnyObject, Sendable {
    func quarantine(client: String?, cursor: String?, limit: Int, as principal: Principal) throws -> (entries: [QuarantineEntry], nextCursor: String?)
    func quarantineEntry(_ ticketID: String, as principal: Principal) throws -> QuarantineEntry
}
