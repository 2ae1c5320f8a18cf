internal import ColumnStore

/// A command that writes a list of the API.
protocol ListCommand: Command {
    static var ownOptions: [Arguments.Option] { get }
    /// Whether a store that nobody works on answers it as it lies, beside others who read it.
    static var isAtRest: Bool { get }
    static func listing(_ arguments: Arguments) throws -> Listing
}

extension ListCommand {
    static var ownOptions: [Arguments.Option] { [] }
    static var isAtRest: Bool { false }
    static var isStream: Bool { true }
    static var options: [Arguments.Option] { ownOptions + Listing.options + StoreAccess.options }
    static var usage: [String] { ["[--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"] }

    static func run(_ arguments: Arguments) throws -> Int32 {
        let listing = try listing(arguments)
        _ = try Listing.format(arguments)
        _ = try arguments.count("limit")
        let store = try StoreAccess(arguments, isReading: isAtRest)
        try listing.write(arguments, from: store.client)
        try store.close()
        return ExitStatus.done
    }

    /// `--client C` as a parameter of the call.
    static func parameters(_ arguments: Arguments, _ names: [String]) throws -> [(name: String, value: String)] {
        try names.compactMap { name in try arguments.one(name).map { (name, $0) } }
    }
}

private let client = Arguments.Option("client", "C", "Of this client alone.")

enum ContractListCommand: ListCommand {
    static let name = "contract list"
    static let summary = "Lists the contracts."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/contracts", member: "contracts",
            columns: ["client_id", "name", "access", "scope", "types", "valid_from", "valid_to", "rate_per_second", "webhook.url"])
    }
}

enum KeyListCommand: ListCommand {
    static let name = "key list"
    static let summary = "Lists the keys of a client's contract, or those of the people and programs that run the store."
    static let isAtRest = true
    static let usage = ["(CLIENT | --operators) [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = [.init("operators", nil, "Keys with a role: admin, auditor, metrics.")]

    static func listing(_ arguments: Arguments) throws -> Listing {
        Listing(path: try KeyPlace.path(arguments), member: "keys", columns: ["id", "role", "label", "created_at", "expires_at", "last_used_at"])
    }
}

enum TypeListCommand: ListCommand {
    static let name = "type list"
    static let summary = "Lists the document types."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(path: "/v1/types", member: "types", columns: ["name", "version", "table", "format", "register", "description"])
    }
}

enum TicketListCommand: ListCommand {
    static let name = "ticket list"
    static let summary = "Lists the tickets of receipts, in the order of their days."
    static let isAtRest = true
    static let usage = [
        "[--client C] [--state PROCESSING] [--from DAY] [--to DAY] [--type T] [--table T] [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"
    ]
    private static let fields = ["ticket_id", "client_id", "receipt_id", "type", "business_day", "state", "received_at"]
    static let ownOptions: [Arguments.Option] = [
        client, .init("state", "S", "PROCESSING, COMPLETE or FAILED."), .init("from", "DAY", "From this day or instant on."),
        .init("to", "DAY", "Up to, without, this day or instant."), .init("type", "T", "Of this document type."), .init("table", "T", "Of this table (receipts)."),
    ]

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        let states = ["PROCESSING", "COMPLETE", "FAILED"]
        if let state = try arguments.one("state"), !states.contains(state) { throw UsageError.choice("--state", states, state) }
        return Listing(
            path: "/v1/receipts", parameters: try parameters(arguments, ["client", "state", "from", "to", "type", "table"]) + [("fields", fields.joined(separator: ","))],
            member: "receipts", columns: fields)
    }
}

enum QuarantineListCommand: ListCommand {
    static let name = "quarantine list"
    static let summary = "Lists what was refused, the newest first."
    static let isAtRest = true
    static let usage = ["[--client C] [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = [client]

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/quarantine", parameters: try parameters(arguments, ["client"]), member: "quarantine",
            columns: ["ticket_id", "client_id", "received_at", "content_type", "type", "problem.detail"])
    }
}

enum DeadLetterListCommand: ListCommand {
    static let name = "dead-letter list"
    static let summary = "Lists what could not be registered or delivered."
    static let isAtRest = true
    static let usage = ["[--client C] [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = [client]

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/dead-letters", parameters: try parameters(arguments, ["client"]), member: "dead_letters",
            columns: ["id", "kind", "name", "at", "attempts", "reason", "client_id", "event", "receipt.receipt_id"])
    }
}

enum AuditListCommand: ListCommand {
    static let name = "audit list"
    static let summary = "Lists administrative acts, the newest first: who did what when, and what came of it."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(path: "/v1/audit", member: "audit", columns: ["at", "actor", "origin", "action", "target", "outcome", "status", "detail"])
    }
}

enum JobListCommand: ListCommand {
    static let name = "job list"
    static let summary = "Lists the long work of a running server, the newest first."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/admin/jobs", member: "jobs", columns: ["id", "kind", "state", "actor", "created_at", "ended_at", "progress.done", "progress.at"])
    }
}
