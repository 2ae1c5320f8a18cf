internal import ColumnStore

/// Has a server do long work, and follows it to its end.
struct JobRun {
    let client: APIClient

    /// Short enough for a progress that moves.
    private static let waitSeconds = 1
    private static let pause = Monitor(false)

    /// How far a job is.
    struct Progress {
        let done: Int
        /// What it looks at.
        let place: String
    }

    /// - Parameter line: says how far it is, on a terminal, until it is done or has failed.
    /// - Returns: the result.
    /// - Throws: `CommandError` with what the server says of its failure.
    func run(_ path: String, body: [UInt8] = Array("{}".utf8), line: (Progress) -> String) throws -> JSONValue {
        defer { Terminal.clearProgress() }
        let headers = [("Content-Type", "application/json")]
        let answer = try APIClient.succeed(try client.call("POST", path + "?wait=0", headers: headers, body: body))
        var job = try JSONParser.parse(answer.body)
        guard let id = job["id"]?.text else { throw CommandError("the server's answer names no job") }
        while let state = job["state"]?.text {
            switch state {
            case "queued", "running":
                if let standing = job["progress"], standing != .null {
                    Terminal.showProgress(line(Progress(done: standing["done"]?.integer ?? 0, place: standing["at"]?.text ?? "")))
                }
                let asked = SteadyClock.seconds()
                let next = try client.call("GET", "/v1/admin/jobs/\(RequestTarget.encode(id))?wait=\(Self.waitSeconds)")
                job = try JSONParser.parse(try APIClient.succeed(next).body)
                // It waits as long as it was asked to, or the job is over. What answers at once would be asked without end.
                let left = Double(Self.waitSeconds) - asked.distance(to: SteadyClock.seconds())
                if left > 0, Self.goesOn(job) { _ = Self.pause.wait(seconds: left) { $0 ? true : nil } }
            case "done": return job["result"] ?? .null
            default:
                let problem = job["problem"] ?? .null
                throw CommandError(problem == .null ? "the job \(id) was \(state)" : APIClient.problemText(problem) ?? "the job \(id) \(state)")
            }
        }
        throw CommandError("the server's answer is no job")
    }

    private static func goesOn(_ job: JSONValue) -> Bool { ["queued", "running"].contains(job["state"]?.text ?? "") }
}
