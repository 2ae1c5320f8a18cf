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
    /// Whether more rows might have been found, had more been looked at.
    private(set) var isCutShort = false

    /// Rows of a sample: tenths of a second, and enough to tell thousands of groups from millions.
    private static let sampleRowCount = 100_000
    /// Of a rollup whose condition few rows meet: seconds, and not the whole table.
    private static let scannedRowCountMax = 100 * sampleRowCount
    /// Fewer say nothing of how many groups all have, where they are not all.
    private static let tellingRowCount = 1_000
    static let memoryByteCount = 64 << 20
    /// Of one value of a key or a measure, as tables of sums were measured (`docs/rollups.md`).
    private static let packedByteCount: Int64 = 2
    /// Sums that are fewer than half of the rows are worth making.
    private static let share = 2

    /// - Parameters:
    ///   - memoryByteCount: of the sums, before they are laid aside.
    ///   - cancellation: ends the reading of the sample.
    /// - Throws: `QueryError` of what cannot be summed, and where the disk has no room for the sums: then nothing is known.
    init(
        _ rollup: RollupDefinition, in table: any TableSource, by engines: SumsEngines, memoryByteCount: Int = Self.memoryByteCount, _ cancellation: Cancellation
    ) throws {
        let sample = FirstRows(table, count: Self.sampleRowCount, scannedMax: Self.scannedRowCountMax, cancellation)
        let engine = engines.engine(memoryByteCount: memoryByteCount)
        let sums = try engine.run(try rollup.statement.partialSums(of: rollup.table, in: sample))
        defer { sums.cancel() }
        var values = rollup.keys.map { _ in Set<Value>() }
        var sketchByteCount: Int64 = 0
        while let batch = try sums.next() {
            try cancellation.check()
            sumCount = sumCount.addingSaturating(batch.rowCount)
            for (index, column) in batch.columns.enumerated() {
                for row in 0..<batch.rowCount {
                    let value = column.value(at: row)
                    if index < values.count { values[index].insert(value) } else if column.type == .binary, case .bytes(let bytes) = value { sketchByteCount += Int64(bytes.count) }
                }
            }
        }
        try cancellation.check()
        (rowCount, isCutShort) = (sample.given, sample.isCutShort)
        keyValueCounts = values.map(\.count)
        byteCountPerRow = Self.packedByteCount * Int64(rollup.keys.count + rollup.measures.count) + sketchByteCount / Int64(max(1, sumCount))
    }

    /// - Parameter total: rows of the table.
    /// - Returns: nil for sums that are far fewer than the rows, and where too few were found to tell.
    func warning(total: Int64) -> String? {
        guard rowCount >= (isCutShort ? Self.tellingRowCount : 1), sumCount.multipliedSaturating(by: Self.share) >= rowCount else { return nil }
        let expected = Double(total) * Double(sumCount) / Double(rowCount)
        return "its keys are nearly as distinct as the rows: \(rowCount) rows have \(sumCount) sums, the table's \(total) about \(Int64(clampingToRange: expected))"
    }
}

extension Int64 {
    fileprivate init(clampingToRange value: Double) { self = Int64(exactly: value.rounded()) ?? .max }
}

/// The rows that a table gives first: about so many, whole morsels of them, out of about so many that are scanned for them.
private final class FirstRows: TableSource {
    private let table: any TableSource
    private let count: Int
    private let scannedMax: Int
    private let rows = Atomic<Int>(0)
    private let isCut = Atomic<Bool>(false)
    /// Of whoever wants the sample. The query has another, which goes with its answer.
    private let cancellation: Cancellation

    init(_ table: any TableSource, count: Int, scannedMax: Int, _ cancellation: Cancellation) {
        (self.table, self.count, self.scannedMax, self.cancellation) = (table, count, scannedMax, cancellation)
    }

    /// How many were given.
    var given: Int { rows.load(ordering: .relaxed) }
    /// Whether it ended by what was scanned.
    var isCutShort: Bool { isCut.load(ordering: .relaxed) }
    var schema: Schema { table.schema }
    var statistics: TableStatistics { TableStatistics(rowCount: count) }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        RelayedScan(try table.scan(request), isOver: { self.isOver(request.counters) }) { batch in
            try self.cancellation.check()
            self.rows.wrappingAdd(batch.rowCount, ordering: .relaxed)
            return batch
        }
    }

    /// - Parameter counters: of the table's own scan, which filters: of rows that do not pass nothing comes here.
    private func isOver(_ counters: ScanCounters) -> Bool {
        if given >= count || cancellation.isOver { return true }
        guard counters.now.rowsScanned >= scannedMax else { return false }
        isCut.store(true, ordering: .relaxed)
        return true
    }
}
