/// Bounds and counts of a column chunk or page (parquet.thrift, Statistics). Bounds are PLAIN-encoded, without the
/// length of byte arrays.
///
///     Statistics   1 max   2 min   3 null_count   4 distinct_count   5 max_value   6 min_value   7 is_max_value_exact   8 is_min_value_exact
///                  9 nan_count
///
/// Bounds are not believed as they stand: `StatisticsDecoder` says which of them bound, by the type and the footer's column order. Nil is unknown,
/// never 0 or none.
public struct ChunkStatistics: Hashable, Sendable {
    /// Bounds by signed comparison, from before column orders were defined; trusted for signed numbers only.
    public var legacyMax: [UInt8]?
    public var legacyMin: [UInt8]?
    /// Of a leaf in lists, slots without a value: this writer counts empty lists as well.
    public var nullCount: Int64?
    public var distinctCount: Int64?
    /// By the column's order; a bound may be shortened, and stand for no value of the column.
    public var maxValue: [UInt8]?
    public var minValue: [UInt8]?
    /// False when the bound was shortened and may not occur; nil when unknown.
    public var isMaxValueExact: Bool?
    public var isMinValueExact: Bool?
    /// Of floating-point columns alone, whose bounds leave NaN out: without a count of 0 there may be some.
    public var nanCount: Int64?

    public init(
        nullCount: Int64? = nil, distinctCount: Int64? = nil, minValue: [UInt8]? = nil, maxValue: [UInt8]? = nil,
        isMinValueExact: Bool? = nil, isMaxValueExact: Bool? = nil, nanCount: Int64? = nil, legacyMin: [UInt8]? = nil, legacyMax: [UInt8]? = nil
    ) {
        self.legacyMax = legacyMax
        self.legacyMin = legacyMin
        self.nullCount = nullCount
        self.distinctCount = distinctCount
        self.maxValue = maxValue
        self.minValue = minValue
        self.isMaxValueExact = isMaxValueExact
        self.nanCount = nanCount
        self.isMinValueExact = isMinValueExact
    }
}

/// Sizes before encoding, and how often each level occurs (parquet.thrift, SizeStatistics).
///
///     SizeStatistics   1 unencoded_byte_array_data_bytes   2 repetition_level_histogram   3 definition_level_histogram
///
/// They go along when a row group is copied; nothing here makes them, or goes by them.
public struct SizeStatistics: Hashable, Sendable {
    public var unencodedByteArrayByteCount: Int64?
    public var repetitionLevelHistogram: [Int64]?
    public var definitionLevelHistogram: [Int64]?

    public init(
        unencodedByteArrayByteCount: Int64? = nil, repetitionLevelHistogram: [Int64]? = nil,
        definitionLevelHistogram: [Int64]? = nil
    ) {
        self.unencodedByteArrayByteCount = unencodedByteArrayByteCount
        self.repetitionLevelHistogram = repetitionLevelHistogram
        self.definitionLevelHistogram = definitionLevelHistogram
    }
}

extension ChunkStatistics: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        self.init()
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .binary): legacyMax = try reader.readBinary()
            case (2, .binary): legacyMin = try reader.readBinary()
            case (3, .i64): nullCount = try reader.readI64()
            case (4, .i64): distinctCount = try reader.readI64()
            case (5, .binary): maxValue = try reader.readBinary()
            case (6, .binary): minValue = try reader.readBinary()
            case (7, .booleanTrue), (7, .booleanFalse): isMaxValueExact = reader.readBool(field)
            case (8, .booleanTrue), (8, .booleanFalse): isMinValueExact = reader.readBool(field)
            case (9, .i64): nanCount = try reader.readI64()
            default: try reader.skip(field.type)
            }
        }
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, optional: legacyMax)
        writer.field(2, optional: legacyMin)
        writer.field(3, optional: nullCount)
        writer.field(4, optional: distinctCount)
        writer.field(5, optional: maxValue)
        writer.field(6, optional: minValue)
        writer.field(7, optional: isMaxValueExact)
        writer.field(8, optional: isMinValueExact)
        writer.field(9, optional: nanCount)
    }
}

extension SizeStatistics: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        self.init()
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i64): unencodedByteArrayByteCount = try reader.readI64()
            case (2, .list): repetitionLevelHistogram = try reader.readI64List()
            case (3, .list): definitionLevelHistogram = try reader.readI64List()
            default: try reader.skip(field.type)
            }
        }
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, optional: unencodedByteArrayByteCount)
        writer.field(2, optionalI64List: repetitionLevelHistogram)
        writer.field(3, optionalI64List: definitionLevelHistogram)
    }
}
