internal import ColumnStore

/// A command about one thing of the API: shows it, deletes it, or has something done with it.
protocol ItemCommand: Command {
    /// `a ticket`
    static var operand: String { get }
    static func call(_ arguments: Arguments) throws -> (method: String, path: String)
    /// What is written where the answer has no body.
    static func done(_ arguments: Arguments) -> String
    static var ownOptions: [Arguments.Option] { get }
    /// As `ListCommand.isAtRest`.
    static var isAtRest: Bool { get }
    /// What is written where it has one.
    static func write(_ body: [UInt8], _ arguments: Arguments) throws
}

extension ItemCommand {
    static var ownOptions: [Arguments.Option] { [.init("format", "F", "table: a line for each member; or json.")] }
    static var options: [Arguments.Option] { ownOptions + StoreAccess.options }
    static func done(_ arguments: Arguments) -> String { "" }
    static var isAtRest: Bool { false }

    static func run(_ arguments: Arguments) throws -> Int32 {
        let call = try call(arguments)
        _ = try Listing.format(arguments)
        let store = try StoreAccess(arguments, isReading: isAtRest)
        let answer = try APIClient.succeed(try store.client.call(call.method, call.path))
        try store.close()
        if answer.body.isEmpty { Terminal.write(done(arguments) + "\n") } else { try write(answer.body, arguments) }
        return ExitStatus.done
    }

    static func write(_ body: [UInt8], _ arguments: Arguments) throws { try ItemText.write(body, arguments) }

    static func path(_ prefix: String, _ arguments: Arguments) throws -> String {
        "\(prefix)/\(RequestTarget.encode(try arguments.operand(operand)))"
    }
}

private func usage(_ operand: String) -> [String] { ["\(operand) [--format table|json] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"] }
private func plainUsage(_ operand: String) -> [String] { ["\(operand) (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"] }

enum ContractShowCommand: ItemCommand {
    static let name = "contract show"
    static let summary = "Shows a client's contract."
    static let isAtRest = true
    static let operand = "a client"
    static let usage = Server.usage("CLIENT")
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/contracts", arguments)) }
}

enum ContractDeleteCommand: ItemCommand {
    static let name = "contract delete"
    static let summary = "Ends a client's contract and revokes its keys; data stay."
    static let operand = "a client"
    static let usage = plainUsage("CLIENT")
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/contracts", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the contract of \(arguments.operands[0]) and its keys" }
}

enum TypeShowCommand: ItemCommand {
    static let name = "type show"
    static let summary = "Shows a document type: the file, as it can be put again."
    static let isAtRest = true
    static let operand = "a type"
    static let usage = plainUsage("NAME")
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/types", arguments)) }
    static func write(_ body: [UInt8], _ arguments: Arguments) throws { Terminal.write(body + [0x0A]) }
}

enum TypeDeleteCommand: ItemCommand {
    static let name = "type delete"
    static let summary = "Recognises a document type no more; data stay."
    static let operand = "a type"
    static let usage = plainUsage("NAME")
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/types", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the type \(arguments.operands[0])" }
}

enum TicketShowCommand: ItemCommand {
    static let name = "ticket show"
    static let summary = "Shows what became of a receipt: every step, attempt and answer."
    static let isAtRest = true
    static let operand = "a ticket"
    static let usage = Server.usage("TICKET")
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/tickets", arguments)) }
}

enum QuarantineShowCommand: ItemCommand {
    static let name = "quarantine show"
    static let summary = "Shows a refused document, with every reason."
    static let isAtRest = true
    static let operand = "a ticket"
    static let usage = Server.usage("TICKET")
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/quarantine", arguments)) }
}

enum DeadLetterRedriveCommand: ItemCommand {
    static let name = "dead-letter redrive"
    static let summary = "Tries a dead letter again."
    static let operand = "a dead letter's id"
    static let usage = plainUsage("ID")
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) {
        ("POST", try path("/v1/dead-letters", arguments) + "/redrive")
    }
    static func done(_ arguments: Arguments) -> String { "\(arguments.operands[0]) is tried again" }
}

/// Shows one of what the API has as a list alone.
enum ListedItem {
    static let options: [Arguments.Option] = [.init("format", "F", "table: a line for each member; or json.")] + StoreAccess.options

    /// - Parameter what: the kind's name, for the fault where there is none of that id.
    static func show(_ what: String, _ id: String, of listing: Listing, _ arguments: Arguments) throws -> Int32 {
        _ = try Listing.format(arguments)
        let store = try StoreAccess(arguments, isReading: true)
        guard let item = try listing.first(where: "id", is: id, in: store.client) else { throw CommandError("there is no \(what) \(id)") }
        try store.close()
        try ItemText.write(item.serialized, arguments)
        return ExitStatus.done
    }
}

enum DeadLetterShowCommand: Command {
    static let name = "dead-letter show"
    static let summary = "Shows a dead letter."
    static let usage = Server.usage("ID")
    static let options = ListedItem.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let id = try arguments.operand("a dead letter's id")
        return try ListedItem.show("dead letter", id, of: Listing(path: "/v1/dead-letters", member: "dead_letters", columns: []), arguments)
    }
}

enum AuditShowCommand: Command {
    static let name = "audit show"
    static let summary = "Shows an administrative act."
    static let usage = Server.usage("ID")
    static let options = ListedItem.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let id = try arguments.operand("an act's id")
        return try ListedItem.show("act", id, of: Listing(path: "/v1/audit", member: "audit", columns: []), arguments)
    }
}

enum JobShowCommand: ItemCommand {
    static let name = "job show"
    static let summary = "Shows how long work of a running server stands."
    static let isAtRest = true
    static let operand = "a job's id"
    static let usage = Server.usage("ID [--wait SECONDS]")
    static let ownOptions: [Arguments.Option] = [
        .init("format", "F", "table: a line for each member; or json."), .init("wait", "SECONDS", "Wait for its end so long."),
    ]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) {
        ("GET", try path("/v1/admin/jobs", arguments) + (try arguments.number("wait", in: 0...JobAnswer.waitMax).map { "?wait=\($0)" } ?? ""))
    }
}

enum JobCancelCommand: ItemCommand {
    static let name = "job cancel"
    static let summary = "Ends a job: one that waits is dropped, a verification ends soon."
    static let operand = "a job's id"
    static let usage = plainUsage("ID")
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/admin/jobs", arguments)) }
    static func done(_ arguments: Arguments) -> String { "\(arguments.operands[0]) was asked to end" }
}
