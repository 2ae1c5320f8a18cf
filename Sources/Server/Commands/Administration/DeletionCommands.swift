internal import ColumnStore
internal import Query

/// A command that deletes one thing of a list, or all that pass.
protocol DeletionCommand: Command {
    /// `/v1/admin/quarantine`
    static var path: String { get }
    /// `refused document`
    static var what: String { get }
}

extension DeletionCommand {
    static var usage: [String] {
        ["(ID | [--client C] [--before DAY-OR-INSTANT]) (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    }
    static var options: [Arguments.Option] {
        [.init("client", "C", "All of this client."), .init("before", "TIME", "All that came before this day or instant.")] + StoreAccess.options
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        let filters = try ["client", "before"].compactMap { name in try arguments.one(name).map { (name, $0) } }
        guard filters.isEmpty != arguments.operands.isEmpty else {
            throw UsageError(filters.isEmpty ? "an id is wanted, or --client or --before" : "either an id, or --client and --before")
        }
        let one = filters.isEmpty ? try arguments.operand("an id") : nil
        let store = try StoreAccess(arguments)
        if let one {
            _ = try APIClient.succeed(try store.client.call("DELETE", "\(path)/\(RequestTarget.encode(one))"))
            Terminal.write("deleted the \(what) \(one)\n")
        } else {
            let query = filters.map { "\($0.0)=\(RequestTarget.encode($0.1))" }.joined(separator: "&")
            let count = try DeletionCalls.all("\(path)?\(query)", store.client)
            Terminal.write("deleted \(count) \(what)\(count == 1 ? "" : "s")\n")
        }
        try store.close()
        return ExitStatus.done
    }
}

/// What deletes some in a call, and says whether there are more.
enum DeletionCalls {
    /// - Returns: how many are gone.
    static func all(_ target: String, _ client: APIClient) throws -> Int {
        var count = 0
        while true {
            let answer = try JSONParser.parse(try APIClient.succeed(try client.call("DELETE", target)).body)
            guard let deleted = answer["deleted"]?.integer else { throw CommandError("the server's answer does not say how many were deleted") }
            count = count.addingSaturating(deleted)
            // A server that says there are more and deletes none would keep us forever.
            if answer["has_more"] != .boolean(true) || deleted == 0 { return count }
        }
    }
}

enum QuarantineDeleteCommand: DeletionCommand {
    static let name = "quarantine delete"
    static let summary = "Deletes refused documents."
    static let path = "/v1/admin/quarantine"
    static let what = "refused document"
}

enum DeadLetterDeleteCommand: DeletionCommand {
    static let name = "dead-letter delete"
    static let summary = "Deletes dead letters; their receipts stay as they are."
    static let path = "/v1/admin/dead-letters"
    static let what = "dead letter"
}
