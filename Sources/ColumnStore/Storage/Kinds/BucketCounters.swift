internal import Synchronization

/// What was asked of a bucket since the start: its bill goes by it.
package final class BucketCounters: Sendable {
    package enum Kind: Int, CaseIterable, Sendable {
        /// GET and HEAD are charged alike; so are PUT, POST and LIST.
        case get, head, put, list, delete

        package var name: String {
            switch self {
            case .get: "GET"
            case .head: "HEAD"
            case .put: "PUT"
            case .list: "LIST"
            case .delete: "DELETE"
            }
        }
    }

    /// Figures at one instant.
    package struct Figures: Sendable, Equatable {
        /// By kind, each try counted.
        package var requests: [Kind: Int] = [:]
        package var receivedByteCount = 0
        package var sentByteCount = 0
        /// Tries after the first.
        package var retryCount = 0
        /// Answers that said: slow down.
        package var throttledCount = 0
        /// Requests that failed for good, but for objects that are not there and races that were lost.
        package var failureCount = 0

        package init() {}
    }

    private let figuresNow = Mutex(Figures())

    package init() {}

    package var figures: Figures { figuresNow.withLock { $0 } }

    func note(_ kind: Kind, sent: Int, received: Int, isRetry: Bool, isThrottled: Bool) {
        figuresNow.withLock { figures in
            figures.requests[kind, default: 0] += 1
            figures.sentByteCount += sent
            figures.receivedByteCount += received
            if isRetry { figures.retryCount += 1 }
            if isThrottled { figures.throttledCount += 1 }
        }
    }

    func noteFailure() { figuresNow.withLock { $0.failureCount += 1 } }
}
