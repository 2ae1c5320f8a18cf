import Foundation

/// A directory of its own for one test, removed with this object, and at the latest when the process ends.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        path = TemporaryFolders.newPath()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { TemporaryFolders.remove(path) }
}
