/// The audit trail: who did which administrative act to the store.
package protocol AuditRecording: AnyObject, Sendable {
    /// Notes that an act begins. Durable when it returns: an administrative act that cannot be noted is not done.
    ///
    /// - Returns: the act's number, for `end`.
    /// - Throws: errors of the catalog.
    func begin(_ act: AuditAct) throws -> Int64
    /// Notes how an act ended. Durable when it returns.
    ///
    /// - Parameter status: the answer's, as its door counts them: HTTP's code.
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws
    /// A page of acts, the newest first; fewer than `limit` where they are long.
    ///
    /// - Parameter hold: called with the bytes of the whole page and its text, before they are taken and again as it grows; an error that it throws ends the reading.
    func audit(cursor: String?, limit: Int, hold: (_ byteCount: Int) throws -> Void) throws -> (entries: [AuditEntry], nextCursor: String?)
}

extension AuditRecording {
    /// Where nobody counts the memory.
    package func audit(cursor: String?, limit: Int) throws -> (entries: [AuditEntry], nextCursor: String?) { try audit(cursor: cursor, limit: limit) { _ in } }
}
