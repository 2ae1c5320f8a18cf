/// What precedes each page (parquet.thrift, PageHeader).
///
///     PageHeader   1! type   2! uncompressed_page_size   3! compressed_page_size   4 crc
///                  5 data_page_header   7 dictionary_page_header   8 data_page_header_v2
///
/// Of the last three, the one that the type asks for must be there. Lengths are not negative; whether they fit the chunk and the memory is asked by
/// `PageReader`. With 32 bits no page is longer than 2 GiB.
public struct PageHeader: Sendable {
    public var kind: Kind
    /// Of the body, levels included, the header not.
    public var uncompressedByteCount: Int32
    /// Of the body as it lies in the file, after the header.
    public var compressedByteCount: Int32
    /// CRC-32 of the body as it lies in the file.
    public var crc: UInt32?

    public enum Kind: Sendable {
        case data(DataPageHeader)
        case dataV2(DataPageHeaderV2)
        case dictionary(DictionaryPageHeader)
        /// Reserved by the format, and pages of kinds to come: passed over.
        case other(rawValue: Int32)
    }

    public init(kind: Kind, uncompressedByteCount: Int32, compressedByteCount: Int32, crc: UInt32? = nil) {
        self.kind = kind
        self.uncompressedByteCount = uncompressedByteCount
        self.compressedByteCount = compressedByteCount
        self.crc = crc
    }
}

/// A page of version 1, compressed as a whole.
///
///     DataPageHeader   1! num_values   2! encoding   3 definition_level_encoding   4 repetition_level_encoding   5 statistics
///
/// It may begin within a row, unless the chunk has an offset index. Encodings of levels count as RLE where they are missing.
public struct DataPageHeader: Sendable {
    /// Level pairs: values, NULLs and empty lists alike.
    public var valueCount: Int32
    public var encoding: PageEncoding
    public var definitionLevelEncoding: PageEncoding
    public var repetitionLevelEncoding: PageEncoding
    public var statistics: ChunkStatistics?

    public init(
        valueCount: Int32, encoding: PageEncoding, definitionLevelEncoding: PageEncoding = .rle,
        repetitionLevelEncoding: PageEncoding = .rle, statistics: ChunkStatistics? = nil
    ) {
        self.valueCount = valueCount
        self.encoding = encoding
        self.definitionLevelEncoding = definitionLevelEncoding
        self.repetitionLevelEncoding = repetitionLevelEncoding
        self.statistics = statistics
    }
}

/// A page whose levels stand uncompressed before the values, and which begins at a row's start.
///
///     DataPageHeaderV2   1! num_values   2! num_nulls   3! num_rows   4! encoding   5! definition_levels_byte_length
///                        6! repetition_levels_byte_length   7 is_compressed   8 statistics
///
/// The body is repetition levels, definition levels, values. Levels are RLE, without a length before them. Values count as compressed where that
/// is missing.
public struct DataPageHeaderV2: Sendable {
    /// Level pairs: values, NULLs and empty lists alike.
    public var valueCount: Int32
    /// Those without a value.
    public var nullCount: Int32
    public var rowCount: Int32
    public var encoding: PageEncoding
    public var definitionLevelsByteCount: Int32
    public var repetitionLevelsByteCount: Int32
    /// Whether the values are compressed with the chunk's codec.
    public var isCompressed: Bool
    public var statistics: ChunkStatistics?

    public init(
        valueCount: Int32, nullCount: Int32, rowCount: Int32, encoding: PageEncoding, definitionLevelsByteCount: Int32,
        repetitionLevelsByteCount: Int32, isCompressed: Bool = true, statistics: ChunkStatistics? = nil
    ) {
        self.valueCount = valueCount
        self.nullCount = nullCount
        self.rowCount = rowCount
        self.encoding = encoding
        self.definitionLevelsByteCount = definitionLevelsByteCount
        self.repetitionLevelsByteCount = repetitionLevelsByteCount
        self.isCompressed = isCompressed
        self.statistics = statistics
    }
}

/// The entries of a chunk's dictionary; their page stands before the data pages, once at most.
///
///     DictionaryPageHeader   1! num_values   2! encoding   3 is_sorted
public struct DictionaryPageHeader: Sendable {
    public var valueCount: Int32
    /// PLAIN, or PLAIN_DICTIONARY, which means the same here.
    public var encoding: PageEncoding
    /// Whether entries ascend; said for other readers, `DictionaryFilter` looks for itself.
    public var isSorted: Bool?

    public init(valueCount: Int32, encoding: PageEncoding = .plain, isSorted: Bool? = nil) {
        self.valueCount = valueCount
        self.encoding = encoding
        self.isSorted = isSorted
    }
}

extension PageHeader: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var rawKind: Int32?
        var uncompressedByteCount: Int32?
        var compressedByteCount: Int32?
        var crc: UInt32?
        var data: DataPageHeader?
        var dataV2: DataPageHeaderV2?
        var dictionary: DictionaryPageHeader?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): rawKind = try reader.readI32()
            case (2, .i32): uncompressedByteCount = try reader.readI32()
            case (3, .i32): compressedByteCount = try reader.readI32()
            case (4, .i32): crc = UInt32(bitPattern: try reader.readI32())
            case (5, .structure): data = try DataPageHeader(from: &reader)
            case (7, .structure): dictionary = try DictionaryPageHeader(from: &reader)
            case (8, .structure): dataV2 = try DataPageHeaderV2(from: &reader)
            default: try reader.skip(field.type)
            }
        }
        guard let rawKind else { throw .missingField(structure: "PageHeader", id: 1) }
        guard let uncompressedByteCount else { throw .missingField(structure: "PageHeader", id: 2) }
        guard let compressedByteCount else { throw .missingField(structure: "PageHeader", id: 3) }
        guard uncompressedByteCount >= 0 else {
            throw .invalidField(structure: "PageHeader", id: 2, value: Int64(uncompressedByteCount))
        }
        guard compressedByteCount >= 0 else {
            throw .invalidField(structure: "PageHeader", id: 3, value: Int64(compressedByteCount))
        }
        let kind: Kind
        switch PageKind(rawValue: rawKind) {
        case .data:
            guard let data else { throw .missingField(structure: "PageHeader", id: 5) }
            kind = .data(data)
        case .dictionary:
            guard let dictionary else { throw .missingField(structure: "PageHeader", id: 7) }
            kind = .dictionary(dictionary)
        case .dataV2:
            guard let dataV2 else { throw .missingField(structure: "PageHeader", id: 8) }
            kind = .dataV2(dataV2)
        case .index, nil: kind = .other(rawValue: rawKind)
        }
        self.init(
            kind: kind, uncompressedByteCount: uncompressedByteCount, compressedByteCount: compressedByteCount, crc: crc)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        let rawKind: Int32 =
            switch kind {
            case .data: PageKind.data.rawValue
            case .dataV2: PageKind.dataV2.rawValue
            case .dictionary: PageKind.dictionary.rawValue
            case .other(let rawValue): rawValue
            }
        writer.field(1, rawKind)
        writer.field(2, uncompressedByteCount)
        writer.field(3, compressedByteCount)
        writer.field(4, optional: crc.map { Int32(bitPattern: $0) })
        switch kind {
        case .data(let header): writer.field(5, header.writeFields)
        case .dictionary(let header): writer.field(7, header.writeFields)
        case .dataV2(let header): writer.field(8, header.writeFields)
        case .other: break
        }
    }
}

extension DataPageHeader: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var valueCount: Int32?
        var encoding: PageEncoding?
        self.init(valueCount: 0, encoding: .plain)
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): valueCount = try reader.readI32()
            case (2, .i32): encoding = PageEncoding(rawValue: try reader.readI32())
            case (3, .i32): definitionLevelEncoding = PageEncoding(rawValue: try reader.readI32())
            case (4, .i32): repetitionLevelEncoding = PageEncoding(rawValue: try reader.readI32())
            case (5, .structure): statistics = try ChunkStatistics(from: &reader)
            default: try reader.skip(field.type)
            }
        }
        guard let valueCount else { throw .missingField(structure: "DataPageHeader", id: 1) }
        guard let encoding else { throw .missingField(structure: "DataPageHeader", id: 2) }
        guard valueCount >= 0 else { throw .invalidField(structure: "DataPageHeader", id: 1, value: Int64(valueCount)) }
        self.valueCount = valueCount
        self.encoding = encoding
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, valueCount)
        writer.field(2, encoding.rawValue)
        writer.field(3, definitionLevelEncoding.rawValue)
        writer.field(4, repetitionLevelEncoding.rawValue)
        writer.field(5, optional: statistics)
    }
}

extension DataPageHeaderV2: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        // The six required numbers, by their ids.
        var counts: [Int32?] = [nil, nil, nil, nil, nil, nil]
        var isCompressed = true
        var statistics: ChunkStatistics?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1...6, .i32): counts[Int(field.id) - 1] = try reader.readI32()
            case (7, .booleanFalse): isCompressed = false
            case (8, .structure): statistics = try ChunkStatistics(from: &reader)
            default: try reader.skip(field.type)
            }
        }
        func required(_ id: Int16) throws(ThriftError) -> Int32 {
            guard let value = counts[Int(id) - 1] else { throw .missingField(structure: "DataPageHeaderV2", id: id) }
            guard value >= 0 else { throw .invalidField(structure: "DataPageHeaderV2", id: id, value: Int64(value)) }
            return value
        }
        self.init(
            valueCount: try required(1), nullCount: try required(2), rowCount: try required(3),
            encoding: PageEncoding(rawValue: try required(4)), definitionLevelsByteCount: try required(5),
            repetitionLevelsByteCount: try required(6), isCompressed: isCompressed, statistics: statistics)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, valueCount)
        writer.field(2, nullCount)
        writer.field(3, rowCount)
        writer.field(4, encoding.rawValue)
        writer.field(5, definitionLevelsByteCount)
        writer.field(6, repetitionLevelsByteCount)
        writer.field(7, isCompressed)
        writer.field(8, optional: statistics)
    }
}

extension DictionaryPageHeader: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var valueCount: Int32?
        var encoding: PageEncoding?
        var isSorted: Bool?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): valueCount = try reader.readI32()
            case (2, .i32): encoding = PageEncoding(rawValue: try reader.readI32())
            case (3, .booleanTrue), (3, .booleanFalse): isSorted = reader.readBool(field)
            default: try reader.skip(field.type)
            }
        }
        guard let valueCount else { throw .missingField(structure: "DictionaryPageHeader", id: 1) }
        guard let encoding else { throw .missingField(structure: "DictionaryPageHeader", id: 2) }
        guard valueCount >= 0 else {
            throw .invalidField(structure: "DictionaryPageHeader", id: 1, value: Int64(valueCount))
        }
        self.init(valueCount: valueCount, encoding: encoding, isSorted: isSorted)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, valueCount)
        writer.field(2, encoding.rawValue)
        writer.field(3, optional: isSorted)
    }
}
