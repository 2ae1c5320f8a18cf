import ColumnStore

/// What the answer of a webhook's receiver means, the same for events of receipts, of uploads and of topics.
///
///     200 to 299    taken
///     410           gone: it wants nothing more, as Standard Webhooks has it; what it is owed is given up at once
///     all else      a failure, and tried again: a redirect is not followed
enum WebhookAnswer: Sendable {
    case taken(status: Int)
    case gone(String)
    /// `hostWorks`: it is this receiver that refuses, and others of its host are called as before. `retryAfter` in microseconds.
    case failed(String, hostWorks: Bool, retryAfter: Int64?)

    /// A refusal of the request shows that whoever is asked works; 408, 429 and what is from 500 on do not.
    static func hostWorks(status: Int) -> Bool { status < 500 && status != 408 && status != 429 }

    /// Nil where the server stops: that is no failure of the receiver, and counts as no attempt.
    init?(_ result: Result<OutgoingResponse, OutgoingFailure>, nowSeconds: Int64) {
        switch result {
        case .failure(.closed): return nil
        case .failure(let failure): self = .failed(failure.description, hostWorks: false, retryAfter: nil)
        case .success(let response):
            switch response.status {
            case 200..<300: self = .taken(status: response.status)
            case 410: self = .gone("answered 410: it takes no more")
            default:
                self = .failed(
                    "answered \(response.status)", hostWorks: Self.hostWorks(status: response.status),
                    retryAfter: response.headers["retry-after"].flatMap { RegistrarCall.retryAfter($0, nowSeconds) })
            }
        }
    }
}
