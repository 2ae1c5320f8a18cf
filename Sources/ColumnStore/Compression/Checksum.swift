internal import CCarryless
internal import CZlib

/// The CRC-32 (the polynomial of gzip) that page headers carry over the page's body as it lies in the file.
public enum Checksum {
    /// - Parameter seed: the CRC of what comes before, so that a body may be given in parts.
    ///
    /// - Complexity: O(bytes).
    public static func crc32(_ bytes: UnsafeRawBufferPointer, continuing seed: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return seed }
        // All but the last few bytes by carry-less multiplication, four times as fast: docs/decisions/0022-where-questions-spend.md.
        guard bytes.count >= foldedByteCountMin, canFold else { return zlib(base, bytes.count, seed) }
        let foldedByteCount = bytes.count & ~15
        // What was folded is as good as 16 bytes that are begun with 0. zlib takes and gives states inverted: 0 is its `~0`.
        let folded = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { remainder -> UInt32 in
            guard let start = remainder.baseAddress else { return seed }
            till_crc32_fold(base, foldedByteCount, ~seed, start)
            return zlib(start, 16, ~0)
        }
        return zlib(base + foldedByteCount, bytes.count - foldedByteCount, folded)
    }

    /// Folding takes 64 bytes at least; shorter ones than this are zlib's.
    private static let foldedByteCountMin = 256
    private static let canFold = till_can_fold() != 0

    private static func zlib(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ seed: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(UInt(seed), bytes, count))
    }
}
