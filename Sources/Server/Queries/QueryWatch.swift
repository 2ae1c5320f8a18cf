package import Query

/// The queries that one question takes: they end with whoever asked, or with the server. Owned by the thread that answers.
package final class QueryWatch {
    private let service: QueryService
    private let whenGone: (@escaping @Sendable () -> Void) -> Void
    private var streams: [ResultStream] = []

    /// - Parameter whenGone: calls what it is given when nobody waits for the answer any more.
    package init(_ service: QueryService, whenGone: @escaping (@escaping @Sendable () -> Void) -> Void) {
        (self.service, self.whenGone) = (service, whenGone)
    }

    package func begin(_ stream: ResultStream) {
        streams.append(stream)
        service.started(stream)
        whenGone { stream.cancel() }
    }

    package func end() { for stream in streams { service.finished(stream) } }
}
