import Foundation

/// Runs a script with the project's Python, which has the reference readers.
public enum PythonReader {
    /// The directory that holds `Package.swift`.
    public static let projectRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// `TILL_PYTHON` names another, as one with more readers.
    public static var interpreter: String {
        ProcessInfo.processInfo.environment["TILL_PYTHON"] ?? projectRoot + "/.venv/bin/python"
    }

    /// What the script printed, and its exit code.
    public static func run(
        _ script: String, _ arguments: [String], interpreter: String = interpreter
    ) throws -> (output: String, exitCode: Int32) {
        // What a script starts and kills leaves there what it was at.
        let temporary = try TemporaryDirectory()
        // PostgreSQL is started as another user.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: temporary.path)
        let environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": temporary.path]) { $1 }
        let run = try Subprocess(interpreter, [projectRoot + "/Tests/" + script] + arguments, environment: environment)
        withExtendedLifetime(temporary) {}
        return (run.all, run.status)
    }
}
