import ColumnStore

/// Merges sorted files of a cold table into new ones, reading each once, a few thousand rows at a time.
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
    let isCancelled: () -> Bool

    /// An input and the rows of it that are in memory.
    private final class Input {
        private let scan: ParquetScan
        private var reader: RowGroupReader?
        private var nextRowGroup = 0
        private(set) var batch: ColumnBatch?
        private(set) var order: ColdOrder?
        var position = 0

        init(_ scan: ParquetScan) { self.scan = scan }

        /// Makes rows available; false at the end.
        func fill(_ keyIndices: [Int]) throws -> Bool {
            if let batch, position < batch.rowCount { return true }
            while true {
                if let next = try reader?.next() {
                    batch = next
                    order = ColdOrder(keyIndices.map { next.columns[$0] })
                    position = 0
                    return true
                }
                guard nextRowGroup < scan.rowGroups.count else {
                    (batch, order) = (nil, nil)
                    return false
                }
                reader = try scan.reader(rowGroup: scan.rowGroups[nextRowGroup])
                nextRowGroup += 1
            }
        }
    }

    func merge(_ files: [DataFile]) throws -> [ColdFileWriter.Output] {
        let schema = cold.iceberg.schema
        let keyIndices = ColdOrder.paths.compactMap { schema.index(of: $0.names[0]) }
        let batchRowCount = max(512, Self.windowRowCount / max(1, files.count))
        var inputs = try files.map { file in
            Input(
                try cold.open(file).scan(
                    ParquetScanRequest(
                        projection: schema.fields.map { ColumnPath($0.name) }, schema: schema, batchRowCount: batchRowCount)))
        }
        let isLarge = files.reduce(0) { $0 + $1.byteCount } >= Self.thoroughByteCountMin
        let writer = try ColdFileWriter(
            table: cold.iceberg, bloomPaths: bloomPaths, names: names, now: now, effort: isLarge ? .thorough : .quick)
        while true {
            if isCancelled() { throw DayCompactor.Cancelled() }
            inputs = try inputs.filter { try $0.fill(keyIndices) }
            guard !inputs.isEmpty else { break }
            try writer.append(try step(inputs, schema, keyIndices))
        }
        return try writer.finish()
    }

    /// The rows that are certainly next: up to the least of the inputs' last rows in memory.
    private func step(_ inputs: [Input], _ schema: Schema, _ keyIndices: [Int]) throws -> ColumnBatch {
        var bound: (order: ColdOrder, row: Int)?
        for input in inputs {
            guard let order = input.order else { continue }
            let last = order.rowCount - 1
            if let known = bound, !order.precedes(last, known.order, known.row) { continue }
            bound = (order, last)
        }
        guard let bound else { preconditionFailure("an input without rows") }
        var parts: [ColumnBatch] = []
        for input in inputs {
            guard let batch = input.batch, let order = input.order else { continue }
            let end = (input.position..<batch.rowCount).partitioningIndex { bound.order.precedes(bound.row, order, $0) }
            if end > input.position { parts.append(batch.slice(input.position..<end)) }
            input.position = end
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
