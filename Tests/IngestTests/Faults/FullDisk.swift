import Synchronization

@testable import Ingest

/// A disk that has no room for some file while a test says so.
final class FullDisk: FileObserver {
    private let name: String
    private let state = Mutex<(isFull: Bool, refusedCount: Int, failsSync: Bool, failsGrowth: Bool)>((false, 0, false, false))

    /// - Parameter name: of the file whose writes fail, its log's too.
    init(_ name: String) { self.name = name }

    var isFull: Bool {
        get { state.withLock { $0.isFull } }
        set { state.withLock { $0.isFull = newValue } }
    }
    /// How many writes failed.
    var refusedCount: Int { state.withLock { $0.refusedCount } }
    /// The next sync of the file, or of its log, fails, and no other.
    func failNextSync() { state.withLock { $0.failsSync = true } }
    /// The next time that the index of the file's log is to become longer it does not, and no other.
    func failNextGrowth() { state.withLock { $0.failsGrowth = true } }

    func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? {
        guard path.contains(name) else { return nil }
        return state.withLock { state in
            guard state.isFull else { return nil }
            state.refusedCount += 1
            return .noSpace
        }
    }
    func opened(_ path: String) {}
    func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
    func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
    func willSynchronize(_ path: String) -> FileRefusal? {
        guard path.contains(name) else { return nil }
        return state.withLock { state -> FileRefusal? in
            defer { state.failsSync = false }
            return state.failsSync ? .failedSync : nil
        }
    }
    func willGrowIndex(_ path: String, piece: Int32) -> FileRefusal? {
        guard path.contains(name), piece > 0 else { return nil }
        return state.withLock { state -> FileRefusal? in
            defer { state.failsGrowth = false }
            return state.failsGrowth ? .failedGrowth : nil
        }
    }
    func deleted(_ path: String, isDurable: Bool) {}
    func synchronizedDirectory(_ path: String) {}
}
