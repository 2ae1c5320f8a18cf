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
