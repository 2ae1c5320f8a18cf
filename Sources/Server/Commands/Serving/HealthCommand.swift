/// Asks a server whether it lives: for a container's health check, which has the server's own environment and no key.
enum HealthCommand: Command {
    static let name = "health"
    static let summary = "Asks a server whether it lives; with --ready, whether it takes receipts."
    static let usage = ["[--url URL [--ca FILE | --insecure]] [--ready] [--config FILE]"]
    static let options: [Arguments.Option] = [
        .init("url", "URL", "A server's address; else the one that TILL_LISTEN or the configuration file says, on this machine."),
        .init("ready", nil, "Fails also while the server lives and takes no receipts, as a standby does: nothing to restart it by."),
        .init("config", "FILE", "The server's configuration file; TILL_… variables stand above it."),
    ] + StoreAccess.options.filter { ["ca", "insecure"].contains($0.name) }

    static var outcomes: Outcomes {
        Outcomes(done: "it lives; with --ready, it takes receipts", failed: "it does not, or does not answer within 5 s; standard error says why")
    }

    /// Of an answer that is made without a wait.
    private static let seconds = 5

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let client: APIClient
        if let url = try arguments.one("url") {
            client = try APIClient(url: url, key: nil, trust: try StoreAccess.trust(arguments, url: url), seconds: seconds)
        } else {
            for option in ["ca", "insecure"] where arguments.has(option) { throw UsageError("--\(option) is for an https --url") }
            // Other faults of the configuration are the server's business.
            let settings = try CommandSettings.collect(arguments).settings
            // Its certificate names another host than loopback; who answers there is this machine.
            client = try APIClient(url: ServeCommand.url(settings, port: settings.port), key: nil, trust: .anyone, seconds: seconds)
        }
        _ = try APIClient.succeed(try client.call("GET", "/healthz"))
        let ready = try client.call("GET", "/readyz")
        guard ready.status != 200 else {
            Terminal.write("it lives and takes receipts\n")
            return ExitStatus.done
        }
        let reason = APIClient.problemText(ready)
        guard arguments.has("ready") else {
            Terminal.tell("it lives; it takes no receipts: \(reason)\n")
            return ExitStatus.done
        }
        throw CommandError("it lives, and takes no receipts: \(reason)")
    }
}
