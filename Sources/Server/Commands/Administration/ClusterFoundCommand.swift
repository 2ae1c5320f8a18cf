internal import ColumnStore
internal import Ingest

/// Makes a cluster of what is there, by a person's word.
enum ClusterFoundCommand: Command {
    static let name = "cluster found"
    static let summary = "Makes a store that one machine had alone the first of a pair's; or a pair's object anew, where that is gone."
    static let usage = ["--data DIR [--config FILE] [--without-slots]", ClusterCall.place]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "The directory, which no server holds: one machine's store, or a member's whose object is gone."),
        .init("config", "FILE", "The configuration with which it is to be served, cluster among it; TILL_… variables stand above it."),
        .init("without-slots", nil, "Of a member: what slots of log.url have and the directory lacks is left out for good."),
    ] + ClusterCall.options

    static var outcomes: Outcomes {
        Outcomes(
            done: "this machine leads the cluster once it is started", failed: "nothing was founded: the directory, or a place that gives no answer; standard error says which",
            misused: "called the wrong way, or what speaks against it: there is an object, slots have records that the directory lacks, the other machine has more")
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        if try arguments.one("url") != nil {
            for option in ["data", "config", "without-slots"] where arguments.has(option) { throw UsageError("--\(option) and --url exclude each other: a server makes the object anew with what it has") }
            let made = try ClusterCall.succeed("POST", "/v1/cluster/found", arguments)
            Terminal.tell("the object is there again: epoch \(made["epoch"]?.integer ?? 0), \(made["leader"]?.text ?? "") leads\n")
            return ExitStatus.done
        }
        guard let data = try arguments.one("data"), !data.isEmpty else { throw UsageError("--data or --url is wanted") }
        let directory = DataDirectory.absolute(data)
        // Before the settings: a directory may be mistyped.
        if !ReplicaStore.isMember(directory) { try StoreFounding.check(directory) }
        let settings = try ServeCommand.settings(arguments)
        let log = Log(format: .text, level: .error)
        do { try Founding(settings, directory: directory, log) { Terminal.write($0 + "\n") }.run(withoutSlots: arguments.has("without-slots")) } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? "another process") + ": stop it first")
        }
        return ExitStatus.done
    }
}
