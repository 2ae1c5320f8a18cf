internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// A message that nobody completed.
struct DeadMessageBody: ListItem, JSONObject {
    let letter: DeadMessageReport

    static var schemaName: String? { "DeadMessage" }
    static var listName: StaticString { "dead_letters" }
    static var listSchemaName: String { "DeadMessageList" }
    static var example: DeadMessageBody {
        DeadMessageBody(letter: DeadMessageReport(id: "", body: [], reason: .expired, detail: nil, deliveries: 0, enqueuedAt: 0, diedAt: 0, number: 0))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("message_id", letter.id)
        sink.member("body", Verbatim<AnyForm>(letter.body))
        sink.member("reason", WordForm(letter.reason))
        sink.member("detail", letter.detail, MemberFacts("The worker's words."))
        sink.member("deliveries", letter.deliveries)
        sink.member("enqueued_at", InstantForm(letter.enqueuedAt))
        sink.member("died_at", InstantForm(letter.diedAt))
    }
}
