import Documents
import Foundation
import TestSupport

/// The project's own files and the shared ones beside it, for tests.
enum SampleFiles {
    static let root = Project.root
    static var shared: URL { root.deletingLastPathComponent().appendingPathComponent("shared") }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appendingPathComponent(path))) }
    static func bytes(_ url: URL) throws -> [UInt8] { Array(try Data(contentsOf: url)) }

    static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).sorted { $0.path < $1.path }
    }

    static func posReceipt() throws -> DocumentType { try DocumentType(json: try bytes("types/pos-receipt.json")) }

    /// 2026-11-20T12:00:00Z
    static let now: Int64 = 1_795_176_000_000_000
}
