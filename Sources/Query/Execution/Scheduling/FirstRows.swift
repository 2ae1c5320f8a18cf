import ColumnStore

/// What a sort with a small limit needs of the rows beneath it: those that a column puts first.
///
/// A grouping of millions of rows so works out the answers of a few (`AggregateOperator`), and they are brought into order.
struct FirstRows {
    let count: Int
    let isDescending: Bool
    /// Whether more columns order the rows that this one leaves alike; else any of them will do.
    let withTies: Bool

    /// The rows of `column` that may be among the first of all that are sorted, ascending; nil where that is not known, or most of them may.
    /// - Complexity: O(rows).
    func rows(of column: Column) -> [Int32]? {
        // Where NULLs come is for the sort to say.
        guard count > 0, column.count > 2 * count, column.nullCount == 0, let values = Self.values(column) else { return nil }
        // Of ~x the greatest is the least of x, and nothing overflows.
        let flip: Int64 = isDescending ? 0 : -1
        let last = leastOfFirst(values, flip)
        // Of rows alike so many may come as the better ones leave room for.
        var room = withTies ? Int.max : count - values.reduce(0) { $0 + ($1 ^ flip > last ? 1 : 0) }
        var rows: [Int32] = []
        for row in values.indices {
            let value = values[row] ^ flip
            if value < last { continue }
            if value == last {
                if room == 0 { continue }
                room -= 1
            }
            rows.append(Int32(truncatingIfNeeded: row))
        }
        return rows.count > values.count / 2 ? nil : rows
    }

    /// In the order of whole numbers; nil for others.
    private static func values(_ column: Column) -> [Int64]? {
        switch column.type {
        case .int32, .int64, .decimal, .date, .time, .timestamp: column.integers()
        default: nil
        }
    }

    /// The `count`th greatest of the values: twice as many are held, and cut to the greatest half when they have filled.
    private func leastOfFirst(_ values: [Int64], _ flip: Int64) -> Int64 {
        var held: [Int64] = []
        var last = Int64.min
        held.reserveCapacity(2 * count)
        for value in values where value ^ flip > last || held.count < count {
            held.append(value ^ flip)
            guard held.count == 2 * count else { continue }
            held.sort(by: >)
            held.removeLast(count)
            last = held[count - 1]
        }
        held.sort(by: >)
        return held[count - 1]
    }
}
