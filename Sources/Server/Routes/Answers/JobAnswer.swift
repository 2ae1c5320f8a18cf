internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// Starts jobs for calls, waits for them as long as the call asks, and writes how they stand.
enum JobAnswer {
    /// The longest that a call may ask to wait for, in seconds; by itself a call waits no longer than the second.
    static let waitMax = 3_600
    private static let patience = 86_400.0

    static let waitParameter = Operation.Parameter.query(
        "wait", "Seconds to wait for the end; then 202 and the job.", schema: #"{"type":"integer","minimum":0,"maximum":3600}"#)

    /// Starts the work of an audited call and answers when it is done, with `status` and its result; or with 202 when the call's patience
    /// (`?wait=`) ends before.
    ///
    /// - Parameter fallback: seconds, where the call does not say; nil: until the job is over.
    static func start(
        _ kind: Job.Kind, _ call: Call, _ jobs: JobTable, waiting fallback: Int?, work: @escaping @Sendable (Job) throws -> [UInt8]
    ) throws -> Response? {
        let wait = call.parameter("wait") == nil ? fallback : try call.integer("wait", in: 0...waitMax, default: 0)
        let rights = try call.rights()
        let auditEnd = call.exchange.auditEnd
        let job = try jobs.submit(
            kind, actor: AuditLog.actor(call.principal, administrator: call.administrator),
            ended: { standing in auditEnd?(standing) }, work: work)
        // From here on the job ends the entry of the audit trail.
        call.exchange.auditEnd = nil
        if wait == 0 { return accepted(job) }
        self.wait(for: job, call, rights, seconds: wait.map(Double.init) ?? patience) { job in
            let standing = job.standing
            if let result = standing.result { return Response(status: 200, contentType: "application/json", bytes: result) }
            if let problem = standing.problem { return call.response(to: problem) }
            if call.life.isStopping { return call.response(to: Problem(.overloaded, "the server is stopping; the job was not done")) }
            // Taken out of the queue by somebody else.
            if standing.state == .cancelled { return call.response(to: Problem(.overloaded, JobTable.endedEarly)) }
            return accepted(job)
        }
        return nil
    }

    /// Completes the exchange, which is suspended, when the job is over or the time is.
    ///
    /// The first of four ends it: the job, the time, the client's going, a stop. `finish` may run more than once, and answers once.
    ///
    /// - Parameter rights: of whoever calls, as they are then: a key that is revoked by the end hears nothing of it.
    static func wait(for job: Job, _ call: Call, _ rights: @escaping @Sendable () throws -> Principal, seconds: Double, answer: @escaping @Sendable (Job) -> Response) {
        let held = Mutex<(waiter: Int?, deadline: Deadlines.Handle?)>((nil, nil))
        let finish: @Sendable () -> Void = {
            let (waiter, deadline) = held.withLock { $0 }
            if let waiter { job.forget(waiter) }
            if let deadline { call.life.deadlines.cancel(deadline) }
            call.exchange.complete {
                do { _ = try rights() } catch { return call.response(to: error) }
                return answer(job)
            }
        }
        let deadline = call.life.deadlines.after(seconds, finish)
        held.withLock { $0.deadline = deadline }
        let waiter = job.whenEnded(finish)
        held.withLock { $0.waiter = waiter }
        call.exchange.whenGone(finish)
        if call.life.isStopping { finish() }
    }

    private static func accepted(_ job: Job) -> Response {
        .json(202, JobBody(job: job)).adding("Location", "/v1/admin/jobs/\(job.id)")
    }
}
