internal import Ingest

/// Proves every file of a store, and names each that is not as it should be.
enum VerifyCommand: Command {
    static let name = "verify"
    static let summary = "Proves every file of a store."
    static let usage = ["--data DIR"]
    static let options: [Arguments.Option] = [.init("data", "DIR", "The store's directory.")]

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        let directory = try arguments.required("data")
        let verifier: Verifier
        do {
            let isShown = Terminal.errorIsTerminal
            verifier = try Verifier(path: directory, temporaryDirectory: Environment["TMPDIR"] ?? "/tmp") { progress in
                guard isShown else { return }
                let line = "\(progress.rowCount) receipts, \(progress.path)"
                Terminal.writeError("\r" + line.prefix(max(20, Terminal.width - 1)) + "\u{1B}[K")
            }
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? "another process") + ": stop it first")
        }
        let report = verifier.run()
        if Terminal.errorIsTerminal { Terminal.writeError("\r\u{1B}[K") }
        for finding in report.findings { print(finding) }
        for path in report.strangers { print("\(path): no part of the store; what a crash leaves goes by itself") }
        let faults = report.findings.count
        print("verified \(report.fileCount) files, \(report.rowCount) receipts, \(report.documentByteCount) bytes of documents: "
            + (faults == 0 ? "no fault" : "\(faults) fault\(faults == 1 ? "" : "s")"))
        return faults == 0 ? ExitStatus.done : ExitStatus.failed
    }
}
