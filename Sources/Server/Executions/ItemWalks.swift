internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes
import Synchronization

/// A page of items for a Map.
enum ItemPage {
    /// Items of one page.
    static let countMax = 1_000
    /// A value has at most twice as many.
    static let byteCountMax = 512 << 10
    /// About what is read of the store for a page: rows of an answer do not repeat the columns' names, as items do, so that all of it is rarely too much.
    static let readByteCountMax = 512 << 10

    /// How many of the first rows a page of items may have, and their bytes. One always goes.
    static func fitting(_ rows: [JSONValue]) -> (count: Int, byteCount: Int) {
        var byteCount = 0
        for (index, row) in rows.enumerated() {
            let rowByteCount = row.serialized.count
            if index > 0, byteCount + rowByteCount > byteCountMax { return (index, byteCount) }
            byteCount += rowByteCount
        }
        return (rows.count, byteCount)
    }

    /// The key of a page's task without its last part, where the page begins: `EXECUTION:STATE:1:items:500` is of the walk `EXECUTION:STATE:1:items`.
    ///
    /// The name of a Map's walk, however many pages it asks for.
    static func walkName(_ work: TaskWork) -> String { work.call.key.split(separator: ":").dropLast().joined(separator: ":") }
}

/// Where walks over rows for Maps are, so that the next page begins where the last ended. Lost with the process: a walk can begin anew.
///
/// Of each walk it has the place that the last page began at and the one behind it: a page that failed, or whose answer was lost, is read again out of the same
/// state of the store.
final class ItemWalks: Sendable {
    struct Place: Sendable {
        /// Rows that were had before.
        var count = 0
        /// Nil at the first row.
        var cursor: String?
        /// Rows that the next page is asked for.
        var limit = ItemPage.countMax
    }

    private struct Walk {
        var places: [Place]
        /// Which note it was: the one with the lowest was touched longest ago.
        var turn: Int
    }
    private struct State {
        var walks: [String: Walk] = [:]
        var turn = 0
    }

    /// Walks that are known at a time. A cursor is some hundred bytes; beyond that the one that was touched longest ago is forgotten, and begins anew.
    private static let countMax = 1_000
    private let state = Mutex(State())

    init() {}

    /// Where to go on from for the row `wanted`, 0-based: the last place known that is not past it, else the first row.
    func place(of name: String, at wanted: Int) -> Place {
        state.withLock { state in state.walks[name]?.places.last { $0.count <= wanted } } ?? Place()
    }

    /// After a page that began at `place`.
    ///
    /// - Parameter next: behind it; nil where the walk is over.
    func note(_ name: String, _ place: Place, next: Place?) {
        state.withLock { state in
            let places = [place, next].compactMap { $0 }.filter { $0.cursor != nil }
            // A walk of one page has no place to keep.
            if places.isEmpty {
                state.walks[name] = nil
                return
            }
            if state.walks.count >= Self.countMax, state.walks[name] == nil, let oldest = state.walks.min(by: { $0.value.turn < $1.value.turn })?.key {
                state.walks[oldest] = nil
            }
            state.turn += 1
            state.walks[name] = Walk(places: places, turn: state.turn)
        }
    }

    /// Its cursors are no good any more: the next page begins the walk anew.
    func forget(_ name: String) { state.withLock { $0.walks[name] = nil } }
}

/// Walks over the records of uploads for Maps, each with its file open, so that a page costs what it has. Lost with the process: a walk begins anew, and
/// passes over what was had.
final class RecordWalks: Sendable {
    /// Files that are open.
    private static let countMax = 32
    private let walks = Mutex<[(name: String, records: UploadRecords)]>([])

    init() {}

    /// The walk that stands at `wanted`, taken out: nobody else has it then.
    func take(_ name: String, at wanted: Int) -> UploadRecords? {
        walks.withLock { walks in
            guard let index = walks.firstIndex(where: { $0.name == name }) else { return nil }
            let found = walks.remove(at: index).records
            return found.count <= wanted ? found : nil
        }
    }

    /// The one that was kept longest ago gives its place, and closes its file.
    func keep(_ name: String, _ records: UploadRecords) {
        walks.withLock { walks in
            if walks.count >= Self.countMax { walks.removeFirst() }
            walks.append((name, records))
        }
    }
}
