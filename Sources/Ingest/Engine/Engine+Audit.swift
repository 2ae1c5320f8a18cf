import Documents

/// What the administrator may read of the audit trail, and how acts get into it.
extension Engine: AuditRecording {
    package func begin(_ act: AuditAct) throws -> Int64 { try catalog.begin(act) }

    package func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws {
        try catalog.end(act: id, outcome, status: status, detail: detail)
    }

    package func audit(cursor: String?, limit: Int, hold: (Int) throws -> Void) throws -> (entries: [AuditEntry], nextCursor: String?) {
        try reader.audit(cursor: cursor, limit: limit, hold: hold)
    }
}
