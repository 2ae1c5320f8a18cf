internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// A message that is in a queue.
struct QueuedMessageBody: ListItem, JSONObject {
    let message: QueuedMessageReport

    static var schemaName: String? { "QueuedMessage" }
    static var listName: StaticString { "messages" }
    static var listSchemaName: String { "QueuedMessageList" }
    static var example: QueuedMessageBody {
        QueuedMessageBody(
            message: QueuedMessageReport(id: "", body: [], standing: .active, deliveries: 0, enqueuedAt: 0, place: .init(state: 0, due: 0, number: 0)))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("message_id", message.id)
        sink.member("body", Verbatim<AnyForm>(message.body))
        sink.member("state", WordForm(message.standing))
        sink.member("deliveries", message.deliveries)
        sink.member("enqueued_at", InstantForm(message.enqueuedAt))
        sink.member("due_at", InstantForm(message.place.due), MemberFacts("Since when it can be received, until when a worker has it, or when its delay ends."))
    }
}
