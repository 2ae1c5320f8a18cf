internal import ColumnStore
internal import Query

private let place = "(--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"

enum QueueListCommand: ListCommand {
    static let name = "queue list"
    static let summary = "Lists the queues, and how much is in each."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/queues", member: "queues",
            columns: ["name", "counts.active", "counts.locked", "counts.delayed", "counts.dead", "bytes", "oldest_at", "ttl", "lock", "max_deliveries"])
    }
}

enum QueueShowCommand: ItemCommand {
    static let name = "queue show"
    static let summary = "Shows a queue."
    static let isAtRest = true
    static let operand = "a queue"
    static let usage = ["QUEUE [--format table|json] \(place)"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/queues", arguments)) }
}

enum QueueDeleteCommand: ItemCommand {
    static let name = "queue delete"
    static let summary = "Deletes a queue with all its messages, dead letters too."
    static let operand = "a queue"
    static let usage = ["QUEUE \(place)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/queues", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the queue \(arguments.operands[0])" }
}

enum QueuePurgeCommand: ItemCommand {
    static let name = "queue purge"
    static let summary = "Takes away all messages of a queue but dead letters."
    static let operand = "a queue"
    static let usage = ["QUEUE \(place)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/queues", arguments) + "/messages") }
    static func done(_ arguments: Arguments) -> String { "purged the queue \(arguments.operands[0])" }
}

enum QueueDiscardCommand: Command {
    static let name = "queue discard"
    static let summary = "Deletes dead letters of a queue for good: one by its id, or all."
    static let usage = ["QUEUE (ID | --all) \(place)"]
    static let options: [Arguments.Option] = [.init("all", nil, "All that there are.")] + StoreAccess.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        guard let queue = arguments.operands.first else { throw UsageError("a queue is wanted") }
        let ids = arguments.operands.dropFirst()
        guard ids.count == (arguments.has("all") ? 0 : 1) else { throw UsageError("either an id or --all is wanted") }
        let path = "/v1/queues/\(RequestTarget.encode(queue))/dead-letters"
        let store = try StoreAccess(arguments)
        if let id = ids.first {
            _ = try APIClient.succeed(try store.client.call("DELETE", "\(path)/\(RequestTarget.encode(id))"))
            Terminal.write("deleted the dead letter \(id)\n")
        } else {
            let count = try DeletionCalls.all(path, store.client)
            Terminal.write("deleted \(count) dead \(count == 1 ? "letter" : "letters")\n")
        }
        try store.close()
        return ExitStatus.done
    }
}

enum QueueDeadLettersCommand: ListCommand {
    static let name = "queue dead-letters"
    static let summary = "Lists the messages of a queue that nobody completed."
    static let isAtRest = true
    static let usage = ["QUEUE [--format table|json] [--limit N] \(place)"]

    static func listing(_ arguments: Arguments) throws -> Listing {
        Listing(
            path: "/v1/queues/\(RequestTarget.encode(try arguments.operand("a queue")))/dead-letters", member: "dead_letters",
            columns: ["message_id", "reason", "detail", "deliveries", "enqueued_at", "died_at"])
    }
}

/// A command with a body of its own.
protocol QueueCallCommand: Command {
    /// - Returns: the call, and what is written of its answer.
    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8])
    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String
}

extension QueueCallCommand {
    static func run(_ arguments: Arguments) throws -> Int32 {
        let call = try call(arguments)
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(try store.client.call(call.method, call.path, headers: [("Content-Type", "application/json")], body: call.body))
        try store.close()
        Terminal.write(text(try JSONParser.parse(answer.body), arguments))
        return ExitStatus.done
    }

    static func queuePath(_ arguments: Arguments) throws -> String {
        guard let queue = arguments.operands.first else { throw UsageError("a queue is wanted") }
        return "/v1/queues/\(RequestTarget.encode(queue))"
    }

    static func lines(_ answer: JSONValue, _ member: String) -> String {
        (answer[member]?.array ?? []).map { String(decoding: $0.serialized, as: UTF8.self) + "\n" }.joined()
    }
}

/// Makes a queue, or changes it.
enum QueuePutCommand: QueueCallCommand {
    static let name = "queue put"
    static let summary = "Makes a queue, or changes how it treats its messages; what is not given is as by default."
    static let usage = ["QUEUE [--ttl 14d] [--lock 5m] [--max-deliveries 10] [--duplicate-window 1d] [--max-bytes 5GiB] [--delay 0s] [--no-dead-letters] \(place)"]
    static let options: [Arguments.Option] =
        [
            .init("ttl", "T", "How long a message may wait (14d)."), .init("lock", "T", "How long a worker has a message to itself (5m)."),
            .init("max-deliveries", "N", "So often it is handed out (10)."), .init("duplicate-window", "T", "How long an id is known (1d)."),
            .init("max-bytes", "SIZE", "Of all bodies (5GiB)."), .init("delay", "T", "Before a message may be received (0s)."),
            .init("no-dead-letters", nil, "What nobody completed is not kept."),
        ] + StoreAccess.options

    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8]) {
        _ = try arguments.operand("a queue")
        var body = JSONWriter()
        body.beginObject()
        for (option, member) in [("ttl", "ttl"), ("lock", "lock"), ("duplicate-window", "duplicate_window"), ("max-bytes", "max_bytes"), ("delay", "delay")] {
            guard let value = try arguments.one(option) else { continue }
            body.key(member)
            body.string(value)
        }
        if let count = try arguments.count("max-deliveries") { body.member("max_deliveries", count) }
        if arguments.has("no-dead-letters") { body.member("dead_letter", false) }
        body.endObject()
        return ("PUT", try queuePath(arguments), body.bytes)
    }

    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String { ItemText.lines(answer) }
}

/// Puts messages into a queue.
enum QueueSendCommand: QueueCallCommand {
    static let name = "queue send"
    static let summary = "Puts messages, each one JSON value, into a queue."
    static let usage = ["QUEUE BODY… [--id ID] [--delay T] \(place)"]
    static let options: [Arguments.Option] =
        [.init("id", "ID", "Of the one message: counted once within the queue's window."), .init("delay", "T", "Before they may be received.")] + StoreAccess.options

    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8]) {
        let bodies = arguments.operands.dropFirst()
        let id = try arguments.one("id")
        guard !bodies.isEmpty else { throw UsageError("a queue and a body are wanted") }
        if id != nil, bodies.count > 1 { throw UsageError("--id is of one message") }
        var body = JSONWriter()
        body.beginObject()
        body.key("messages")
        body.beginArray()
        for text in bodies {
            do throws(JSONSyntaxError) { _ = try JSONParser.parse(Array(text.utf8)) } catch { throw UsageError("a body is one JSON value: byte \(error.offset): \(error.message)") }
            body.beginObject()
            body.member("id", id)
            body.key("body")
            body.raw(text.utf8)
            body.member("delay", try arguments.one("delay"))
            body.endObject()
        }
        body.endArray()
        body.endObject()
        return ("POST", try queuePath(arguments) + "/messages", body.bytes)
    }

    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String { lines(answer, "results") }
}

/// Locks messages, and shows them.
enum QueueReceiveCommand: QueueCallCommand {
    static let name = "queue receive"
    static let summary = "Locks messages of a queue and writes each as a line of JSON; with --complete they are done by that."
    static let usage = ["QUEUE [--max N] [--wait SECONDS] [--complete] \(place)"]
    static let options: [Arguments.Option] =
        [.init("max", "N", "How many at most (1)."), .init("wait", "S", "Seconds to wait for the first, up to 20 (0)."), .init("complete", nil, "Completes what was written.")]
        + StoreAccess.options
    /// Seconds, as the server has it.
    private static let waitMax = 20

    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8]) {
        _ = try arguments.operand("a queue")
        var body = JSONWriter()
        body.beginObject()
        body.member("max", try arguments.count("max") ?? 1)
        body.member("wait", try arguments.number("wait", in: 0...waitMax) ?? 0)
        body.endObject()
        return ("POST", try queuePath(arguments) + "/receive", body.bytes)
    }

    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String { lines(answer, "messages") }
    /// Nothing is completed that nobody has read.
    static let isStream = true

    static func run(_ arguments: Arguments) throws -> Int32 {
        let call = try call(arguments)
        let store = try StoreAccess(arguments)
        let headers = [("Content-Type", "application/json")]
        let answer = try JSONParser.parse(try APIClient.succeed(try store.client.call(call.method, call.path, headers: headers, body: call.body)).body)
        // Written first: who sees nothing of a message has not had it.
        Terminal.write(text(answer, arguments))
        let messages = answer["messages"]?.array ?? []
        if arguments.has("complete"), !messages.isEmpty {
            let items = messages.map { JSONValue.object(["message_id": $0["message_id"], "lock_token": $0["lock_token"]]) }
            let body = JSONValue.object(["items": .array(items)]).serialized
            _ = try APIClient.succeed(try store.client.call("POST", try queuePath(arguments) + "/complete", headers: headers, body: body))
        }
        try store.close()
        return ExitStatus.done
    }
}

/// Puts dead letters back.
enum QueueRedriveCommand: QueueCallCommand {
    static let name = "queue redrive"
    static let summary = "Puts dead letters back into their queue."
    static let usage = ["QUEUE (ID… | --all) [--per-second N] \(place)"]
    static let options: [Arguments.Option] =
        [.init("all", nil, "All that there are."), .init("per-second", "N", "So many a second may be received; all at once without.")] + StoreAccess.options

    static func call(_ arguments: Arguments) throws -> (method: String, path: String, body: [UInt8]) {
        let ids = Array(arguments.operands.dropFirst())
        guard ids.isEmpty == arguments.has("all") else { throw UsageError("either ids or --all is wanted") }
        var body = JSONWriter()
        body.beginObject()
        if ids.isEmpty {
            body.member("all", true)
        } else {
            body.key("ids")
            ids.write(to: &body)
        }
        if let rate = try arguments.count("per-second") { body.member("per_second", rate) }
        body.endObject()
        return ("POST", try queuePath(arguments) + "/dead-letters/redrive", body.bytes)
    }

    static func text(_ answer: JSONValue, _ arguments: Arguments) -> String {
        let count = answer["count"]?.integer ?? 0
        return "put back \(count) dead \(count == 1 ? "letter" : "letters")\n"
    }
}
