internal import ColumnStore

/// Where the keys are that a command is about: below a contract, or those of operators.
enum KeyPlace {
    static let operators = Arguments.Option("operators", nil, "A key with a role (admin, auditor, metrics), of no client.")

    static func path(_ arguments: Arguments, count: Int = 1) throws -> String {
        let isOfOperators = arguments.has("operators") || arguments.has("role")
        let wanted = isOfOperators ? count - 1 : count
        guard arguments.operands.count == wanted else {
            if isOfOperators, arguments.operands.count > wanted { throw UsageError("a key of a role is no client's: leave out \(arguments.operands[0])") }
            if arguments.operands.count > wanted { throw UsageError("unexpected argument \(arguments.operands[wanted])") }
            throw UsageError(arguments.operands.isEmpty && !isOfOperators ? "a client is wanted, or --operators" : "a key's id is wanted")
        }
        let last = count > 1 ? "/" + RequestTarget.encode(arguments.operands[wanted - 1]) : ""
        return (isOfOperators ? "/v1/admin/keys" : "/v1/contracts/\(RequestTarget.encode(arguments.operands[0]))/keys") + last
    }
}

/// Makes a key and shows it once.
enum KeyCreateCommand: Command {
    static let name = "key create"
    static let summary = "Makes a key for a client's contract, or one of a role, and prints it."
    static let usage = [
        "CLIENT [--label TEXT] [--expires T] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])",
        "--role admin|auditor|metrics [--label TEXT] [--expires T] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])",
    ]
    static let options: [Arguments.Option] =
        [
            .init("role", "R", "admin: everything; auditor: who did what, contracts and what was refused; metrics: /metrics alone."),
            .init("label", "TEXT", "For people: who has it."), .init("expires", "T", "An instant or a date from which on it counts no more."),
        ] + StoreAccess.options

    private static let roles = ["admin", "auditor", "metrics"]

    static func run(_ arguments: Arguments) throws -> Int32 {
        let path = try KeyPlace.path(arguments)
        var body = JSONWriter()
        body.beginObject()
        if let role = try arguments.one("role") {
            guard roles.contains(role) else { throw UsageError.choice("--role", roles, role) }
            body.member("role", role)
        }
        if let label = try arguments.one("label") { body.member("label", label) }
        if let expires = try arguments.one("expires") {
            guard CalendarText.day(expires) != nil || CalendarText.instant(expires) != nil else {
                throw UsageError("--expires wants a date like 2027-01-31 or an instant like 2027-01-31T12:00:00Z, not \(expires)")
            }
            body.member("expires_at", expires)
        }
        body.endObject()
        let store = try StoreAccess(arguments, mayCreate: true)
        let answer = try APIClient.succeed(try store.client.call("POST", path, headers: [("Content-Type", "application/json")], body: body.bytes))
        try store.close()
        Terminal.write(answer.body + [0x0A])
        return ExitStatus.done
    }
}

enum KeyShowCommand: Command {
    static let name = "key show"
    static let summary = "Shows a key, without its secret."
    static let usage = ["(CLIENT | --operators) ID [--format table|json] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = [KeyPlace.operators] + ListedItem.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let path = try KeyPlace.path(arguments, count: 2)
        let keys = Listing(path: String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)), member: "keys", columns: [])
        return try ListedItem.show("key", arguments.operands.last ?? "", of: keys, arguments)
    }
}

enum KeyDeleteCommand: Command {
    static let name = "key delete"
    static let summary = "Revokes a key."
    static let usage = ["(CLIENT | --operators) ID (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = [KeyPlace.operators] + StoreAccess.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let path = try KeyPlace.path(arguments, count: 2)
        let store = try StoreAccess(arguments)
        _ = try APIClient.succeed(try store.client.call("DELETE", path))
        try store.close()
        Terminal.write("revoked \(arguments.operands.last ?? "")\n")
        return ExitStatus.done
    }
}
