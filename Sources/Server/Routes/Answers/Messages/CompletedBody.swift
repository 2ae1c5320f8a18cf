internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

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
