/// RLE_DICTIONARY (8): the bit width in one byte, then codes as the hybrid of runs and bit packing.
///
/// The width is that of the dictionary, whatever codes the page has.
enum DictionaryCodeEncoder: PageValueEncoder {
    static let types = Set(PhysicalType.allCases).subtracting([.boolean])

    static func encode(codes: UnsafeBufferPointer<UInt32>, bitWidth: Int, into target: inout [UInt8]) {
        target.append(UInt8(bitWidth))
        RunLengthEncoder.encode(codes, bitWidth: bitWidth, into: &target)
    }
}
