package import ColumnStore
internal import Documents
internal import Ingest

/// The store and the server at a glance.
struct OverviewBody: JSONObject {
    struct Rates: JSONObject {
        var receipts = 0.0
        var registrations = 0.0
        var deliveries = 0.0
        static var example: Rates { Rates() }
        func members(to sink: inout some MemberSink) {
            sink.member("receipts_per_second", receipts)
            sink.member("registrations_per_second", registrations)
            sink.member("deliveries_per_second", deliveries)
        }
    }
    struct Times: JSONObject {
        var p50: Double?
        var p95: Double?
        var p99: Double?
        static var example: Times { Times() }
        func members(to sink: inout some MemberSink) {
            sink.member("p50", p50)
            sink.member("p95", p95)
            sink.member("p99", p99)
        }
    }
    struct Share: JSONObject {
        let share: ServiceLevels.Share
        static var example: Share { Share(share: .init()) }
        func members(to sink: inout some MemberSink) {
            sink.member("kept", share.kept)
            sink.member("of", share.of)
        }
    }
    struct Promise: JSONObject {
        let kept: ServiceLevels.Kept
        static var example: Promise { Promise(kept: .init(promise: .post, hour: .init(), day: .init(), month: .init())) }
        func members(to sink: inout some MemberSink) {
            sink.member("name", kept.promise.name, MemberFacts("`post`: a receipt is accepted; `hot`: a receipt or ticket is found; `cold`: a question is answered."))
            sink.member("limit_ms", kept.promise.limitMilliseconds)
            sink.member("hour", Share(share: kept.hour))
            sink.member("day", Share(share: kept.day))
            sink.member("month", Share(share: kept.month), MemberFacts("The last 30 days."))
        }
    }
    struct Store: JSONObject {
        var hotFiles = 0
        var hotDays = 0
        var hotRows = 0
        var dueFiles = 0
        var dueRows = 0
        var diskFreeBytes = 0
        var memoryBytes = 0
        var memoryMaxBytes = 0
        var queriesRunning = 0
        static var example: Store { Store() }
        func members(to sink: inout some MemberSink) {
            sink.member("hot_files", hotFiles)
            sink.member("hot_days", hotDays)
            sink.member("hot_rows", hotRows)
            sink.member("compaction_due_files", dueFiles, MemberFacts("Hot files whose time to move to cold has come: what compaction has still to do."))
            sink.member("compaction_due_rows", dueRows)
            sink.member("disk_free_bytes", diskFreeBytes)
            sink.member("memory_bytes", memoryBytes, MemberFacts("That queries hold."))
            sink.member("memory_max_bytes", memoryMaxBytes)
            sink.member("queries_running", queriesRunning)
        }
    }
    struct Registrar: JSONObject {
        enum State: String, CaseIterable { case closed, open, halfOpen = "half-open" }
        let name: String
        var state = State.closed
        var waiting = 0
        static var example: Registrar { Registrar(name: "") }
        func members(to sink: inout some MemberSink) {
            sink.member("name", name)
            sink.member("state", WordForm(state), MemberFacts("Of its circuit breaker: closed is well."))
            sink.member("waiting", waiting)
        }
    }
    struct Need: JSONObject {
        let code: String
        let count: Int
        let text: String
        static var example: Need { Need(code: "", count: 0, text: "") }
        func members(to sink: inout some MemberSink) {
            sink.member("code", code)
            sink.member("count", count)
            sink.member("text", text)
        }
    }

    var at: Int64
    var rates = Rates()
    var times = Times()
    var promises: [Promise] = []
    var oldestUnregisteredAt: String?
    var deadLetters = 0
    var refused: Int?
    var store: Store?
    var registrars: [Registrar] = []
    var needs: [Need] = []

    static var schemaName: String? { "Overview" }
    static var example: OverviewBody { OverviewBody(at: 0) }

    func members(to sink: inout some MemberSink) {
        sink.member("at", InstantForm(at))
        sink.member("rates", rates)
        sink.member("post_ms", times, MemberFacts("How long POSTs of receipts took in the last minute, to a quarter; null where there was none."))
        sink.member("promises", promises)
        sink.member("oldest_unregistered_at", oldestUnregisteredAt, MemberFacts("When the oldest receipt came that is not final.", keywords: #""format":"date-time""#))
        sink.member("dead_letters", deadLetters)
        sink.member("refused", refused, MemberFacts("Refused documents that are kept; null for a contract."))
        sink.member("store", store, MemberFacts("For the administrator."))
        sink.member("registrars", registrars)
        sink.member("needs", needs, MemberFacts("What needs somebody; nothing, where it is empty."))
    }
}

extension Double: BodyForm {
    package static var schema: SchemaText { SchemaText("number") }
    /// - Precondition: it is finite.
    package func write(to writer: inout JSONWriter) { writer.raw("\(self)".utf8) }
}
