internal import ColumnStore
internal import Ingest

/// Says what this version will change in a store, before it is let at it; or has it do so.
enum MigrateCommand: Command {
    static let name = "migrate"
    static let summary = "Brings a store to this version's format, as a start does; with --check, says what would change."
    static let usage = ["--check --data DIR", "--data DIR [--config FILE]"]
    static let options: [Arguments.Option] = [
        .init("check", nil, "Only reads, and may do so beside a server that holds the directory."),
        .init("data", "DIR", "The store's directory."),
        CommandSettings.option,
    ]

    static var outcomes: Outcomes {
        Outcomes(done: "the store is, or with --check can be brought, to this version's format", failed: "it is of a later version, or cannot be read")
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let directory = try arguments.required("data")
        let report: FormatReport
        do { report = try FormatReport(path: directory) } catch let failure as DataDirectory.Failure {
            // Nothing stands against it: the store comes with the pair's records, in whatever format the one that leads has it.
            guard case .noStoreYet = failure, arguments.has("check") else { throw failure }
            Terminal.write("\(failure)\nnothing will change: there are no files yet\n")
            return ExitStatus.done
        }
        if arguments.has("check") {
            Terminal.write(text(report))
        }
        guard !report.isLater else { throw CommandError("\(directory) is of a later till than \(TillVersion.text), which cannot open it") }
        guard !arguments.has("check") else { return ExitStatus.done }
        let engine = try EngineOpening.open(directory: directory, settings: try CommandSettings.read(arguments), clientsNeedContract: false)
        try engine.close()
        let after = try FormatReport(path: directory)
        Terminal.write(report.changes ? "brought to the format of till \(TillVersion.text):\n" + text(after) : "nothing to change: it is of this version's format\n")
        return ExitStatus.done
    }

    private static func text(_ report: FormatReport) -> String {
        var text = ""
        for part in report.parts {
            let found = part.found.sorted { $0.key < $1.key }.map { version, count in
                part.found.count > 1 || part.name.hasSuffix("/") ? "\(count) of version \(version)" : "version \(version)"
            }
            text += "\(part.name): \(found.joined(separator: ", ")); this till writes version \(part.known)\n"
            text += part.changes.map { "  \($0)\n" }.joined()
        }
        if report.isLater { return text }
        guard report.changes else { return text + "nothing will change: an earlier till of this format can go on with it\n" }
        return text + "the first start, or till migrate, makes these changes at once and for good: a till of the format before cannot open the store afterwards; take a backup first\n"
    }
}
