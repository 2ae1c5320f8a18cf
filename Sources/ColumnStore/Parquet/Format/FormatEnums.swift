// The closed and open sets of parquet.thrift. Raw values are on disk: do not renumber.

/// How values lie in a page. A closed set: the format cannot gain one without a new major version.
public enum PhysicalType: Int32, Sendable, CaseIterable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedLenByteArray = 7
}

public enum FieldRepetition: Int32, Sendable {
    case required = 0
    case optional = 1
    case repeated = 2
}

/// The older way to say what a physical type means; writers keep it beside the logical type.
public enum ConvertedType: Int32, Sendable {
    case utf8 = 0
    case map = 1
    case mapKeyValue = 2
    case list = 3
    case enumeration = 4
    case decimal = 5
    case date = 6
    case timeMillis = 7
    case timeMicros = 8
    case timestampMillis = 9
    case timestampMicros = 10
    case uint8 = 11
    case uint16 = 12
    case uint32 = 13
    case uint64 = 14
    case int8 = 15
    case int16 = 16
    case int32 = 17
    case int64 = 18
    case json = 19
    case bson = 20
    case interval = 21
}

/// An encoding by its number: an open set, so that a file with a new one is readable in its other columns.
public struct PageEncoding: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let plain = PageEncoding(rawValue: 0)
    public static let plainDictionary = PageEncoding(rawValue: 2)
    public static let rle = PageEncoding(rawValue: 3)
    public static let bitPacked = PageEncoding(rawValue: 4)
    public static let deltaBinaryPacked = PageEncoding(rawValue: 5)
    public static let deltaLengthByteArray = PageEncoding(rawValue: 6)
    public static let deltaByteArray = PageEncoding(rawValue: 7)
    public static let rleDictionary = PageEncoding(rawValue: 8)
    public static let byteStreamSplit = PageEncoding(rawValue: 9)

    public var isDictionary: Bool { self == .plainDictionary || self == .rleDictionary }
}

/// A codec by its number: an open set, as `PageEncoding`.
public struct CompressionCodec: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let uncompressed = CompressionCodec(rawValue: 0)
    public static let snappy = CompressionCodec(rawValue: 1)
    public static let gzip = CompressionCodec(rawValue: 2)
    /// Known by number only: LZO is under the GPL and no writer of this century uses it.
    public static let lzo = CompressionCodec(rawValue: 3)
    public static let brotli = CompressionCodec(rawValue: 4)
    /// The old LZ4, with Hadoop's framing as written by parquet-mr, or with none as written by early Arrow.
    public static let lz4 = CompressionCodec(rawValue: 5)
    public static let zstd = CompressionCodec(rawValue: 6)
    public static let lz4Raw = CompressionCodec(rawValue: 7)
}

public enum PageKind: Int32, Sendable {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
}

/// How the bounds of a column index are ordered from page to page.
public enum BoundaryOrder: Int32, Sendable {
    case unordered = 0
    case ascending = 1
    case descending = 2
}

extension PageEncoding: CustomStringConvertible {
    public var description: String {
        switch self {
        case .plain: "PLAIN"
        case .plainDictionary: "PLAIN_DICTIONARY"
        case .rle: "RLE"
        case .bitPacked: "BIT_PACKED"
        case .deltaBinaryPacked: "DELTA_BINARY_PACKED"
        case .deltaLengthByteArray: "DELTA_LENGTH_BYTE_ARRAY"
        case .deltaByteArray: "DELTA_BYTE_ARRAY"
        case .rleDictionary: "RLE_DICTIONARY"
        case .byteStreamSplit: "BYTE_STREAM_SPLIT"
        default: "ENCODING_\(rawValue)"
        }
    }
}

extension CompressionCodec: CustomStringConvertible {
    public var description: String {
        switch self {
        case .uncompressed: "UNCOMPRESSED"
        case .snappy: "SNAPPY"
        case .gzip: "GZIP"
        case .lzo: "LZO"
        case .brotli: "BROTLI"
        case .lz4: "LZ4"
        case .zstd: "ZSTD"
        case .lz4Raw: "LZ4_RAW"
        default: "CODEC_\(rawValue)"
        }
    }
}

extension PhysicalType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int32: "INT32"
        case .int64: "INT64"
        case .int96: "INT96"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .byteArray: "BYTE_ARRAY"
        case .fixedLenByteArray: "FIXED_LEN_BYTE_ARRAY"
        }
    }
}
