import ColumnStore
import Query

/// Writes the rows of a sealed hot file as sorted Parquet files of their cold tables.
///
/// Rows are taken in runs that fit in memory, each sorted by itself; merging brings runs together later.
struct DayCompactor {
    /// A run ends when its documents and columns take so much.
    static let runByteCountMax = 48 << 20
    static let runRowCountMax = 131_072

    let file: HotFile
    let bloomPaths: @Sendable (String) -> Set<ColumnPath>
    let names: ULIDGenerator
    let now: Int64
    /// Asked between pieces: whether to give up, since the store closes.
    let isCancelled: @Sendable () -> Bool

    struct Cancelled: Error {}

    /// - Returns: the files written, durable but in no table yet, and how many rows they hold.
    func write(_ name: String, into table: Table) throws -> (outputs: [ColdFileWriter.Output], rowCount: Int) {
        // Every row of the file is committed: no sequence bounds it.
        let snapshot = TierBoundary.Snapshot(files: [file], sequence: .max)
        let schema = Schema(table.schema.fields.map(\.withoutIDs))
        let hot = HotTable(table: name, snapshot: snapshot, schema: schema)
        let filter = try HotRowFilter(ScanRequest(projection: schema.fields.map { ColumnPath($0.name) }), schema: schema)
        let expectedRowCount = file.allTails.first { $0.table == name }?.rowCount ?? 0
        var outputs: [ColdFileWriter.Output] = []
        var rowCount = 0
        var run: [ColumnBatch] = []
        var (runRows, runBytes) = (0, 0)
        func flush() throws {
            guard runRows > 0 else { return }
            outputs += try write(run, schema, name, table)
            rowCount += runRows
            (run, runRows, runBytes) = ([], 0, 0)
        }
        for piece in try hot.pieces(filter) {
            let morsel = try HotMorsel(piece, filter: filter, sequence: .max, budget: nil)
            while let batch = try morsel.next() {
                if isCancelled() { throw Cancelled() }
                // A batch may hold thousands of large documents: the run is cut within it.
                run.append(batch)
                runRows += batch.rowCount
                runBytes += Self.byteCount(batch)
                guard runRows >= Self.runRowCountMax || runBytes >= Self.runByteCountMax else { continue }
                // The last run takes a small rest along: no file of a few hundred rows.
                let isNearEnd = expectedRowCount - rowCount - runRows <= runRows / 4
                if !isNearEnd || runBytes >= Self.runByteCountMax / 2 * 3 { try flush() }
            }
        }
        try flush()
        return (outputs, rowCount)
    }

    private func write(
        _ run: [ColumnBatch], _ schema: Schema, _ name: String, _ table: Table
    ) throws -> [ColdFileWriter.Output] {
        let columns = schema.fields.indices.map { index in
            Column.concatenating(run.map { $0.columns[index] }, type: schema.fields[index].type)
        }
        let order = ColdOrder(ColdOrder.paths.compactMap { path in schema.index(of: path.names[0]).map { columns[$0] } })
        let permutation = order.permutation()
        let writer = try ColdFileWriter(table: table, bloomPaths: bloomPaths(name), names: names, now: now, effort: .quick)
        for start in stride(from: 0, to: permutation.count, by: ColumnBatch.targetRowCount) {
            if isCancelled() { throw Cancelled() }
            let part = Array(permutation[start..<min(start + ColumnBatch.targetRowCount, permutation.count)])
            try writer.append(ColumnBatch(rowCount: part.count, columns: columns.map { $0.gathering(part) }))
        }
        return try writer.finish()
    }

    private static func byteCount(_ batch: ColumnBatch) -> Int {
        func size(_ column: Column) -> Int {
            switch column.values {
            case .bytes(let arrays): arrays.bytes.count
            case .list(_, let element): size(element)
            case .structure(let members): members.reduce(0) { $0 + size($1) }
            default: column.count * 8
            }
        }
        return batch.columns.reduce(0) { $0 + size($1) }
    }
}
