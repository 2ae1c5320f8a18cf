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
        sink.member("id", id, MemberFacts("By which it is cancelled."))
        sink.member("client_id", clientID, MemberFacts("Whose it is; null for the administrator's."))
        sink.member("query", text, MemberFacts("The beginning of its text, up to 4,096 bytes."))
        sink.member("started_at", InstantForm(startedAt), MemberFacts("When it began."))
        sink.member("rows_scanned", figures.rowsScanned, MemberFacts("Rows of tables that were read."))
        sink.member("bytes_read", figures.bytesRead, MemberFacts("Bytes of files that were read."))
        sink.member("files_pruned", figures.filesPruned, MemberFacts("Files that could be left out."))
        sink.member("elapsed_ms", figures.elapsedMilliseconds, MemberFacts("Milliseconds since it began, until it ended."))
    }
}
