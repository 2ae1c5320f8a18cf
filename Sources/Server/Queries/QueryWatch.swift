package import Query

/// The queries that one question takes: they end with their caller, with the server, or when somebody who may asks for it. Owned by the thread that
/// answers.
///
///     let watch = try QueryWatch(…)
///     defer { watch.end() }
///     do { … } catch { throw watch.explained(error) }
package final class QueryWatch {
    private let service: QueryService
    private let query: RunningQuery
    private let whenGone: (@escaping @Sendable () -> Void) -> Void

    /// - Parameter whenGone: calls what it is given when nobody waits for the answer any more.
    /// - Throws: `bad-parameter` where the asker has a query of this id under way.
    package init(_ service: QueryService, _ query: RunningQuery, whenGone: @escaping (@escaping @Sendable () -> Void) -> Void) throws {
        (self.service, self.query, self.whenGone) = (service, query, whenGone)
        try service.started(query)
    }

    /// For each stream as it is made, before its first row is asked for: one that is to end already is ended here.
    package func begin(_ stream: ResultStream) {
        query.began(stream)
        whenGone { stream.cancel() }
    }

    /// Once.
    package func end() { service.finished(query) }

    /// What an error that ended the answer is to the caller.
    package func explained(_ error: any Error) -> any Error {
        guard query.isCancelled, let fault = error as? QueryError, fault.slug == .cancelled else { return error }
        return Problem(.queryCancelled, "the query was ended on request")
    }
}
