/// Writes an Avro object container file block by block to a sink: no more than one block is held.
///
/// For one file and one thread. The order of calls is `init`, any number of `append`, `finish`; without `finish` the last block is missing.
/// The bytes follow from the arguments alone.
struct AvroFileWriter {
    /// The caller's, who commits it or gives it up.
    private let sink: any ByteSink
    /// Any 16 bytes will do, as long as all blocks of the file end in the same.
    private let sync: [UInt8]
    private var records = AvroEncoder()
    /// Of the records in `records`, which no block has yet.
    private var recordCount: Int64 = 0

    /// A block this long compresses as well as a longer one.
    private static let blockByteCount = 1 << 18

    /// - Parameter metadata: header entries besides the schema and the codec, in order.
    /// - Parameter schema: JSON, of a record.
    init(
        sink: any ByteSink, schema: String, metadata: KeyValuePairs<String, String>
    ) throws(ColumnStoreError) {
        self.sink = sink
        sync = Array(SHA256.hash(Array(schema.utf8))[..<16])
        var header = AvroEncoder()
        // The header is a map of bytes by strings: one block of all entries, and the 0 that ends it.
        header.long(Int64(metadata.count + 2))
        header.string("avro.schema")
        header.string(schema)
        // Some readers refuse a file that leaves the codec out.
        header.string("avro.codec")
        header.string("deflate")
        for (key, value) in metadata {
            header.string(key)
            header.string(value)
        }
        header.long(0)
        // "Obj" and the version of the container.
        try sink.write([0x4F, 0x62, 0x6A, 1])
        try sink.write(header.bytes)
        try sink.write(sync)
    }

    /// - Parameter encode: appends one record, complete.
    mutating func append(_ encode: (inout AvroEncoder) -> Void) throws(ColumnStoreError) {
        encode(&records)
        recordCount += 1
        if records.bytes.count >= Self.blockByteCount { try flush() }
    }

    /// Writes the last block. The sink is the caller's to commit.
    mutating func finish() throws(ColumnStoreError) {
        try flush()
    }

    private mutating func flush() throws(ColumnStoreError) {
        guard recordCount > 0 else { return }
        let body = AvroDeflate.compress(records.bytes)
        var head = AvroEncoder()
        head.long(recordCount)
        head.long(Int64(body.count))
        try sink.write(head.bytes)
        try sink.write(body)
        try sink.write(sync)
        records.removeAll()
        recordCount = 0
    }
}
