import ColumnStore
import Synchronization

/// Open data files with their footers read, the most recently used ones: a scan of a table opens each of its files, and the next one
/// the same again.
final class ParquetFileCache: Sendable {
    private struct State {
        var files: [String: (file: ParquetFile, use: UInt64)] = [:]
        var clock: UInt64 = 0
    }
    private let state = Mutex(State())
    /// A footer of some hundred columns and row groups is a few hundred kilobytes at most.
    static let countMax = 256
    private let countMax: Int

    init(countMax: Int = ParquetFileCache.countMax) { self.countMax = countMax }

    func file(_ location: String, open: () throws -> ParquetFile) throws -> ParquetFile {
        let known = state.withLock { state -> ParquetFile? in
            state.clock += 1
            state.files[location]?.use = state.clock
            return state.files[location]?.file
        }
        if let known { return known }
        let file = try open()
        state.withLock { state in
            if state.files.count >= countMax, let oldest = state.files.min(by: { $0.value.use < $1.value.use }) {
                state.files[oldest.key] = nil
            }
            state.files[location] = (file, state.clock)
        }
        return file
    }

    /// The file if it is open; it does not count as used.
    func known(_ location: String) -> ParquetFile? { state.withLock { $0.files[location]?.file } }

    func remove(_ locations: some Sequence<String>) {
        state.withLock { state in for location in locations { state.files[location] = nil } }
    }
}
