internal import ColumnStore

private let place = "(--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"

enum TopicListCommand: ListCommand {
    static let name = "topic list"
    static let summary = "Lists the topics, and who subscribes to each."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(path: "/v1/topics", member: "topics", columns: ["name", "subscriptions"], isPaged: false)
    }
}

enum TopicShowCommand: ItemCommand {
    static let name = "topic show"
    static let summary = "Shows a topic."
    static let isAtRest = true
    static let operand = "a topic"
    static let usage = ["TOPIC [--format table|json] \(place)"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/topics", arguments)) }
}

enum TopicPutCommand: ItemCommand {
    static let name = "topic put"
    static let summary = "Makes a topic."
    static let operand = "a topic"
    static let usage = ["TOPIC [--format table|json] \(place)"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("PUT", try path("/v1/topics", arguments)) }
}

enum TopicDeleteCommand: ItemCommand {
    static let name = "topic delete"
    static let summary = "Deletes a topic with its subscriptions, and the events that are still to be delivered to them."
    static let operand = "a topic"
    static let usage = ["TOPIC \(place)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/topics", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the topic \(arguments.operands[0])" }
}

enum TopicSubscriptionsCommand: ListCommand {
    static let name = "topic subscriptions"
    static let summary = "Lists the subscriptions of a topic, and how each goes."
    static let isAtRest = true
    static let usage = ["TOPIC [--format table|json] [--limit N] \(place)"]

    static func listing(_ arguments: Arguments) throws -> Listing {
        Listing(
            path: "/v1/topics/\(RequestTarget.encode(try arguments.operand("a topic")))/subscriptions", member: "subscriptions",
            columns: ["name", "where", "target", "counts.pending", "counts.dead", "oldest_at"], isPaged: false)
    }
}

enum TopicDeadLettersCommand: ListCommand {
    static let name = "topic dead-letters"
    static let summary = "Lists events of a subscription that could not be delivered within three days."
    static let isAtRest = true
    static let usage = ["TOPIC SUBSCRIPTION [--format table|json] [--limit N] \(place)"]

    static func listing(_ arguments: Arguments) throws -> Listing {
        Listing(path: try SubscriptionPath.of(arguments) + "/dead-letters", member: "dead_letters", columns: ["reason", "attempts", "died_at", "event"])
    }
}

/// Of a topic and a subscription, the first two operands.
private enum SubscriptionPath {
    static func of(_ arguments: Arguments) throws -> String {
        guard arguments.operands.count == 2 else { throw UsageError("a topic and a subscription are wanted") }
        return "/v1/topics/\(RequestTarget.encode(arguments.operands[0]))/subscriptions/\(RequestTarget.encode(arguments.operands[1]))"
    }
}

enum TopicUnsubscribeCommand: ItemCommand {
    static let name = "topic unsubscribe"
    static let summary = "Tells a subscription nothing any more, also of what came before."
    static let operand = "a topic"
    static let usage = ["TOPIC SUBSCRIPTION \(place)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try SubscriptionPath.of(arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the subscription \(arguments.operands[1])" }
}

enum TopicRedriveCommand: ItemCommand {
    static let name = "topic redrive"
    static let summary = "Tries the dead letters of a subscription again."
    static let operand = "a topic"
    static let usage = ["TOPIC SUBSCRIPTION \(place)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("POST", try SubscriptionPath.of(arguments) + "/dead-letters/redrive") }
    static func write(_ body: [UInt8], _ arguments: Arguments) throws {
        let count = try JSONParser.parse(body)["count"]?.integer ?? 0
        Terminal.write("\(count) \(count == 1 ? "event is" : "events are") tried again\n")
    }
}

/// Makes a subscription, or changes it.
enum TopicSubscribeCommand: QueueCallCommand {
    static let name = "topic subscribe"
    static let summary = "Has a queue, a process, a webhook or the log told of a topic's events from now on."
    static let usage = ["TOPIC SUBSCRIPTION (--queue Q | --process P | --webhook URL [--secret-file FILE] | --log NAME) [--where SQL] \(place)"]
    static let options: [Arguments.Option] =
        [
            .init("queue", "Q", "A message for each event."), .init("process", "P", "An execution for each event."), .init("webhook", "URL", "A POST of each event."),
            .init("secret-file", "FILE", "What signs the POSTs; without it the contract's webhook secret does. The one that it replaces signs beside it for a day, where the URL stays."), .init("log", "NAME", "A line of the server's log for each event."),
            .init("where", "SQL", "Over type, source, subject, time and data; all events without."),
        ] + StoreAccess.options
    private static let secretByteCountMax = 1 << 16

    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8]) {
        let path = try SubscriptionPath.of(arguments)
        let targets = try ["queue", "process", "webhook", "log"].compactMap { kind in try arguments.one(kind).map { (kind, $0) } }
        guard targets.count == 1 else { throw UsageError("one of --queue, --process, --webhook and --log is wanted") }
        var target: [(String, JSONValue?)] = [(targets[0].0, .string(targets[0].1))]
        if let file = try arguments.one("secret-file") {
            guard targets[0].0 == "webhook" else { throw UsageError("--secret-file is of a webhook") }
            // With signs in place of its bytes it would sign what nobody can check.
            guard let text = String(validating: try FileBytes.read(file, byteCountMax: secretByteCountMax), as: UTF8.self) else {
                throw CommandError("\(file): a secret is a text in UTF-8, and these bytes are none: write it in letters, as in base64")
            }
            target.append(("secret", .string(text.trimmingEnds())))
        }
        let body = JSONValue.object([
            .init("where", try arguments.one("where").map { .string($0) } ?? .null),
            .init("target", .object(target.compactMap { name, value in value.map { .init(name, $0) } })),
        ])
        return ("PUT", path, body.serialized)
    }

    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String { ItemText.lines(answer) }
}

extension String {
    fileprivate func trimmingEnds() -> String {
        let kept = drop { $0.isWhitespace }
        return String(kept.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// Puts one event into a topic.
enum TopicPublishCommand: QueueCallCommand {
    static let name = "topic publish"
    static let summary = "Puts an event into a topic."
    static let usage = ["TOPIC --type TYPE --id ID [--subject S] [--data-json JSON] \(place)"]
    static let options: [Arguments.Option] =
        [
            .init("type", "T", "What happened."), .init("id", "ID", "Counted once within a day."), .init("subject", "S", "To what: events of one subject stay in order."),
            .init("data-json", "JSON", "More of it (null)."),
        ] + StoreAccess.options

    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8]) {
        let topic = try arguments.operand("a topic")
        let data = Array((try arguments.one("data-json") ?? "null").utf8)
        do throws(JSONSyntaxError) { _ = try JSONParser.parse(data) } catch { throw UsageError("--data-json is no JSON: byte \(error.offset): \(error.message)") }
        var body = JSONWriter()
        body.beginObject()
        body.member("specversion", "1.0")
        body.member("id", try arguments.required("id"))
        body.member("type", try arguments.required("type"))
        if let subject = try arguments.one("subject") { body.member("subject", subject) }
        body.key("data")
        body.raw(data)
        body.endObject()
        return ("POST", "/v1/events?topic=\(RequestTarget.encode(topic))", body.bytes)
    }

    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String { lines(answer, "results") }
}
