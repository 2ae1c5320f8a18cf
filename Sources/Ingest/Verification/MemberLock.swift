import Glibc

/// Keeps the server of a pair's member from its directory while that is looked at: whoever follows works on the files, and has no `LOCK`, but its own
/// folder below DATA.
final class MemberLock {
    private let descriptor: Int32

    /// - Returns: nil where the directory is no member's.
    /// - Throws: `DataDirectory.Failure.locked`.
    init?(_ directory: String) throws {
        let folder = "\(directory)/\(DataDirectory.clusterName)"
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw DataDirectory.Failure.io(operation: "open", path: folder, code: errno)
        }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { throw DataDirectory.Failure.locked(url: nil) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
