internal import ColumnStore
internal import Query

/// An answer as one Parquet file, written as its rows come.
enum ParquetAnswer {
    /// Row groups of a stream are small: they wait in memory until they are whole.
    private static let rowGroupByteCount = 32 << 20

    static func write(
        _ columns: [ResultColumn], first: ColumnBatch?, rest: ResultStream, to sink: (inout [UInt8]) throws -> Void
    ) throws {
        let buffer = BufferSink()
        let writer = try makeWriter(columns, buffer)
        var next = first
        while let batch = next {
            try writer.append(batch)
            try sink(&buffer.bytes)
            next = try rest.next()
        }
        _ = try writer.finish()
        try sink(&buffer.bytes)
    }

    private static func makeWriter(_ columns: [ResultColumn], _ sink: BufferSink) throws -> FileWriter {
        var options = WriterOptions()
        options.rowGroupByteCount = rowGroupByteCount
        do {
            return try FileWriter(schema(columns), options: options, to: sink)
        } catch {
            guard error.code == .invalidRequest || error.code == .unsupportedFeature else { throw error }
            throw QueryError(.unsupportedSQL, "the answer has a column that Parquet cannot hold: \(error.detail)")
        }
    }

    /// Names must differ in a file: a repeated one gets a number.
    private static func schema(_ columns: [ResultColumn]) -> Schema {
        var seen: Set<[UInt8]> = []
        return Schema(
            columns.map { column in
                var name = column.name
                var number = 1
                while !seen.insert(Array(name.utf8)).inserted {
                    number += 1
                    name = "\(column.name)_\(number)"
                }
                return Field(name, column.type == .null ? .string : column.type)
            })
    }

    private final class BufferSink: ByteSink {
        var bytes: [UInt8] = []
        func write(_ bytes: RawSpan) throws(ColumnStoreError) {
            bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
        }
    }
}
