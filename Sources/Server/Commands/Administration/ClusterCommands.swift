internal import ColumnStore

/// Asks a member of a cluster how it stands.
enum ClusterStatusCommand: Command {
    static let name = "cluster status"
    static let summary = "Says how a member of a pair of machines stands: who leads, who has everything, what is under way."
    static let usage = ["[--url URL [--ca FILE | --insecure]]"]
    static let options: [Arguments.Option] = [.init("url", "URL", "The member's address (http://127.0.0.1:8080).")] + StoreAccess.options.filter { ["ca", "insecure"].contains($0.name) }

    static var outcomes: Outcomes { Outcomes(done: "it says how it stands", failed: "it does not answer, or is no member; standard error says which") }

    private static let seconds = 5

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let url = try arguments.one("url") ?? "http://127.0.0.1:8080"
        let client = try APIClient(url: url, key: nil, trust: try StoreAccess.trust(arguments, url: url), seconds: seconds)
        let answer = try client.call("GET", "/readyz")
        guard let status = try? JSONParser.parse(answer.body), status["node"] != nil else { throw CommandError("\(url) is no member of a cluster") }
        for name in ["node", "role", "reason", "store", "leader", "leader_url", "epoch", "mode", "record", "digest", "lag_records", "degraded"] {
            guard let value = status[name], value != .null else { continue }
            let text = value.text ?? value.integer.map(String.init) ?? value.boolean.map { $0 ? "yes" : "no" } ?? ""
            Terminal.tell("\(name): \(text)\n")
        }
        for name in ["insync", "removed"] {
            if case .array(let names)? = status[name], name == "insync" || !names.isEmpty { Terminal.tell("\(name): \(names.compactMap(\.text).joined(separator: " "))\n") }
        }
        if case .array(let faults)? = status["faults"] { for fault in faults { Terminal.tell("fault: \(fault.text ?? "")\n") } }
        if let checkpoint = status["checkpoint"] { say(checkpoint) }
        if let archive = status["archive"] { say(archive: archive) }
        return ExitStatus.done
    }

    private static func say(archive: JSONValue) {
        for (name, label) in [("line", "line of the archive"), ("record", "archived"), ("lag_records", "records not archived"), ("lag_seconds", "seconds not archived")] {
            if let value = archive[name]?.integer { Terminal.tell("\(label): \(value)\n") }
        }
        if case .array(let faults)? = archive["faults"] { for fault in faults { Terminal.tell("archive fault: \(fault.text ?? "")\n") } }
    }

    private static func say(_ checkpoint: JSONValue) {
        for (name, label) in [("first_record", "first record"), ("records_bytes", "bytes of records"), ("record", "checkpoint")] {
            if let value = checkpoint[name]?.integer { Terminal.tell("\(label): \(value)\n") }
        }
        for (name, label) in [("sent_to", "checkpoint sent to"), ("taken_from", "checkpoint taken from")] {
            guard let peer = checkpoint[name]?.text, let done = checkpoint["bytes"]?.integer, let all = checkpoint["bytes_wanted"]?.integer else { continue }
            Terminal.tell("\(label): \(peer), \(done) of \(all) bytes\n")
        }
        if let fault = checkpoint["fault"]?.text { Terminal.tell("checkpoint fault: \(fault)\n") }
    }
}

/// What commands that change a pair have in common.
enum ClusterCall {
    static let place = "--url URL [--ca FILE | --insecure]"
    static let options = StoreAccess.options.filter { ["url", "ca", "insecure"].contains($0.name) }
    /// A node that was lost gives no answer.
    static let seconds = 60

    static func client(_ arguments: Arguments) throws -> APIClient {
        let url = try arguments.required("url")
        guard let key = Environment["TILL_KEY"] else { throw CommandError("TILL_KEY must hold the key for \(url)") }
        return try APIClient(url: url, key: key, trust: try StoreAccess.trust(arguments, url: url), seconds: seconds)
    }

    static func succeed(_ method: String, _ path: String, _ arguments: Arguments) throws -> JSONValue {
        try JSONParser.parse(APIClient.succeed(try client(arguments).call(method, path)).body)
    }
}

/// Lets the other node lead, and waits until it does.
enum ClusterTransferCommand: Command {
    static let name = "cluster transfer"
    static let summary = "Lets the other machine of a pair lead, and waits until it does; requests wait meanwhile, and none is refused."
    static let usage = ["[--to NODE] \(ClusterCall.place)"]
    static let options: [Arguments.Option] = [.init("to", "NODE", "Who is to lead; else whoever has everything.")] + ClusterCall.options

    static var outcomes: Outcomes { Outcomes(done: "the other leads", failed: "it does not; standard error says why") }

    private static let patienceSeconds = 30.0
    private static let lookSeconds = 0.05

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let client = try ClusterCall.client(arguments)
        var body = JSONWriter()
        body.beginObject()
        if let to = try arguments.one("to") { body.member("to", to) }
        body.endObject()
        let begun = SteadyClock.seconds()
        let answer = try JSONParser.parse(APIClient.succeed(try client.call("POST", "/v1/cluster/transfer", headers: [("Content-Type", "application/json")], body: body.bytes)).body)
        guard let to = answer["to"]?.text, let epoch = answer["epoch"]?.integer else { throw CommandError("what answers there is no member of a cluster") }
        let pause = Monitor(())
        repeat {
            // Any node may be asked; who answers is the one that leads.
            if let now = try? client.call("GET", "/v1/cluster"), now.status == 200, let body = try? JSONParser.parse(now.body), body["node"]?.text == to, body["epoch"]?.integer ?? 0 > epoch {
                Terminal.tell("\(to) leads, after \(Int((SteadyClock.seconds() - begun) * 1_000)) ms\n")
                return ExitStatus.done
            }
            _ = pause.wait(seconds: lookSeconds) { _ in nil as Void? }
        } while SteadyClock.seconds() - begun < patienceSeconds
        throw CommandError("\(to) does not lead after \(Int(patienceSeconds)) s: till cluster status says who does")
    }
}

/// Sends a node away.
enum ClusterRemoveCommand: Command {
    static let name = "cluster remove"
    static let summary = "Sends a machine of a pair away: it takes no part, with whatever disk, until it is let in again."
    static let usage = ["NODE \(ClusterCall.place)"]
    static let options = ClusterCall.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let node = try arguments.operand("a node")
        _ = try ClusterCall.succeed("DELETE", "/v1/cluster/nodes/\(RequestTarget.encode(node))", arguments)
        Terminal.write("removed \(node)\n")
        return ExitStatus.done
    }
}

/// Lets a node in again.
enum ClusterJoinCommand: Command {
    static let name = "cluster join"
    static let summary = "Lets a machine that was sent away take part again; what it lacks it is sent, all of it where its directory is empty."
    static let usage = ["NODE \(ClusterCall.place)"]
    static let options = ClusterCall.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let node = try arguments.operand("a node")
        _ = try ClusterCall.succeed("PUT", "/v1/cluster/nodes/\(RequestTarget.encode(node))", arguments)
        Terminal.write("\(node) may take part\n")
        return ExitStatus.done
    }
}
