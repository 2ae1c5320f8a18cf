import ColumnStore

/// Merges sorted files of a cold table into new ones, reading each once, a few thousand rows at a time.
///
/// A row group whose days no other input has, and which was compressed as this merge would, is taken over as it is: only rows that came
/// since are compressed, however large the file is that they join.
struct FileMerger {
    /// Rows of all inputs that are in memory at a time.
    private static let windowRowCount = 16_384

    /// Merges of at least so many bytes compress thoroughly. Since each merge at least about doubles what it rewrites, a receipt goes
    /// through few of them on its way to a finished file.
    private static let thoroughByteCountMin: Int64 = 32 << 20

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

    /// What came of a merge.
    struct Result {
        var outputs: [ColdFileWriter.Output]
        /// Rows that were taken over with their row group as it was, and rows that were compressed anew.
        var copiedRowCount = 0
        var encodedRowCount = 0
    }

    /// An input, and the rows of it that are in memory.
    private final class Input {
        let file: DataFile
        /// A day before which the input certainly has no row.
        private(set) var day: Int32
        private let days: [Int32]
        private let scan: ParquetScan
        private var reader: RowGroupReader?
        private var nextRowGroup = 0
        private(set) var batch: ColumnBatch?
        private(set) var order: ColdOrder?
        private(set) var position = 0
        /// Whether its row groups may be taken over; nil when that is not known yet.
        var isCopyable: Bool?

        init(_ file: DataFile, _ scan: ParquetScan) throws {
            self.file = file
            self.scan = scan
            days = try scan.rowGroups.map { number in
                guard case .integer(let day)? = try scan.file.bounds(of: "business_day", rowGroup: number)?.minimum else { return .min }
                return Int32(clamping: day)
            }
            day = days.first ?? .max
        }

        var parquet: ParquetFile { scan.file }
        /// Whether rows of it are in memory.
        var hasRows: Bool { batch != nil }
        var isAtEnd: Bool { batch == nil && reader == nil && nextRowGroup == scan.rowGroups.count }

        /// The row group that begins here, with its last day; nil within one, and at the end.
        func rowGroupHere() throws -> (number: Int, lastDay: Int32)? {
            guard batch == nil, reader == nil, nextRowGroup < scan.rowGroups.count else { return nil }
            let number = scan.rowGroups[nextRowGroup]
            guard case .integer(let day)? = try scan.file.bounds(of: "business_day", rowGroup: number)?.maximum else { return nil }
            return (number, Int32(clamping: day))
        }

        /// Passes over the row group that begins here.
        func skipRowGroup() {
            nextRowGroup += 1
            day = nextRowGroup < days.count ? days[nextRowGroup] : .max
        }

        /// Makes the next rows of the row group at hand available; at its end, the next one's first day is known.
        func settle(_ keyIndices: [Int]) throws {
            guard batch == nil, let reader else { return }
            if let next = try reader.next() {
                batch = next
                order = ColdOrder(keyIndices.map { next.columns[$0] })
                take(upTo: 0)
            } else {
                self.reader = nil
                day = nextRowGroup < days.count ? days[nextRowGroup] : .max
            }
        }

        /// Makes rows available, of the next row group if need be; unless there are none.
        func fill(_ keyIndices: [Int]) throws {
            try settle(keyIndices)
            while batch == nil, nextRowGroup < scan.rowGroups.count {
                reader = try scan.reader(rowGroup: scan.rowGroups[nextRowGroup])
                nextRowGroup += 1
                try settle(keyIndices)
            }
        }

        /// Notes that the rows before `row` are written.
        func take(upTo row: Int) {
            position = row
            guard let order else { return }
            if row < order.rowCount {
                day = order.days[row]
            } else {
                self.batch = nil
                self.order = nil
            }
        }
    }

    func merge(_ files: [DataFile]) throws -> Result {
        let schema = cold.iceberg.schema
        let keyIndices = ColdOrder.paths.compactMap { schema.index(of: $0.names[0]) }
        let overlap = CompactionPicker.overlap(files.map { cold.days(of: $0) ?? .min ... .max })
        let request = ParquetScanRequest(
            projection: schema.fields.map { ColumnPath($0.name) }, schema: schema,
            batchRowCount: max(512, Self.windowRowCount / max(1, overlap)))
        let isLarge = files.reduce(0) { $0 + $1.byteCount } >= Self.thoroughByteCountMin
        let effort = isLarge ? ColdFileWriter.Effort.thorough : .quick
        let writer = try ColdFileWriter(
            table: cold.iceberg, bloomPaths: bloomPaths, names: names, now: now, effort: effort, workerCount: workerCount,
            rowGroupRowCount: rowGroupRowCount)
        // Taken from the end, in the order of their first days.
        var waiting = files.map { (file: $0, day: cold.days(of: $0)?.lowerBound ?? .min) }.sorted { $0.day > $1.day }
        var inputs: [Input] = []
        var result = Result(outputs: [])
        do {
            while true {
                if isCancelled() { throw DayCompactor.Cancelled() }
                for input in inputs { try input.settle(keyIndices) }
                inputs.removeAll { $0.isAtEnd }
                // Whoever may have the very next row is opened, and no one else: of days that follow each other one file at a time.
                while let next = waiting.last, inputs.allSatisfy({ $0.day >= next.day }) {
                    waiting.removeLast()
                    inputs.append(try Input(next.file, try cold.open(next.file).scan(request)))
                }
                guard !inputs.isEmpty else { break }
                if let rowCount = try copy(inputs, before: waiting.last?.day ?? .max, effort, writer) {
                    result.copiedRowCount += rowCount
                    continue
                }
                let batch = try nextRows(&inputs, &waiting, request, schema, keyIndices)
                guard batch.rowCount > 0 else { continue }
                result.encodedRowCount += batch.rowCount
                try writer.append(batch)
            }
            result.outputs = try writer.finish()
            return result
        } catch {
            try writer.abandon()
            throw error
        }
    }

    /// Takes over the row group that begins at one of the inputs, if all its rows come before all others'.
    ///
    /// - Returns: its rows; nil when there is none.
    private func copy(
        _ inputs: [Input], before day: Int32, _ effort: ColdFileWriter.Effort, _ writer: ColdFileWriter
    ) throws -> Int? {
        guard let input = inputs.min(by: { $0.day < $1.day }), let group = try input.rowGroupHere(), group.lastDay < day,
            inputs.allSatisfy({ $0 === input || group.lastDay < $0.day })
        else { return nil }
        if input.isCopyable == nil {
            input.isCopyable = effort.made(input.parquet)
            if input.isCopyable == true { try check(input.file) }
        }
        guard input.isCopyable == true, let copy = try writer.copy(of: input.parquet, rowGroup: group.number) else { return nil }
        try writer.append(copying: copy, day: group.lastDay)
        input.skipRowGroup()
        return Int(copy.rowCount)
    }

    /// The rows that are certainly next, from all inputs that have some of their days.
    private func nextRows(
        _ inputs: inout [Input], _ waiting: inout [(file: DataFile, day: Int32)], _ request: ParquetScanRequest, _ schema: Schema,
        _ keyIndices: [Int]
    ) throws -> ColumnBatch {
        try inputs.min { $0.day < $1.day }?.fill(keyIndices)
        while true {
            let present = inputs.filter(\.hasRows)
            guard let bound = Self.bound(present) else { return ColumnBatch(rowCount: 0, columns: []) }
            let day = bound.order.days[bound.row]
            // An input that may have rows before the bound must show them first.
            if let next = waiting.last, next.day <= day {
                waiting.removeLast()
                inputs.append(try Input(next.file, try cold.open(next.file).scan(request)))
            } else if let hidden = inputs.first(where: { !$0.hasRows && !$0.isAtEnd && $0.day <= day }) {
                try hidden.fill(keyIndices)
            } else {
                return try step(present, bound, schema, keyIndices)
            }
        }
    }

    /// The least of the inputs' last rows in memory.
    private static func bound(_ inputs: [Input]) -> (order: ColdOrder, row: Int)? {
        var bound: (order: ColdOrder, row: Int)?
        for input in inputs {
            guard let order = input.order else { continue }
            let last = order.rowCount - 1
            if let known = bound, !order.precedes(last, known.order, known.row) { continue }
            bound = (order, last)
        }
        return bound
    }

    /// The rows up to `bound`, in order.
    private func step(
        _ inputs: [Input], _ bound: (order: ColdOrder, row: Int), _ schema: Schema, _ keyIndices: [Int]
    ) throws -> ColumnBatch {
        var parts: [ColumnBatch] = []
        for input in inputs {
            guard let batch = input.batch, let order = input.order else { continue }
            let end = (input.position..<batch.rowCount).partitioningIndex { bound.order.precedes(bound.row, order, $0) }
            if end > input.position { parts.append(batch.slice(input.position..<end)) }
            input.take(upTo: end)
        }
        let columns = schema.fields.indices.map { index in
            // A column that an old file lacks is all NULL there; an absent list is an empty one.
            Column.concatenating(
                parts.map { part in
                    let column = part.columns[index]
                    guard case .constant(.null) = column.values, case .list = schema.fields[index].type else { return column }
                    return ColumnShape.conform(nil, from: nil, to: schema.fields[index].type.withoutIDs, rowCount: part.rowCount)
                }, type: schema.fields[index].type)
        }
        if parts.count == 1 { return ColumnBatch(rowCount: parts[0].rowCount, columns: columns) }
        let permutation = ColdOrder(keyIndices.map { columns[$0] }).permutation()
        return ColumnBatch(rowCount: permutation.count, columns: columns.map { $0.gathering(permutation) })
    }
}
