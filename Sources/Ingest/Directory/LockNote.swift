import Glibc
import Synchronization

/// What `LOCK` says of the server that holds a directory: its URL and its number, by which commands find it.
///
/// A disk that has no room for it as the server starts has some later: it is written then, without a restart.
final class LockNote: Sendable {
    /// Not there yet.
    private let waiting = Mutex<String?>(nil)

    /// - Parameter lock: a descriptor of `LOCK`.
    func write(url: String, to lock: Int32) {
        waiting.withLock { $0 = "\(url)\n\(getpid())\n" }
        writeAgain(to: lock)
    }

    /// Nothing where it is there.
    func writeAgain(to lock: Int32) {
        waiting.withLock { waiting in
            guard let text = waiting else { return }
            ftruncate(lock, 0)
            // Not a part of it: the beginning of an address is another one.
            if pwrite(lock, text, text.utf8.count, 0) == text.utf8.count { waiting = nil } else { ftruncate(lock, 0) }
        }
    }
}
