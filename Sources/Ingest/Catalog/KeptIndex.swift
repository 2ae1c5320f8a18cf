import Glibc

/// Keeps what only the index (`-shm`) of a killed server's log tells: that commits are lost (`WriteAheadLog`).
///
/// SQLite makes the index anew of what it can read as it opens the database, and whoever looks next, a start among them, would miss nothing.
///
/// As long as this is there connections of this process read the database as it lies.
final class KeptIndex: Sendable {
    private let stillness: Placement.Stillness

    /// - Parameter path: absolute, of a database that this process does not have open.
    /// - Returns: nil where nothing would go: of a log that has lost nothing, and of one that tells of its loss by itself, as its readers leave it.
    /// - Throws: where the log cannot be read.
    init?(path: String) throws {
        // A store at rest has no index, and its logs need not be read for this.
        guard access(path + "-shm", F_OK) == 0, let log = try WriteAheadLog(path: path), log.losesCommits else { return nil }
        // The same without a look at the index.
        if let alone = try WriteAheadLog(path: path, isLive: true), alone.losesCommits { return nil }
        stillness = Placement.Stillness(file: path)
    }
}
