internal import ColumnStore
internal import Documents
internal import Ingest

/// Writes down administrative acts around their doing, in the catalog and as lines of the log.
///
/// 1. Before the act a row is written, `begun`; without it nothing is done.
/// 2. It is ended once: by the call, or by the job that the call has begun (`Exchange.auditEnd`).
/// 3. A row that stays `begun` says that nobody knows how the act ended.
struct AuditLog: Middleware {
    let trail: any AuditRecording
    let log: Log
    /// Who the admin key stands for.
    let administrator: String
    /// Nil for acts without a call.
    let failures: Failures?

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        guard route.isAudited, let failures else { return next }
        return { call in try run(call, next, failures) }
    }

    /// - Throws: when the act cannot be written down; it is not done then. What the act itself throws is answered here.
    private func run(_ call: Call, _ next: Handler, _ failures: Failures) throws -> Response? {
        let requestID = failures.requestID(call.exchange)
        let act = AuditAct(
            actor: Self.actor(call.principal, administrator: administrator), origin: call.exchange.peer?.description,
            action: call.route.operation.id, target: log.path(of: call.exchange), requestID: requestID)
        let id = try trail.begin(act)
        // A call that starts a job takes it, and the entry ends with the job.
        call.exchange.auditEnd = { standing in
            let outcome: AuditOutcome = standing.result != nil ? .done : standing.problem?.slug == .internalError ? .failed : .refused
            let detail = standing.result.map { String(decoding: $0, as: UTF8.self) } ?? standing.problem.map(Self.detail)
            let status = standing.result != nil ? 200 : standing.problem?.slug.status ?? Problem.Slug.overloaded.status
            end(id, act, outcome, status: status, detail: detail)
        }
        do {
            let response = try next(call)
            if call.exchange.auditEnd != nil { end(id, act, .done, status: response?.status ?? 0, detail: call.exchange.auditDetail) }
            return response
        } catch {
            let response = failures.response(to: error, on: call.exchange)
            let problem = (error as? Refusal)?.problem ?? ProblemMapping.problem(for: error)
            end(id, act, response.status >= 500 ? .failed : .refused, status: response.status, detail: Self.detail(problem))
            return response
        }
    }

    /// What is done without a call: at a start.
    func note(action: String, actor: String, target: String, detail: String) throws {
        let act = AuditAct(actor: actor, action: action, target: target)
        end(try trail.begin(act), act, .done, status: 0, detail: detail)
    }

    private static let detailByteCountMax = 64 << 10

    /// Of what is longer its size and its hash: a part of it would be no JSON.
    private static func kept(_ detail: String) -> String {
        let byteCount = detail.utf8.count
        guard byteCount > detailByteCountMax else { return detail }
        return #"{"bytes":\#(byteCount),"sha256":"\#(Hexadecimal.text(Digest.sha256(Array(detail.utf8))))"}"#
    }

    private static func detail(_ problem: Problem) -> String {
        var detail = JSONWriter()
        detail.beginObject()
        detail.member("problem", problem.slug.rawValue)
        detail.endObject()
        return String(decoding: detail.bytes, as: UTF8.self)
    }

    /// `client ID`, `ROLE key ID`, or whoever the admin key stands for.
    static func actor(_ principal: Principal, administrator: String) -> String {
        if case .contract(let client) = principal.identity { return "client \(client)" }
        return principal.keyID.map { "\(principal.role.rawValue) key \($0)" } ?? administrator
    }

    private func end(_ id: Int64, _ act: AuditAct, _ outcome: AuditOutcome, status: Int, detail: String?) {
        do {
            try trail.end(act: id, outcome, status: status, detail: detail.map(Self.kept))
        } catch {
            // The act is done and its beginning written: the entry stays `begun`.
            log.error("audit entry not ended", ["id": .number(Int(id)), "error": "\(error)"])
        }
        log.info(
            "audit",
            [
                "action": .text(act.action), "target": .text(act.target), "actor": .text(act.actor), "origin": .text(act.origin ?? ""),
                "outcome": .text(outcome.rawValue), "status": .number(status), "request_id": .text(act.requestID ?? ""),
            ])
    }
}
