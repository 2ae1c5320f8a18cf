/// RLE (3), as values: of booleans alone. Unlike levels of a page of version 2, runs come after their length.
enum RunLengthBooleanEncoder: PageValueEncoder {
    static let types: Set<PhysicalType> = [.boolean]

    static func encode(booleans: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
        var runs: [UInt8] = []
        RunLengthEncoder.encode(booleans, bitWidth: 1, into: &runs)
        target.append(littleEndian: UInt32(runs.count))
        target.append(contentsOf: runs)
    }
}
