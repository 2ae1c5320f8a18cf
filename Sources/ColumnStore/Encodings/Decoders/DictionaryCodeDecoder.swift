// RLE_DICTIONARY (8), and PLAIN_DICTIONARY (2) by its old name: the bit width in one byte, then codes as the hybrid of runs and bit packing.

/// Codes into the column chunk's dictionary. Who takes them says below what they must be; nothing is known of the entries here.
struct DictionaryCodeDecoder: PageValueDecoder {
    static let types = Set(PhysicalType.allCases)
    static let growsAlong = true

    private var codes: HybridDecoder
    var isOfCodes: Bool { true }

    /// - Throws: `.outOfRange` for a width above 32; what inflating throws.
    init(_ page: PageValueSource) throws(PageError) {
        try page.require(min(1, page.bytes.count))
        // A page of NULLs alone may be empty.
        guard let bitWidth = page.bytes.first else {
            codes = try HybridDecoder(page.bytes, width: 0)
            return
        }
        codes = try HybridDecoder(UnsafeRawBufferPointer(rebasing: page.bytes[1...]), width: Int(bitWidth), of: page.frame, at: 1)
    }

    mutating func decodeCodes(into target: UnsafeMutablePointer<UInt32>, count: Int, limit: UInt32) throws(PageError) {
        try codes.decode(into: target, count: count, limit: limit)
    }

    mutating func skip(_ count: Int) throws(PageError) { try codes.skip(count) }
}
