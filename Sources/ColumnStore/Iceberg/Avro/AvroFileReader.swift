// Avro object container file: "Obj" 1, header map of bytes, 16-byte sync marker, then blocks of
// (long count, long size, bytes, sync marker).

/// The blocks of an Avro file, one after another.
///
/// Made for a file that is in memory as a whole; `nextBlock` hands out one block after another, each with a decoder of its own. The reader
/// keeps no decompressed block.
package struct AvroFileReader {
    /// The header's entries besides the codec and the schema.
    let metadata: [String: [UInt8]]
    package let type: AvroType
    /// "null" where the header has none, as the specification says.
    private let codec: String
    /// What follows each block: another file's bytes, or a wrong size, are found by it.
    private let sync: ArraySlice<UInt8>
    /// Stands after the last block that was handed out.
    private var decoder: AvroDecoder

    /// Of a header: manifests have a handful, and each costs many times its bytes.
    private static let entryCountMax = 1_000

    /// Largest block after decompression: a manifest of a million entries in one block.
    static let blockByteCountMax = 1 << 29

    /// - Throws: `.notAvro` for other first bytes, `.badHeader` and `.badSchema` for a header without a usable schema, `.truncated` for one that
    ///   does not end. A codec that is not known is refused with the first block only.
    package init(bytes: [UInt8]) throws(AvroFault) {
        guard bytes.count >= 4, bytes[0] == 0x4F, bytes[1] == 0x62, bytes[2] == 0x6A, bytes[3] == 1 else {
            throw .notAvro
        }
        decoder = AvroDecoder(bytes: bytes, range: 4..<bytes.count)
        var metadata: [String: [UInt8]] = [:]
        while case let count = try decoder.blockItemCount(), count > 0 {
            for _ in 0..<count {
                let key = try decoder.string()
                metadata[key] = try decoder.byteArray()
                guard metadata.count <= Self.entryCountMax else { throw .badHeader("more than \(Self.entryCountMax) entries") }
            }
        }
        guard let schema = metadata["avro.schema"] else { throw .badHeader("no avro.schema") }
        type = try AvroType(parsing: schema)
        codec = metadata["avro.codec"].map { String(decoding: $0, as: UTF8.self) } ?? "null"
        self.metadata = metadata
        let start = decoder.offset
        try decoder.skip(byteCount: 16)
        sync = bytes[start..<start + 16]
    }

    /// The fields of the file's records.
    package func recordFields() throws(AvroFault) -> [AvroField] {
        guard case .record(let fields) = type else { throw .badSchema("the file's type is no record") }
        return fields
    }

    /// The next block's records; nil at the end of the file.
    ///
    /// - Throws: `.badSync`, `.unknownCodec`, `.badCompression`, `.truncated`, and `.outOfRange` for more records than there are bytes.
    package mutating func nextBlock() throws(AvroFault) -> (recordCount: Int, decoder: AvroDecoder)? {
        guard decoder.remaining > 0 else { return nil }
        let recordCount = try decoder.long()
        let byteCount = try decoder.length()
        let range = decoder.offset..<decoder.offset + byteCount
        try decoder.skip(byteCount: byteCount)
        let syncStart = decoder.offset
        try decoder.skip(byteCount: 16)
        guard decoder.bytes[syncStart..<syncStart + 16].elementsEqual(sync) else { throw .badSync }
        let block: AvroDecoder
        switch codec {
        case "null": block = AvroDecoder(bytes: decoder.bytes, range: range)
        case "deflate":
            block = AvroDecoder(
                bytes: try AvroDeflate.decompress(decoder.bytes[range], byteCountMax: Self.blockByteCountMax))
        default: throw .unknownCodec(codec)
        }
        // A record of a manifest takes a byte at least.
        guard recordCount >= 0, recordCount <= Int64(block.remaining) else { throw .outOfRange("record count") }
        return (Int(recordCount), block)
    }
}
