/// How a leaf's physical values become those of a `Column`.
///
/// `LeafDecoding` carries it out for values, `StatisticsDecoder` for bounds. What each type of other writers becomes, and why, is in
/// docs/decisions/0004-parquet-types.md.
enum LeafConversion: Hashable, Sendable {
    case boolean
    case int32
    /// Also decimals in INT32.
    case int32Widened
    case uint32
    /// Units of the file times this are the column's: overflow is refused.
    case int32Times(Int64)
    case int64
    case int64Times(Int64)
    /// Rounded down.
    case int64DividedBy(Int64)
    /// As DECIMAL(20, 0), since no column type holds it otherwise.
    case uint64
    /// Nanoseconds of the day and a Julian day number, to microseconds since 1970.
    case int96
    case float
    case double
    case float16
    /// Big-endian two's complement of `width` bytes whose values fit in 64 bits.
    case decimalNarrow(width: Int)
    case decimalWide(width: Int)
    /// Of any length.
    case decimalBytesNarrow
    case decimalBytesWide
    /// Months, days, milliseconds: 4 bytes each.
    case interval
    case bytes
    case fixedBytes(width: Int)

    /// Of the column's values.
    var kind: TypedArray.Kind {
        switch self {
        case .boolean: .bits
        case .int32: .int32
        case .int32Widened, .uint32, .int32Times, .int64, .int64Times, .int64DividedBy, .int96, .decimalNarrow,
            .decimalBytesNarrow:
            .int64
        case .uint64, .decimalWide, .decimalBytesWide: .int128
        case .float, .double, .float16: .double
        case .interval: .interval
        case .bytes, .fixedBytes: .bytes
        }
    }

    /// Bytes of a physical value of fixed width, else 0.
    ///
    /// - Parameter typeLength: the schema's, which `SchemaReader` has found to be 1 to 2^20 bytes for FIXED_LEN_BYTE_ARRAY.
    static func width(of type: PhysicalType, typeLength: Int32?) -> Int {
        switch type {
        case .boolean, .byteArray: 0
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .fixedLenByteArray: Int(typeLength ?? 0)
        }
    }
}

/// What a leaf's physical and logical type mean together.
struct LeafMeaning {
    let type: ColumnType
    let conversion: LeafConversion

    /// Reads the logical type, else the converted one, else the physical; one that does not fit the physical type is ignored,
    /// as the format asks of readers.
    init(_ element: SchemaElement, _ physical: PhysicalType) {
        let logical = element.logicalType ?? Self.logical(element)
        let meaning: LeafMeaning? =
            switch physical {
            case .boolean: LeafMeaning(.boolean, .boolean)
            case .int32: Self.int32(logical)
            case .int64: Self.int64(logical)
            case .int96: LeafMeaning(.timestamp(isUTC: false), .int96)
            case .float: LeafMeaning(.double, .float)
            case .double: LeafMeaning(.double, .double)
            case .byteArray: Self.byteArray(logical)
            case .fixedLenByteArray: Self.fixedBytes(element, logical)
            }
        self = meaning ?? Self.physical(physical, Int(element.typeLength ?? 0))
    }

    private init(_ type: ColumnType, _ conversion: LeafConversion) {
        self.type = type
        self.conversion = conversion
    }

    /// What a physical type means by itself.
    private static func physical(_ type: PhysicalType, _ width: Int) -> LeafMeaning {
        switch type {
        case .int32: LeafMeaning(.int32, .int32)
        case .int64: LeafMeaning(.int64, .int64)
        case .fixedLenByteArray: LeafMeaning(.binary, .fixedBytes(width: width))
        case .boolean, .int96, .float, .double, .byteArray: LeafMeaning(.binary, .bytes)
        }
    }

    /// The logical type that a converted type stands for (parquet-format, LogicalTypes.md).
    ///
    /// Times and timestamps of that age are adjusted to UTC: there was no other kind. Nil for INTERVAL, which has no logical type, and for those of groups.
    private static func logical(_ element: SchemaElement) -> LogicalType? {
        switch element.convertedType {
        case .utf8: .string
        case .enumeration: .enumeration
        case .decimal: .decimal(precision: element.precision ?? 0, scale: element.scale ?? 0)
        case .date: .date
        case .timeMillis: .time(isAdjustedToUTC: true, unit: .millis)
        case .timeMicros: .time(isAdjustedToUTC: true, unit: .micros)
        case .timestampMillis: .timestamp(isAdjustedToUTC: true, unit: .millis)
        case .timestampMicros: .timestamp(isAdjustedToUTC: true, unit: .micros)
        case .uint8: .integer(bitWidth: 8, isSigned: false)
        case .uint16: .integer(bitWidth: 16, isSigned: false)
        case .uint32: .integer(bitWidth: 32, isSigned: false)
        case .uint64: .integer(bitWidth: 64, isSigned: false)
        case .int8: .integer(bitWidth: 8, isSigned: true)
        case .int16: .integer(bitWidth: 16, isSigned: true)
        case .int32: .integer(bitWidth: 32, isSigned: true)
        case .int64: .integer(bitWidth: 64, isSigned: true)
        case .json: .json
        case .bson: .bson
        case .interval, .map, .mapKeyValue, .list, nil: nil
        }
    }

    private static func int32(_ logical: LogicalType?) -> LeafMeaning? {
        switch logical {
        case .date: LeafMeaning(.date, .int32)
        case .time(_, .millis): LeafMeaning(.time, .int32Times(1_000))
        case .decimal(let precision, let scale): decimal(precision, scale).map { LeafMeaning($0, .int32Widened) }
        case .integer(32, false): LeafMeaning(.int64, .uint32)
        default: nil
        }
    }

    private static func int64(_ logical: LogicalType?) -> LeafMeaning? {
        switch logical {
        case .time(_, .micros): LeafMeaning(.time, .int64)
        case .time(_, .nanos): LeafMeaning(.time, .int64DividedBy(1_000))
        case .timestamp(let isUTC, .millis): LeafMeaning(.timestamp(isUTC: isUTC), .int64Times(1_000))
        case .timestamp(let isUTC, .micros): LeafMeaning(.timestamp(isUTC: isUTC), .int64)
        case .timestamp(let isUTC, .nanos): LeafMeaning(.timestampNanoseconds(isUTC: isUTC), .int64)
        case .decimal(let precision, let scale): decimal(precision, scale).map { LeafMeaning($0, .int64) }
        case .integer(64, false): LeafMeaning(.decimal(precision: 20, scale: 0), .uint64)
        default: nil
        }
    }

    private static func byteArray(_ logical: LogicalType?) -> LeafMeaning? {
        switch logical {
        case .string, .json, .enumeration: LeafMeaning(.string, .bytes)
        case .decimal(let precision, let scale):
            decimal(precision, scale).map { LeafMeaning($0, precision <= 18 ? .decimalBytesNarrow : .decimalBytesWide) }
        default: nil
        }
    }

    private static func fixedBytes(_ element: SchemaElement, _ logical: LogicalType?) -> LeafMeaning? {
        let width = Int(element.typeLength ?? 0)
        switch logical {
        case .decimal(let precision, let scale):
            guard let type = decimal(precision, scale) else { return nil }
            return LeafMeaning(
                type, precision <= 18 || width <= 8 ? .decimalNarrow(width: width) : .decimalWide(width: width))
        case .uuid where width == 16: return LeafMeaning(.uuid, .fixedBytes(width: 16))
        case .float16 where width == 2: return LeafMeaning(.double, .float16)
        case nil where element.convertedType == .interval && width == 12: return LeafMeaning(.interval, .interval)
        default: return nil
        }
    }

    /// Nil for digits that no decimal here has: then the values are read as their physical type.
    private static func decimal(_ precision: Int32, _ scale: Int32) -> ColumnType? {
        guard (1...38).contains(precision), (0...precision).contains(scale) else { return nil }
        return .decimal(precision: Int(precision), scale: Int(scale))
    }
}

extension LeafConversion {
    /// How a leaf of the type `found` is read as the type `wanted` that a table has for it, by the promotions of Iceberg
    /// and between types that lie alike; nil when it cannot.
    ///
    /// Iceberg (spec, "Schema Evolution") promotes int to long, float to double and decimals to more digits of the same scale; floats are doubles here anyway.
    func promoted(from found: ColumnType, to wanted: ColumnType) -> LeafConversion? {
        if found == wanted { return self }
        switch (found, wanted) {
        case (.int32, .int64): return self == .int32 ? .int32Widened : nil
        // Texts of files that do not say so, and timestamps with and without a zone, lie alike.
        case (.string, .binary), (.binary, .string), (.uuid, .binary), (.timestamp, .timestamp): return self
        case (.binary, .uuid): return self == .fixedBytes(width: 16) ? self : nil
        case (.decimal(let precision, let scale), .decimal(let wantedPrecision, let wantedScale)):
            return scale == wantedScale && precision <= wantedPrecision ? self : nil
        case (.timestampNanoseconds, .timestamp): return .int64DividedBy(1_000)
        case (.timestampNanoseconds, .timestampNanoseconds): return self
        default: return nil
        }
    }
}
