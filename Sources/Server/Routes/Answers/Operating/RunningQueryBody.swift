internal import Ingest

/// A query that runs, and what it has read so far.
struct RunningQueryBody: ListItem, JSONObject {
    let id: String
    let clientID: String?
    let text: String
    let startedAt: Int64
    let figures: RunningQuery.Figures

    init(query: RunningQuery) {
        (id, clientID, text, startedAt) = (query.id, query.asker.identity.client?.text, query.text, query.startedAt)
        figures = query.figures
    }

    init(ended query: FinishedQuery) {
        (id, clientID, text, startedAt, figures) = (query.id, query.asker.identity.client?.text, query.text, query.startedAt, query.figures)
    }

    private init() { (id, clientID, text, startedAt, figures) = ("", nil, "", 0, RunningQuery.Figures()) }

    static var schemaName: String? { "RunningQuery" }
    static var listName: StaticString { "queries" }
    static var listSchemaName: String { "RunningQueryList" }
    static var example: RunningQueryBody { RunningQueryBody() }

    func members(to sink: inout some MemberSink) {
        sink.member("id", id)
        sink.member("client_id", clientID, MemberFacts("Whose it is; null for the administrator's."))
        sink.member("query", text, MemberFacts("The beginning of its text, up to 4,096 bytes."))
        sink.member("started_at", InstantForm(startedAt))
        sink.member("rows_scanned", figures.rowsScanned)
        sink.member("bytes_read", figures.bytesRead)
        sink.member("files_pruned", figures.filesPruned)
        sink.member("elapsed_ms", figures.elapsedMilliseconds)
    }
}
