import Glibc
import Synchronization

/// What `LOCK` says of the server that holds a directory: its URL and its number, by which commands find it.
///
/// A disk that has no room for it as the server starts has some later: it is written then, without a restart.
final class LockNote: Sendable {
    private struct State {
        /// Not there yet.
        var waiting: String?
        var hasEnded = false
    }
    private let state = Mutex(State())

    /// - Parameter lock: a descriptor of `LOCK`.
    func write(url: String, to lock: Int32) {
        state.withLock { $0.waiting = "\(url)\n\(getpid())\n" }
        writeAgain(to: lock)
    }

    /// Nothing where it is there.
    func writeAgain(to lock: Int32) {
        state.withLock { state in
            guard !state.hasEnded, let text = state.waiting else { return }
            ftruncate(lock, 0)
            // Not a part of it: the beginning of an address is another one.
            if pwrite(lock, text, text.utf8.count, 0) == text.utf8.count { state.waiting = nil } else { ftruncate(lock, 0) }
        }
    }

    /// Nothing is written any more: by then the descriptor's number may be another file's.
    ///
    /// - Parameter close: gives the descriptor back.
    func end(_ close: () -> Void) {
        state.withLock { state in
            state.hasEnded = true
            close()
        }
    }
}
