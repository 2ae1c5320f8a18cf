package import ColumnStore

/// An answer as a Parquet file, row group by row group. Names that come twice get a number, types that Parquet lacks become text.
///
/// The writer holds the row group in the making, the sink what it has written since the buffer was last filled; both are
/// charged to the query.
package struct ParquetEncoder: ResultEncoder {
    /// Bytes that the writer has put out and nobody has taken yet.
    private final class Sink: ByteSink {
        var bytes: [UInt8] = []
        func write(_ span: RawSpan) { span.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    }

    private let sink = Sink()
    private let writer: FileWriter
    private let columns: [ResultColumn]
    /// A cell is never made text here but of an interval: there is nothing to end within.
    package var cancellation: Cancellation?

    /// What is held of the query's memory for the row group in the making; nil where nobody counts.
    private var share: MemoryShare?

    /// Row groups of an answer are small: they wait in memory until they are whole.
    private static let rowGroupByteCount = 16 << 20
    /// Of a row group that is ended early, since memory is short: less would be all header.
    private static let smallRowGroupByteCount = 1 << 20
    /// Of a column's texts: what repeats less is not kept as a dictionary, which would be there beside its rows.
    private static let dictionaryByteCount = 1 << 20
    /// Texts that are this long in all become pages at once.
    private static let bulkyByteCount = 2 << 20
    /// Beside the values themselves: arrays that have grown by doubling, tables of dictionaries, and the pages that are made of them.
    private static let heldForEachByte = 4

    /// - Throws: `QueryError.unsupportedSQL` for a column that Parquet cannot hold.
    package init(columns: [ResultColumn]) throws {
        self.columns = columns
        var options = WriterOptions()
        options.rowGroupByteCount = Self.rowGroupByteCount
        (options.dictionaryByteCount, options.bulkyByteCount) = (Self.dictionaryByteCount, Self.bulkyByteCount)
        do {
            writer = try FileWriter(Self.schema(columns), options: options, to: sink)
        } catch {
            guard error.code == .invalidRequest || error.code == .unsupportedFeature else { throw error }
            throw QueryError(.unsupportedSQL, "the answer has a column that Parquet cannot hold: \(error.detail)")
        }
    }

    private static func schema(_ columns: [ResultColumn]) -> Schema {
        let names = ResultColumn.distinctNames(columns.map { $0.name.isEmpty ? "column" : $0.name })
        return Schema(zip(names, columns).map { Field($0, storable($1.type)) })
    }

    /// INTERVAL and what has no type go out as text.
    private static func storable(_ type: ColumnType) -> ColumnType { type == .interval || type == .null ? .string : type }

    package mutating func begin(into buffer: inout [UInt8]) { take(&buffer) }

    /// - Throws: `QueryError` data-error for an infinite date or time; `ColumnStoreError` of the writer.
    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws {
        let stored = zip(batch.columns, columns).map { column, result -> Column in
            Self.storable(result.type) == result.type ? column : CellWriter.texts(of: column)
        }
        for column in stored { try FiniteMoments.check(column) }
        let rows = ColumnBatch(rowCount: batch.rowCount, columns: stored)
        try makeRoom(rows, &buffer)
        try writer.append(rows)
        take(&buffer)
        hold(buffer)
    }

    package mutating func serve(_ stream: ResultStream) {
        cancellation = stream.cancellation
        share = stream.memory.map { MemoryShare($0) }
    }

    /// Asks for the memory of the next rows before they are taken; without it the row group ends here, and the next one begins with less.
    private func makeRoom(_ rows: ColumnBatch, _ buffer: inout [UInt8]) throws {
        guard let share else { return }
        let byteCount = rows.columns.reduce(0) { $0 + $1.flatByteCountBound }
        func wanted() -> Int { Self.heldForEachByte * (writer.heldByteCount + byteCount) + buffer.count }
        if share.resize(to: wanted()) { return }
        if writer.heldByteCount >= Self.smallRowGroupByteCount {
            try writer.finishRowGroup()
            take(&buffer)
        }
        // Rows that are here have to go somewhere: operators that ask from now on hear no.
        if !share.resize(to: wanted()) { share.force(to: wanted()) }
    }

    /// What was asked for and not taken is given back; what is on its way to the reader counts until the next rows come.
    private func hold(_ buffer: [UInt8]) { share?.force(to: Self.heldForEachByte * writer.heldByteCount + buffer.count) }

    /// Writes the last row group and the footer.
    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) throws {
        _ = try writer.finish()
        take(&buffer)
        hold(buffer)
    }

    /// Moves what the writer has put out into the caller's buffer.
    private func take(_ buffer: inout [UInt8]) {
        // Without a copy where nothing waits: a row group would be there twice.
        if buffer.isEmpty { return swap(&buffer, &sink.bytes) }
        buffer.append(contentsOf: sink.bytes)
        sink.bytes = []
    }
}
