// Of parquet.thrift. Raw values are on disk: do not renumber.

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
