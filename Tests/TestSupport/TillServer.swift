package import Foundation
import Synchronization

/// The real binary, serving a directory on a free port.
package final class TillServer {
    package static let adminKey = "admin-key-of-the-system-tests"

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    package let data: URL
    package private(set) var port: UInt16 = 0
    private var process: Process?
    private let log: URL
    /// The process' TMPDIR: one that is killed leaves there what it was at.
    private let temporary: URL

    /// The binary under test: `TILL_BINARY`, else the newest build.
    package static var binary: URL {
        if let path = ProcessInfo.processInfo.environment["TILL_BINARY"] { return URL(fileURLWithPath: path) }
        let candidates = ["debug", "release"].map { Project.root.appendingPathComponent(".build/\($0)/till") }
        func age(_ file: URL) -> Date {
            (try? FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date) ?? .distantPast
        }
        return candidates.max { age($0) < age($1) } ?? candidates[0]
    }

    /// - Parameter data: nil for a new directory.
    package init(data: URL? = nil, arguments: [String] = [], environment: [String: String] = [:]) throws {
        let folder = URL(fileURLWithPath: TemporaryFolders.newPath("till-system"))
        self.data = data ?? folder.appendingPathComponent("DATA")
        log = folder.appendingPathComponent("server.log")
        temporary = folder.appendingPathComponent("tmp")
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
        try start(arguments: arguments, environment: environment)
    }

    package func start(arguments: [String] = [], environment: [String: String] = [:]) throws {
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let process = Process()
        process.executableURL = Self.binary
        process.arguments = ["serve", "--data", data.path, "--listen", "127.0.0.1:0"] + arguments
        process.environment = Self.environment(["TILL_ADMIN_KEY": Self.adminKey, "TMPDIR": temporary.path].merging(environment) { $1 }, data: data.path)
        process.standardError = try FileHandle(forWritingTo: log)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process = process
        let isListening = try Patience.until(pauseMilliseconds: 20) {
            let text = logText
            if let range = text.range(of: #"http[s]?://[^"]*:([0-9]+)""#, options: .regularExpression), text.contains("\"listening\"") {
                let digits = text[range].dropLast().reversed().prefix { $0.isNumber }.reversed()
                port = UInt16(String(digits)) ?? 0
                return true
            }
            if !process.isRunning { throw Failure(description: "the server ended with \(process.terminationStatus): \(text)") }
            return false
        }
        if isListening { return }
        kill()
        throw Failure(description: "the server does not come to listen: \(logText)")
    }

    /// The environment of a child: none of our own settings.
    ///
    /// - Parameter data: of the store that it works on, for one whose cold tables are to lie elsewhere.
    package static func environment(_ added: [String: String] = [:], data: String? = nil) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TILL_") }
        if let data, let storage = TestStorage.shared { environment.merge(storage.environment(data: data)) { $1 } }
        environment.merge(added) { $1 }
        return environment
    }

    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
    package var isRunning: Bool { process?.isRunning ?? false }
    package var processID: Int32 { process?.processIdentifier ?? 0 }
    package var url: String { "http://127.0.0.1:\(port)" }

    /// A client whose every answer is compared with the server's own description.
    package func client(key: String? = TillServer.adminKey) -> HTTPClient {
        let client = HTTPClient(port: port, key: key)
        if let check = Self.descriptionCheck(port) { client.check = { try check.check($0, $1, $2) } }
        return client
    }

    private static let known = Mutex<DescriptionCheck?>(nil)

    /// All servers of a run are of one binary: the first that answers is asked.
    private static func descriptionCheck(_ port: UInt16) -> DescriptionCheck? {
        known.withLock { known in
            if let known { return known }
            // A server that speaks TLS, or is gone, leaves it to the next one.
            guard let answer = try? HTTPClient(port: port).get("/openapi.json"), answer.status == 200 else { return nil }
            do { known = try DescriptionCheck(Data(answer.body)) } catch { fatalError("/openapi.json: \(error)") }
            return known
        }
    }

    /// SIGTERM, and how it ended.
    @discardableResult
    package func stop() -> Int32 {
        guard let process, process.isRunning else { return process?.terminationStatus ?? 0 }
        process.terminate()
        process.waitForEnd()
        return process.terminationStatus
    }

    /// SIGKILL.
    package func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitForEnd()
    }

    /// Makes a contract and a key for it.
    package func key(_ clientID: String, access: String = "read-write", scope: String = "own", more: String = "") throws -> String {
        let admin = client()
        let made = try admin.put("/v1/contracts/\(clientID)", #"{"access":"\#(access)","scope":"\#(scope)"\#(more)}"#)
        guard made.status == 201 || made.status == 200 else { throw Failure(description: "contract: \(made.status) \(made.text)") }
        let answer = try admin.call("POST", "/v1/contracts/\(clientID)/keys")
        guard let range = answer.text.range(of: #""key":"[^"]+""#, options: .regularExpression) else {
            throw Failure(description: "key: \(answer.status) \(answer.text)")
        }
        return String(answer.text[range].dropFirst(7).dropLast())
    }

    package func remove() {
        kill()
        TemporaryFolders.remove(log.deletingLastPathComponent().path)
    }
}

/// One run of the binary that ends by itself.
package struct TillRun {
    package let status: Int32
    package let output: Data
    package let error: String
    package var text: String { String(decoding: output, as: UTF8.self) }

    package init(_ arguments: [String], input: Data? = nil, environment: [String: String] = [:], folder: URL? = nil) throws {
        let data = arguments.firstIndex(of: "--data").flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        let run = try Subprocess(TillServer.binary.path, arguments, input: input, environment: TillServer.environment(environment, data: data), folder: folder)
        (status, output, error) = (run.status, run.output, run.error)
    }
}
