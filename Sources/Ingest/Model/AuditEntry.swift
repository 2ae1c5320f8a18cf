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
    /// Under way, or the process ended before the outcome was noted.
    case begun
    case done
    /// The caller got the reason.
    case refused
    /// A fault of the server.
    case failed
}

/// An act of the audit trail, with what became of it.
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

    package init(id: Int64, at: Int64, act: AuditAct, endedAt: Int64? = nil, outcome: AuditOutcome, status: Int? = nil, detail: String? = nil) {
        (self.id, self.at, self.act, self.endedAt) = (id, at, act, endedAt)
        (self.outcome, self.status, self.detail) = (outcome, status, detail)
    }

    /// What it takes, about; its text takes as much.
    var byteCount: Int { 512 + act.actor.utf8.count + act.target.utf8.count + (detail?.utf8.count ?? 0) }
}
