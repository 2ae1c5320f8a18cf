internal import ColumnStore
package import Documents
internal import Ingest

/// A problem as answers carry it (RFC 9457).
struct ProblemBody: JSONObject {
    let problem: Problem
    /// Of the request that the problem is the whole answer to.
    let requestID: String?

    init(_ problem: Problem, requestID: String? = nil) { (self.problem, self.requestID) = (problem, requestID) }

    static var schemaName: String? { "Problem" }
    static var example: ProblemBody { ProblemBody(Problem(.notFound, "")) }

    func members(to sink: inout some MemberSink) {
        sink.member("type", "/problems/\(problem.slug.rawValue)")
        sink.member("title", problem.slug.title)
        sink.member("status", problem.status)
        sink.member("detail", problem.detail)
        sink.member("errors", problem.errors)
        sink.optional("position", problem.position, MemberFacts("In a query's text, in Unicode scalars from 1.", keywords: #""minimum":1"#))
        sink.optional("sqlstate", problem.sqlState, MemberFacts("Of a query that fails: PostgreSQL's code for the cause, as 42703 for a column that is not there."))
        sink.optional(
            "ticket_id", problem.ticketID,
            MemberFacts("Of a refused document its quarantine entry's; with different-document that of the receipt that is stored."))
        sink.optional(
            "outcome", problem.isOutcomeUnknown ? "unknown" : nil,
            MemberFacts("`unknown`: nobody knows whether what was asked was done, or will be; what must not be done twice is looked for before it is asked again."))
        sink.optional(
            "request_id", requestID, MemberFacts("The answer's X-Request-Id. Not there where the problem is a part of an answer."))
    }
}

extension Problem.Violation: JSONObject {
    package static var schemaName: String? { "Violation" }
    package static var example: Problem.Violation { Problem.Violation(pointer: "", code: "", message: "") }

    package func members(to sink: inout some MemberSink) {
        sink.member("pointer", pointer)
        sink.member("code", code)
        sink.member("message", message)
    }
}
