// A Parquet file (parquet-format README, "File format"):
//   "PAR1", row groups of column chunks of pages, bloom filters after their row group, what is written aside, column indexes, offset indexes,
//   footer (FileMetaData), its length in 4 bytes, "PAR1"

/// Writes batches as a Parquet file. Holds one row group in memory, and of earlier ones only what the footer says of them.
///
/// One owner on one thread. After an error the file is of no use, and the writer takes no more.
///
/// Invariants:
/// 1. `offset` bytes are in the sink.
/// 2. `rowGroups`, `columnIndexes` and `offsetIndexes` are equally many; within each there is one element for each leaf, in the file's order.
public final class FileWriter {
    public let schema: Schema
    private let options: WriterOptions
    private let sink: any ByteSink
    let writerSchema: WriterSchema
    let rowGroup: RowGroupWriter
    private var offset: Int64 = 0
    private var state = State.open

    private var rowGroups: [RowGroupMetadata] = []
    private var columnIndexes: [[ColumnIndex?]] = []
    private var offsetIndexes: [[OffsetIndex]] = []
    /// What `finish` hands out of each leaf, summed up row group by row group.
    private var summaries: [WrittenFile.Leaf]
    private var rowCount: Int64 = 0

    private enum State { case open, failed, finished }

    /// - Throws: `.invalidRequest` for a schema that no file can hold, a sort key that is no leaf outside lists, or pages or row groups of no
    ///   rows; what the sink throws.
    public init(_ schema: Schema, options: WriterOptions = WriterOptions(), to sink: any ByteSink) throws(ColumnStoreError) {
        self.schema = schema
        self.options = options
        self.sink = sink
        guard options.pageRowCount > 0, options.pageByteCount > 0, options.rowGroupRowCount > 0 else {
            throw ColumnStoreError(.invalidRequest, "a page and a row group have at least one row and one byte")
        }
        writerSchema = try WriterSchema(schema)
        rowGroup = try RowGroupWriter(writerSchema, options: options)
        summaries = writerSchema.leaves.map { WrittenFile.Leaf($0) }
        for key in options.sorting { _ = try Self.leafIndex(key.path, writerSchema) }
        try write(Self.magic)
    }

    private static let magic = Array("PAR1".utf8)

    private static func leafIndex(_ path: ColumnPath, _ schema: WriterSchema) throws(ColumnStoreError) -> Int32 {
        guard let index = schema.leaves.firstIndex(where: { $0.path == path && $0.repetitionLevelMax == 0 }) else {
            throw ColumnStoreError(.invalidRequest, column: path.description, "no column to sort by")
        }
        return Int32(index)
    }

    /// Appends rows; the batch's columns are those of the schema, in its order.
    ///
    /// - Throws: `.invalidRequest` when they are not, or a value doesn't fit its column; what the sink throws.
    public func append(_ batch: ColumnBatch) throws(ColumnStoreError) {
        guard batch.columns.count == schema.fields.count else {
            throw ColumnStoreError(
                .invalidRequest, "a batch of \(batch.columns.count) columns for a file of \(schema.fields.count)")
        }
        try guarded { () throws(ColumnStoreError) in
            var start = 0
            while start < batch.rowCount {
                // Small steps, so that neither limit is passed by more than one of them.
                let count = min(
                    batch.rowCount - start, ColumnBatch.targetRowCount, options.rowGroupRowCount - rowGroup.rowCount, rowGroup.pageRestRowCount)
                let isWhole = count == batch.rowCount
                let part = isWhole ? batch.columns : batch.columns.map { $0.slice(start..<start + count) }
                try rowGroup.append(ColumnBatch(rowCount: count, columns: part))
                start += count
                // Either limit ends the row group: it is written before the rest of the batch is taken.
                if rowGroup.rowCount >= options.rowGroupRowCount || rowGroup.byteCount >= options.rowGroupByteCount {
                    try flushRowGroup()
                }
            }
        }
    }

    /// Ends the row group here, where a reader should be able to skip.
    ///
    /// - Throws: what the sink throws. Without rows it does nothing.
    public func finishRowGroup() throws(ColumnStoreError) {
        try guarded { () throws(ColumnStoreError) in try flushRowGroup() }
    }

    /// About the bytes that the unfinished row group takes in memory, as values and as encoded pages.
    public var heldByteCount: Int { rowGroup.byteCount }
    /// Bytes in the sink so far.
    public var writtenByteCount: Int64 { offset }

    /// Writes bytes that are of no row group, after those that were written so far. Readers go by the footer, and pass them over unless a key of it tells where they lie.
    ///
    /// - Returns: where they lie in the file.
    /// - Throws: what the sink throws.
    public func append(aside bytes: [UInt8]) throws(ColumnStoreError) -> Range<Int64> {
        var range: Range<Int64> = 0..<0
        try guarded { () throws(ColumnStoreError) in
            try flushRowGroup()
            let start = offset
            try write(bytes)
            range = start..<offset
        }
        return range
    }

    /// Writes the rest, the indexes and the footer. The sink is the caller's to commit.
    ///
    /// - Parameter keyValues: of the footer, besides those of the options.
    ///
    /// - Returns: the facts of the file that a table's manifest has: sizes, counts, bounds.
    /// - Throws: what the sink throws. The writer takes nothing more afterwards, whatever came of it.
    public func finish(keyValues: [KeyValue] = []) throws(ColumnStoreError) -> WrittenFile {
        let keyValues = options.keyValues + keyValues
        try guarded { () throws(ColumnStoreError) in
            try flushRowGroup()
            try writeIndexes()
        }
        let metadata = FileMetadata(
            version: 2, schema: writerSchema.elements, rowCount: rowCount, rowGroups: rowGroups,
            keyValues: keyValues.isEmpty ? nil : keyValues, createdBy: options.createdBy,
            columnOrders: writerSchema.leaves.map { _ in .typeDefined })
        try guarded { () throws(ColumnStoreError) in
            var footer = metadata.serialized()
            footer.append(littleEndian: UInt32(footer.count))
            footer.append(contentsOf: Self.magic)
            try write(footer)
        }
        state = .finished
        return WrittenFile(
            rowCount: rowCount, byteCount: offset, rowGroupOffsets: rowGroups.map { $0.fileOffset ?? 4 },
            leaves: summaries, metadata: metadata)
    }

    /// Runs a step of the file, which is of no use any more once one has failed.
    func attempt(_ body: () throws -> Void) throws {
        try checkOpen()
        try orFailed(body)
    }

    private func guarded(_ body: () throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        try checkOpen()
        try orFailed(body)
    }

    private func checkOpen() throws(ColumnStoreError) {
        guard case .open = state else { throw ColumnStoreError(.invalidRequest, "the file is finished, or an error ended it") }
    }

    private func orFailed<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        do throws(Failure) {
            try body()
        } catch {
            state = .failed
            throw error
        }
    }

    private func write(_ bytes: [UInt8]) throws(ColumnStoreError) {
        try sink.write(bytes)
        offset += Int64(bytes.count)
    }

    // MARK: Row groups

    /// Encodes and writes the row group in the making, if it has rows.
    func flushRowGroup() throws(ColumnStoreError) {
        guard rowGroup.rowCount > 0 else { return }
        try rowGroup.finish()
        var chunks = OpenChunks(start: offset)
        for column in rowGroup.columns { try write(column, &chunks) }
        try finish(chunks, rowCount: Int64(rowGroup.rowCount))
        rowGroup.reset()
    }

    /// The chunks of a row group whose pages are in the file.
    struct OpenChunks {
        let start: Int64
        fileprivate var chunks: [ColumnChunk] = []
        fileprivate var columnIndexes: [ColumnIndex?] = []
        fileprivate var offsetIndexes: [OffsetIndex] = []
        fileprivate var filters: [BloomFilter?] = []

        /// - Parameter start: where the row group begins in the file.
        init(start: Int64) { self.start = start }

        var count: Int { chunks.count }
    }

    /// Begins a row group whose chunks come one by one.
    func beginChunks() -> OpenChunks { OpenChunks(start: offset) }

    /// Writes the pages of the row group's next column, which are made.
    func write(_ column: ColumnChunkWriter, _ open: inout OpenChunks) throws(ColumnStoreError) {
        // Everything is asked of the column before `reset` or `release` lets go of its pages.
        let metadata = column.metadata(at: offset, codec: options.codec)
        open.offsetIndexes.append(column.offsetIndex(at: metadata.dataPageOffset))
        open.columnIndexes.append(column.columnIndex())
        open.filters.append(column.bloomFilter())
        summaries[open.chunks.count].add(column, metadata)
        if let page = column.dictionaryPage { try write(page.bytes) }
        for page in column.pages { try write(page.bytes) }
        // Readers of long ago look for the metadata at this offset; 0 says that it is in the footer alone.
        open.chunks.append(ColumnChunk(fileOffset: 0, metadata: metadata))
    }

    /// Ends a row group, all of whose chunks are written.
    func finish(_ open: OpenChunks, rowCount: Int64) throws(ColumnStoreError) {
        // Filters follow the pages of all chunks: between row groups, one of the places that BloomFilter.md (parquet-format) names.
        let end = offset
        var chunks = open.chunks
        for (index, filter) in open.filters.enumerated() {
            guard let bits = filter?.bytes else { continue }
            let header = BloomFilterHeader(byteCount: Int32(bits.count)).serialized()
            chunks[index].metadata?.bloomFilterOffset = offset
            chunks[index].metadata?.bloomFilterByteCount = Int32(header.count + bits.count)
            try write(header)
            try write(bits)
        }
        try addRowGroup(chunks, open.start..<end, rowCount: rowCount)
        columnIndexes.append(open.columnIndexes)
        offsetIndexes.append(open.offsetIndexes)
    }

    /// - Parameter range: of the pages, without filters.
    private func addRowGroup(_ chunks: [ColumnChunk], _ range: Range<Int64>, rowCount: Int64) throws(ColumnStoreError) {
        var sorting: [SortingColumn] = []
        for key in options.sorting {
            sorting.append(
                SortingColumn(
                    columnIndex: try Self.leafIndex(key.path, writerSchema), isDescending: key.isDescending,
                    isNullsFirst: key.isNullsFirst))
        }
        rowGroups.append(
            RowGroupMetadata(
                columns: chunks, totalByteCount: chunks.reduce(0) { $0 + ($1.metadata?.totalUncompressedByteCount ?? 0) },
                rowCount: rowCount, sortingColumns: sorting.isEmpty ? nil : sorting, fileOffset: range.lowerBound,
                totalCompressedByteCount: range.upperBound - range.lowerBound, ordinal: Int16(exactly: rowGroups.count)))
        self.rowCount += rowCount
    }

    /// Appends a row group of another file as it stands there; what was appended before ends its own.
    ///
    /// - Throws: what reading the other file, or the sink, throws.
    ///
    /// - Precondition: the copy is of a file of this writer's schema and options (`RowGroupCopy.init`).
    public func append(copying group: RowGroupCopy) throws(ColumnStoreError) {
        try guarded { () throws(ColumnStoreError) in
            try flushRowGroup()
            let start = offset
            var chunks: [ColumnChunk] = []
            var offsetIndexes: [OffsetIndex] = []
            for (index, chunk) in group.chunks.enumerated() {
                // The chunk's pages keep their distances from each other: all its offsets move alike.
                let shift = offset - chunk.range.lowerBound
                var metadata = chunk.metadata
                metadata.dataPageOffset += shift
                metadata.dictionaryPageOffset = metadata.dictionaryPageOffset.map { $0 + shift }
                var offsetIndex = chunk.offsetIndex
                for page in offsetIndex.pageLocations.indices { offsetIndex.pageLocations[page].offset += shift }
                offsetIndexes.append(offsetIndex)
                summaries[index].add(chunk)
                try copy(chunk.range, of: group.file)
                chunks.append(ColumnChunk(fileOffset: 0, metadata: metadata))
            }
            let end = offset
            for (index, chunk) in group.chunks.enumerated() {
                guard let range = chunk.bloomFilter else { continue }
                chunks[index].metadata?.bloomFilterOffset = offset
                try copy(range, of: group.file)
            }
            try addRowGroup(chunks, start..<end, rowCount: group.rowCount)
            columnIndexes.append(group.chunks.map(\.columnIndex))
            self.offsetIndexes.append(offsetIndexes)
        }
    }

    private static let copyByteCount: Int64 = 1 << 20

    /// Copies bytes in steps of 1 MiB, of which the next is fetched while one is written.
    private func copy(_ range: Range<Int64>, of file: any RandomAccessBytes) throws(ColumnStoreError) {
        var start = range.lowerBound
        while start < range.upperBound {
            let count = min(range.upperBound - start, Self.copyByteCount)
            let region = try file.region(at: start, count: Int(count))
            // Fetched while these are written.
            file.expect((start + count)..<min(range.upperBound, start + count + Self.copyByteCount))
            try sink.write(region.bytes.bytes)
            withExtendedLifetime(region) {}
            start += count
            offset += count
        }
    }

    /// All indexes of one kind lie together before the footer, so that one read can take those of several columns.
    private func writeIndexes() throws(ColumnStoreError) {
        for group in rowGroups.indices {
            for column in rowGroups[group].columns.indices {
                guard let bytes = columnIndexes[group][column]?.serialized() else { continue }
                rowGroups[group].columns[column].columnIndexOffset = offset
                rowGroups[group].columns[column].columnIndexByteCount = Int32(bytes.count)
                try write(bytes)
            }
        }
        for group in rowGroups.indices {
            for column in rowGroups[group].columns.indices {
                let bytes = offsetIndexes[group][column].serialized()
                rowGroups[group].columns[column].offsetIndexOffset = offset
                rowGroups[group].columns[column].offsetIndexByteCount = Int32(bytes.count)
                try write(bytes)
            }
        }
    }
}
