internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// Turns what is thrown into what a client reads, and what nobody may read into a line of the log.
package final class Failures: Sendable {
    private let log: Log
    private let requestNumber = Atomic<Int>(0)
    /// Distinguishes this run's request ids from another's.
    private let runID: String

    init(log: Log) throws {
        self.log = log
        runID = try Digest.random(byteCount: 4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Runs `handler` on the present thread; nil when the answer comes later.
    func answer(_ call: Call, _ handler: Handler) -> Response? {
        do {
            return try handler(call)
        } catch {
            return response(to: error, on: call.exchange)
        }
    }

    /// What `error` is to a client, with the form and the fields that its path wants. Notes the problem in `exchange`, for the log.
    package func response(to error: any Error, on exchange: Exchange) -> Response {
        var response = plainResponse(to: error, on: exchange)
        if let problem = exchange.problem, exchange.request.target.isOfIceberg, response.status >= 400 { response = problem.saidToIceberg(response) }
        if DocumentPolicy.applies(to: exchange.request.target) { response.headers += DocumentPolicy.headers }
        return response
    }

    private func plainResponse(to error: any Error, on exchange: Exchange) -> Response {
        if let options = error as? Router.Options { return Response(status: 204).adding("Allow", options.allow.value) }
        let refusal = error as? Refusal ?? (error as? Denial).map { Refusal($0) }
        let unheard = error as? Dispatch.Unheard
        if unheard != nil { exchange.isUnheard = true }
        let problem = unheard?.problem ?? refusal?.problem ?? ProblemMapping.problem(for: error)
        exchange.problem = problem
        if problem.slug == .internalError { logFailure(problem.cause ?? "\(error)", exchange) }
        return refusal?.response(requestID: requestID(exchange)) ?? problem.response(requestID: requestID(exchange))
    }

    package func tooMuch(_ slug: Problem.Slug, _ exchange: Exchange) -> Response {
        response(to: Problem(slug, "the server has as much of this to do as it can, or as one client may have; try again"), on: exchange)
    }

    /// What lies behind an internal error goes to the log; the client gets the number to ask about it with.
    package func logFailure(_ cause: String, _ exchange: Exchange) {
        log.error("request failed", exchange, ["error": .text(cause)])
    }

    /// The trace of the caller where it sent one (W3C Trace Context), else a number of this run.
    package func requestID(_ exchange: Exchange) -> String {
        if let id = exchange.requestID { return id }
        let id = runID + "-" + String(requestNumber.add(1, ordering: .relaxed).newValue)
        exchange.requestID = id
        return id
    }
}
