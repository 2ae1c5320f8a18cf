internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// What became of each message that was sent.
struct SentBody: JSONObject {
    let results: [Item]

    struct Item: JSONObject {
        let sent: SentMessage
        static var example: Item { Item(sent: SentMessage(id: "", arrival: .queued)) }

        func members(to sink: inout some MemberSink) {
            sink.member("message_id", sent.id)
            sink.member("status", WordForm(sent.arrival == .queued ? SentWord.queued : .duplicate))
        }
    }

    private enum SentWord: String, CaseIterable { case queued, duplicate }

    static var schemaName: String? { "SentMessages" }
    static var example: SentBody { SentBody(results: []) }
    func members(to sink: inout some MemberSink) { sink.member("results", results) }
}

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

/// Which of several messages are complete now.
struct CompletedBody: JSONObject {
    let results: [Item]

    struct Item: JSONObject {
        let id: String
        let isComplete: Bool
        static var example: Item { Item(id: "", isComplete: true) }

        func members(to sink: inout some MemberSink) {
            sink.member("message_id", id)
            sink.member("status", WordForm(isComplete ? EndWord.completed : .lockLost))
        }
    }

    private enum EndWord: String, CaseIterable { case completed, lockLost = "lock-lost" }

    static var schemaName: String? { "CompletedMessages" }
    static var example: CompletedBody { CompletedBody(results: []) }
    func members(to sink: inout some MemberSink) { sink.member("results", results) }
}

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

/// Any JSON value.
enum AnyForm: BodyForm {
    static var schema: SchemaText { SchemaText() }
    func write(to writer: inout JSONWriter) {}
}
