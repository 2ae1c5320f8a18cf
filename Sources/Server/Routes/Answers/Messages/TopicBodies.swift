internal import ColumnStore
internal import Documents
internal import Ingest

/// A topic, and who subscribes to it.
struct TopicBody: ListItem, JSONObject {
    let name: String
    let subscriptions: [String]

    init(name: String, subscriptions: [String]) { (self.name, self.subscriptions) = (name, subscriptions) }
    init(_ report: TopicReport) { self.init(name: report.name, subscriptions: report.subscriptions) }

    static var schemaName: String? { "Topic" }
    static var listName: StaticString { "topics" }
    static var listSchemaName: String { "TopicList" }
    static var example: TopicBody { TopicBody(name: "", subscriptions: []) }

    static let members: Set<String> = ["name"]
    static let ofAnswers: Set<String> = ["subscriptions"]
    /// What PUT takes.
    static let requestSchema = ##"{"type":"object","additionalProperties":false,"properties":{"name":{"description":"The path's.","type":["string","null"]},"subscriptions":{"description":"Of answers alone: a PUT passes over it.","type":"array","items":{"type":"string"}}}}"##

    /// - Throws: `invalid-queue` where it is another's.
    static func check(_ body: JSONValue, name: String) throws {
        var reader = MemberReader(body: body)
        if let own = reader.string("name"), own != name { reader.fault("/name", "mismatch", "the path names the topic \(name), this is \(MemberReader.shown(own))") }
        guard reader.faults.isEmpty else { throw Problem(.invalidQueue, reader.summary("the topic"), errors: reader.faults) }
    }

    func members(to sink: inout some MemberSink) {
        sink.member("name", name)
        sink.member("subscriptions", subscriptions)
    }
}

/// A subscription: who gets which events, and how their delivery goes. A secret is never shown.
struct SubscriptionBody: ListItem, JSONObject {
    let report: SubscriptionReport

    static var schemaName: String? { "Subscription" }
    static var listName: StaticString { "subscriptions" }
    static var listSchemaName: String { "SubscriptionList" }
    static let members: Set<String> = ["name", "where", "target"]
    static let ofAnswers: Set<String> = ["counts", "oldest_at", "rests"]
    static var example: SubscriptionBody {
        SubscriptionBody(report: SubscriptionReport(subscription: Subscription(name: "", condition: nil, target: .log("")), pending: 0, dead: 0, oldestAt: nil))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("name", report.subscription.name)
        sink.member("where", report.subscription.condition)
        sink.member("target", TargetForm(target: report.subscription.target))
        sink.member("counts", SubscriptionCounts(report: report))
        sink.member("oldest_at", report.oldestAt.map { InstantForm($0) })
        // Why it hears of no further events.
        sink.member("rests", report.rests)
    }

    /// - Returns: without a secret where none is given.
    /// - Throws: `invalid-queue` with every fault.
    static func read(_ body: JSONValue, name: String) throws -> Subscription {
        var reader = MemberReader(body: body)
        if let own = reader.string("name"), own != name { reader.fault("/name", "mismatch", "the path names the subscription \(name), this is \(MemberReader.shown(own))") }
        let condition = reader.string("where")
        let target = target(body["target"], &reader)
        guard reader.faults.isEmpty, let target else { throw Problem(.invalidQueue, reader.summary("the subscription"), errors: reader.faults) }
        return Subscription(name: name, condition: condition, target: target)
    }

    private static func target(_ value: JSONValue?, _ reader: inout MemberReader) -> SubscriptionTarget? {
        guard let members = value?.members, let value else {
            reader.fault("/target", "required", "an object with queue, process, webhook or log is wanted")
            return nil
        }
        let kinds = ["queue", "process", "webhook", "log"].filter { value[present: $0] != nil }
        for member in members where !["queue", "process", "webhook", "log", "secret"].contains(member.name) {
            reader.fault("/target/\(member.name)", "unknown-member", "a target has one of queue, process, webhook and log, and a webhook a secret")
        }
        guard kinds.count == 1, let text = value[kinds[0]]?.text else {
            reader.fault("/target", "type", "exactly one of queue, process, webhook and log is wanted, a string")
            return nil
        }
        if kinds[0] != "webhook" {
            if value[present: "secret"] != nil { reader.fault("/target/secret", "contradiction", "a secret is of a webhook") }
            guard QueueStore.isName(text) else {
                reader.fault("/target/\(kinds[0])", "format", "a name has 1 to 128 letters, digits, - _ and ., not \(MemberReader.shown(text))")
                return nil
            }
            return kinds[0] == "queue" ? .queue(text) : kinds[0] == "process" ? .process(text) : .log(text)
        }
        guard CallbackURL.host(text) != nil else {
            reader.fault("/target/webhook", "format", "an http or https URL is wanted, without user and password")
            return nil
        }
        // Left out, the one that is stored for the same URL stays as it is put; null takes it away.
        guard let secret = value["secret"], secret != .null else { return .webhook(url: text, secret: nil) }
        guard let secret = secret.text, WebhookSecret(secret) != nil else {
            reader.fault("/target/secret", "format", "a text is wanted that is not empty; what follows whsec_ must be base64")
            return nil
        }
        return .webhook(url: text, secret: secret)
    }

    /// What PUT takes.
    static let requestSchema = ##"{"type":"object","required":["target"],"additionalProperties":false,"properties":{"name":{"description":"The path's.","type":["string","null"]},"where":{"description":"An expression of SQL over type, source, subject, time and data, like data->>'state' = 'late'; all events without.","type":["string","null"]},"target":{"description":"Where the events go: one of queue, process, webhook and log.","type":"object","additionalProperties":false,"properties":{"queue":{"type":"string"},"process":{"type":"string"},"webhook":{"type":"string","pattern":"^https?://."},"secret":{"description":"Of a webhook: never shown. Left out where the URL is the same: the stored one stays. Null: the contract's. The one that it replaces signs beside it for a day, where the URL stays.","type":["string","null"]},"log":{"type":"string"}}},"counts":{"description":"Of answers alone, as oldest_at and rests: a PUT passes over them.","type":"object"},"oldest_at":{"type":["string","null"]},"rests":{"type":["string","null"]}}}"##
}

private struct SubscriptionCounts: JSONObject {
    let report: SubscriptionReport
    static var example: SubscriptionCounts { SubscriptionCounts(report: SubscriptionBody.example.report) }

    func members(to sink: inout some MemberSink) {
        sink.member("pending", report.pending)
        sink.member("dead", report.dead)
    }
}

private struct TargetForm: BodyForm {
    let target: SubscriptionTarget
    static var schema: SchemaText { SchemaText("object", keywords: [("additionalProperties", #"{"type":"string"}"#)]) }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch target {
        case .queue(let name): writer.member("queue", name)
        case .process(let name): writer.member("process", name)
        case .webhook(let url, _): writer.member("webhook", url)
        case .log(let name): writer.member("log", name)
        case .unknown(let kind, let target, _):
            writer.key(kind)
            writer.string(target)
        }
        writer.endObject()
    }
}
