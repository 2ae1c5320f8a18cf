public import Foundation

/// One run of a program that ends by itself: whatever a test starts but a server is started here.
public struct Subprocess {
    public let status: Int32
    public let output: Data
    public let error: String
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Both, the output first.
    public var all: String { text + error }

    /// - Parameters:
    ///   - environment: nil: the test's own.
    ///   - folder: nil: the test's own.
    public init(_ program: String, _ arguments: [String], input: Data? = nil, environment: [String: String]? = nil, folder: URL? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let environment { process.environment = environment }
        if let folder { process.currentDirectoryURL = folder }
        let scratch = try Project.temporaryFolder("till-run")
        defer { try? FileManager.default.removeItem(at: scratch) }
        // Files, not pipes: nobody needs to read while it runs.
        for name in ["in", "out", "err"] {
            _ = FileManager.default.createFile(atPath: scratch.appendingPathComponent(name).path, contents: name == "in" ? input : nil)
        }
        process.standardInput = try FileHandle(forReadingFrom: scratch.appendingPathComponent("in"))
        process.standardOutput = try FileHandle(forWritingTo: scratch.appendingPathComponent("out"))
        process.standardError = try FileHandle(forWritingTo: scratch.appendingPathComponent("err"))
        try process.run()
        process.waitForEnd(times: 4)
        status = process.terminationStatus
        output = try Data(contentsOf: scratch.appendingPathComponent("out"))
        error = String(decoding: try Data(contentsOf: scratch.appendingPathComponent("err")), as: UTF8.self)
    }
}
