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
        for name in ["node", "role", "leader", "leader_url", "epoch", "mode", "lag_records", "degraded"] {
            guard let value = status[name], value != .null else { continue }
            let text = value.text ?? value.integer.map(String.init) ?? value.boolean.map { $0 ? "yes" : "no" } ?? ""
            Terminal.write("\(name): \(text)\n")
        }
        if case .array(let names)? = status["insync"] { Terminal.write("insync: \(names.compactMap(\.text).joined(separator: " "))\n") }
        return ExitStatus.done
    }
}
