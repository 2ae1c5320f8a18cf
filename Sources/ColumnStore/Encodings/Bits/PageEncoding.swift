// Of parquet.thrift. Raw values are on disk: do not renumber.

/// An encoding by its number: an open set, so that a file with a new one is readable in its other columns.
///
/// 1 (GROUP_VAR_INT) was never used. Of the others, `ValueEncoding` says which are read and written for values.
public struct PageEncoding: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Values as they are, end to end.
    public static let plain = PageEncoding(rawValue: 0)
    /// `rleDictionary` in pages of the format's first version, and PLAIN of their dictionary page.
    public static let plainDictionary = PageEncoding(rawValue: 2)
    /// Levels, and booleans as values.
    public static let rle = PageEncoding(rawValue: 3)
    /// Levels alone, deprecated.
    public static let bitPacked = PageEncoding(rawValue: 4)
    public static let deltaBinaryPacked = PageEncoding(rawValue: 5)
    public static let deltaLengthByteArray = PageEncoding(rawValue: 6)
    public static let deltaByteArray = PageEncoding(rawValue: 7)
    public static let rleDictionary = PageEncoding(rawValue: 8)
    public static let byteStreamSplit = PageEncoding(rawValue: 9)

    /// Whether values are codes into the column chunk's dictionary.
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
