/// DELTA_BYTE_ARRAY (7): how many bytes each value shares with the one before, as DELTA_BINARY_PACKED, then the rests as
/// DELTA_LENGTH_BYTE_ARRAY.
///
/// Each value costs a comparison with the one before it: for texts that are in order, or alike at their beginning.
enum DeltaByteArrayEncoder: PageValueEncoder {
    static let types: Set<PhysicalType> = [.byteArray]

    static func encode(offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
        let count = max(offsets.count - 1, 0)
        var rest: [UInt8] = []
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { prefixes in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { lengths in
                var previous = 0..<0
                for index in 0..<count {
                    let value = Int(offsets[index])..<Int(offsets[index + 1])
                    let limit = min(previous.count, value.count)
                    var shared = 0
                    while shared < limit, bytes[previous.lowerBound &+ shared] == bytes[value.lowerBound &+ shared] {
                        shared &+= 1
                    }
                    prefixes[index] = Int32(truncatingIfNeeded: shared)
                    lengths[index] = Int32(truncatingIfNeeded: value.count - shared)
                    rest.append(contentsOf: bytes[(value.lowerBound + shared)..<value.upperBound])
                    previous = value
                }
                DeltaBinaryPackedEncoder.encode(UnsafeBufferPointer(prefixes), into: &target)
                DeltaBinaryPackedEncoder.encode(UnsafeBufferPointer(lengths), into: &target)
            }
        }
        target.append(contentsOf: rest)
    }
}
