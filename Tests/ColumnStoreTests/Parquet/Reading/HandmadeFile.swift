import ColumnStore

/// A Parquet file put together page by page, so that it can be what no writer makes. One row group; bodies lie as they are given.
struct HandmadeFile {
    struct Chunk {
        var type: PhysicalType
        var path: [String]
        var valueCount: Int
        /// Headers with bodies; a dictionary's first, if there is one.
        var pages: [(kind: PageHeader.Kind, body: [UInt8])]
        var statistics: ChunkStatistics?
        var totalByteCount: Int64?
        var codec = CompressionCodec.uncompressed
        /// What headers say of a body without compression; nil for its length.
        var inflatedByteCount: Int?
    }

    /// The root without its count of children, then the columns' elements.
    var elements: [SchemaElement]
    var columnCount: Int
    var rowCount: Int
    var chunks: [Chunk]
    /// What the footer says of the file; nil for the truth.
    var footerRowCount: Int64?
    var createdBy: String?

    var bytes: [UInt8] {
        var bytes = Array("PAR1".utf8)
        var columns: [ColumnChunk] = []
        for chunk in chunks {
            let start = Int64(bytes.count)
            var data = start
            for page in chunk.pages {
                bytes += PageHeader(
                    kind: page.kind, uncompressedByteCount: Int32(chunk.inflatedByteCount ?? page.body.count), compressedByteCount: Int32(page.body.count)
                ).serialized() + page.body
                if case .dictionary = page.kind { data = Int64(bytes.count) }
            }
            let byteCount = Int64(bytes.count) - start
            var metadata = ColumnMetadata(
                type: chunk.type, encodings: [.plain], path: chunk.path, codec: chunk.codec, valueCount: Int64(chunk.valueCount),
                totalUncompressedByteCount: chunk.totalByteCount ?? byteCount, totalCompressedByteCount: byteCount, dataPageOffset: data,
                dictionaryPageOffset: data > start ? start : nil)
            metadata.statistics = chunk.statistics
            columns.append(ColumnChunk(fileOffset: start, metadata: metadata))
        }
        var root = SchemaElement(name: "root")
        root.childCount = Int32(columnCount)
        let group = RowGroupMetadata(columns: columns, totalByteCount: Int64(bytes.count), rowCount: Int64(rowCount))
        let footer = FileMetadata(
            version: 2, schema: [root] + elements, rowCount: footerRowCount ?? Int64(rowCount), rowGroups: [group],
            createdBy: createdBy, columnOrders: chunks.map { _ in .typeDefined })
        return bytes + Self.closed(footer.serialized())
    }

    /// A footer with what stands after it.
    static func closed(_ footer: [UInt8]) -> [UInt8] { footer + littleEndian(footer.count, 4) + Array("PAR1".utf8) }

    static func leaf(
        _ name: String, _ type: PhysicalType, _ repetition: FieldRepetition = .optional, _ logicalType: LogicalType? = nil, width: Int32? = nil
    ) -> SchemaElement {
        SchemaElement(name: name, type: type, typeLength: width, repetition: repetition, logicalType: logicalType)
    }

    static func group(_ name: String, _ repetition: FieldRepetition, _ logicalType: LogicalType? = nil, childCount: Int32 = 1) -> SchemaElement {
        SchemaElement(name: name, repetition: repetition, childCount: childCount, logicalType: logicalType)
    }

    static func littleEndian(_ value: some FixedWidthInteger, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func run(of value: UInt8, _ count: Int) -> [UInt8] {
        var header = count << 1
        var bytes: [UInt8] = []
        while header >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: header) | 0x80)
            header >>= 7
        }
        return bytes + [UInt8(header), value]
    }

    /// A data page of version 1, of levels as they are given and values as they lie.
    static func page(
        _ count: Int, repetition: [UInt8]? = nil, definition: [UInt8]? = nil, encoding: PageEncoding = .plain, _ values: [UInt8]
    ) -> (kind: PageHeader.Kind, body: [UInt8]) {
        let levels = [repetition, definition].compactMap { $0 }.flatMap { littleEndian($0.count, 4) + $0 }
        return (.data(DataPageHeader(valueCount: Int32(count), encoding: encoding)), levels + values)
    }

    static func dictionary(_ count: Int, _ values: [UInt8]) -> (kind: PageHeader.Kind, body: [UInt8]) {
        (.dictionary(DictionaryPageHeader(valueCount: Int32(count))), values)
    }
}
