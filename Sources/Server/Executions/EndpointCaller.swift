internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:call`: a signed POST to a configured endpoint, with the retries of registrars.
///
/// Order of a turn: what the endpoint's settings say (`RegistrarOptions.turn`), then at most one question whether it has seen the task, then the task itself.
/// Sent anew it bears the same id, by which an endpoint knows it again. Answers come on the thread of `OutgoingClient`, which must not wait.
final class EndpointCaller: Sendable {
    /// By name, as the settings have them; they do not change while the process lives.
    private let endpoints: [String: RegistrarOptions]
    private let client: OutgoingClient
    private let callbackBase: String
    /// Of tasks that are older nobody knows here whether they were sent. In seconds, by a clock that nobody sets.
    private let startedAt = SteadyClock.seconds()
    /// Until somebody is looked for again who is not there, in microseconds.
    static let absencePause: Int64 = 30_000_000

    /// - Parameter callbackBase: the URL under which endpoints reach this server.
    init(_ options: RegistrationOptions, callbackBase: String) {
        endpoints = options.registrars
        client = OutgoingClient(policy: options.policy)
        self.callbackBase = callbackBase.hasSuffix("/") ? String(callbackBase.dropLast()) : callbackBase
    }

    /// Calls under way end as `abandoned`: the next start sends them again.
    func stop() { client.close() }

    /// Of a name without settings 1: its tasks only wait.
    func concurrency(of name: String) -> Int { endpoints[name]?.concurrency ?? 1 }

    /// - Parameter end: called once, on this thread or the client's.
    func call(_ name: String, _ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        guard let endpoint = endpoints[name] else {
            // It may be configured by the next start; a Retry or a timeout may end it before.
            return end(.awaited(lookAgainAt: CalendarText.now + Self.absencePause))
        }
        // By the task's age and not by its tries: one that waited through a long stop is over all the same.
        let age = CalendarText.now.subtractingSaturating(work.createdAt)
        let isOlder = Double(age) / 1e6 > SteadyClock.seconds() - startedAt
        switch endpoint.turn(attempts: work.tryCount, isExpired: age >= endpoint.expires, mayHaveArrived: work.isRepeat || isOlder) {
        case .expired: end(.failed(StateError(.unavailable, "no final answer of \(name) before `expires`, in \(work.tryCount) attempts")))
        case .exhausted: end(.failed(StateError(.unavailable, "no final answer of \(name) in \(work.tryCount) attempts")))
        case .send: send(name, work, endpoint, end)
        case .ask(let statusURL):
            client.send(question(statusURL, work, endpoint)) { [self] result in
                // It never came there: sent now, in the same turn, with no pause between.
                guard let ending = Self.ending(result, name, work, endpoint, toQuestion: true) else { return send(name, work, endpoint, end) }
                end(ending)
            }
        }
    }

    private func send(_ name: String, _ work: TaskWork, _ endpoint: RegistrarOptions, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        client.send(request(name, work, endpoint)) { result in end(Self.ending(result, name, work, endpoint, toQuestion: false) ?? .abandoned) }
    }

    /// What became of a task that may have arrived; signed over an empty body.
    private func question(_ statusURL: String, _ work: TaskWork, _ endpoint: RegistrarOptions) -> OutgoingRequest {
        let call = work.call
        let parameters = [("execution_id", work.executionID), ("state", call.state), ("visit", String(call.visit)), ("task_token", call.token)]
            .map { "\($0)=\(RequestTarget.encode($1))" }.joined(separator: "&")
        return endpoint.request(RegistrarOptions.question(statusURL, parameters), id: RegistrarCall.headerText(call.key), body: nil, now: CalendarText.now)
    }

    /// The task as JSON. Its `callback_url` is the endpoint's own, and `task_token` in it says which task an answer by callback is for.
    private func request(_ name: String, _ work: TaskWork, _ endpoint: RegistrarOptions) -> OutgoingRequest {
        let call = work.call
        let body = JSONValue.object([
            "execution_id": .string(work.executionID), "state": .string(call.state), "visit": .integer(call.visit), "task_token": .string(call.token),
            "input": call.input, "callback_url": .string("\(callbackBase)/v1/callbacks/\(RequestTarget.encode(name))"),
        ]).serialized
        return endpoint.request(endpoint.url, id: RegistrarCall.headerText(call.key), body: body, now: CalendarText.now)
    }

    // MARK: Answers

    /// - Returns: nil where the endpoint never saw the task.
    private static func ending(
        _ result: Result<OutgoingResponse, OutgoingFailure>, _ name: String, _ work: TaskWork, _ endpoint: RegistrarOptions, toQuestion isQuestion: Bool
    ) -> TaskEnding? {
        if case .failure(.closed) = result { return .abandoned }
        let now = CalendarText.now
        let answer = EndpointAnswer<TaskEnding>(result, toQuestion: isQuestion, nowSeconds: now / 1_000_000, decision: { TaskAnswers.ending($0) }) { status, body in
            .failed(TaskAnswers.rejected(body) ?? StateError(.rejected, "\(name) answered \(status)"))
        }
        switch answer {
        case .final(let ending): return ending
        case .inProgress: return .awaited(lookAgainAt: now.addingSaturating(endpoint.lock))
        case .neverSeen: return nil
        case .failed(let reason, let retryAfter, _):
            let attempts = work.tryCount + 1
            guard let at = endpoint.nextAttempt(after: attempts, retryAfter: retryAfter, now: now) else {
                return .failed(StateError(.unavailable, "no final answer of \(name) in \(attempts) attempts; the last: \(reason)"))
            }
            return .later(at: at, reason: reason)
        }
    }
}
