import ColumnStore

/// Rows of one aggregate that do not fit in memory, on disk in runs sorted by group and value, and merged when they are answered.
///
/// A log-structured merge in small: each write sorts and writes runs of at most 4 MiB; 32 runs of a level become one of the
/// next, so that of n runs a row is merged log₃₂(n) times.
///
/// Invariant: each level has fewer than 32 runs. One thread at a time.
///
/// However many runs are written, few are merged at last: so many of a size become one of the next.
final class RowsAside {
    private let run: QueryRun
    /// Of the rows as they are put out: the group's number, then the values.
    let types: [ColumnType]
    private let order: [CollectingAggregator.CollectedKey]
    /// By how often their rows were merged.
    private var levels: [[SpillFile]] = []
    /// Made with the first run.
    private var volume: SpillVolume?
    /// Of the runs as they were first written.
    private(set) var byteCount = 0

    /// Rows that are put in order together: their keys and numbers lie beside them meanwhile.
    private static let sortedRowCountMax = 1 << 17
    private static let sortedByteCountMax = 4 << 20
    private static let runCountMax = 32

    /// - Parameter order: places in `types`, within a group.
    init(_ run: QueryRun, types: [ColumnType], order: [CollectingAggregator.CollectedKey]) {
        self.run = run
        self.types = [.int64] + types
        self.order = order
    }

    /// Writes rows, each with its group's number.
    func write(_ groups: [UInt32], _ columns: [Column]) throws {
        let numbers = Column.whole(groups.map(Int64.init), type: .int64, validity: nil)
        let batch = ColumnBatch(rowCount: groups.count, columns: [numbers] + columns)
        for piece in batch.pieces(byteCountMax: Self.sortedByteCountMax, rowCountMax: Self.sortedRowCountMax) {
            try BatchPieces.each(of: batch.slice(piece), writeRun)
        }
    }

    /// Sorts and writes rows that fit in memory.
    private func writeRun(_ rows: ColumnBatch) throws {
        try run.cancellation.check()
        let columns = [SortColumn(rows.columns[0])]
            + order.map { SortColumn(rows.columns[$0.column + 1], isDescending: $0.isDescending, nullsFirst: $0.nullsFirst) }
        let keys = try HeldKeys.make(columns, count: rows.rowCount, of: "an aggregate's rows", run)
        let sorted = KeyedRows(batch: rows, keys: keys.keys).sorted(first: nil)
        let volume = try volume ?? SpillVolume(run.spill)
        self.volume = volume
        let file = try SpillFile(run.spill, types: types + [.binary], in: volume)
        try file.write(sorted.withKeyColumn)
        byteCount += file.byteCount
        try add(file, level: 0)
    }

    private func add(_ file: SpillFile, level: Int) throws {
        if level == levels.count { levels.append([]) }
        levels[level].append(file)
        guard levels[level].count >= Self.runCountMax else { return }
        var merger = RunMerger(levels[level], types: types, run)
        levels[level] = []
        try add(try merger.single(), level: level + 1)
    }

    /// The rows of another, whose groups have the same numbers.
    func takeOver(_ other: RowsAside) throws {
        // A run comes to the level that it had, or to the highest there is.
        for (level, files) in other.levels.enumerated() { for file in files { try add(file, level: min(level, levels.count)) } }
        byteCount += other.byteCount
        other.levels = []
    }

    /// All rows, in the order of their groups and values; the last column has the keys by which they are.
    func stream() throws -> any BatchStream {
        var merger = RunMerger(levels.reversed().flatMap { $0 }, types: types, run)
        levels = []
        return try merger.stream(0..<Int.max, withKeys: true)
    }
}
