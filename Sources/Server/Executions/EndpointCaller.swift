internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:call`: a signed POST to a configured endpoint, with the retries of registrars.
final class EndpointCaller: Sendable {
    private let endpoints: [String: RegistrarOptions]
    private let client: OutgoingClient
    private let callbackBase: String
    /// Of tasks that are older nobody knows here whether they were sent.
    private let startedAt = CalendarText.now

    /// - Parameter callbackBase: the URL under which endpoints reach this server.
    init(_ options: RegistrationOptions, callbackBase: String) {
        endpoints = options.registrars
        client = OutgoingClient(policy: options.policy)
        self.callbackBase = callbackBase.hasSuffix("/") ? String(callbackBase.dropLast()) : callbackBase
    }

    func stop() { client.close() }

    func concurrency(of name: String) -> Int { endpoints[name]?.concurrency ?? 1 }

    func call(_ name: String, _ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        guard let endpoint = endpoints[name] else {
            // It may be configured by the next start; a Retry or a timeout may end it before.
            return end(.awaited(lookAgainAt: CalendarText.now + 30_000_000))
        }
        guard CalendarText.now.subtractingSaturating(work.createdAt) < endpoint.expires else {
            return end(.failed(StateError(.unavailable, "no final answer of \(name) before `expires`, in \(work.tryCount) attempts")))
        }
        guard work.tryCount < endpoint.retry.attemptCountMax else {
            return end(.failed(StateError(.unavailable, "no final answer of \(name) in \(work.tryCount) attempts")))
        }
        // What may have arrived is asked about first, where that can be asked.
        guard work.isRepeat || work.createdAt < startedAt, let statusURL = endpoint.statusURL else { return send(name, work, endpoint, end) }
        client.send(question(statusURL, work, endpoint)) { [self] result in
            if case .success(let response) = result, response.status == 404 { return send(name, work, endpoint, end) }
            end(Self.ending(result, name, work, endpoint, toQuestion: true))
        }
    }

    private func send(_ name: String, _ work: TaskWork, _ endpoint: RegistrarOptions, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        client.send(request(name, work, endpoint)) { result in end(Self.ending(result, name, work, endpoint)) }
    }

    /// What became of a task that may have arrived; signed over an empty body.
    private func question(_ statusURL: String, _ work: TaskWork, _ endpoint: RegistrarOptions) -> OutgoingRequest {
        let call = work.call
        let parameters = [("execution_id", work.executionID), ("state", call.state), ("visit", String(call.visit)), ("task_token", call.token)]
            .map { "\($0)=\(RequestTarget.encode($1))" }.joined(separator: "&")
        let headers = RegistrarCall.signature(
            id: Self.headerText(call.key), body: [], secrets: endpoint.secrets(at: CalendarText.now), nowSeconds: CalendarText.now / 1_000_000)
        return OutgoingRequest(
            method: .get, url: statusURL + (statusURL.contains("?") ? "&" : "?") + parameters, headers: headers, timeoutMilliseconds: RegistrarCall.timeoutMilliseconds(endpoint))
    }

    private func request(_ name: String, _ work: TaskWork, _ endpoint: RegistrarOptions) -> OutgoingRequest {
        let now = CalendarText.now
        let call = work.call
        let body = JSONValue.object([
            "execution_id": .string(work.executionID), "state": .string(call.state), "visit": .integer(call.visit), "task_token": .string(call.token),
            "input": call.input, "callback_url": .string("\(callbackBase)/v1/callbacks/\(RequestTarget.encode(name))"),
        ]).serialized
        let key = Self.headerText(call.key)
        var headers = RegistrarCall.signature(id: key, body: body, secrets: endpoint.secrets(at: now), nowSeconds: now / 1_000_000)
        headers.append((name: "Content-Type", value: "application/json"))
        headers.append((name: "Idempotency-Key", value: key))
        return OutgoingRequest(
            method: .post, url: endpoint.url, headers: headers, body: body, timeoutMilliseconds: RegistrarCall.timeoutMilliseconds(endpoint))
    }

    /// A state may be named in any letters, a header field not.
    static func headerText(_ text: String) -> String {
        text.utf8.map { (0x20...0x7E).contains($0) ? String(UnicodeScalar($0)) : "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    // MARK: Answers

    private static func ending(
        _ result: Result<OutgoingResponse, OutgoingFailure>, _ name: String, _ work: TaskWork, _ endpoint: RegistrarOptions, toQuestion isQuestion: Bool = false
    ) -> TaskEnding {
        switch result {
        case .failure(.closed): return .abandoned
        case .failure(let failure): return again(failure.description, nil, work, endpoint, name)
        case .success(let response):
            let retryAfter = response.headers["retry-after"].flatMap { RegistrarCall.seconds($0, CalendarText.now / 1_000_000) }
            switch response.status {
            case 200:
                if let ending = TaskAnswers.ending(response.body) { return ending }
                return again("answered 200 without a valid outcome", retryAfter, work, endpoint, name)
            case 202: return .awaited(lookAgainAt: CalendarText.now.addingSaturating(endpoint.lock))
            case 408, 429: return again("answered \(response.status)", retryAfter, work, endpoint, name)
            case 400..<500 where !isQuestion: return .failed(TaskAnswers.rejected(response.body) ?? StateError(.rejected, "\(name) answered \(response.status)"))
            default: return again("answered \(response.status)", retryAfter, work, endpoint, name)
            }
        }
    }

    private static func again(_ reason: String, _ retryAfter: Int64?, _ work: TaskWork, _ endpoint: RegistrarOptions, _ name: String) -> TaskEnding {
        let attempts = work.tryCount + 1
        if attempts >= endpoint.retry.attemptCountMax {
            return .failed(StateError(.unavailable, "no final answer of \(name) in \(attempts) attempts; the last: \(reason)"))
        }
        let delay = endpoint.retry.delay(afterAttempts: attempts, retryAfter: retryAfter, fraction: Double.random(in: 0..<1))
        return .later(at: CalendarText.now.addingSaturating(delay), reason: reason)
    }
}
