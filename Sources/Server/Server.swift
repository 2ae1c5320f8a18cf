// Floors, lowest first. A folder names only what stands before it in this list:
//   System: time, files, digests, keys, and small values from outside
//   Observability, Configuration: log, figures and traces; what a start is told
//   Work: pools, what requests may hold, deadlines, jobs
//   Access/Tokens, Access: who asks, and what they may call
//   Queries: questions in SQL, for every door and the command line
//   Doors: what every door shares: one admission, one query service, one start, drain and stop
//   Postgres/{Wire, Values, Session}: PostgreSQL's protocol without a socket: bytes to messages and back, values in both forms, what a session answers
//   HTTP/{Coding, Transport}: heads, targets, media types, bodies, problems; the listener, connections, exchanges
//   Postgres/{Catalogs, Answers, Connections}: pg_catalog in the planner; questions to rows on its wire; the socket, TLS, who is there, a session on its thread
//   HTTP/Middleware: the router of the table, and the steps before a route: admission, dispatch, coding, audit; `Service` puts them together
//   Replication/Links: how members of a cluster reach each other, and prove who they are
//   Replication: a member of a cluster: its disk, the object that says who leads, and its thread
//   Routes/{Answers/Operating, Answers/Messages, Answers}, Exports: bodies; answers that leave as files
//   Contents: what the store knows of itself, as tables of SQL
//   Executions: who carries out the tasks of executions
//   Routes/Processes: state machines, their executions and tasks
//   Routes/Operating: the calls of those who look after the store: sessions, an overview, lists, lots
//   Routes/Messages: queues and their messages, topics and their events
//   Routes: the other calls of the API, and the description made of all
//   Iceberg: the REST catalog of the warehouse, for engines outside
//   Console: the web application, served beside the API
//   Commands, Commands/Client: what commands have in common, and a client of HTTP
//   Replication/Passing: what a member answers while another leads: what comes is passed on
//   Commands/{Store, Serving, Administration, Import, SQL, Help}: the words of the command line, and what is made of the table of all

internal import ColumnStore
import Glibc
internal import Query

/// The `till` command line: the whole program behind `main`.
public enum TillCommand {
    private static let commands = CommandTable.all

    /// - Returns: the exit status: 0 done, 1 failed, 2 misused.
    public static func run(_ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        ProcessHeap.limitArenas()
        guard let first = arguments.first else {
            Terminal.writeError(overview)
            return ExitStatus.misused
        }
        if first == "--help" || first == "-h" || first == "help" {
            Terminal.write(overview)
            return ExitStatus.done
        }
        if first == "--version" { return VersionCommand.execute([]) }
        for command in commands {
            let words = command.name.split(separator: " ").map(String.init)
            if arguments.starts(with: words) { return command.execute(Array(arguments.dropFirst(words.count))) }
        }
        let family = commands.filter { $0.name.hasPrefix(first + " ") }
        if !family.isEmpty {
            let second = arguments.dropFirst().first
            let isHelp = second == "--help" || second == "-h"
            let words = family.map { String($0.name.dropFirst(first.count + 1)) }
            if let second, !second.hasPrefix("-") {
                let near = NameSuggestion.closest(to: second, among: words).map { "; did you mean till \(first) \($0)?" } ?? ""
                Terminal.writeError("till: there is no command \(first) \(second)\(near)\n\n")
            }
            let text = family.map { "usage: till \($0.name) \($0.usage.first ?? "")\n       \($0.summary)\n" }.joined()
            if isHelp { Terminal.write(text) } else { Terminal.writeError(text) }
            return isHelp ? ExitStatus.done : ExitStatus.misused
        }
        let firstWords = Set(commands.compactMap { $0.name.split(separator: " ").first.map(String.init) })
        let near = NameSuggestion.closest(to: first, among: firstWords).map { "; did you mean till \($0)?" } ?? ""
        Terminal.writeError("till: there is no command \(first)\(near)\n\n" + overview)
        return ExitStatus.misused
    }

    private static var overview: String {
        let width = (commands.map({ $0.name.count }).max() ?? 0) + 2
        return "Till stores receipts and answers questions about them.\n\nusage: till COMMAND …\n\ncommands:\n"
            + commands.map { "  " + $0.name + String(repeating: " ", count: width - $0.name.count) + $0.summary + "\n" }.joined()
            + "\nexit status: 0 done, 1 failed, 2 called the wrong way; standard error says why.\ntill COMMAND --help says more.\n"
    }
}
