internal import ColumnStore

/// Where a page of rows begins: what one page says goes with the Map that it is for, to the task of the next, over restarts too.
struct ItemPlace: Equatable {
    /// Rows that were had before.
    var count = 0
    /// Of the state of the store that the first page was of; nil at the first row.
    var cursor: String?
    /// Rows that the page is asked for.
    var limit = ItemPage.countMax

    init() {}

    init(count: Int, cursor: String, limit: Int) { (self.count, self.cursor, self.limit) = (count, cursor, limit) }

    /// - Returns: nil for what is no place, or one past the row `wanted`.
    init?(_ value: JSONValue?, upTo wanted: Int) {
        guard let value, let count = value["count"]?.integer, let cursor = value["cursor"]?.text, let limit = value["limit"]?.integer, (0...wanted).contains(count),
            (1...ItemPage.countMax).contains(limit)
        else { return nil }
        self.init(count: count, cursor: cursor, limit: limit)
    }

    var value: JSONValue? {
        cursor.map { .object(["count": .integer(count), "cursor": .string($0), "limit": .integer(limit)]) }
    }
}
