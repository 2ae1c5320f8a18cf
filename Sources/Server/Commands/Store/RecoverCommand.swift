import Glibc
internal import Ingest

/// Makes a store's catalog anew out of its other files.
enum RecoverCommand: Command {
    static let name = "recover"
    static let summary = "Makes a store's catalog anew out of its hot files and cold tables, when it is lost or older than they are, and damaged hot files out of what can be read of them."
    static let usage = ["--data DIR [--check] [--config FILE] [--backup DIR] [--type FILE]…"]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "The store's directory; no server may hold it."),
        .init("check", nil, "Say what it would do, and change nothing; beside others who read, and of what cannot be written too."),
        CommandSettings.option,
        .init("backup", "DIR", "A backup of the store: contracts, keys and types are taken from it where the store has no later ones."),
        .init("type", "FILE", "The file of a document type that no catalog has; again for each."),
    ]

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let directory = try arguments.required("data")
        let types = try arguments.all("type").map { try FileBytes.read($0, byteCountMax: 16 << 20) }
        let settings = try CommandSettings.read(arguments)
        let report: Recovery.Report
        do {
            let storages = try WarehouseOpening.factory(settings, directory: directory, .bucketAlone)
            let recovery = try Recovery(path: directory, backup: try arguments.one("backup"), typeFiles: types, isTrial: arguments.has("check"), storages: storages) { path in
                Terminal.showProgress(path)
            }
            report = try recovery.run()
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? "another process") + ": stop it first")
        } catch DataDirectory.Failure.io(_, let path, EROFS) {
            throw CommandError("\(path) is on a medium that cannot be written, and a catalog is made in the store: with --check it is said what would be done")
        }
        Terminal.clearProgress()
        show(report, isTrial: arguments.has("check"))
        return ExitStatus.done
    }

    private static func show(_ report: Recovery.Report, isTrial: Bool) {
        let (been, lies) = isTrial ? ("would be ", "would lie") : ("", "is")
        for name in report.madeAnew { line("\(name): \(been)made anew of what can be read of it; the damaged one \(lies) in lost+found") }
        if report.isCut {
            for text in report.missing { line("missing: \(text)") }
            return line("nothing was changed; what else there is to do is known once that is made")
        }
        if report.keepsCatalog {
            for text in report.missing { line("missing: \(text)") }
            return line("the catalog fits the store's files, and stays as it is")
        }
        for file in report.hotFiles { line("hot/\(file.name).sqlite: \(file.rowCount) receipts") }
        for table in report.tables {
            line("the table \(table.name), version \(table.version): \(table.rowCount) receipts in \(table.fileCount) files")
        }
        for path in report.putAside { line("\(path): \(been)put aside in lost+found") }
        for text in report.missing { line("missing: \(text)") }
        let receipts = report.hotFiles.reduce(0) { $0 + $1.rowCount } + report.tables.reduce(0) { $0 + $1.rowCount }
        line("\(isTrial ? "would recover" : "recovered") \(receipts) receipts, \(report.typeCount) types, \(report.contractCount) contracts, \(report.keyCount) keys"
            + (report.source.map { "; types, contracts and keys are of \($0)" } ?? ""))
        if isTrial { line("nothing was changed") }
    }

    /// Not by `print`, which passes over what standard output does not take.
    private static func line(_ text: String) { Terminal.write(text + "\n") }
}
