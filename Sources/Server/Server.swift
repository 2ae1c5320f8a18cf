internal import ColumnStore
import Glibc

/// The `till` command line: the whole program behind `main`.
///
/// HTTP holds the listener and what every request goes through, Access says who may, Routes are the calls, Commands the words of the
/// command line, Observability what a running server tells of itself. `Service` is the middle of it.
public enum TillCommand {
    private static let commands: [any Command.Type] = [
        ServeCommand.self, SQLCommand.self, ImportCommand.self, CompactCommand.self, VerifyCommand.self, BackupCommand.self, RestoreCommand.self, RecoverCommand.self, TypeCheckCommand.self,
        InspectCommand.self, ContractPutCommand.self, KeyCreateCommand.self, VersionCommand.self,
    ]

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
            let isHelp = arguments.dropFirst().first == "--help"
            let text = family.map { "usage: till \($0.name) \($0.usage.first ?? "")\n       \($0.summary)\n" }.joined()
            if isHelp { Terminal.write(text) } else { Terminal.writeError(text) }
            return isHelp ? ExitStatus.done : ExitStatus.misused
        }
        Terminal.writeError("till: there is no command \(first)\n\n" + overview)
        return ExitStatus.misused
    }

    private static var overview: String {
        let width = (commands.map({ $0.name.count }).max() ?? 0) + 2
        return "Till stores receipts and answers questions about them.\n\nusage: till COMMAND …\n\ncommands:\n"
            + commands.map { "  " + $0.name + String(repeating: " ", count: width - $0.name.count) + $0.summary + "\n" }.joined()
            + "\ntill COMMAND --help says more.\n"
    }
}
