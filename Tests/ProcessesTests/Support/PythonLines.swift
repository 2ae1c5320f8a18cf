import Foundation
import TestSupport

/// A Python script that answers each line of its input by a line.
enum PythonLines {
    static func run(_ script: String, input: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: PythonReader.interpreter)
        process.arguments = [PythonReader.projectRoot + "/Tests/" + script]
        // A file, so that neither side waits for the other's pipe.
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("till-lines-\(UUID().uuidString)")
        try Data(input.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        process.standardInput = try FileHandle(forReadingFrom: file)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitForEnd(times: 4)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
