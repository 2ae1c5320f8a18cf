import ColumnStore

/// Who did what to the store, when, and with what outcome. Written before the act, so that none happens unseen: what cannot be written
/// down is not done. Kept forever; an entry is some 200 bytes.
///
/// An act without an end (`AuditOutcome.begun`) was cut off: whether it happened its object tells.
extension Catalog {
    /// - Returns: the entry's id, for `end`. Durable when it returns.
    func begin(_ act: AuditAct) throws -> Int64 {
        let now = now
        return try write { connection in
            let insert = try connection.statement(
                "INSERT INTO audit(at, actor, origin, action, target, request_id, outcome) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            insert.bind(1, now)
            try insert.bind(2, act.actor)
            try insert.bind(3, act.origin)
            try insert.bind(4, act.action)
            try insert.bind(5, act.target)
            try insert.bind(6, act.requestID)
            try insert.bind(7, AuditOutcome.begun.rawValue)
            try insert.run()
            return connection.lastInsertedRowID
        }
    }

    /// - Parameter status: the answer's, as its door counts them.
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws {
        let now = now
        try write { connection in
            let update = try connection.statement("UPDATE audit SET ended_at = ?2, outcome = ?3, status = ?4, detail = ?5 WHERE id = ?1")
            update.bind(1, id)
            update.bind(2, now)
            try update.bind(3, outcome.rawValue)
            update.bind(4, Int64(status))
            try update.bind(5, detail)
            try update.run()
        }
    }

    /// A page of entries ends here too: what was put may be long.
    private static let auditByteCountMax = 8 << 20

    /// The newest first, below an id.
    ///
    /// - Parameters:
    ///   - id: exclusive.
    ///   - hold: asked for what they take in all with their text, while they are read.
    /// - Returns: `isCut`: it ended at its bytes, and there are more.
    func audit(below id: Int64, limit: Int, hold: (Int) throws -> Void = { _ in }) throws -> (entries: [AuditEntry], isCut: Bool) {
        try read { connection in
            let select = try connection.statement("""
                SELECT id, at, actor, origin, action, target, request_id, ended_at, outcome, status, detail
                FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2
                """)
            defer { select.reset() }
            select.bind(1, id)
            select.bind(2, Int64(limit))
            var entries: [AuditEntry] = []
            var byteCount = 0
            while byteCount < Self.auditByteCountMax, try select.step() {
                guard let outcome = AuditOutcome(rawValue: select.text(8)) else {
                    throw SQLiteError(code: 11, message: "audit entry \(select.int64(0)) has an unknown outcome", path: path)
                }
                let act = AuditAct(
                    actor: select.text(2), origin: select.optionalText(3), action: select.text(4), target: select.text(5),
                    requestID: select.optionalText(6))
                let entry = AuditEntry(
                    id: select.int64(0), at: select.int64(1), act: act, endedAt: select.optionalInt64(7), outcome: outcome,
                    status: select.optionalInt64(9).map { Int($0) }, detail: select.optionalText(10))
                byteCount = byteCount.addingSaturating(entry.byteCount)
                try hold(byteCount.multipliedSaturating(by: 2))
                entries.append(entry)
            }
            return (entries, try byteCount >= Self.auditByteCountMax && select.step())
        }
    }
}
