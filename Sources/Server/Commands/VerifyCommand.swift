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
            verifier = try Verifier(path: directory)
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? "another process") + ": stop it first")
        }
        let report = verifier.run()
        for finding in report.findings { print(finding) }
        let faults = report.findings.count
        print("verified \(report.fileCount) files, \(report.rowCount) receipts, \(report.documentByteCount) bytes of documents: "
            + (faults == 0 ? "no fault" : "\(faults) fault\(faults == 1 ? "" : "s")"))
        return faults == 0 ? ExitStatus.done : ExitStatus.failed
    }
}
