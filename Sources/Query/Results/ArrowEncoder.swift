package import ColumnStore

/// An answer as a stream in Arrow's IPC format: a schema, batches, and a mark of its end, without which a reader knows that it was cut off.
///
/// What goes out: the schema with the first batch; for each batch the dictionaries that have changed, then the batch; at
/// the end, the mark. `docs/decisions/0044-arrow.md` says why.
///
/// Texts that come as codes into a dictionary go out so. Which columns those are the first batch says; another dictionary is sent in the last one's place.
package struct ArrowEncoder: ResultEncoder {
    /// Under names of which none comes twice.
    private let fields: [Field]
    private let compression: ArrowCompression?
    private let compressor: PageCompressor?
    /// The dictionary that readers have, by column; what is no key has none.
    private var dictionaries: [Int: DictionaryValues?] = [:]
    /// Whether the schema has gone out.
    private var hasBegun = false
    package var cancellation: Cancellation?

    /// A larger dictionary would be sent for a few rows of it: these go with entries of their own.
    private static let dictionaryByteCountMax = 1 << 20

    /// - Throws: `PageError` where the codec cannot be had.
    package init(columns: [ResultColumn], compression: ArrowCompression? = nil) throws {
        let names = ResultColumn.distinctNames(columns.map { $0.name.isEmpty ? "column" : $0.name })
        fields = zip(names, columns).map { Field($0, $1.type) }
        self.compression = compression
        compressor = try compression.map { try PageCompressor($0 == .zstd ? .zstd : .lz4Raw) }
    }

    /// Nothing: the schema depends on the first batch.
    package mutating func begin(into buffer: inout [UInt8]) {}

    /// - Parameter batch: nil of an answer without rows.
    private mutating func begin(with batch: ColumnBatch?, into buffer: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        for (place, column) in (batch?.columns ?? []).enumerated() where column.type == .string {
            if case .dictionary = column.values { dictionaries[place] = .some(nil) }
        }
        buffer.append(contentsOf: ArrowMessages.schema(fields, dictionaries: Dictionary(uniqueKeysWithValues: dictionaries.keys.map { ($0, Int64($0)) })))
    }

    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws {
        begin(with: batch, into: &buffer)
        var body = ArrowBody(rowCount: batch.rowCount, compression, compressor)
        for (place, column) in batch.columns.enumerated() {
            guard let known = dictionaries[place] else {
                try FiniteMoments.check(column)
                try body.append(column)
                continue
            }
            let (codes, values, validity) = Self.codes(of: column)
            // By identity: batches of one row group share their dictionary.
            if known !== values {
                dictionaries[place] = .some(values)
                var entries = ArrowBody(rowCount: values.count, compression, compressor)
                try entries.append(values.values)
                buffer.append(contentsOf: ArrowMessages.dictionaryBatch(Int64(place), entries))
                buffer.append(contentsOf: entries.bytes)
            }
            try body.append(codes: codes, validity: validity)
        }
        buffer.append(contentsOf: ArrowMessages.recordBatch(body))
        buffer.append(contentsOf: body.bytes)
        try cancellation?.check()
    }

    /// Values that have no dictionary, or too large a one, are their own.
    private static func codes(of column: Column) -> ([UInt32], DictionaryValues, Bitmap?) {
        if case .dictionary(let codes, let values) = column.values, values.values.flatByteCountBound <= dictionaryByteCountMax {
            return (codes, values, column.validity)
        }
        let flat = column.flattened()
        var texts = ByteArrays()
        if case .bytes(let arrays) = flat.values { texts = arrays }
        let values = DictionaryValues(values: Column(type: column.type, count: texts.count, values: .bytes(texts)))
        // Codes 0, 1, … into the rows' own texts.
        return ((0..<UInt32(truncatingIfNeeded: flat.count)).map { $0 }, values, flat.validity)
    }

    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) {
        begin(with: nil, into: &buffer)
        buffer.append(contentsOf: ArrowMessages.end)
    }
}
