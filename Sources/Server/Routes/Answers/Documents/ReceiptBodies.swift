internal import Documents
internal import Ingest

/// A receipt as POST answers it, and changes, dead letters and events name it.
struct AcceptedBody: JSONObject {
    let summary: ReceiptSummary
    /// Which of several were here before: a single one says it by its status.
    var isRepeat: Bool?

    init(_ summary: ReceiptSummary) { self.summary = summary }

    /// As one of several.
    init(_ taken: Accepted) {
        summary = taken.summary
        isRepeat = taken.isRepeat ? true : nil
    }

    static var schemaName: String? { "Taken" }
    static var example: AcceptedBody {
        AcceptedBody(ReceiptSummary(ticketID: "", clientID: "", receiptID: "", type: "", businessDay: 0, state: .complete, sequence: 1))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("ticket_id", summary.ticketID)
        sink.member("client_id", summary.clientID)
        sink.member("receipt_id", summary.receiptID)
        sink.member("type", summary.type)
        sink.member("business_day", DayForm(summary.businessDay))
        sink.member("state", WordForm(summary.state))
        sink.member("sequence", summary.sequence)
        sink.optional("version", summary.version.map { Int($0) }, MemberFacts("Of versioned tables: which version of the document it is."))
        sink.optional("changed", summary.changed, MemberFacts("Of a new version: the columns that say something else than the version before."))
        sink.optional("repeat", isRepeat, MemberFacts("true: it was here before. Of the results of arrays, envelopes and lines only; a single one says it by its status."))
    }
}

struct AcceptedBatchBody: JSONObject {
    let results: [Accepted]

    static var schemaName: String? { "TakenBatch" }
    static var example: AcceptedBatchBody { AcceptedBatchBody(results: [Accepted(summary: AcceptedBody.example.summary, isRepeat: false)]) }

    func members(to sink: inout some MemberSink) {
        sink.member("accepted", results.count)
        sink.member("results", results.map { AcceptedBody($0) })
    }
}

/// The result of one line of NDJSON.
struct AcceptedLine: JSONObject {
    let line: Int
    let status: Int
    let result: Result<Accepted, Problem>

    static var schemaName: String? { "TakenLine" }
    static var schemaDescription: String? { "A line of the answer to application/x-ndjson: of a receipt its members, else the problem." }
    static var example: AcceptedLine { AcceptedLine(line: 1, status: 201, result: .success(Accepted(summary: AcceptedBody.example.summary, isRepeat: false))) }

    func members(to sink: inout some MemberSink) {
        sink.member("line", line)
        sink.member("status", status)
        switch result {
        case .success(let taken): AcceptedBody(taken).members(to: &sink)
        case .failure(let problem): sink.member("problem", ProblemBody(problem))
        }
    }
}

struct ChoicesBody: JSONObject {
    struct Choice: JSONObject {
        let businessDay: Int32
        let clientID: String
        let url: String

        static var example: Choice { Choice(businessDay: 0, clientID: "", url: "") }

        func members(to sink: inout some MemberSink) {
            sink.member("business_day", DayForm(businessDay))
            sink.member("client_id", clientID)
            sink.member("url", url)
        }
    }
    let choices: [Choice]

    static var schemaName: String? { "Choices" }
    static var example: ChoicesBody { ChoicesBody(choices: []) }

    func members(to sink: inout some MemberSink) { sink.member("choices", choices) }
}
