// Split-block bloom filter (parquet-format, BloomFilter.md): blocks of 256 bits, eight words of 32. The hash's upper
// half picks the block, its lower half, multiplied by eight salts, picks one bit of each word.

/// A set of hashes that answers "not there" for certain and "there" with a small chance of error.
///
/// The writer makes one for each chunk of a column that is looked up by value (`ColumnChunkWriter`); a scan asks it before it reads the chunk
/// (`PageIndexReader`). What is hashed is a value's PLAIN form, of byte arrays without the length, by `XXHash64`.
public struct BloomFilter: Sendable {
    public static let blockByteCount = 32
    /// The format's upper limit, 128 MiB.
    public static let byteCountMax = 128 << 20

    /// Odd numbers of the specification: on disk, since other readers multiply by the same.
    private static let salts: [8 of UInt32] = [
        0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
    ]

    /// Eight words a block.
    private var words: [UInt32]

    /// An empty filter for about `distinctCount` values.
    ///
    /// - Parameters:
    ///   - distinctCount: of the values that will be inserted; more of them raise the rate of errors, and never lose one.
    ///   - falsePositiveRate: taken as the nearest power of ten from 1 in 10 to 1 in 100,000.
    public init(distinctCount: Int, falsePositiveRate: Double) {
        let bits = Self.bitCount(distinctCount: distinctCount, falsePositiveRate: falsePositiveRate)
        // A power of two, since Arrow's reader refuses all else: the one that has from 0.8 to 1.6 times the bits wanted.
        let wanted = min(max(1, (bits / 5 * 4 + 255) / 256), Self.byteCountMax / Self.blockByteCount)
        var blockCount = 1
        while blockCount < wanted { blockCount *= 2 }
        words = Array(repeating: 0, count: blockCount * 8)
    }

    /// The bits as they stand in a file after the header.
    ///
    /// - Returns: nil when they are no whole number of blocks.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, bytes.count % Self.blockByteCount == 0, bytes.count <= Self.byteCountMax else { return nil }
        words = (0..<bytes.count / 4).map {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
        }
    }

    /// Where in the file's bits the block of `hash` stands: a probe reads these 32 bytes alone.
    ///
    /// The upper half of the hash is a fraction of 2^32: times the number of blocks it is the block's number, without a division, and for any number
    /// of blocks.
    public static func blockOffset(of hash: UInt64, byteCount: Int) -> Int {
        let blockCount = UInt64(byteCount / blockByteCount)
        return Int(((hash >> 32) &* blockCount) >> 32) * blockByteCount
    }

    /// - Complexity: O(1): one block, eight bits.
    public mutating func insert(_ hash: UInt64) {
        let start = Self.blockOffset(of: hash, byteCount: words.count * 4) / 4
        for index in 0..<8 { words[start + index] |= Self.bit(hash, index) }
    }

    /// - Returns: false where the hash was not inserted for certain.
    /// - Complexity: O(1): one block.
    public func mayContain(_ hash: UInt64) -> Bool {
        let start = Self.blockOffset(of: hash, byteCount: words.count * 4) / 4
        for index in 0..<8 where words[start + index] & Self.bit(hash, index) == 0 { return false }
        return true
    }

    /// As `init(bytes:)` takes them: the words, little-endian.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 4)
        for word in words { for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) } }
        return bytes
    }

    /// One of the word's 32 bits: the upper five bits of the product say which.
    private static func bit(_ hash: UInt64, _ index: Int) -> UInt32 {
        1 << ((UInt32(truncatingIfNeeded: hash) &* salts[index]) >> 27)
    }

    /// By the formula of the specification, -8n / ln(1 - p^(1/8)), as a table of bits a value, which spares the
    /// logarithm: 1 % wants 10 bits, 0.1 % 15, 0.01 % 21.
    private static func bitCount(distinctCount: Int, falsePositiveRate: Double) -> Int {
        let bitsPerValue =
            switch falsePositiveRate {
            case ..<0.000_05: 29
            case ..<0.000_5: 21
            case ..<0.005: 15
            case ..<0.05: 10
            default: 6
            }
        let (bits, overflow) = distinctCount.multipliedReportingOverflow(by: bitsPerValue)
        return overflow ? byteCountMax * 8 : min(bits, byteCountMax * 8)
    }
}
