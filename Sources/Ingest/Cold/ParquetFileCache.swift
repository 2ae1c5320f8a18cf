import ColumnStore
import Synchronization

/// Open data files with their footers read, the most recently used ones: a scan of a table opens each of its files, and the next one
/// the same again.
///
/// Two threads may open one file at once; the later one stays.
final class ParquetFileCache: Sendable {
    private struct Entry {
        let file: ParquetFile
        var use: UInt64
        /// Files within it, by where they begin.
        var parts: [Int64: ParquetFile] = [:]
        /// About how many distinct values its columns have; nil while nobody has found out.
        var distinctCounts: [String: Int]?
        var isCounted = false
    }
    private struct State {
        var files: [String: Entry] = [:]
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
        // Opened outside the lock: over a network it takes round trips.
        if let known { return known }
        let file = try open()
        state.withLock { state in
            if state.files.count >= countMax, let oldest = state.files.min(by: { $0.value.use < $1.value.use }) {
                state.files[oldest.key] = nil
            }
            state.files[location] = Entry(file: file, use: state.clock)
        }
        return file
    }

    /// A file within one that is open, which goes when that does.
    func part(of location: String, _ range: Range<Int64>, open: () throws -> ParquetFile) throws -> ParquetFile {
        if let known = state.withLock({ $0.files[location]?.parts[range.lowerBound] }) { return known }
        let part = try open()
        state.withLock { $0.files[location]?.parts[range.lowerBound] = part }
        return part
    }

    /// The file if it is open; it does not count as used.
    func known(_ location: String) -> ParquetFile? { state.withLock { $0.files[location]?.file } }

    /// About how many distinct values the columns of an open file have, where somebody has kept that.
    func distinctCounts(of location: String) -> [String: Int]? { state.withLock { $0.files[location]?.distinctCounts } }

    /// For who finds out how many distinct values there are: false where the file is not open any more, or another has begun.
    func beginCounting(_ location: String) -> Bool {
        state.withLock { state in
            guard state.files[location]?.isCounted == false else { return false }
            state.files[location]?.isCounted = true
            return true
        }
    }

    /// Who has begun to does not after all.
    func leaveCounting(_ location: String) { state.withLock { $0.files[location]?.isCounted = false } }

    /// Goes when the file does.
    func keep(_ distinctCounts: [String: Int], of location: String) { state.withLock { $0.files[location]?.distinctCounts = distinctCounts } }

    func remove(_ locations: some Sequence<String>) {
        state.withLock { state in for location in locations { state.files[location] = nil } }
    }
}
