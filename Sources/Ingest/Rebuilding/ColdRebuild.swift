import ColumnStore

/// Writes a cold file anew with one column filled; everything else is taken over as it is, part by part as a merge does it.
///
/// A row group becomes a row group, with its rows in their order: the file is sorted as it was. The column is made first, from the documents;
/// the other columns are copied one after another, so that no more than one of them is in memory.
struct ColdRebuild {
    let table: ColdTable
    let file: DataFile
    let refill: ColumnRefill
    private let parquet: ParquetFile
    /// What `values` reads of each row, in this order; the first two tell whether a row needs the column.
    private static let keyPaths = ["type", "type_version", "received_at", "business_day"].map { ColumnPath($0) }
    /// Of documents that are read at a time.
    private static let batchByteCount = 8 << 20
    /// Of the column that is filled, of a row group: it is in memory until it is written. 4 KiB of each of 131,072 rows.
    private static let columnByteCountMax = 512 << 20

    init(_ file: DataFile, of table: ColdTable, _ refill: ColumnRefill) throws {
        self.table = table
        self.file = file
        self.refill = refill
        parquet = try table.open(file)
    }

    private var schema: Schema { table.iceberg.schema }

    /// Whether any row needs the column.
    func isNeeded(_ isCancelled: () -> Bool) throws -> Bool {
        let scan = try parquet.scan(ParquetScanRequest(projection: Array(Self.keyPaths.prefix(2)), schema: schema))
        for number in parquet.metadata.rowGroups.indices {
            let reader = try scan.reader(rowGroup: number)
            while let batch = try reader.next() {
                if isCancelled() { throw DayCompactor.Cancelled() }
                if try refill.isNeeded(types: batch.columns[0], versions: batch.columns[1]) { return true }
            }
        }
        return false
    }

    /// - Throws: `DayCompactor.Cancelled`; errors of files, damage of the file's among them. What was written is abandoned then.
    func write(to writer: ColdFileWriter, _ isCancelled: () -> Bool) throws -> [ColdFileWriter.Output] {
        do {
            for number in parquet.metadata.rowGroups.indices { try write(rowGroup: number, to: writer, isCancelled) }
            return try writer.finish()
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// The writer asks for the columns part by part, in its own order.
    private func write(rowGroup number: Int, to writer: ColdFileWriter, _ isCancelled: () -> Bool) throws {
        let filled = try values(rowGroup: number, isCancelled)
        let rowCount = filled.pieces.reduce(0) { $0 + $1.count }
        guard rowCount > 0, let place = schema.index(of: refill.field.name) else { return }
        try writer.appendRowGroup(rowCount: rowCount, day: filled.day) { part, take in
            if isCancelled() { throw DayCompactor.Cancelled() }
            guard part.path.names.first == refill.field.name else {
                return try copy(part, rowGroup: number, rowCount: rowCount, isCancelled, take)
            }
            var columns = schema.fields.map { Column.constant(.null, type: $0.type.withoutIDs, count: 0) }
            for piece in filled.pieces {
                columns[place] = piece
                try take(part.column(of: columns))
            }
        }
    }

    /// Takes a part over, a batch at a time, of which each is handed over before the next is read.
    private func copy(
        _ part: ColumnPart, rowGroup: Int, rowCount: Int, _ isCancelled: () -> Bool, _ take: (Column) throws(ColumnStoreError) -> Void
    ) throws {
        guard let entry = try ColumnShape([part.path], schema: schema).entries.first else { return }
        let request = try sized(ParquetScanRequest(projection: [part.path], schema: schema))
        let single = request.single
        let stream = MergeStream(try parquet.scan(request), [MergeStream.Segment(rowGroup: rowGroup, rows: 0..<rowCount)], type: entry.type) { [parquet] in try parquet.scan(single) }
        try ColdMend.copy(rowCount, of: stream, isCancelled, take)
    }

    /// With the usual rows a batch where they are ordinary ones, of large ones with as many as fit.
    private func sized(_ request: ParquetScanRequest) throws -> ParquetScanRequest {
        var request = request
        let rowByteCount = try parquet.scan(request).inflatedByteCountOfRow
        request.batchRowCount = max(1, min(ColumnBatch.targetRowCount, Self.batchByteCount / max(1, rowByteCount)))
        return request
    }

    /// The column of a row group, and the first row's day.
    private func values(rowGroup number: Int, _ isCancelled: () -> Bool) throws -> (pieces: [Column], day: Int32) {
        let paths = Self.keyPaths + [ColumnPath(refill.field.name), ColumnPath("document")]
        // Documents are read beside it.
        let request = try sized(ParquetScanRequest(projection: paths, schema: schema))
        let single = request.single
        let reader = try NarrowingReader(try parquet.scan(request), rowGroup: number, rows: 0..<Int(parquet.metadata.rowGroups[number].rowCount)) { [parquet] in try parquet.scan(single) }
        var pieces: [Column] = []
        var byteCount = 0
        var day: Int32?
        while let batch = try reader.next() {
            if isCancelled() { throw DayCompactor.Cancelled() }
            let columns = batch.columns
            if day == nil, case .integer(let first) = columns[3].value(at: 0) { day = Int32(clamping: first) }
            let present = Self.conformed(columns[4], to: refill.field.type)
            let filled = try refill.filled(present, types: columns[0], versions: columns[1], receivedAt: columns[2]) { row in
                guard case .bytes(let document) = columns[5].value(at: row) else { return nil }
                return document
            }
            let piece = filled ?? present
            byteCount = byteCount.addingSaturating(ColumnBatch(rowCount: piece.count, columns: [piece]).rowsByteCount)
            guard byteCount <= Self.columnByteCountMax else {
                let most = Self.columnByteCountMax >> 20
                throw ColumnStoreError(.overBudget, path: file.location, column: refill.field.name, "row group \(number) would have more than \(most) MiB of the column")
            }
            pieces.append(piece)
        }
        return (pieces, day ?? 0)
    }

    /// A column that an old file lacks is all NULL there; an absent list is an empty one.
    private static func conformed(_ column: Column, to type: ColumnType) -> Column {
        if case .constant(.null) = column.values { return ColumnShape.conform(nil, from: nil, to: type, rowCount: column.count) }
        return column.retyped(type)
    }
}
