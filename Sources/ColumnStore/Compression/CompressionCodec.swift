// Of parquet.thrift. Raw values are on disk: do not renumber.

/// A codec by its number: an open set, as `PageEncoding`.
///
/// What the bytes of each are is said in Compression.md (parquet-format). Which of them are written and read say `PageCompressor` and
/// `PageDecompressor`, which refuse all others when a page comes to it: a file stays readable in its other columns.
public struct CompressionCodec: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let uncompressed = CompressionCodec(rawValue: 0)
    /// Its raw format, without a frame around it.
    public static let snappy = CompressionCodec(rawValue: 1)
    /// RFC 1952.
    public static let gzip = CompressionCodec(rawValue: 2)
    /// Known by number only: LZO is under the GPL and no writer of this century uses it.
    public static let lzo = CompressionCodec(rawValue: 3)
    public static let brotli = CompressionCodec(rawValue: 4)
    /// The old LZ4, with Hadoop's framing as written by parquet-mr, or with none as written by early Arrow.
    public static let lz4 = CompressionCodec(rawValue: 5)
    /// Frames, RFC 8878.
    public static let zstd = CompressionCodec(rawValue: 6)
    /// LZ4's block format: neither a frame nor a length.
    public static let lz4Raw = CompressionCodec(rawValue: 7)
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
