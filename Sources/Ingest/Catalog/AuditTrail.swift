/// An administrative act, as it is begun.
package struct AuditAct: Sendable, Hashable {
    /// `admin`, `client <id>`, or who works on the directory itself.
    package var actor: String
    /// The address that it came from.
    package var origin: String?
    /// The operation: `putContract`, `makeKey`, `compact` …
    package var action: String
    /// The path of the call.
    package var target: String
    package var requestID: String?

    package init(actor: String, origin: String? = nil, action: String, target: String, requestID: String? = nil) {
        self.actor = actor
        self.origin = origin
        self.action = action
        self.target = target
        self.requestID = requestID
    }
}

/// What became of an act. On disk: do not rename.
package enum AuditOutcome: String, Sendable {
    /// Under way, or the process ended before it was told.
    case begun
    case done
    /// The caller was told why not.
    case refused
    /// A fault of the server.
    case failed
}

package struct AuditEntry: Sendable, Hashable {
    package var id: Int64
    /// Microseconds since 1970.
    package var at: Int64
    package var act: AuditAct
    package var endedAt: Int64?
    package var outcome: AuditOutcome
    /// The HTTP status that was answered.
    package var status: Int?
    /// JSON: what was put, made or moved, without secrets; or the problem.
    package var detail: String?
}

/// Who did what to the store, when, and with what outcome. Written before the act, so that none happens unseen: what cannot be written
/// down is not done. Kept for ever; an entry is some 200 bytes.
extension Catalog {
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

    /// The newest first, below an id.
    func audit(below id: Int64, limit: Int) throws -> [AuditEntry] {
        try read { connection in
            let select = try connection.statement("""
                SELECT id, at, actor, origin, action, target, request_id, ended_at, outcome, status, detail
                FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2
                """)
            defer { select.reset() }
            select.bind(1, id)
            select.bind(2, Int64(limit))
            var entries: [AuditEntry] = []
            while try select.step() {
                guard let outcome = AuditOutcome(rawValue: select.text(8)) else {
                    throw SQLiteError(code: 11, message: "audit entry \(select.int64(0)) has an unknown outcome", path: path)
                }
                let act = AuditAct(
                    actor: select.text(2), origin: select.optionalText(3), action: select.text(4), target: select.text(5),
                    requestID: select.optionalText(6))
                entries.append(
                    AuditEntry(
                        id: select.int64(0), at: select.int64(1), act: act, endedAt: select.optionalInt64(7), outcome: outcome,
                        status: select.optionalInt64(9).map { Int($0) }, detail: select.optionalText(10)))
            }
            return entries
        }
    }
}

extension Engine {
    package func begin(_ act: AuditAct) throws -> Int64 { try catalog.begin(act) }

    package func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws {
        try catalog.end(act: id, outcome, status: status, detail: detail)
    }

    package func audit(cursor: String?, limit: Int) throws -> (entries: [AuditEntry], nextCursor: String?) {
        var below = Int64.max
        if let cursor {
            guard let fields = cursors.decode(cursor, binding: ["audit"]), fields.count == 1,
                let id = Int64(String(decoding: fields[0], as: UTF8.self))
            else { throw Problem(.badCursor, "this is no cursor of this call") }
            below = id
        }
        var entries = try catalog.audit(below: below, limit: limit + 1)
        guard entries.count > limit else { return (entries, nil) }
        entries.removeLast(entries.count - limit)
        return (entries, entries.last.map { cursors.encode([Array(String($0.id).utf8)], binding: ["audit"]) })
    }
}
