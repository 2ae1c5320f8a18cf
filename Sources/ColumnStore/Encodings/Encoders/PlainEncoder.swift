/// PLAIN (0): values end to end, little-endian; byte arrays after their length in 4 bytes; booleans as bits.
enum PlainEncoder: PageValueEncoder {
    static let types = Set(PhysicalType.allCases)

    // Parquet is little-endian, as is every machine that Swift runs on.

    static func encode(_ values: UnsafeBufferPointer<Int32>, into target: inout [UInt8]) { encode(fixedBytes: UnsafeRawBufferPointer(values), into: &target) }

    static func encode(_ values: UnsafeBufferPointer<Int64>, into target: inout [UInt8]) { encode(fixedBytes: UnsafeRawBufferPointer(values), into: &target) }

    static func encode(_ values: UnsafeBufferPointer<Double>, into target: inout [UInt8]) { encode(fixedBytes: UnsafeRawBufferPointer(values), into: &target) }

    static func encode(fixedBytes: UnsafeRawBufferPointer, into target: inout [UInt8]) { target.append(contentsOf: fixedBytes) }

    /// The first value in the lowest bit; the last byte is filled up with zeros.
    static func encode(booleans: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
        target.append(capacity: booleans.count / 8 + 16) { base in
            var packer = BitPacker(base)
            for value in booleans { packer.append(UInt64(value & 1), bitCount: 1) }
            return packer.finish()
        }
    }

    /// - Precondition: the offsets ascend within `bytes`.
    static func encode(offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
        guard offsets.count > 1 else { return }
        let count = offsets.count - 1
        let byteCount = Int(offsets[count]) - Int(offsets[0])
        precondition(byteCount >= 0 && Int(offsets[0]) >= 0 && Int(offsets[count]) <= bytes.count)
        target.append(capacity: byteCount + 4 * count) { base in
            var target = base
            let end = base + byteCount + 4 * count
            for index in 0..<count {
                let start = Int(offsets[index])
                let length = Int(offsets[index &+ 1]) &- start
                precondition(length >= 0 && target + 4 + length <= end)
                target.storeBytes(of: UInt32(truncatingIfNeeded: length), as: UInt32.self)
                target += 4
                if length > 0, let source = bytes.baseAddress { target.copyMemory(from: source + start, byteCount: length) }
                target += length
            }
            return target - base
        }
    }

    /// The lowest `byteCount` bytes of each value, the highest first: sign and digits are all in there, since it fits.
    static func encode(bigEndian values: UnsafeBufferPointer<Int128>, byteCount: Int, into target: inout [UInt8]) {
        precondition(byteCount >= 1 && byteCount <= 16)
        target.append(capacity: values.count * byteCount) { base in
            var target = base
            for value in values {
                var swapped = value.bigEndian
                withUnsafeBytes(of: &swapped) { bytes in
                    target.copyMemory(from: bytes.baseAddress! + (16 - byteCount), byteCount: byteCount)
                }
                target += byteCount
            }
            return target - base
        }
    }
}
