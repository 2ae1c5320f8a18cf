internal import Synchronization

/// One word of the command line.
protocol Command: Sendable {
    /// `type check`
    static var name: String { get }
    static var summary: String { get }
    /// What follows the name.
    static var usage: [String] { get }
    static var options: [Arguments.Option] { get }
    /// What the exit statuses say, where that is more than of other commands.
    static var outcomes: Outcomes { get }
    /// Puts out for as long as there is something: it ends with whoever reads that.
    static var isStream: Bool { get }
    /// - Returns: the exit status.
    static func run(_ arguments: Arguments) throws -> Int32
}

/// In words, for the help.
struct Outcomes {
    var done = "done"
    var failed = "failed; standard error says why"
    var misused = "called the wrong way"
    /// Statuses that this command alone has, ascending.
    var further: [(status: Int32, meaning: String)] = []

    var all: [(status: Int32, meaning: String)] {
        let common: [(status: Int32, meaning: String)] = [(ExitStatus.done, done), (ExitStatus.failed, failed), (ExitStatus.misused, misused)]
        return common + further
    }
}

extension Command {
    static var outcomes: Outcomes { Outcomes() }
    static var isStream: Bool { false }

    /// All that it may end with, ascending.
    static var statuses: [(status: Int32, meaning: String)] {
        let unread: [(status: Int32, meaning: String)] = isStream ? [(ExitStatus.unread, "nobody reads standard output any more")] : []
        return outcomes.all + unread
    }

    static var help: String {
        var text = "\(summary)\n\n"
        for (index, line) in usage.enumerated() {
            text += (index == 0 ? "usage: " : "       ") + "till \(name)\(line.isEmpty ? "" : " " + line)\n"
        }
        text += "\noptions:\n"
        let all = options + [Arguments.Option("help", nil, "This text.")]
        let lefts = all.map { "--\($0.name)" + ($0.value.map { " " + $0 } ?? "") }
        let width = (lefts.map(\.count).max() ?? 0) + 2
        for (left, option) in zip(lefts, all) {
            text += "  " + left + String(repeating: " ", count: width - left.count) + option.help + "\n"
        }
        text += "\nexit status:\n"
        for (status, meaning) in statuses { text += "  \(status)  \(meaning)\n" }
        return text
    }

    static func execute(_ arguments: [String]) -> Int32 {
        do {
            let parsed = try Arguments(arguments, options: options)
            if parsed.wantsHelp {
                Terminal.write(help)
                return ExitStatus.done
            }
            Terminal.endsUnread.store(isStream, ordering: .relaxed)
            return try run(parsed)
        } catch let error as UsageError {
            Terminal.writeError("till \(name): \(error)\n\nusage: till \(name) \(usage.first ?? "")\ntill \(name) --help says more.\n")
            return ExitStatus.misused
        } catch let error as SettingError {
            Terminal.writeError("till \(name): \(error)\n")
            return ExitStatus.misused
        } catch let errors as SettingErrors {
            for error in errors.errors { Terminal.writeError("till \(name): \(error)\n") }
            return ExitStatus.misused
        } catch {
            // It may have what a document or a server has, which a terminal would obey.
            Terminal.writeError("till \(name): \(ResultTable.printable(lines: ErrorText.describe(error)))\n")
            return ExitStatus.failed
        }
    }
}

enum ExitStatus {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let misused: Int32 = 2
    /// 128 and the number of SIGPIPE, as a shell says of a program that the signal has ended.
    static let unread: Int32 = 141
}
