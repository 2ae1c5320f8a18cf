internal import ColumnStore

private let access = "(--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"

enum ProcessListCommand: ListCommand {
    static let name = "process list"
    static let summary = "Lists the state machines."
    static let isAtRest = true

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(path: "/v1/processes", member: "processes", columns: ["name", "version", "StartAt", "next_at", "Comment"])
    }
}

enum ProcessShowCommand: ItemCommand {
    static let name = "process show"
    static let summary = "Shows a state machine."
    static let isAtRest = true
    static let operand = "a process"
    static let usage = ["NAME \(access)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/processes", arguments)) }
    static func write(_ body: [UInt8], _ arguments: Arguments) throws { Terminal.write(body + [0x0A]) }
}

enum ProcessDeleteCommand: ItemCommand {
    static let name = "process delete"
    static let summary = "Starts a state machine no more; what runs goes on."
    static let operand = "a process"
    static let usage = ["NAME \(access)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/processes", arguments)) }
    static func done(_ arguments: Arguments) -> String { "deleted the process \(arguments.operands[0])" }
}

enum ProcessPutCommand: Command {
    static let name = "process put"
    static let summary = "Adds a state machine or its next version, from a file."
    static let usage = ["NAME FILE \(access)"]
    static let options = StoreAccess.options
    private static let byteCountMax = 8 << 20

    static func run(_ arguments: Arguments) throws -> Int32 {
        guard arguments.operands.count == 2 else { throw UsageError("a name and a file are wanted") }
        let bytes = try FileBytes.read(arguments.operands[1], byteCountMax: byteCountMax)
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call(
                "PUT", "/v1/processes/\(RequestTarget.encode(arguments.operands[0]))", headers: [("Content-Type", "application/json")], body: bytes))
        try store.close()
        let version = try JSONParser.parse(answer.body, depthMax: 1_000)["version"]?.integer ?? 1
        Terminal.write("\(answer.status == 201 ? "added" : "put") \(arguments.operands[0]), version \(version)\n")
        return ExitStatus.done
    }
}

enum ProcessStartCommand: Command {
    static let name = "process start"
    static let summary = "Starts an execution of a state machine."
    static let usage = ["NAME [--name N] [--input JSON | --input-file FILE] \(access)"]
    static let options =
        [
            Arguments.Option("name", "N", "The execution's own: the same again is the same execution."), .init("input", "JSON", "Its input ({})."),
            .init("input-file", "FILE", "A file that has it."),
        ] + StoreAccess.options
    private static let byteCountMax = 8 << 20

    static func run(_ arguments: Arguments) throws -> Int32 {
        let process = try arguments.operand("a process")
        var text = Array((try arguments.one("input") ?? "{}").utf8)
        if let file = try arguments.one("input-file") {
            guard try arguments.one("input") == nil else { throw UsageError("--input or --input-file, not both") }
            text = try FileBytes.read(file, byteCountMax: byteCountMax)
        }
        let input: JSONValue
        do throws(JSONSyntaxError) {
            input = try JSONParser.parse(text, depthMax: 1_000)
        } catch {
            throw CommandError("the input is no JSON: byte \(error.offset): \(error.message)")
        }
        let body = JSONValue.object(["name": try arguments.one("name").map { .string($0) }, "input": input])
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call(
                "POST", "/v1/processes/\(RequestTarget.encode(process))/executions", headers: [("Content-Type", "application/json")], body: body.serialized))
        try store.close()
        let started = try JSONParser.parse(answer.body)
        Terminal.tell("\(started["execution_id"]?.text ?? "")  \(started["state"]?.text ?? "")\(answer.status == 201 ? "" : "  (it was there)")\n")
        return ExitStatus.done
    }
}

enum ProcessHistoryCommand: ListCommand {
    static let name = "process history"
    static let summary = "Lists what happened to an execution, the oldest first."
    static let isAtRest = true
    static let usage = ["EXECUTION [--format table|json] [--limit N] \(access)"]

    static func listing(_ arguments: Arguments) throws -> Listing {
        let id = try arguments.operand("an execution")
        return Listing(
            path: "/v1/executions/\(RequestTarget.encode(id))/history", member: "events",
            columns: ["at", "event", "state", "visit", "attempt", "input", "output", "error", "cause"])
    }
}

enum ProcessAbortCommand: ItemCommand {
    static let name = "process abort"
    static let summary = "Ends an execution and its children."
    static let operand = "an execution"
    static let usage = ["EXECUTION \(access)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("POST", try path("/v1/executions", arguments) + "/abort") }
    static func write(_ body: [UInt8], _ arguments: Arguments) throws { Terminal.write("\(arguments.operands[0]) has ended\n") }
}

enum ProcessRedriveCommand: ItemCommand {
    static let name = "process redrive"
    static let summary = "Has an execution that failed go on from there."
    static let operand = "an execution"
    static let usage = ["EXECUTION \(access)"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("POST", try path("/v1/executions", arguments) + "/redrive") }
    static func write(_ body: [UInt8], _ arguments: Arguments) throws { Terminal.write("\(arguments.operands[0]) goes on\n") }
}

enum ExecutionListCommand: ListCommand {
    static let name = "execution list"
    static let summary = "Lists executions, the newest first."
    static let isAtRest = true
    static let usage = ["[--process P] [--state S] [--format table|json] [--limit N] \(access)"]
    static let ownOptions: [Arguments.Option] = [
        .init("process", "P", "Of this process alone."), .init("state", "S", "RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."),
    ]

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        return Listing(
            path: "/v1/executions", parameters: try parameters(arguments, ["process", "state"]), member: "executions",
            columns: ["execution_id", "process", "process_version", "name", "state", "started_at", "ended_at", "error"])
    }
}

enum ExecutionShowCommand: ItemCommand {
    static let name = "execution show"
    static let summary = "Shows how an execution stands."
    static let isAtRest = true
    static let operand = "an execution"
    static let usage = ["EXECUTION [--format table|json] \(access)"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/executions", arguments)) }
}
