/// Who did what to the store.
package protocol AuditRecording: AnyObject, Sendable {
    /// Durable when it returns: an administrative act that cannot be written down is not done.
    func begin(_ act: AuditAct) throws -> Int64
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws
    /// The newest first.
    func audit(cursor: String?, limit: Int) throws -> (entries: [AuditEntry], nextCursor: String?)
}
