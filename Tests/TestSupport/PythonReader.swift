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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = [projectRoot + "/Tests/" + script] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }
}
