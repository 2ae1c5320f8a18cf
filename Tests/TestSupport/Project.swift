public import Foundation

/// Where the project and its tools lie, seen from a test.
public enum Project {
    /// The project's root: the folder of Package.swift.
    public static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) { return folder }
        }
        return URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    }()

    /// The reference data beside the project: samples, schemas, test suites. Tests on it say so where it is missing, and fail there in CI.
    public static var shared: URL { root.deletingLastPathComponent().appendingPathComponent("shared") }
    public static var hasShared: Bool { FileManager.default.fileExists(atPath: shared.appendingPathComponent("samples").path) }
    public static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

    /// Python with the reference readers, as `script/bootstrap` installs it.
    public static var python: URL { root.appendingPathComponent(".venv/bin/python") }

    /// A new empty folder for one test; the caller removes it.
    public static func temporaryFolder(_ name: String = "till-test") throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
