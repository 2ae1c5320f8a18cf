/// DELTA_LENGTH_BYTE_ARRAY (6): all lengths as DELTA_BINARY_PACKED, then all bytes.
///
/// Lengths that are alike take next to nothing, and a reader copies all bytes at once.
enum DeltaLengthEncoder: PageValueEncoder {
    static let types: Set<PhysicalType> = [.byteArray]

    static func encode(offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
        let count = max(offsets.count - 1, 0)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { lengths in
            for index in 0..<count { lengths[index] = offsets[index + 1] - offsets[index] }
            DeltaBinaryPackedEncoder.encode(UnsafeBufferPointer(lengths), into: &target)
        }
        guard count > 0 else { return }
        target.append(contentsOf: bytes[Int(offsets[0])..<Int(offsets[count])])
    }
}
