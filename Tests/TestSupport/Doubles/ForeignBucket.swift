import Foundation

/// A server that speaks S3 and that nobody here wrote, on a free loopback port, with an empty bucket `receipts`: out of the project's Python environment.
public final class ForeignBucket {
    public enum Kind: String, CaseIterable, Sendable {
        /// Keeps conditions; checks neither signatures nor sums.
        case moto
        /// Checks signatures; keeps no conditions.
        case rclone
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let endpoint: String
    private let process = Process()
    private let folder: URL

    public init(_ kind: Kind) throws {
        folder = try Project.temporaryFolder("till-\(kind)")
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("buckets/receipts"), withIntermediateDirectories: true)
        let bin = Project.root.appendingPathComponent(".venv/bin")
        switch kind {
        case .moto:
            process.executableURL = bin.appendingPathComponent("python")
            process.arguments = ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        case .rclone:
            process.executableURL = bin.appendingPathComponent("rclone")
            process.arguments = [
                "serve", "s3", "--config", "/dev/null", "--addr", "127.0.0.1:0", "--auth-key", "AKIADOUBLE,double/secret+key",
                folder.appendingPathComponent("buckets").path,
            ]
        }
        let log = folder.appendingPathComponent("log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: log)
        process.standardOutput = process.standardError
        try process.run()
        var found: String?
        Patience.until { [process] in
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            found = text.range(of: #"http://127\.0\.0\.1:[0-9]+"#, options: .regularExpression).map { String(text[$0]) }
            return found != nil || !process.isRunning
        }
        guard let found else {
            process.terminate()
            throw Failure(description: "\(kind) does not serve: \((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
        }
        endpoint = found
    }

    public func close() {
        process.terminate()
        process.waitForEnd()
        do { try FileManager.default.removeItem(at: folder) } catch { print("could not remove \(folder.path): \(error)") }
    }
}
