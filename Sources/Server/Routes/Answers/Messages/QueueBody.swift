internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// A queue as JSON: settings, and what is in it where it is shown.
struct QueueBody: ListItem, JSONObject {
    let name: String
    let settings: QueueSettings
    let report: QueueReport?

    static let members: Set<String> = ["name", "ttl", "lock", "max_deliveries", "duplicate_window", "max_bytes", "dead_letter", "delay"]
    static let ofAnswers: Set<String> = ["counts", "bytes", "oldest_at"]

    init(_ report: QueueReport) { (name, settings, self.report) = (report.name, report.settings, report) }
    private init(name: String, settings: QueueSettings) { (self.name, self.settings, report) = (name, settings, nil) }

    static var schemaName: String? { "Queue" }
    static var listName: StaticString { "queues" }
    static var listSchemaName: String { "QueueList" }
    static var example: QueueBody { QueueBody(name: "", settings: QueueSettings()) }
    private static let free = MemberFacts(isRequired: false)

    func members(to sink: inout some MemberSink) {
        sink.member("name", name, MemberFacts("By which it is called.", isRequired: false))
        sink.member("ttl", DurationForm(duration: settings.timeToLive), MemberFacts("How long a message may wait.", keywords: #""default":"14d""#, isRequired: false))
        sink.member("lock", DurationForm(duration: settings.lock), MemberFacts("How long a worker has a message to itself.", keywords: #""default":"5m""#, isRequired: false))
        sink.member("max_deliveries", settings.deliveryCountMax, MemberFacts("How often a message is received before it is a dead letter.", keywords: #""minimum":1,"maximum":1000000,"default":10"#, isRequired: false))
        sink.member("duplicate_window", DurationForm(duration: settings.duplicateWindow), MemberFacts("How long an id is known.", keywords: #""default":"1d""#, isRequired: false))
        sink.member("max_bytes", SizeForm(size: settings.byteCountMax), MemberFacts("Of all bodies but those of dead letters; with those twice as many.", isRequired: false))
        sink.member("dead_letter", settings.keepsDeadLetters, MemberFacts("Whether messages that nobody completed are kept.", keywords: #""default":true"#, isRequired: false))
        sink.member("delay", DurationForm(duration: settings.delay), MemberFacts("Before a message may be received.", keywords: #""default":"0s""#, isRequired: false))
        sink.optional("counts", report.map { CountsBody(report: $0) }, MemberFacts("Of answers alone: a PUT passes over it."))
        sink.optional("bytes", report?.byteCount, MemberFacts("Of answers alone: a PUT passes over it."))
        sink.member("oldest_at", report?.oldestAt.map { InstantForm($0) }, MemberFacts("Of answers alone: a PUT passes over it.", isRequired: false))
    }

    /// - Throws: `invalid-queue` with every fault.
    static func read(_ body: JSONValue, name: String) throws -> QueueSettings {
        var reader = MemberReader(body: body)
        if let own = reader.string("name"), own != name {
            reader.fault("/name", "mismatch", "the path names the queue \(name), this is \(MemberReader.shown(own))")
        }
        var settings = QueueSettings()
        if let value = duration("ttl", 1_000, &reader) { settings.timeToLive = value }
        if let value = duration("lock", 1_000, &reader) { settings.lock = value }
        if let value = duration("duplicate_window", 0, &reader) { settings.duplicateWindow = value }
        if let value = duration("delay", 0, &reader) { settings.delay = value }
        if let value = body[present: "max_deliveries"] {
            if let count = value.integer, (1...1_000_000).contains(count) {
                settings.deliveryCountMax = count
            } else {
                reader.fault("/max_deliveries", "out-of-range", "an integer from 1 to 1000000 is wanted, not \(MemberReader.shown(value))")
            }
        }
        if let value = body[present: "max_bytes"] {
            if let size = value.text.flatMap({ AmountText.size($0) }) ?? value.integer, (1...1 << 50).contains(size) {
                settings.byteCountMax = size
            } else {
                reader.fault("/max_bytes", "out-of-range", "a size like 64KiB, 5GiB or a number of bytes is wanted, from 1 to \(1 << 50), not \(MemberReader.shown(value))")
            }
        }
        if let value = body[present: "dead_letter"] {
            if let flag = value.boolean { settings.keepsDeadLetters = flag } else { reader.fault("/dead_letter", "type", "true or false is wanted, not \(MemberReader.shown(value))") }
        }
        guard reader.faults.isEmpty else { throw Problem(.invalidQueue, reader.summary("the queue"), errors: reader.faults) }
        return settings
    }

    private static func duration(_ name: String, _ least: Int64, _ reader: inout MemberReader) -> Int64? {
        guard let value = reader.body[present: name] else { return nil }
        if let duration = value.text.flatMap({ AmountText.duration($0) }), (least...QueueSettings.durationMax).contains(duration) { return duration }
        reader.fault("/\(name)", "out-of-range", "a duration like 500ms, 60s, 5m, 1h or 7d is wanted, \(least == 0 ? "" : "above 0, ")at most 400d, not \(MemberReader.shown(value))")
        return nil
    }
}

private struct CountsBody: JSONObject {
    let report: QueueReport
    static var example: CountsBody {
        CountsBody(report: QueueReport(name: "", settings: QueueSettings(), active: 0, locked: 0, delayed: 0, dead: 0, byteCount: 0, oldestAt: nil))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("active", report.active)
        sink.member("locked", report.locked)
        sink.member("delayed", report.delayed)
        sink.member("dead", report.dead)
    }
}

/// `5m`; in microseconds.
struct DurationForm: BodyForm {
    let duration: Int64
    static var schema: SchemaText { SchemaText("string", keywords: [("pattern", #""^[0-9]+(ms|s|m|h|d)$""#)]) }
    func write(to writer: inout JSONWriter) { writer.string(AmountText.text(duration: duration)) }
}

/// `5GiB`; a number of bytes is taken too.
struct SizeForm: BodyForm {
    let size: Int
    static var schema: SchemaText { SchemaText("string", "integer", keywords: [("pattern", #""^[0-9]+(B|KiB|MiB|GiB|TiB)$""#), ("default", #""5GiB""#)]) }
    func write(to writer: inout JSONWriter) { writer.string(AmountText.text(size: size)) }
}
