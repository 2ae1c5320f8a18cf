internal import ColumnStore

/// Declares a rollup from a file.
enum RollupPutCommand: Command {
    static let name = "rollup put"
    static let summary = "Makes or changes a rollup, from a file: sums that are kept and used without being asked for."
    static let usage = ["FILE (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = StoreAccess.options
    private static let byteCountMax = 1 << 20

    static func run(_ arguments: Arguments) throws -> Int32 {
        let file = try arguments.operand("a rollup's file")
        let bytes = try FileBytes.read(file, byteCountMax: byteCountMax)
        let rollup: JSONValue
        do throws(JSONSyntaxError) { rollup = try JSONParser.parse(bytes) } catch {
            throw CommandError("\(file) is no JSON: byte \(error.offset): \(error.message)")
        }
        guard let name = rollup["name"]?.text else { throw CommandError("\(file) is no rollup: it has no name") }
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call("PUT", "/v1/rollups/\(RequestTarget.encode(name))", headers: [("Content-Type", "application/json")], body: bytes))
        try store.close()
        if let warning = try? JSONParser.parse(answer.body)["warning"]?.text { Terminal.tellError("till: \(name): \(warning)\n") }
        Terminal.tell("\(answer.status == 201 ? "added" : "put") \(name)\n")
        return ExitStatus.done
    }
}

enum RollupListCommand: ListCommand {
    static let name = "rollup list"
    static let summary = "Lists the rollups, with how far their sums are made."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/rollups", member: "rollups", columns: ["name", "table", "where", "unnest", "progress.state", "progress.files", "progress.files_covered", "progress.rows", "progress.bytes"])
    }
}

enum RollupShowCommand: ItemCommand {
    static let name = "rollup show"
    static let summary = "Shows a rollup, and how far its sums are made."
    static let isAtRest = true
    static let operand = "a rollup"
    static let usage = ["NAME [--format table|json] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/rollups", arguments)) }
}

enum RollupDeleteCommand: ItemCommand {
    static let name = "rollup delete"
    static let summary = "Removes a rollup and its sums; no receipt goes."
    static let operand = "a rollup"
    static let usage = ["NAME (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/rollups", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the rollup \(arguments.operands[0])" }
}

/// What rollups would spare the questions that were asked.
enum AdviseCommand: Command {
    static let name = "advise"
    static let summary = "Proposes rollups for the queries that were asked; with the name of one, its declaration, as rollup put takes it."
    static let usage = ["[NAME] [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = Listing.options + StoreAccess.options
    private static let path = "/v1/admin/advice"

    static func run(_ arguments: Arguments) throws -> Int32 {
        let listing = Listing(
            path: path, member: "advice", columns: ["rollup.name", "rollup.table", "rows", "bytes", "gain", "queries", "elapsed_ms", "rows_scanned"], isPaged: false)
        let name = arguments.operands.isEmpty ? nil : try arguments.operand("a proposal's name")
        _ = try Listing.format(arguments)
        _ = try arguments.count("limit")
        let store = try StoreAccess(arguments)
        if let name {
            let answer = try JSONParser.parse(try APIClient.succeed(try store.client.call("GET", path)).body)
            guard let rollup = answer["advice"]?.array?.compactMap({ $0["rollup"] }).first(where: { $0["name"]?.text == name }) else {
                throw CommandError("there is no such proposal: \(name)")
            }
            Terminal.write(rollup.serialized + [0x0A])
        } else {
            try listing.write(arguments, from: store.client)
        }
        try store.close()
        return ExitStatus.done
    }
}
