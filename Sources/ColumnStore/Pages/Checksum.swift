internal import CZlib

/// The CRC-32 (the polynomial of gzip) that page headers carry over the page's body as it lies in the file.
public enum Checksum {
    /// - Parameter seed: the CRC of what comes before, so that a body may be given in parts.
    public static func crc32(_ bytes: UnsafeRawBufferPointer, continuing seed: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return seed }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(seed), base.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
