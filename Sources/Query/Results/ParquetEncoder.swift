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
        // Names differ by bytes, and a numbered name may be another column's own.
        var seen: Set<[UInt8]> = []
        return Schema(
            columns.map { column in
                let stem = column.name.isEmpty ? "column" : column.name
                var name = stem
                var number = 1
                while !seen.insert(Array(name.utf8)).inserted {
                    number += 1
                    name = "\(stem)_\(number)"
                }
                return Field(name, storable(column.type))
            })
    }

    private static func storable(_ type: ColumnType) -> ColumnType { type == .interval || type == .null ? .string : type }

    package mutating func begin(into buffer: inout [UInt8]) { take(&buffer) }

    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws {
        let stored = zip(batch.columns, columns).map { column, result -> Column in
            Self.storable(result.type) == result.type ? column : TextCastKernels.text(of: column, zone: .utc)
        }
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
