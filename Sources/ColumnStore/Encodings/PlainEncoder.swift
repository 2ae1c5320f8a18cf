/// PLAIN (0): values end to end, little-endian; byte arrays after their length in 4 bytes; booleans as bits.
enum PlainEncoder {
    @inline(__always)
    static func encode<Element: BitwiseCopyable>(_ values: UnsafeBufferPointer<Element>, into target: inout [UInt8]) {
        // Parquet is little-endian, as is every machine that Swift runs on.
        target.append(contentsOf: UnsafeRawBufferPointer(values))
    }

    /// - Parameter values: 0 or 1 each.
    static func encodeBits(_ values: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
        target.append(capacity: values.count / 8 + 16) { base in
            var packer = BitPacker(base)
            for value in values { packer.append(UInt64(value & 1), bitCount: 1) }
            return packer.finish()
        }
    }

    /// - Parameter offsets: one more than values, ascending, within `bytes`.
    static func encode(
        offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]
    ) {
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

    /// Fixed-length big-endian two's complement, as decimals of more than 18 digits lie.
    ///
    /// - Precondition: every value fits `byteCount` bytes, 1…16.
    static func encodeBigEndian(
        _ values: UnsafeBufferPointer<Int128>, byteCount: Int, into target: inout [UInt8]
    ) {
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
