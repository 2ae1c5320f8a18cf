import ColumnStore
import Synchronization

/// The right side of a join: its rows, and by key the numbers of the rows that have it. Filled once, then read by many.
final class JoinTable: @unchecked Sendable {
    // Safe to share: all but `progress` is fixed after init.
    let rowCount: Int
    let columns: [Column]
    private let table: GroupTable
    private let nullsMatch: [Bool]
    /// Rows of key `i`: `rows[starts[i] ..< starts[i + 1]]`.
    let starts: [Int32]
    let rows: [Int32]
    private let keys: [Column]
    /// The right expressions of the equalities, row by row.
    var keyColumns: [Column] { keys }
    let byteCount: Int

    /// Right rows that some left row has matched, and how many streams still look for more.
    private let progress: Mutex<(matched: Bitmap, active: Int)>

    /// - Parameter keys: the right expressions of the equalities over all rows; none: every row has the one key.
    init(columns: [Column], keys: [Column], rowCount: Int, nullsMatch: [Bool]) {
        self.columns = columns
        self.rowCount = rowCount
        self.nullsMatch = nullsMatch
        self.keys = keys
        var table = GroupTable(types: keys.map(\.type))
        var cache = GroupTable.Cache(keyCount: keys.count)
        let numbers = table.assign(keys, count: rowCount, cache: &cache)
        var present: Bitmap?
        for (key, matches) in zip(keys, nullsMatch) where !matches { present = .both(present, key.rowValidity) }
        var starts = [Int32](repeating: 0, count: table.count + 1)
        for row in numbers.indices where present?[row] ?? true { starts[Int(numbers[row]) + 1] += 1 }
        for number in 0..<table.count { starts[number + 1] += starts[number] }
        var next = starts
        var rows = [Int32](repeating: 0, count: Int(starts[table.count]))
        for row in numbers.indices where present?[row] ?? true {
            rows[Int(next[Int(numbers[row])])] = Int32(row)
            next[Int(numbers[row])] += 1
        }
        self.table = table
        self.starts = starts
        self.rows = rows
        byteCount = columns.reduce(0) { $0 + $1.byteCount() } + table.byteCount + rows.count * 4 + starts.count * 4
        progress = Mutex((Bitmap(repeating: false, count: rowCount), 0))
    }

    func makeCache() -> GroupTable.Cache { GroupTable.Cache(keyCount: keys.count) }

    /// For each left row the number of its key, `missing` when no right row has it.
    func find(_ keys: [Column], count: Int, cache: inout GroupTable.Cache) -> [UInt32] {
        table.find(keys, count: count, nullsMatch: nullsMatch, cache: &cache)
    }

    @inline(__always)
    func range(_ number: UInt32) -> Range<Int> {
        number == GroupTable.missing ? 0..<0 : Int(starts[Int(number)])..<Int(starts[Int(number) + 1])
    }

    // MARK: Right rows without match

    func beginStream() { progress.withLock { $0.active += 1 } }

    /// Adds what one stream has matched. The last stream gets the rows that none has.
    func endStream(_ matched: Bitmap) -> [Int32]? {
        progress.withLock { progress in
            progress.matched = progress.matched | matched
            progress.active -= 1
            return progress.active == 0 ? (~progress.matched).setIndices() : nil
        }
    }

    // MARK: What the other side can be filtered by

    private static let listedKeyCountMax = 64

    /// A filter that every left value with a match passes; nil when none is worth it.
    func filter(ofKey index: Int, path: ColumnPath) -> ColumnFilter? {
        let key = keys[index]
        guard rowCount > 0 else { return nil }
        let isDecimal: Bool
        switch key.type {
        case .int32, .int64, .date, .timestamp: isDecimal = false
        case .decimal: isDecimal = true
        default: return nil
        }
        guard let values = key.integers() else { return nil }
        func wrapped(_ value: Int64) -> Value { isDecimal ? .decimal(Int128(value)) : .integer(value) }
        let validity = key.rowValidity
        var least: Int64?
        var greatest: Int64?
        var listed: Set<Int64> = []
        for row in values.indices where validity?[row] ?? true {
            least = min(least ?? values[row], values[row])
            greatest = max(greatest ?? values[row], values[row])
            if listed.count <= Self.listedKeyCountMax { listed.insert(values[row]) }
        }
        guard let least, let greatest else { return nil }
        if listed.count <= Self.listedKeyCountMax { return ColumnFilter(path, .oneOf(listed.sorted().map(wrapped))) }
        return ColumnFilter(
            path, .range(lower: .init(wrapped(least), isInclusive: true), upper: .init(wrapped(greatest), isInclusive: true)))
    }
}
