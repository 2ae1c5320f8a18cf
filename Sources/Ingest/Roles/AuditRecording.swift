/// Who did what to the store.
package protocol AuditRecording: AnyObject, Sendable {
    /// Durable when it returns: an administrative act that cannot be written down is not done.
    func begin(_ act: AuditAct) throws -> Int64
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws
    /// The newest first; fewer than `limit` where they are long.
    ///
    /// - Parameter hold: asked for the bytes that the page takes in all with its text, while it grows. What it throws ends the reading.
    func audit(cursor: String?, limit: Int, hold: (_ byteCount: Int) throws -> Void) throws -> (entries: [AuditEntry], nextCursor: String?)
}

extension AuditRecording {
    /// Where nobody counts the memory.
    package func audit(cursor: String?, limit: Int) throws -> (entries: [AuditEntry], nextCursor: String?) { try audit(cursor: cursor, limit: limit) { _ in } }
}
