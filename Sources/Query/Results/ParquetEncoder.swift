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

    package init(columns: [ResultColumn]) throws(ColumnStoreError) {
        self.columns = columns
        var seen: [String: Int] = [:]
        var fields: [Field] = []
        for column in columns {
            let count = seen[column.name, default: 0]
            seen[column.name] = count + 1
            let name = column.name.isEmpty ? "column" : column.name
            fields.append(Field(count == 0 ? name : "\(name)_\(count + 1)", Self.storable(column.type)))
        }
        writer = try FileWriter(Schema(fields), to: sink)
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
