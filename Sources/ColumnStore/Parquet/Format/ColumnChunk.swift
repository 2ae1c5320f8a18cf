/// Where a leaf's pages of one row group lie, and where their indexes are (parquet.thrift, ColumnChunk).
///
///     ColumnChunk   1 file_path   2 file_offset   3! meta_data   4 offset_index_offset   5 offset_index_length
///                   6 column_index_offset   7 column_index_length   8 crypto_metadata   9 encrypted_column_metadata
///
/// Offsets are from the file's first byte; nil where there is no such index. They are checked where they are used (`ParquetFile.layout`,
/// `PageIndexReader`).
public struct ColumnChunk: Sendable {
    /// Another file that holds the pages; no common writer sets it.
    public var filePath: String?
    /// Deprecated, since writers disagree on what it means; 0 says nothing.
    public var fileOffset: Int64
    /// Nil of encrypted chunks alone.
    public var metadata: ColumnMetadata?
    public var offsetIndexOffset: Int64?
    public var offsetIndexByteCount: Int32?
    public var columnIndexOffset: Int64?
    public var columnIndexByteCount: Int32?
    /// Encrypted chunks are refused when read.
    public var isEncrypted = false

    public init(
        fileOffset: Int64, metadata: ColumnMetadata?, offsetIndexOffset: Int64? = nil, offsetIndexByteCount: Int32? = nil,
        columnIndexOffset: Int64? = nil, columnIndexByteCount: Int32? = nil
    ) {
        self.fileOffset = fileOffset
        self.metadata = metadata
        self.offsetIndexOffset = offsetIndexOffset
        self.offsetIndexByteCount = offsetIndexByteCount
        self.columnIndexOffset = columnIndexOffset
        self.columnIndexByteCount = columnIndexByteCount
    }
}

/// What is known of a column chunk without reading it (parquet.thrift, ColumnMetaData).
///
///     ColumnMetaData   1! type   2! encodings   3! path_in_schema   4! codec   5! num_values   6! total_uncompressed_size
///                      7! total_compressed_size   8 key_value_metadata   9! data_page_offset   10 index_page_offset
///                      11 dictionary_page_offset   12 statistics   13 encoding_stats   14 bloom_filter_offset
///                      15 bloom_filter_length   16 size_statistics
public struct ColumnMetadata: Sendable {
    public var type: PhysicalType
    /// Of values, levels and the dictionary together, each once: PLAIN may be that of the dictionary alone.
    public var encodings: [PageEncoding]
    /// From below the root to the leaf.
    public var path: [String]
    public var codec: CompressionCodec
    /// Level pairs: values, NULLs and empty lists alike.
    public var valueCount: Int64
    /// Of all pages with their headers.
    public var totalUncompressedByteCount: Int64
    public var totalCompressedByteCount: Int64
    public var keyValues: [KeyValue]?
    /// Of the first data page's header.
    public var dataPageOffset: Int64
    /// Reserved: the format never said what an index page is.
    public var indexPageOffset: Int64?
    /// Of its header, before the data pages; nil or 0 where there is none.
    public var dictionaryPageOffset: Int64?
    public var statistics: ChunkStatistics?
    /// Nil where the writer did not count pages.
    public var encodingStats: [PageEncodingStats]?
    /// Of the filter's header, which its bits follow.
    public var bloomFilterOffset: Int64?
    /// Header and bits; nil in files that are older than version 2.10 of the format.
    public var bloomFilterByteCount: Int32?
    public var sizeStatistics: SizeStatistics?

    public init(
        type: PhysicalType, encodings: [PageEncoding], path: [String], codec: CompressionCodec, valueCount: Int64,
        totalUncompressedByteCount: Int64, totalCompressedByteCount: Int64, keyValues: [KeyValue]? = nil,
        dataPageOffset: Int64, indexPageOffset: Int64? = nil, dictionaryPageOffset: Int64? = nil,
        statistics: ChunkStatistics? = nil, encodingStats: [PageEncodingStats]? = nil, bloomFilterOffset: Int64? = nil,
        bloomFilterByteCount: Int32? = nil, sizeStatistics: SizeStatistics? = nil
    ) {
        self.type = type
        self.encodings = encodings
        self.path = path
        self.codec = codec
        self.valueCount = valueCount
        self.totalUncompressedByteCount = totalUncompressedByteCount
        self.totalCompressedByteCount = totalCompressedByteCount
        self.keyValues = keyValues
        self.dataPageOffset = dataPageOffset
        self.indexPageOffset = indexPageOffset
        self.dictionaryPageOffset = dictionaryPageOffset
        self.statistics = statistics
        self.encodingStats = encodingStats
        self.bloomFilterOffset = bloomFilterOffset
        self.bloomFilterByteCount = bloomFilterByteCount
        self.sizeStatistics = sizeStatistics
    }
}

/// How many pages of a kind a chunk has in an encoding.
///
///     PageEncodingStats   1! page_type   2! encoding   3! count
public struct PageEncodingStats: Hashable, Sendable {
    public var pageKind: PageKind
    public var encoding: PageEncoding
    public var count: Int32

    public init(pageKind: PageKind, encoding: PageEncoding, count: Int32) {
        self.pageKind = pageKind
        self.encoding = encoding
        self.count = count
    }
}

extension ColumnChunk: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        self.init(fileOffset: 0, metadata: nil)
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .binary): filePath = try reader.readString()
            case (2, .i64): fileOffset = try reader.readI64()
            case (3, .structure): metadata = try ColumnMetadata(from: &reader)
            case (4, .i64): offsetIndexOffset = try reader.readI64()
            case (5, .i32): offsetIndexByteCount = try reader.readI32()
            case (6, .i64): columnIndexOffset = try reader.readI64()
            case (7, .i32): columnIndexByteCount = try reader.readI32()
            // How it is encrypted does not matter: it cannot be read.
            case (8, _), (9, _):
                isEncrypted = true
                try reader.skip(field.type)
            default: try reader.skip(field.type)
            }
        }
        guard metadata != nil || isEncrypted else { throw .missingField(structure: "ColumnChunk", id: 3) }
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, optional: filePath)
        writer.field(2, fileOffset)
        writer.field(3, optional: metadata)
        writer.field(4, optional: offsetIndexOffset)
        writer.field(5, optional: offsetIndexByteCount)
        writer.field(6, optional: columnIndexOffset)
        writer.field(7, optional: columnIndexByteCount)
    }
}

extension ColumnMetadata: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        // The required fields that were there, by bit.
        var seen: UInt32 = 0
        // Stand-ins, none of which comes out: `seen` tells which fields were there.
        self.init(
            type: .boolean, encodings: [], path: [], codec: .uncompressed, valueCount: 0, totalUncompressedByteCount: 0,
            totalCompressedByteCount: 0, dataPageOffset: 0)
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            var isKnown = true
            switch (field.id, field.type) {
            case (1, .i32):
                let raw = try reader.readI32()
                guard let type = PhysicalType(rawValue: raw) else {
                    throw .invalidField(structure: "ColumnMetaData", id: 1, value: Int64(raw))
                }
                self.type = type
            case (2, .list): encodings = try reader.readI32List().map(PageEncoding.init(rawValue:))
            case (3, .list): path = try reader.readStringList()
            case (4, .i32): codec = CompressionCodec(rawValue: try reader.readI32())
            case (5, .i64): valueCount = try reader.readI64()
            case (6, .i64): totalUncompressedByteCount = try reader.readI64()
            case (7, .i64): totalCompressedByteCount = try reader.readI64()
            case (9, .i64): dataPageOffset = try reader.readI64()
            default:
                isKnown = false
                try readOptional(field, from: &reader)
            }
            if isKnown { seen |= 1 << UInt32(field.id) }
        }
        for required in [1, 2, 3, 4, 5, 6, 7, 9] as [Int16] where seen & 1 << UInt32(required) == 0 {
            throw .missingField(structure: "ColumnMetaData", id: required)
        }
        guard valueCount >= 0 else { throw .invalidField(structure: "ColumnMetaData", id: 5, value: valueCount) }
    }

    private mutating func readOptional(
        _ field: ThriftFieldHeader, from reader: inout ThriftCompactReader
    ) throws(ThriftError) {
        switch (field.id, field.type) {
        case (8, .list): keyValues = try reader.readList(of: KeyValue.self)
        case (10, .i64): indexPageOffset = try reader.readI64()
        case (11, .i64): dictionaryPageOffset = try reader.readI64()
        case (12, .structure): statistics = try ChunkStatistics(from: &reader)
        case (13, .list): encodingStats = try reader.readList(of: PageEncodingStats.self)
        case (14, .i64): bloomFilterOffset = try reader.readI64()
        case (15, .i32): bloomFilterByteCount = try reader.readI32()
        case (16, .structure): sizeStatistics = try SizeStatistics(from: &reader)
        default: try reader.skip(field.type)
        }
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, type.rawValue)
        writer.listField(2, of: .i32, count: encodings.count)
        for encoding in encodings { writer.element(encoding.rawValue) }
        writer.listField(3, of: .binary, count: path.count)
        for name in path { writer.element(name) }
        writer.field(4, codec.rawValue)
        writer.field(5, valueCount)
        writer.field(6, totalUncompressedByteCount)
        writer.field(7, totalCompressedByteCount)
        writer.field(8, optionalList: keyValues)
        writer.field(9, dataPageOffset)
        writer.field(10, optional: indexPageOffset)
        writer.field(11, optional: dictionaryPageOffset)
        writer.field(12, optional: statistics)
        writer.field(13, optionalList: encodingStats)
        writer.field(14, optional: bloomFilterOffset)
        writer.field(15, optional: bloomFilterByteCount)
        writer.field(16, optional: sizeStatistics)
    }
}

extension PageEncodingStats: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var pageKind: PageKind?
        var encoding: PageEncoding?
        var count: Int32?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): pageKind = PageKind(rawValue: try reader.readI32())
            case (2, .i32): encoding = PageEncoding(rawValue: try reader.readI32())
            case (3, .i32): count = try reader.readI32()
            default: try reader.skip(field.type)
            }
        }
        guard let pageKind else { throw .missingField(structure: "PageEncodingStats", id: 1) }
        guard let encoding else { throw .missingField(structure: "PageEncodingStats", id: 2) }
        guard let count else { throw .missingField(structure: "PageEncodingStats", id: 3) }
        self.init(pageKind: pageKind, encoding: encoding, count: count)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, pageKind.rawValue)
        writer.field(2, encoding.rawValue)
        writer.field(3, count)
    }
}
