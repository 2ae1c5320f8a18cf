import Foundation

extension PythonReader {
    /// A script that answers each line of its input with a line.
    public static func filter(_ script: String, _ lines: [String], interpreter: String = interpreter) throws -> (lines: [String], exitCode: Int32, error: String) {
        let folder = try TemporaryDirectory()
        let input = URL(fileURLWithPath: folder.path + "/lines")
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: input)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = [projectRoot + "/Tests/" + script]
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        let faults = folder.path + "/faults"
        _ = FileManager.default.createFile(atPath: faults, contents: nil)
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: faults))
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitForEnd(times: 4)
        let error = (try? String(contentsOfFile: faults, encoding: .utf8)) ?? ""
        return (text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init), process.terminationStatus, error)
    }
}
