import ColumnStore

/// Merges sorted files of a cold table into new ones, a row group at a time and within it column by column: first the columns that say where
/// each row comes from, then each other column by itself, of all inputs. So what is in memory is one column's pages of each input, and not all
/// of them, however wide the table is. Figures in docs/decisions/0006-parquet-writer.md.
///
/// A row group whose days no other input has, and which was compressed as this merge would, is taken over as it is: only rows that came
/// since are compressed, however large the file is that they join.
///
/// A k-way merge by the key of `ColdOrder`:
///
/// 1. Open inputs whose first day may be that of the next row.
/// 2. If the next row group as a whole comes before all other rows, copy it.
/// 3. Else find a bound: the least of the last keys in memory. Rows up to it are certainly next; take them in order into a block.
/// 4. A block that is full, or at the end of a year, is written as a row group; each other column is then read once for it.
struct FileMerger {
    /// Rows of all inputs whose keys are in memory at a time.
    private static let windowRowCount = 65_536

    /// Merges of at least so many bytes compress thoroughly. Since each merge at least about doubles what it rewrites, a receipt goes
    /// through few of them on its way to a finished file.
    private static let thoroughByteCountMin: Int64 = 32 << 20

    /// A row group ends when its rows take so much in the inputs.
    private static let blockByteCountMax = 96.0 * 1_048_576

    let cold: ColdTable
    let bloomPaths: Set<ColumnPath>
    let names: ULIDGenerator
    let now: Int64
    let rowGroupRowCount: Int
    /// Threads that encode, the caller's among them.
    let workerCount: Int
    /// Compares a file with its hash in the catalog: before parts of it are taken over unread.
    let check: (DataFile) throws -> Void
    let isCancelled: () -> Bool
    /// Smaller in tests.
    var windowByteCountMax = MergeBlock.windowByteCountMax

    /// What came of a merge.
    struct Result {
        var outputs: [ColdFileWriter.Output]
        /// Rows that were taken over with their row group as it was, and rows that were compressed anew.
        var copiedRowCount = 0
        var encodedRowCount = 0
    }

    /// - Parameter files: of one table, each sorted.
    /// - Returns: files in no table yet; `files` stay as they are.
    /// - Throws: `.corruptFile` where an input is damaged, or is not what was written; `DayCompactor.Cancelled`. Nothing written stays.
    func merge(_ files: [DataFile]) throws -> Result {
        let schema = cold.iceberg.schema
        // So many inputs may be open at once; the window of keys is shared among them.
        let overlap = CompactionPicker.overlap(files.map { cold.days(of: $0) ?? .min ... .max })
        let request = ParquetScanRequest(
            projection: ColdOrder.paths, schema: schema, batchRowCount: max(512, Self.windowRowCount / max(1, overlap)))
        let isLarge = files.reduce(0) { $0 + $1.byteCount } >= Self.thoroughByteCountMin
        let effort = isLarge ? ColdFileWriter.Effort.thorough : .quick
        let writer = try ColdFileWriter(
            table: cold.iceberg, bloomPaths: bloomPaths, names: names, now: now, effort: effort, workerCount: workerCount,
            rowGroupRowCount: rowGroupRowCount)
        // Taken from the end, in the order of their first days.
        var waiting = files.map { (file: $0, day: cold.days(of: $0)?.lowerBound ?? .min) }.sorted { $0.day > $1.day }
        var inputs: [MergeInput] = []
        var block = MergeBlock()
        var result = Result(outputs: [])
        func flush() throws {
            guard block.rowCount > 0 else { return }
            result.encodedRowCount += block.rowCount
            try block.write(to: writer, schema, windowByteCountMax: windowByteCountMax, isCancelled)
            block = MergeBlock()
        }
        do {
            while true {
                if isCancelled() { throw DayCompactor.Cancelled() }
                for input in inputs { try input.settle() }
                inputs.removeAll { $0.isAtEnd }
                // Whoever may have the very next row is opened, and no one else: of days that follow each other one file at a time.
                while let next = waiting.last, inputs.allSatisfy({ $0.day >= next.day }) {
                    waiting.removeLast()
                    inputs.append(try MergeInput(next.file, try cold.open(next.file).scan(request)))
                }
                guard !inputs.isEmpty else { break }
                if let copy = try copyable(inputs, before: waiting.last?.day ?? .max, effort, writer) {
                    try flush()
                    try writer.append(copying: copy.group, day: copy.day)
                    copy.input.skipRowGroup()
                    result.copiedRowCount += Int(copy.group.rowCount)
                    continue
                }
                try gather(&block, &inputs, &waiting, request)
                if block.rowCount >= rowGroupRowCount || block.byteCount >= Self.blockByteCountMax || block.isYearAtEnd { try flush() }
            }
            try flush()
            result.outputs = try writer.finish()
            return result
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// The row group that begins at one of the inputs, if all its rows come before all others' and it can be taken over as it is.
    private func copyable(
        _ inputs: [MergeInput], before day: Int32, _ effort: ColdFileWriter.Effort, _ writer: ColdFileWriter
    ) throws -> (group: RowGroupCopy, day: Int32, input: MergeInput)? {
        guard let input = inputs.min(by: { $0.day < $1.day }), let group = try input.rowGroupHere(), group.lastDay < day,
            inputs.allSatisfy({ $0 === input || group.lastDay < $0.day })
        else { return nil }
        if input.isCopyable == nil {
            input.isCopyable = effort.made(input.parquet)
            if input.isCopyable == true { try check(input.file) }
        }
        guard input.isCopyable == true, let copy = try writer.copy(of: input.parquet, rowGroup: group.number) else { return nil }
        return (copy, group.lastDay, input)
    }

    /// Adds the rows that are certainly next, from all inputs that have some of their days.
    ///
    /// It ends because each turn opens an input, fills one, or takes rows.
    private func gather(
        _ block: inout MergeBlock, _ inputs: inout [MergeInput], _ waiting: inout [(file: DataFile, day: Int32)],
        _ request: ParquetScanRequest
    ) throws {
        try inputs.min { $0.day < $1.day }?.fill()
        while true {
            let present = inputs.filter(\.hasRows)
            guard let bound = Self.bound(present) else { return }
            let day = bound.order.days[bound.row]
            // An input that may have rows before the bound must show them first.
            if let next = waiting.last, next.day <= day {
                waiting.removeLast()
                inputs.append(try MergeInput(next.file, try cold.open(next.file).scan(request)))
            } else if let hidden = inputs.first(where: { !$0.hasRows && !$0.isAtEnd && $0.day <= day }) {
                try hidden.fill()
            } else {
                return block.append(present, through: bound, rowCountMax: rowGroupRowCount)
            }
        }
    }

    /// As many of `files`, from the first on and two at least, as can be read side by side in the memory that a merge may take.
    ///
    /// - Complexity: O(row groups and columns of the files): footers are read, no page.
    static func fitting(_ files: [DataFile], of cold: ColdTable) throws -> [DataFile] {
        var spans: [(days: ClosedRange<Int32>, weight: Int)] = []
        for file in files {
            let pages = try cold.open(file).pageByteCounts(together: ColdOrder.paths)
            // Inflated and not, and the rows taken from it.
            spans.append((cold.days(of: file) ?? .min ... .max, pages.together + pages.greatest * 3 / 2 + fixedByteCount))
            if spans.count > 2, CompactionPicker.overlap(spans) > pageByteCountMax { return Array(files.prefix(spans.count - 1)) }
        }
        return files
    }

    /// Of inputs whose days overlap; those that follow one another are not in memory together.
    private static let pageByteCountMax = 192 << 20
    /// Of each file that is open: its footer and a dictionary.
    private static let fixedByteCount = 512 << 10

    /// The least of the inputs' last rows in memory.
    ///
    /// Every input with rows in memory has shown all its rows up to it.
    private static func bound(_ inputs: [MergeInput]) -> (order: ColdOrder, row: Int)? {
        var bound: (order: ColdOrder, row: Int)?
        for input in inputs {
            guard let order = input.order else { continue }
            let last = order.rowCount - 1
            if let known = bound, !order.precedes(last, known.order, known.row) { continue }
            bound = (order, last)
        }
        return bound
    }
}
