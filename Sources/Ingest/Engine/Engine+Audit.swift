import Documents

/// What the administrator may read of the audit trail, and how acts get into it.
extension Engine: AuditRecording {
    package func begin(_ act: AuditAct) throws -> Int64 { try catalog.begin(act) }

    package func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws {
        try catalog.end(act: id, outcome, status: status, detail: detail)
    }

    package func audit(cursor: String?, limit: Int) throws -> (entries: [AuditEntry], nextCursor: String?) {
        var below = Int64.max
        if let cursor {
            guard let fields = cursors.decode(cursor, binding: ["audit"]), fields.count == 1,
                let id = Int64(String(decoding: fields[0], as: UTF8.self))
            else { throw Fault(.badCursor, "this is no cursor of this call") }
            below = id
        }
        var entries = try catalog.audit(below: below, limit: limit + 1)
        guard entries.count > limit else { return (entries, nil) }
        entries.removeLast(entries.count - limit)
        return (entries, entries.last.map { cursors.encode([Array(String($0.id).utf8)], binding: ["audit"]) })
    }
}
