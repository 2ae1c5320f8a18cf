// RLE (3), as values: of booleans alone. The length of the runs in 4 bytes, then the hybrid of runs and bit packing, of width 1.

/// Bytes after the runs are passed over. A page without values, or of NULLs alone, may have no length either.
struct RunLengthBooleanDecoder: PageValueDecoder {
    static let types: Set<PhysicalType> = [.boolean]

    private var bits: HybridDecoder

    /// - Throws: `.truncated` where the length is not whole, `.lengthMismatch` where it reaches past the page.
    init(_ page: PageValueSource) throws(PageError) {
        let source = page.bytes
        guard source.count >= 4 else {
            guard source.isEmpty else { throw .truncated("the length of RLE booleans") }
            bits = try HybridDecoder(source, width: 1)
            return
        }
        let byteCount = Int(UInt32(littleEndian: source.loadUnaligned(as: UInt32.self)))
        guard byteCount <= source.count - 4 else { throw .lengthMismatch(expected: byteCount, actual: source.count - 4) }
        bits = try HybridDecoder(UnsafeRawBufferPointer(rebasing: source[4..<4 + byteCount]), width: 1)
    }

    mutating func appendBooleans(_ count: Int, to bits: inout BitBuilder) throws(PageError) {
        try self.bits.appendBits(count, to: &bits)
    }

    mutating func skip(_ count: Int) throws(PageError) { try bits.skip(count) }
}
