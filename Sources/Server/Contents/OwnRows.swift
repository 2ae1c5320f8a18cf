internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// A record that was not taken, and of which upload.
struct UploadErrorRow: JSONObject {
    let uploadID: String
    let clientID: String?
    let rejection: UploadRejection
    /// Without what the record says.
    let isHidden: Bool

    static var schemaName: String? { nil }
    static var example: UploadErrorRow {
        UploadErrorRow(uploadID: "", clientID: nil, rejection: RejectionBody.example.rejection, isHidden: false)
    }

    func members(to sink: inout some MemberSink) {
        sink.member("upload_id", uploadID, MemberFacts("The upload that the record came with."))
        sink.member("client_id", clientID, MemberFacts("Who began the upload; null for the administrator."))
        var shown = rejection
        if isHidden { shown = UploadRejection(record: rejection.record, receiptID: rejection.receiptID, violations: [], columns: Array("{}".utf8)) }
        RejectionBody(rejection: shown).members(to: &sink)
    }
}

/// An execution, and whose.
struct ExecutionRow: JSONObject {
    let execution: ExecutionView
    /// Without what goes in and out of it.
    let isHidden: Bool

    static var schemaName: String? { nil }
    static var example: ExecutionRow { ExecutionRow(execution: ExecutionBody.example.execution, isHidden: false) }

    func members(to sink: inout some MemberSink) {
        sink.member("client_id", execution.owner.client?.text, MemberFacts("Who started it; null for the administrator and the store itself."))
        ExecutionBody(execution: isHidden ? withoutValues : execution).members(to: &sink)
    }

    private var withoutValues: ExecutionView {
        ExecutionView(
            number: execution.number, id: execution.id, process: execution.process, processVersion: execution.processVersion, name: execution.name,
            owner: execution.owner, status: execution.status, input: Array("null".utf8), output: nil, error: nil, startedAt: execution.startedAt, endedAt: execution.endedAt)
    }
}

/// A query that runs, or one that is over.
struct QueryRow: JSONObject {
    enum State: String, CaseIterable { case running = "RUNNING", ended = "ENDED", cancelled = "CANCELLED" }

    private let query: RunningQueryBody
    private let state: State
    private let endedAt: Int64?
    private let rows: Int
    private let memoryByteCount: Int

    init(running: RunningQuery) {
        query = RunningQueryBody(query: running)
        (state, endedAt, rows, memoryByteCount) = (.running, nil, running.figures.rows, running.figures.memoryByteCount)
    }

    init(ended: FinishedQuery) {
        query = RunningQueryBody(ended: ended)
        (state, endedAt) = (ended.isCancelled ? .cancelled : .ended, ended.endedAt)
        (rows, memoryByteCount) = (ended.figures.rows, ended.figures.memoryByteCount)
    }

    private init() { (query, state, endedAt, rows, memoryByteCount) = (.example, .running, nil, 0, 0) }

    static var schemaName: String? { nil }
    static var example: QueryRow { QueryRow() }

    func members(to sink: inout some MemberSink) {
        query.members(to: &sink)
        sink.member("state", WordForm(state), MemberFacts("Whether it runs, has ended or was cancelled."))
        sink.member("ended_at", endedAt.map { InstantForm($0) }, MemberFacts("When it ended; null while it runs."))
        sink.member("rows", rows, MemberFacts("Rows that it gave."))
        sink.member("memory_bytes", memoryByteCount, MemberFacts("The most memory that it held."))
    }
}

/// What a client used on a day.
struct UsageRow: JSONObject {
    let clientID: String
    let span: UsageSpan

    static var schemaName: String? { nil }
    static var example: UsageRow { UsageRow(clientID: "", span: UsageSpan(firstDay: 0, figures: UsageFigures())) }

    func members(to sink: inout some MemberSink) {
        sink.member("client_id", clientID, MemberFacts("Who used it."))
        UsageBody.Span(span: span).members(to: &sink)
    }
}
