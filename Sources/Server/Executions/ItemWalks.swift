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

    /// The key of a page's task without its last part, where the page begins: `EXECUTION:STATE:1:items:500` is of the walk `EXECUTION:STATE:1:items`.
    ///
    /// The name of a Map's walk, however many pages it asks for.
    static func walkName(_ work: TaskWork) -> String { work.call.key.split(separator: ":").dropLast().joined(separator: ":") }
}

/// Where walks over rows for Maps are, so that the next page begins where the last ended. Lost with the process: a walk can begin anew.
final class ItemWalks: Sendable {
    /// Walks that are known at a time. A cursor is some hundred bytes; beyond that all are forgotten, and each begins anew.
    private static let countMax = 1_000
    /// By the walk's name: how many rows were had, and the cursor behind the last of them.
    private let places = Mutex<[String: (count: Int, cursor: String)]>([:])

    init() {}

    /// Where to go on from for the row `wanted`, 0-based. The place is taken out: of two tasks of one name the second begins at the first row.
    ///
    /// - Returns: 0 and nil where nothing is known, or the walk has gone past that row already.
    func place(of name: String, at wanted: Int) -> (count: Int, cursor: String?) {
        let known = places.withLock { $0.removeValue(forKey: name) }
        guard let known, known.count <= wanted else { return (0, nil) }
        return (known.count, known.cursor)
    }

    func note(_ name: String, at count: Int, _ cursor: String) {
        places.withLock { places in
            if places.count >= Self.countMax { places.removeAll() }
            places[name] = (count, cursor)
        }
    }
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
