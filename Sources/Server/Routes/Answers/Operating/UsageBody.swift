internal import Ingest

/// What a client used.
struct UsageBody: JSONObject {
    struct Span: JSONObject {
        let span: UsageSpan

        static var schemaName: String? { "UsageSpan" }
        static var example: Span { Span(span: UsageSpan(firstDay: 0, figures: UsageFigures())) }

        func members(to sink: inout some MemberSink) {
            sink.member("from", DayForm(span.firstDay), MemberFacts("The day, or the month's first."))
            sink.member("receipts", span.figures.receipts, MemberFacts("Documents taken, without repeats."))
            sink.member("bytes", span.figures.bytes, MemberFacts("Of those documents."))
            sink.member("calls", span.figures.calls, MemberFacts("Requests that were let in."))
            sink.member("queries", span.figures.queries, MemberFacts("Questions of SQL."))
            sink.member("rows_scanned", span.figures.rowsScanned, MemberFacts("Rows of tables that they read."))
            sink.member("bytes_scanned", span.figures.bytesScanned, MemberFacts("Bytes of files that they read."))
            sink.member("exports_bytes", span.figures.exportsBytes, MemberFacts("Bytes of exports that were made."))
            sink.member("webhooks", span.figures.webhooks, MemberFacts("Events that were delivered to its webhook and to callback URLs."))
        }
    }

    let spans: [UsageSpan]

    static var schemaName: String? { "Usage" }
    static var example: UsageBody { UsageBody(spans: []) }

    func members(to sink: inout some MemberSink) { sink.member("usage", spans.map { Span(span: $0) }) }
}
