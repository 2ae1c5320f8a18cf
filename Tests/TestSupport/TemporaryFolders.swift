import Foundation
import Synchronization

/// Paths of tests' own folders, of which nothing is left when their process ends.
///
/// Whoever takes a path removes what lies there as soon as it is done with it. XCTest keeps each test case until the process ends, without releasing it, and with it
/// what the case holds: what such owners have made is removed at the end. `script/test` looks that nothing has stayed.
public enum TemporaryFolders {
    /// Taken, and not seen to be gone.
    private static let paths = Mutex<Set<String>>([])
    /// Made with the first path: at the end of the process that took it. One that it forks owns nothing of it.
    private static let owner: Int32 = {
        atexit { TemporaryFolders.removeAll() }
        return getpid()
    }()

    /// A path below TMPDIR at which there is nothing yet. It is short, since those of sockets may have a hundred bytes only.
    public static func newPath(_ name: String = "till") -> String {
        _ = owner
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(name)-\(UUID().uuidString.prefix(13))").path
        paths.withLock { _ = $0.insert(path) }
        return path
    }

    /// Removes what lies there. What could not be removed, or is made only later, goes at the end of the process.
    public static func remove(_ path: String) {
        guard (try? FileManager.default.removeItem(atPath: path)) != nil else { return }
        paths.withLock { _ = $0.remove(path) }
    }

    private static func removeAll() {
        guard getpid() == owner else { return }
        for path in paths.withLock({ $0 }) {
            // Threads of what was never closed may make files meanwhile.
            for _ in 0..<3 where FileManager.default.fileExists(atPath: path) { try? FileManager.default.removeItem(atPath: path) }
            if FileManager.default.fileExists(atPath: path) { print("could not remove \(path)") }
        }
    }
}
