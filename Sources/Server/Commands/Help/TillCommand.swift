internal import ColumnStore
import Glibc
internal import Query

/// The `till` command line: the whole program behind `main`.
public enum TillCommand {
    private static let commands = CommandTable.all

    /// - Returns: the exit status: 0 done, 1 failed, 2 misused.
    public static func run(_ arguments: [String]) -> Int32 {
        StandardDescriptors.keep()
        // A failed write says so by errno: to who has left, and past the size that files may have (`ulimit -f`). By a handler, which programs that are started do not inherit, unlike an ignored
        // signal: one whose reader has left would go on for good.
        for one in [SIGPIPE, SIGXFSZ] { signal(one) { _ in } }
        defer { LogWriter.standardError.flush() }
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
