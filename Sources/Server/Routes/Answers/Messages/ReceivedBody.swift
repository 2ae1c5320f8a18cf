internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// What a worker has now.
struct ReceivedBody: JSONObject {
    let messages: [Item]

    struct Item: JSONObject {
        let message: ReceivedMessage
        static var schemaName: String? { "ReceivedMessage" }
        static var example: Item { Item(message: ReceivedMessage(id: "", token: "", body: [], deliveries: 1, enqueuedAt: 0, lockedUntil: 0)) }

        func members(to sink: inout some MemberSink) {
            sink.member("message_id", message.id)
            sink.member("lock_token", message.token, MemberFacts("Of this delivery alone."))
            sink.member("body", Verbatim<AnyForm>(message.body))
            sink.member("deliveries", message.deliveries, MemberFacts("How often it was handed out, this time included."))
            sink.member("enqueued_at", InstantForm(message.enqueuedAt))
            sink.member("locked_until", InstantForm(message.lockedUntil))
        }
    }

    static var schemaName: String? { "ReceivedMessages" }
    static var example: ReceivedBody { ReceivedBody(messages: []) }
    func members(to sink: inout some MemberSink) { sink.member("messages", messages) }

    var byteCount: Int { messages.reduce(64) { $0 + $1.message.body.count + $1.message.id.utf8.count + 256 } }
}

/// Any JSON value.
enum AnyForm: BodyForm {
    static var schema: SchemaText { SchemaText() }
    func write(to writer: inout JSONWriter) {}
}
