internal import ColumnStore
internal import Ingest
internal import Processes

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
    static func walkName(_ work: TaskWork) -> String {
        let key = work.call.key
        // Cut, and not put together of its parts: a state's name may have colons, of which empty parts are all that tells it from another's.
        return String(key[..<(key.lastIndex(of: ":") ?? key.endIndex)])
    }
}
