internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// What became of each event that was published.
struct PublishedBody: JSONObject {
    let results: [Item]

    struct Item: JSONObject {
        let id: String
        let arrival: Queue.Arrival
        static var example: Item { Item(id: "", arrival: .queued) }

        private enum Word: String, CaseIterable { case accepted, duplicate }

        func members(to sink: inout some MemberSink) {
            sink.member("id", id)
            sink.member("status", WordForm(arrival == .queued ? Word.accepted : .duplicate))
        }
    }

    static var schemaName: String? { "PublishedEvents" }
    static var example: PublishedBody { PublishedBody(results: []) }
    func members(to sink: inout some MemberSink) { sink.member("results", results) }
}

/// An event that a subscription has given up.
struct DeadEventBody: ListItem, JSONObject {
    let letter: DeadEventReport

    static var schemaName: String? { "DeadEvent" }
    static var listName: StaticString { "dead_letters" }
    static var listSchemaName: String { "DeadEventList" }
    static var example: DeadEventBody { DeadEventBody(letter: DeadEventReport(number: 0, event: [], reason: "", attempts: 0, diedAt: 0)) }

    func members(to sink: inout some MemberSink) {
        sink.member("event", Verbatim<AnyForm>(letter.event))
        sink.member("reason", letter.reason)
        sink.member("attempts", letter.attempts)
        sink.member("died_at", InstantForm(letter.diedAt))
    }
}
