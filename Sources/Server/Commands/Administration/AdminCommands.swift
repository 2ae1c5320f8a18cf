internal import ColumnStore

/// Moves hot files to cold.
enum CompactCommand: Command {
    static let name = "compact"
    static let summary = "Moves hot files to cold and merges files."
    static let usage = ["[--before DAY] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = StoreAccess.options + [.init("before", "DAY", "Only files of UTC days before this one (tomorrow).")]

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        var body = JSONWriter()
        body.beginObject()
        if let before = try arguments.one("before") {
            guard CalendarText.day(before) != nil else { throw UsageError("--before wants a date like 2026-11-20, not \(before)") }
            body.member("before", before)
        }
        body.endObject()
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call("POST", "/v1/admin/compact", headers: [("Content-Type", "application/json")], body: body.bytes))
        let summary = try JSONParser.parse(answer.body)
        try store.close()
        let figures = ["files_moved", "rows_moved", "files_left", "files_merged"].map { name in
            "\(name.replacing("_", with: " ")): \(summary[name]?.integer ?? 0)"
        }
        Terminal.write(figures.joined(separator: ", ") + "\n")
        return ExitStatus.done
    }
}

/// Makes or replaces a contract.
enum ContractPutCommand: Command {
    static let name = "contract put"
    static let summary = "Makes or replaces a client's contract."
    static let usage = ["CLIENT --access read|read-write --scope own|all (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options =
        [
            Arguments.Option("access", "A", "read, or read-write."), .init("scope", "S", "own, or all."), .init("name", "TEXT", "A name for people."),
            .init("types", "T,T", "The document types that it may post (all)."), .init("sensitive", nil, "It sees the values of sensitive columns."), .init("valid-from", "T", "An instant or a date."),
            .init("valid-to", "T", "An instant or a date."), .init("rate", "N", "Requests a second."),
            .init("webhook-url", "URL", "Where outcomes are sent."), .init("webhook-secret", "S", "What they are signed with. The one that it replaces signs beside it for a day, where the URL stays."),
            .init("digest", "SPAN", "How often the webhook gets a digest of refusals: 1s to 1d."),
            .init("callback-hosts", "H,H", "Hosts that documents may name for callbacks."), .init("queues", "Q,Q", "Queues that it may use; * for all."),
            .init("topics", "T,T", "Topics that it may publish to; * for all."), .init("processes", "P,P", "Processes that it may start; * for all."),
            .init("subscriptions", "JSON", "What it may do when: [{\"from\", \"to\", \"access\", \"scope\", \"types\", \"sensitive\", \"roles\", \"plan\"}]."),
        ] + StoreAccess.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let client = try arguments.operand("a client")
        var body = JSONWriter()
        body.beginObject()
        for (option, choices) in [("access", ["read", "read-write"]), ("scope", ["own", "all"])] {
            let value = try arguments.required(option)
            guard choices.contains(value) else { throw UsageError.choice("--\(option)", choices, value) }
            body.key(option)
            body.string(value)
        }
        for (option, member) in [("name", "name"), ("valid-from", "valid_from"), ("valid-to", "valid_to"), ("digest", "digest")] {
            if let value = try arguments.one(option) {
                body.key(member)
                body.string(value)
            }
        }
        for (option, member) in [("types", "types"), ("callback-hosts", "callback_hosts")] {
            guard let value = try arguments.one(option) else { continue }
            body.key(member)
            body.beginArray()
            for item in value.split(separator: ",") { body.string(String(item)) }
            body.endArray()
        }
        try addUses(arguments, to: &body)
        if let subscriptions = try arguments.one("subscriptions") {
            guard let value = try? JSONParser.parse(Array(subscriptions.utf8)), value.array != nil else { throw UsageError("--subscriptions wants a JSON array") }
            body.key("subscriptions")
            body.raw(subscriptions.utf8)
        }
        if arguments.has("sensitive") {
            body.key("sensitive")
            body.raw("true".utf8)
        }
        if let rate = try arguments.one("rate") {
            guard let number = Double(rate), number.isFinite else { throw UsageError("--rate wants a number, not \(rate)") }
            body.key("rate_per_second")
            body.raw("\(number)".utf8)
        }
        if let url = try arguments.one("webhook-url") {
            body.key("webhook")
            body.beginObject()
            body.member("url", url)
            body.member("secret", try arguments.one("webhook-secret"))
            body.endObject()
        } else if arguments.has("webhook-secret") {
            // A contract without a URL has no webhook: the one that it had would go.
            throw UsageError("--webhook-secret needs --webhook-url")
        }
        body.endObject()
        let store = try StoreAccess(arguments, mayCreate: true)
        let answer = try APIClient.succeed(
            try store.client.call(
                "PUT", "/v1/contracts/\(RequestTarget.encode(client))", headers: [("Content-Type", "application/json")], body: body.bytes))
        try store.close()
        Terminal.write(answer.body + [0x0A])
        return ExitStatus.done
    }

    private static func addUses(_ arguments: Arguments, to body: inout JSONWriter) throws {
        let kinds = try ["queues", "topics", "processes"].compactMap { kind in try arguments.one(kind).map { (kind, $0) } }
        if kinds.isEmpty { return }
        body.key("uses")
        body.beginObject()
        for (kind, names) in kinds {
            body.key(kind)
            if names == "*" { body.string("*") } else { names.split(separator: ",").map(String.init).write(to: &body) }
        }
        body.endObject()
    }
}
