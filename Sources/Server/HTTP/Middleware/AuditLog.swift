internal import ColumnStore
internal import Documents
internal import Ingest

/// Writes down administrative acts around their doing, in the catalog and as lines of the log.
struct AuditLog: Sendable {
    let engine: any EngineInterface
    let log: Log
    /// Who the admin key stands for.
    let administrator: String

    /// Runs the route of an audited call.
    ///
    /// - Throws: when the act cannot be written down; it is not done then. What the act itself throws is in `failure`'s answer.
    func run(_ call: Call, requestID: String, failure: (any Error) -> Response) throws -> Response? {
        let act = AuditAct(
            actor: Self.actor(call.principal, administrator: administrator), origin: call.exchange.peer?.description,
            action: call.route.operation.id, target: log.path(of: call.exchange), requestID: requestID)
        let id = try engine.begin(act)
        // A call that starts a job takes it, and the entry ends with the job.
        call.exchange.auditEnd = { standing in
            let outcome: AuditOutcome = standing.result != nil ? .done : standing.problem?.slug == .internalError ? .failed : .refused
            let detail = standing.result.map { String(decoding: $0, as: UTF8.self) } ?? standing.problem.map(Self.detail)
            let status = standing.result != nil ? 200 : standing.problem?.slug.status ?? Problem.Slug.overloaded.status
            end(id, act, outcome, status: status, detail: detail)
        }
        do {
            let response = try call.route.handle(call)
            if call.exchange.auditEnd != nil { end(id, act, .done, status: response?.status ?? 0, detail: call.exchange.auditDetail) }
            return response
        } catch {
            let response = failure(error)
            let problem = (error as? Refusal)?.problem ?? ProblemMapping.problem(for: error)
            end(id, act, response.status >= 500 ? .failed : .refused, status: response.status, detail: Self.detail(problem))
            return response
        }
    }

    /// What is done without a call: at a start.
    func note(action: String, actor: String, target: String, detail: String) throws {
        let act = AuditAct(actor: actor, action: action, target: target)
        end(try engine.begin(act), act, .done, status: 0, detail: detail)
    }

    private static func detail(_ problem: Problem) -> String {
        var detail = JSONWriter()
        detail.beginObject()
        detail.member("problem", problem.slug.rawValue)
        detail.endObject()
        return String(decoding: detail.bytes, as: UTF8.self)
    }

    static func actor(_ principal: Principal, administrator: String) -> String {
        if let clientID = principal.clientID { return "client \(clientID)" }
        return principal.keyID.map { "\(principal.role.rawValue) key \($0)" } ?? administrator
    }

    private func end(_ id: Int64, _ act: AuditAct, _ outcome: AuditOutcome, status: Int, detail: String?) {
        do {
            try engine.end(act: id, outcome, status: status, detail: detail)
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
