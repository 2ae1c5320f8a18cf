package import ColumnStore

/// An answer as a Parquet file, row group by row group. Names that come twice get a number, types that Parquet lacks become text.
package struct ParquetEncoder: ResultEncoder {
    private final class Sink: ByteSink {
        var bytes: [UInt8] = []
        func write(_ span: RawSpan) { span.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    }

    private let sink = Sink()
    private let writer: FileWriter
    private let columns: [ResultColumn]
    /// A cell is never made text here but of an interval: there is nothing to end within.
    package var cancellation: Cancellation?

    /// Row groups of an answer are small: they wait in memory until they are whole.
    private static let rowGroupByteCount = 32 << 20

    /// - Throws: `QueryError.unsupportedSQL` for a column that Parquet cannot hold.
    package init(columns: [ResultColumn]) throws {
        self.columns = columns
        var options = WriterOptions()
        options.rowGroupByteCount = Self.rowGroupByteCount
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

    private static func storable(_ type: ColumnType) -> ColumnType { type == .interval || type == .null ? .string : type }

    package mutating func begin(into buffer: inout [UInt8]) { take(&buffer) }

    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws {
        let stored = zip(batch.columns, columns).map { column, result -> Column in
            Self.storable(result.type) == result.type ? column : CellWriter.texts(of: column)
        }
        for column in stored { try FiniteMoments.check(column) }
        try writer.append(ColumnBatch(rowCount: batch.rowCount, columns: stored))
        take(&buffer)
    }

    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) throws {
        _ = try writer.finish()
        take(&buffer)
    }

    private func take(_ buffer: inout [UInt8]) {
        buffer.append(contentsOf: sink.bytes)
        sink.bytes.removeAll(keepingCapacity: true)
    }
}
