package import ColumnStore

/// What an endpoint's answer means, and what is to be done about something that it has to decide: the same for a receipt that is registered and for a task of an execution. What a decision is
/// made of is theirs.
///
///     200                  its body decides; one that does not is a failure, and may have arrived
///     202                  it will call back
///     404 to a question    never seen
///     408, 429             again later; it did nothing
///     other 4xx            refused for good; to a question a failure
///     all else             a failure; from 500 on it may have arrived
package enum EndpointAnswer<Decision: Sendable>: Sendable {
    case final(Decision)
    /// It will call back.
    case inProgress
    /// To a question: it never saw what it was asked about.
    case neverSeen
    /// Try again; `retryAfter` in microseconds.
    case failed(detail: String, retryAfter: Int64?, mayHaveArrived: Bool)

    /// - Parameters:
    ///   - isQuestion: it was asked what became of an earlier call.
    ///   - decision: of the body of a 200; nil where it has none.
    ///   - refusal: of another status that refuses for good, and its body.
    package init(
        _ result: Result<OutgoingResponse, OutgoingFailure>, toQuestion isQuestion: Bool, nowSeconds: Int64, decision: ([UInt8]) -> Decision?,
        refusal: (Int, [UInt8]) -> Decision
    ) {
        switch result {
        case .failure(let failure):
            var mayHaveArrived = failure != .addressRefused
            if case .notConnected = failure { mayHaveArrived = false }
            self = .failed(detail: failure.description, retryAfter: nil, mayHaveArrived: mayHaveArrived)
        case .success(let response):
            let retryAfter = response.headers["retry-after"].flatMap { RegistrarCall.retryAfter($0, nowSeconds) }
            switch response.status {
            case 200:
                if let decision = decision(response.body) { self = .final(decision) } else {
                    self = .failed(detail: "answered 200 without a valid outcome", retryAfter: retryAfter, mayHaveArrived: true)
                }
            case 202: self = .inProgress
            case 404 where isQuestion: self = .neverSeen
            case 408, 429: self = .failed(detail: "answered \(response.status)", retryAfter: retryAfter, mayHaveArrived: false)
            case 400..<500 where !isQuestion: self = .final(refusal(response.status, response.body))
            default: self = .failed(detail: "answered \(response.status)", retryAfter: retryAfter, mayHaveArrived: response.status >= 500)
            }
        }
    }
}

extension RegistrarOptions {
    package enum Turn: Sendable, Equatable {
        /// Nothing more is tried: its time is over.
        case expired
        /// Nothing more is tried: there were as many attempts as there may be.
        case exhausted
        /// It is asked what became of an earlier call.
        case ask(statusURL: String)
        case send
    }

    /// What comes next of something that was tried `attempts` times in vain.
    ///
    /// - Parameter mayHaveArrived: an earlier call may have reached the endpoint, which is asked about it first, where that can be asked.
    package func turn(attempts: Int, isExpired: Bool, mayHaveArrived: Bool) -> Turn {
        if isExpired { return .expired }
        if mayHaveArrived, let statusURL { return .ask(statusURL: statusURL) }
        return attempts < retry.attemptCountMax ? .send : .exhausted
    }

    /// When it is tried again after a failure; nil for never.
    ///
    /// - Parameter attempts: those that have failed, this one among them.
    package func nextAttempt(after attempts: Int, retryAfter: Int64?, now: Int64) -> Int64? {
        guard attempts < retry.attemptCountMax else { return nil }
        return now.addingSaturating(retry.delay(afterAttempts: attempts, retryAfter: retryAfter, fraction: Double.random(in: 0..<1)))
    }

    /// A signed request to it.
    ///
    /// - Parameters:
    ///   - id: of the call, in ASCII.
    ///   - body: JSON, which is posted; nil for a question.
    package func request(_ url: String, id: String, body: [UInt8]?, now: Int64, headers more: [(name: String, value: String)] = []) -> OutgoingRequest {
        var headers = RegistrarCall.signature(id: id, body: body ?? [], secrets: secrets(at: now), nowSeconds: now / 1_000_000)
        if body != nil {
            headers.append(RegistrarCall.mediaType("application/json"))
            headers.append((name: "Idempotency-Key", value: id))
        }
        return OutgoingRequest(
            method: body == nil ? .get : .post, url: url, headers: headers + more, body: body ?? [], timeoutMilliseconds: RegistrarCall.timeoutMilliseconds(self))
    }

    /// The address of a question.
    package static func question(_ statusURL: String, _ parameters: String) -> String { statusURL + (statusURL.contains("?") ? "&" : "?") + parameters }
}
