import ColumnStore
import Query
import Synchronization

/// About how large a rollup's sums are, by a sample of its table's rows: told when it is declared, since keys as distinct as the rows make sums as
/// large as the rows, and no question quicker.
struct RollupEstimate {
    /// Of the sample.
    private(set) var rowCount = 0
    private(set) var sumCount = 0
    /// Values of each key among them.
    private(set) var keyValueCounts: [Int] = []
    /// Of one row of sums: keys and small numbers are packed, sketches hardly.
    private(set) var byteCountPerRow: Int64 = 0

    /// Rows of a sample: tenths of a second, and enough to tell thousands of groups from millions.
    private static let sampleRowCount = 100_000
    private static let memoryByteCount = 64 << 20
    /// Of one value of a key or a measure, as tables of sums were measured (`docs/rollups.md`).
    private static let packedByteCount: Int64 = 2
    /// Sums that are fewer than half of the rows are worth making.
    private static let share = 2

    /// - Throws: `QueryError` of what cannot be summed: then nothing is known.
    init(_ rollup: RollupDefinition, in table: any TableSource) throws {
        let sample = FirstRows(table, count: Self.sampleRowCount)
        let engine = QueryEngine(.init(threadCount: 1, memoryByteCountMax: Self.memoryByteCount, queryMemoryByteCountMax: Self.memoryByteCount))
        let sums = try engine.run(try rollup.statement.partialSums(of: rollup.table, in: sample))
        defer { sums.cancel() }
        var values = rollup.keys.map { _ in Set<Value>() }
        var sketchByteCount: Int64 = 0
        while let batch = try sums.next() {
            sumCount = sumCount.addingSaturating(batch.rowCount)
            for (index, column) in batch.columns.enumerated() {
                for row in 0..<batch.rowCount {
                    let value = column.value(at: row)
                    if index < values.count { values[index].insert(value) } else if column.type == .binary, case .bytes(let bytes) = value { sketchByteCount += Int64(bytes.count) }
                }
            }
        }
        rowCount = sample.given
        keyValueCounts = values.map(\.count)
        byteCountPerRow = Self.packedByteCount * Int64(rollup.keys.count + rollup.measures.count) + sketchByteCount / Int64(max(1, sumCount))
    }

    /// - Parameter total: rows of the table.
    /// - Returns: nil for sums that are far fewer than the rows.
    func warning(total: Int64) -> String? {
        guard rowCount > 0, sumCount.multipliedSaturating(by: Self.share) >= rowCount else { return nil }
        let expected = Double(total) * Double(sumCount) / Double(rowCount)
        return "its keys are nearly as distinct as the rows: \(rowCount) rows have \(sumCount) sums, the table's \(total) about \(Int64(clampingToRange: expected))"
    }
}

extension Int64 {
    fileprivate init(clampingToRange value: Double) { self = Int64(exactly: value.rounded()) ?? .max }
}

/// The rows that a table gives first: about so many, whole morsels of them.
private final class FirstRows: TableSource {
    private let table: any TableSource
    private let count: Int
    private let rows = Atomic<Int>(0)

    init(_ table: any TableSource, count: Int) { (self.table, self.count) = (table, count) }

    /// How many were given.
    var given: Int { rows.load(ordering: .relaxed) }
    var schema: Schema { table.schema }
    var statistics: TableStatistics { TableStatistics(rowCount: count) }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        RelayedScan(try table.scan(request), isOver: { self.given >= self.count }) { batch in
            self.rows.wrappingAdd(batch.rowCount, ordering: .relaxed)
            return batch
        }
    }
}
