/// Decimals as big-endian two's complement, the lowest digit's byte last (parquet-format, LogicalTypes.md, DECIMAL).
enum DecimalKernels {
    /// Values of `width` bytes, end to end, in 64 bits.
    ///
    /// `FF FE` at width 2 is -2: eight bytes are loaded, of which the value's are the highest, and an arithmetic shift by 48 drops the others.
    ///
    /// - Precondition: `width` is at least 1; the source is padded (see `BitUnpacking`).
    /// - Returns: whether all fit in 64 bits.
    static func narrow(
        _ source: UnsafeRawPointer, width: Int, count: Int, into target: UnsafeMutablePointer<Int64>
    ) -> Bool {
        // The load takes bytes of the next value along, or of the padding.
        if width <= 8 {
            let shift = Int64(64 - 8 * width)
            var place = source
            for index in 0..<count {
                target[index] = Int64(bigEndian: place.loadUnaligned(as: Int64.self)) >> shift
                place += width
            }
            return true
        }
        // What does not fit is gathered, and looked at once after the loop.
        var excess: UInt8 = 0
        for index in 0..<count {
            let place = source + index &* width
            let value = Int64(bigEndian: place.loadUnaligned(fromByteOffset: width &- 8, as: Int64.self))
            target[index] = value
            let sign = UInt8(truncatingIfNeeded: value >> 63)
            // The bytes above the lowest eight must repeat the sign.
            for byte in 0..<(width &- 8) { excess |= place.load(fromByteOffset: byte, as: UInt8.self) ^ sign }
        }
        return excess == 0
    }

    /// Values of `width` bytes, end to end, in 128 bits: as `narrow`, by two loads.
    ///
    /// - Precondition: `width` is 1…16; the source is padded (see `BitUnpacking`).
    static func wide(_ source: UnsafeRawPointer, width: Int, count: Int, into target: UnsafeMutablePointer<Int128>) {
        let shift = Int128(128 - 8 * width)
        var place = source
        for index in 0..<count {
            let high = Int64(bigEndian: place.loadUnaligned(as: Int64.self))
            let low = UInt64(bigEndian: place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            target[index] = (Int128(high) << 64 | Int128(low)) >> shift
            place += width
        }
    }

    /// One decimal of any length; no bytes are 0.
    ///
    /// - Throws: `.outOfRange` where it does not fit in 128 bits. Bytes before the lowest 16 must repeat the sign.
    static func wide(_ bytes: UnsafeRawBufferPointer) throws(PageError) -> Int128 {
        guard let first = bytes.first else { return 0 }
        let sign: UInt8 = first >= 0x80 ? 0xFF : 0
        var value: Int128 = first >= 0x80 ? -1 : 0
        let excess = bytes.count - 16
        for index in bytes.indices {
            if index < excess, bytes[index] != sign { throw .outOfRange("the byte count of a decimal", value: bytes.count) }
            value = value << 8 | Int128(bytes[index])
        }
        if excess > 0, (value < 0) != (sign != 0) { throw .outOfRange("the byte count of a decimal", value: bytes.count) }
        return value
    }
}

/// IEEE 754 binary16 to binary64, by bits, since every half is exactly a double.
///
/// One bit of sign, five of exponent, ten of fraction; infinities and NaNs have all exponent bits set, and keep their fraction's.
enum HalfFloat {
    static func double(_ bits: UInt16) -> Double {
        let sign: UInt64 = UInt64(bits >> 15) << 63
        let exponent = UInt64(bits >> 10 & 0x1F)
        let fraction = UInt64(bits & 0x3FF)
        switch exponent {
        case 0x1F: return Double(bitPattern: sign | 0x7FF << 52 | fraction << 42)
        // Zero and subnormals: fraction × 2⁻²⁴.
        case 0: return (bits >> 15 != 0 ? -1 : 1) * Double(fraction) * 0x1p-24
        // 1,008: from the exponent's bias of 15 to that of 1,023.
        default: return Double(bitPattern: sign | (exponent + 1_008) << 52 | fraction << 42)
        }
    }
}
