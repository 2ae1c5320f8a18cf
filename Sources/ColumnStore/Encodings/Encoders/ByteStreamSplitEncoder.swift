/// BYTE_STREAM_SPLIT (9): the first bytes of all values, then the second bytes, and so on: signs and exponents, which are
/// alike, come together.
///
/// For doubles alone: the form for integers and decimals came later, and readers in use refuse it (docs/decisions/0006-parquet-writer.md).
enum ByteStreamSplitEncoder: PageValueEncoder {
    static let types: Set<PhysicalType> = [.double]

    static func encode(_ values: UnsafeBufferPointer<Double>, into target: inout [UInt8]) {
        let count = values.count
        target.append(capacity: 8 * count) { base in
            for index in 0..<count {
                let bits = values[index].bitPattern
                // Byte `stream` of each value, the lowest first, goes `stream` times the count further on.
                for stream in 0..<8 {
                    (base + (stream * count + index)).storeBytes(
                        of: UInt8(truncatingIfNeeded: bits &>> UInt64(8 &* stream)), as: UInt8.self)
                }
            }
            return 8 * count
        }
    }
}
