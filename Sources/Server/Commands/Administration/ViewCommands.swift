internal import ColumnStore

/// Saves a SELECT under a name.
enum ViewPutCommand: Command {
    static let name = "view put"
    static let summary = "Saves a SELECT under a name, or changes one; of a file with FILE.sql, else as it stands."
    static let usage = ["NAME (SELECT | FILE.sql) [--description TEXT] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = [Arguments.Option("description", "TEXT", "What it is for.")] + StoreAccess.options
    private static let byteCountMax = 1 << 20

    static func run(_ arguments: Arguments) throws -> Int32 {
        guard arguments.operands.count == 2 else { throw UsageError("till view put wants a name and a SELECT") }
        let (name, text) = (arguments.operands[0], arguments.operands[1])
        let query = try text.hasSuffix(".sql") ? ScriptText.text(FileBytes.read(text, byteCountMax: byteCountMax), named: text) : text
        var members = [JSONValue.Member("query", .string(query))]
        if let description = try arguments.one("description") { members.append(.init("description", .string(description))) }
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call(
                "PUT", "/v1/views/\(RequestTarget.encode(name))", headers: [("Content-Type", "application/json")], body: JSONValue.object(members).serialized))
        try store.close()
        Terminal.write("\(answer.status == 201 ? "added" : "put") \(name)\n")
        return ExitStatus.done
    }
}

enum ViewListCommand: ListCommand {
    static let name = "view list"
    static let summary = "Lists the views, and what keeps one from being read."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(path: "/v1/views", member: "views", columns: ["name", "description", "query", "fault"])
    }
}

enum ViewShowCommand: ItemCommand {
    static let name = "view show"
    static let summary = "Shows a view, with its columns."
    static let isAtRest = true
    static let operand = "a view"
    static let usage = ["NAME [--format table|json] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/views", arguments)) }
}

enum ViewDeleteCommand: ItemCommand {
    static let name = "view delete"
    static let summary = "Deletes a view that no other reads."
    static let operand = "a view"
    static let usage = ["NAME (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/views", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the view \(arguments.operands[0])" }
}
