/// Bounds of each page of a column chunk, so that pages can be passed over unread (parquet.thrift, ColumnIndex).
///
///     ColumnIndex   1! null_pages   2! min_values   3! max_values   4! boundary_order   5 null_counts
///                   6 repetition_level_histograms   7 definition_level_histograms   8 nan_counts
///
/// The lists have an element for each page of the chunk's offset index, in its order; of histograms one for each level of each page. That the first
/// three, `nullCounts` and `nanCounts` are equally long is checked here, that there are as many pages by `PruningPredicate`.
public struct ColumnIndex: Sendable {
    /// True for pages that hold nothing but NULLs; their bounds are empty.
    public var nullPages: [Bool]
    /// PLAIN, byte arrays without the length; maybe shortened.
    public var minValues: [[UInt8]]
    public var maxValues: [[UInt8]]
    public var boundaryOrder: BoundaryOrder
    /// Nil is unknown, never 0.
    public var nullCounts: [Int64]?
    public var repetitionLevelHistograms: [Int64]?
    public var definitionLevelHistograms: [Int64]?
    /// Of floating-point columns alone; nil is unknown, never 0.
    public var nanCounts: [Int64]?

    public init(
        nullPages: [Bool], minValues: [[UInt8]], maxValues: [[UInt8]], boundaryOrder: BoundaryOrder,
        nullCounts: [Int64]? = nil, repetitionLevelHistograms: [Int64]? = nil, definitionLevelHistograms: [Int64]? = nil, nanCounts: [Int64]? = nil
    ) {
        self.nullPages = nullPages
        self.minValues = minValues
        self.maxValues = maxValues
        self.boundaryOrder = boundaryOrder
        self.nullCounts = nullCounts
        self.repetitionLevelHistograms = repetitionLevelHistograms
        self.definitionLevelHistograms = definitionLevelHistograms
        self.nanCounts = nanCounts
    }
}

/// Where each data page of a column chunk lies (parquet.thrift, OffsetIndex).
///
///     OffsetIndex   1! page_locations   2 unencoded_byte_array_data_bytes
///
/// `PageIndexReader.locations` checks the places against the chunk.
public struct OffsetIndex: Sendable {
    public var pageLocations: [PageLocation]
    public var unencodedByteArrayByteCounts: [Int64]?

    public init(pageLocations: [PageLocation], unencodedByteArrayByteCounts: [Int64]? = nil) {
        self.pageLocations = pageLocations
        self.unencodedByteArrayByteCounts = unencodedByteArrayByteCounts
    }
}

/// Where a data page lies, and with which row it begins: it ends before that of the next page, the last with the row group.
///
///     PageLocation   1! offset   2! compressed_page_size   3! first_row_index
public struct PageLocation: Hashable, Sendable {
    /// Of the page header, in the file.
    public var offset: Int64
    /// With the header.
    public var compressedByteCount: Int32
    /// Within the row group. Pages of a chunk with an index begin at a row's start.
    public var firstRowIndex: Int64

    public init(offset: Int64, compressedByteCount: Int32, firstRowIndex: Int64) {
        self.offset = offset
        self.compressedByteCount = compressedByteCount
        self.firstRowIndex = firstRowIndex
    }
}

extension ColumnIndex: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var nullPages: [Bool]?
        var minValues: [[UInt8]]?
        var maxValues: [[UInt8]]?
        var boundaryOrder: BoundaryOrder?
        self.init(nullPages: [], minValues: [], maxValues: [], boundaryOrder: .unordered)
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .list): nullPages = try reader.readBoolList()
            case (2, .list): minValues = try reader.readBinaryList()
            case (3, .list): maxValues = try reader.readBinaryList()
            case (4, .i32): boundaryOrder = BoundaryOrder(rawValue: try reader.readI32())
            case (5, .list): nullCounts = try reader.readI64List()
            case (6, .list): repetitionLevelHistograms = try reader.readI64List()
            case (7, .list): definitionLevelHistograms = try reader.readI64List()
            case (8, .list): nanCounts = try reader.readI64List()
            default: try reader.skip(field.type)
            }
        }
        guard let nullPages else { throw .missingField(structure: "ColumnIndex", id: 1) }
        guard let minValues else { throw .missingField(structure: "ColumnIndex", id: 2) }
        guard let maxValues else { throw .missingField(structure: "ColumnIndex", id: 3) }
        guard let boundaryOrder else { throw .missingField(structure: "ColumnIndex", id: 4) }
        guard minValues.count == nullPages.count else {
            throw .invalidField(structure: "ColumnIndex", id: 2, value: Int64(minValues.count))
        }
        guard maxValues.count == nullPages.count else {
            throw .invalidField(structure: "ColumnIndex", id: 3, value: Int64(maxValues.count))
        }
        if let nullCounts, nullCounts.count != nullPages.count {
            throw .invalidField(structure: "ColumnIndex", id: 5, value: Int64(nullCounts.count))
        }
        if let nanCounts, nanCounts.count != nullPages.count {
            throw .invalidField(structure: "ColumnIndex", id: 8, value: Int64(nanCounts.count))
        }
        self.nullPages = nullPages
        self.minValues = minValues
        self.maxValues = maxValues
        self.boundaryOrder = boundaryOrder
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.listField(1, of: .booleanTrue, count: nullPages.count)
        for isNull in nullPages { writer.element(isNull) }
        writer.listField(2, of: .binary, count: minValues.count)
        for bound in minValues { writer.element(bound) }
        writer.listField(3, of: .binary, count: maxValues.count)
        for bound in maxValues { writer.element(bound) }
        writer.field(4, boundaryOrder.rawValue)
        writer.field(5, optionalI64List: nullCounts)
        writer.field(6, optionalI64List: repetitionLevelHistograms)
        writer.field(7, optionalI64List: definitionLevelHistograms)
        writer.field(8, optionalI64List: nanCounts)
    }
}

extension OffsetIndex: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var locations: [PageLocation]?
        self.init(pageLocations: [])
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .list): locations = try reader.readList(of: PageLocation.self)
            case (2, .list): unencodedByteArrayByteCounts = try reader.readI64List()
            default: try reader.skip(field.type)
            }
        }
        guard let locations else { throw .missingField(structure: "OffsetIndex", id: 1) }
        pageLocations = locations
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, list: pageLocations)
        writer.field(2, optionalI64List: unencodedByteArrayByteCounts)
    }
}

extension PageLocation: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var offset: Int64?
        var compressedByteCount: Int32?
        var firstRowIndex: Int64?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i64): offset = try reader.readI64()
            case (2, .i32): compressedByteCount = try reader.readI32()
            case (3, .i64): firstRowIndex = try reader.readI64()
            default: try reader.skip(field.type)
            }
        }
        guard let offset else { throw .missingField(structure: "PageLocation", id: 1) }
        guard let compressedByteCount else { throw .missingField(structure: "PageLocation", id: 2) }
        guard let firstRowIndex else { throw .missingField(structure: "PageLocation", id: 3) }
        self.init(offset: offset, compressedByteCount: compressedByteCount, firstRowIndex: firstRowIndex)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, offset)
        writer.field(2, compressedByteCount)
        writer.field(3, firstRowIndex)
    }
}
