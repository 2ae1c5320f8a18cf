import ColumnStore
import Query

/// Writes the rows of a sealed hot file as sorted Parquet files of their cold tables.
///
/// Rows are taken in runs that fit in memory, each sorted by itself; merging brings runs together later.
///
/// 1. A tail's pieces give batches of about 12 MiB of documents (`HotFile.batchRowCount`), each split into newest and old rows.
/// 2. Batches gather until a run is full: 48 MiB or 131,072 rows.
/// 3. A run is put in the order of `ColdOrder` and written column by column, a row group for each year in it.
///
/// Memory: two runs at most, and the columns of one while they are put in order, but for its documents, which lie in its batches until they are written (`RunColumns`).
struct DayCompactor {
    /// A run ends when its documents and columns take so much.
    static let runByteCountMax = 48 << 20
    static let runRowCountMax = 131_072
    /// Of documents that are read at a time.
    private static let batchByteCount = 12 << 20

    let file: HotFile
    let bloomPaths: @Sendable (String) -> Set<ColumnPath>
    let names: ULIDGenerator
    let now: Int64
    /// What came after rows of versioned tables, by table.
    var superseded: [String: SupersededRows] = [:]
    /// Files that stay hot, as far as is known.
    var others: [HotFile] = []
    /// Asked between pieces: whether to give up, since the store closes.
    let isCancelled: @Sendable () -> Bool

    /// The store closes, or its caller wants it no more. Never counted as a failure.
    struct Cancelled: Error {}

    /// What was written of one table: files, durable but in no table yet.
    struct Written {
        var outputs: [ColdFileWriter.Output] = []
        var rowCount = 0
        /// What the files say of superseded rows.
        var settled: [SupersededRow] = []
    }

    /// Rows that wait to be sorted and written together.
    private struct Run {
        var batches: [ColumnBatch] = []
        var rowCount = 0
        var byteCount = 0

        mutating func append(_ batch: ColumnBatch) {
            batches.append(batch)
            rowCount += batch.rowCount
            byteCount += DayCompactor.byteCount(batch)
        }

        var isFull: Bool { rowCount >= runRowCountMax || byteCount >= runByteCountMax }
    }

    /// - Parameter name: of the table, as it is stored.
    /// - Throws: after everything that was written was removed.
    func write(_ name: String, into table: Table) throws -> Written {
        // Every row of the file is committed: no sequence bounds it.
        let snapshot = TierBoundary.Snapshot(files: [file], sequence: .max)
        let schema = Schema(table.schema.fields.map(\.withoutIDs))
        let hot = HotTable(table: name, snapshot: snapshot, schema: schema)
        var filter = try HotRowFilter(ScanRequest(projection: schema.fields.map { ColumnPath($0.name) }), schema: schema)
        let expectedRowCount = file.allTails.first { $0.table == name }?.rowCount ?? 0
        let split = VersionSplit(name, schema, superseded[name] ?? SupersededRows(), hot: others)
        var written = Written()
        // Old versions lie in files of their own, which those who ask for the newest leave out.
        var (present, past) = (Run(), Run())
        func flush(_ run: inout Run) throws {
            guard run.rowCount > 0 else { return }
            written.rowCount += run.rowCount
            written.outputs += try write(&run.batches, schema, name, table)
            run = Run()
        }
        do {
            for piece in try hot.pieces(filter) {
                let bounds = piece.bounds
                filter.batchRowCount = try bounds.firstRow <= bounds.lastRow
                    ? file.batchRowCount(bounds.firstRow...bounds.lastRow, documentByteCount: Self.batchByteCount) : ColumnBatch.targetRowCount
                let morsel = try HotMorsel(piece, filter: filter, sequence: .max, budget: nil)
                while let batch = try morsel.next() {
                    if isCancelled() { throw Cancelled() }
                    let parts = split.parts(batch)
                    written.settled += parts.settled
                    if let old = parts.past { past.append(old) }
                    if past.isFull { try flush(&past) }
                    guard let new = parts.present else { continue }
                    present.append(new)
                    guard present.isFull else { continue }
                    // The last run takes a small rest along: no file of a few hundred rows.
                    // At most a quarter of a run is taken along, up to half as many bytes again.
                    let isNearEnd = expectedRowCount - written.rowCount - present.rowCount <= present.rowCount / 4
                    if !isNearEnd || present.byteCount >= Self.runByteCountMax / 2 * 3 { try flush(&present) }
                }
            }
            try flush(&present)
            try flush(&past)
            return written
        } catch {
            ColdFileWriter.discard(written.outputs, table)
            throw error
        }
    }

    /// Writes a run in order, column by column; its batches are gone afterwards.
    ///
    /// Years lie in files of their own, so a row group ends where one does.
    private func write(
        _ run: inout [ColumnBatch], _ schema: Schema, _ name: String, _ table: Table
    ) throws -> [ColdFileWriter.Output] {
        let columns = RunColumns(run, schema)
        run = []
        let order = ColdOrder(ColdOrder.paths.compactMap { path in schema.index(of: path.names[0]).map(columns.whole) })
        let permutation = order.permutation()
        let writer = try ColdFileWriter(table: table, bloomPaths: bloomPaths(name), names: names, now: now, effort: .brief)
        do {
            var start = 0
            while start < permutation.count {
                let day = order.days[Int(permutation[start])]
                let year = CompactionPicker.year(day)
                let end = (start..<permutation.count).partitioningIndex { CompactionPicker.year(order.days[Int(permutation[$0])]) > year }
                try writer.appendRowGroup(rowCount: end - start, day: day) { part, take in
                    if isCancelled() { throw Cancelled() }
                    try columns.take(part, permutation[start..<end], take)
                }
                start = end
            }
            return try writer.finish()
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Of what columns hold, roughly: bytes of texts, eight for each other value.
    fileprivate static func byteCount(_ batch: ColumnBatch) -> Int {
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
