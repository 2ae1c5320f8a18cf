import ColumnStore

/// The order of rows in cold files, which is that of answers: business day, client, time of issue, receipt id.
///
/// By day first, so that a day or a week of all clients is a few pages; within a day by client, so that one client's day is a few more.
/// The other way round (by client first) made a page of all clients read every file: five times as long.
///
/// Ids are compared by their bytes. `sequence` breaks ties, so that the order is total and merges are the same whatever the order of their inputs;
/// it is no part of what files say they are sorted by.
struct ColdOrder {
    static let paths: [ColumnPath] = ["business_day", "client_id", "issued_at", "receipt_id", "sequence"]
    static let sorting: [SortKey] = ["business_day", "client_id", "issued_at", "receipt_id"].map { SortKey($0, isNullsFirst: true) }

    let days: [Int32]
    private let clients: ByteArrays
    private let issued: [Int64]
    private let receipts: ByteArrays
    private let sequences: [Int64]

    /// - Parameter columns: those of `paths`, with rows.
    init(_ columns: [Column]) {
        let flat = columns.map { $0.flattened() }
        guard case .int32(let days) = flat[0].values, case .bytes(let clients) = flat[1].values, case .int64(let issued) = flat[2].values,
            case .bytes(let receipts) = flat[3].values, case .int64(let sequences) = flat[4].values
        else { preconditionFailure("the order's columns have fixed types") }
        self.days = days
        self.clients = clients
        self.issued = issued
        self.receipts = receipts
        self.sequences = sequences
    }

    var rowCount: Int { days.count }

    /// The rows in order.
    ///
    /// - Complexity: O(n log n) comparisons.
    func permutation() -> [Int32] {
        var rows = (0..<Int32(days.count)).map { $0 }
        rows.sort { precedes(Int($0), self, Int($1)) }
        return rows
    }

    /// Whether a row comes before another one's, of this or of another piece. False for equal ones.
    func precedes(_ row: Int, _ other: ColdOrder, _ otherRow: Int) -> Bool {
        if days[row] != other.days[otherRow] { return days[row] < other.days[otherRow] }
        let client = Self.order(clients, row, other.clients, otherRow)
        if client != 0 { return client < 0 }
        if issued[row] != other.issued[otherRow] { return issued[row] < other.issued[otherRow] }
        let receipt = Self.order(receipts, row, other.receipts, otherRow)
        if receipt != 0 { return receipt < 0 }
        return sequences[row] < other.sequences[otherRow]
    }

    private static func order(_ left: ByteArrays, _ row: Int, _ right: ByteArrays, _ otherRow: Int) -> Int {
        let leftRange = left.range(at: row)
        let rightRange = right.range(at: otherRow)
        return left.bytes.withUnsafeBufferPointer { leftBytes in
            right.bytes.withUnsafeBufferPointer { rightBytes in
                let count = min(leftRange.count, rightRange.count)
                for index in 0..<count {
                    let (one, another) = (leftBytes[leftRange.lowerBound + index], rightBytes[rightRange.lowerBound + index])
                    if one != another { return one < another ? -1 : 1 }
                }
                return leftRange.count - rightRange.count
            }
        }
    }
}
