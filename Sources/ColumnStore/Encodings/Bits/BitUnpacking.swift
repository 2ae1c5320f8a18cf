// Bit-packed whole numbers, the first value in the lowest bits (parquet-format, Encodings.md): value `i` of width `w`
// stands at bits `i * w ..< (i + 1) * w`, little-endian.

/// Kernels that unpack runs of fixed width.
///
/// All may load whole words past the last value: the source must have `ByteRegion.paddingByteCount` readable bytes after it.
///
/// Neither lengths nor widths are checked here: callers have compared them with the page before the loop begins.
enum BitUnpacking {
    /// Unpacks `count` values from number `first` on.
    ///
    /// - Precondition: `width` is 0…32 and fits in `Target`; the source holds `first + count` values.
    ///
    /// - Parameters:
    ///   - source: where value number 0 begins, at a whole byte.
    ///   - first: number of the first value wanted, so that a run can be taken in parts that end anywhere.
    /// - Complexity: O(`count`), without allocation.
    @inline(__always)
    static func unpack<Target: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer, width: Int, first: Int, count: Int, into target: UnsafeMutablePointer<Target>
    ) {
        var index = first
        let end = first + count
        var target = target
        // Up to the next whole group of eight, which starts at a byte.
        while index < end, index & 7 != 0 {
            target.pointee = Target(truncatingIfNeeded: value(source, width, index))
            target += 1
            index += 1
        }
        let groupCount = (end - index) >> 3
        if groupCount > 0 {
            unpackGroups(source + (index >> 3) * width, width, groupCount, target)
            target += groupCount << 3
            index += groupCount << 3
        }
        while index < end {
            target.pointee = Target(truncatingIfNeeded: value(source, width, index))
            target += 1
            index += 1
        }
    }

    /// Unpacks `count` bits from number `first` on, a byte each: the levels of most lists are such. Eight of them take a multiplication and a store.
    ///
    /// - Precondition: the source holds `first + count` bits.
    static func unpackBits(_ source: UnsafeRawPointer, first: Int, count: Int, into target: UnsafeMutablePointer<UInt8>) {
        let end = first + count
        var (index, target) = (first, target)
        while index < end, index & 7 != 0 || end &- index < 8 {
            target.pointee = source.load(fromByteOffset: index >> 3, as: UInt8.self) >> UInt8(index & 7) & 1
            target += 1
            index += 1
        }
        while index &+ 8 <= end {
            let bits = UInt64(source.load(fromByteOffset: index >> 3, as: UInt8.self))
            // The byte in each of eight, and of each copy the bit that is its own: 0 or a power of two up to 128, which 127 more carry into the top bit.
            let own = (bits &* 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201
            let levels = ((own &+ 0x7F7F_7F7F_7F7F_7F7F) >> 7) & 0x0101_0101_0101_0101
            UnsafeMutableRawPointer(target).storeBytes(of: levels.littleEndian, as: UInt64.self)
            target += 8
            index += 8
        }
        while index < end {
            target.pointee = source.load(fromByteOffset: index >> 3, as: UInt8.self) >> UInt8(index & 7) & 1
            target += 1
            index += 1
        }
    }

    /// One value of at most 56 bits.
    ///
    /// 56 bits and a shift of at most 7 fit in the word that is loaded. With width 3, value 5 stands at bits 15 to 17: the word from byte 1 on,
    /// shifted by 7.
    @inline(__always)
    static func value(_ source: UnsafeRawPointer, _ width: Int, _ index: Int) -> UInt64 {
        let bit = index &* width
        let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
        return (word >> UInt64(bit & 7)) & ((1 << UInt64(width)) &- 1)
    }

    /// One literal width each, so that every shift and offset of the unrolled group is a constant.
    @inline(__always)
    private static func unpackGroups<Target: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer, _ width: Int, _ groupCount: Int, _ target: UnsafeMutablePointer<Target>
    ) {
        // Each case is inlined into a loop of its own; a width that is a variable would leave the shifts and masks to be computed for every value.
        switch width {
        case 0: target.update(repeating: 0, count: groupCount << 3)
        case 1: groups(source, 1, groupCount, target)
        case 2: groups(source, 2, groupCount, target)
        case 3: groups(source, 3, groupCount, target)
        case 4: groups(source, 4, groupCount, target)
        case 5: groups(source, 5, groupCount, target)
        case 6: groups(source, 6, groupCount, target)
        case 7: groups(source, 7, groupCount, target)
        case 8: groups(source, 8, groupCount, target)
        case 9: groups(source, 9, groupCount, target)
        case 10: groups(source, 10, groupCount, target)
        case 11: groups(source, 11, groupCount, target)
        case 12: groups(source, 12, groupCount, target)
        case 13: groups(source, 13, groupCount, target)
        case 14: groups(source, 14, groupCount, target)
        case 15: groups(source, 15, groupCount, target)
        case 16: groups(source, 16, groupCount, target)
        case 17: groups(source, 17, groupCount, target)
        case 18: groups(source, 18, groupCount, target)
        case 19: groups(source, 19, groupCount, target)
        case 20: groups(source, 20, groupCount, target)
        case 21: groups(source, 21, groupCount, target)
        case 22: groups(source, 22, groupCount, target)
        case 23: groups(source, 23, groupCount, target)
        case 24: groups(source, 24, groupCount, target)
        case 25: groups(source, 25, groupCount, target)
        case 26: groups(source, 26, groupCount, target)
        case 27: groups(source, 27, groupCount, target)
        case 28: groups(source, 28, groupCount, target)
        case 29: groups(source, 29, groupCount, target)
        case 30: groups(source, 30, groupCount, target)
        case 31: groups(source, 31, groupCount, target)
        default: groups(source, 32, groupCount, target)
        }
    }

    /// Eight values of `width` bits are `width` bytes: each group begins at a byte, and its values at the same shifts as those of every other.
    @inline(__always)
    private static func groups<Target: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer, _ width: Int, _ groupCount: Int, _ target: UnsafeMutablePointer<Target>
    ) {
        var source = source
        var target = target
        for _ in 0..<groupCount {
            target[0] = Target(truncatingIfNeeded: value(source, width, 0))
            target[1] = Target(truncatingIfNeeded: value(source, width, 1))
            target[2] = Target(truncatingIfNeeded: value(source, width, 2))
            target[3] = Target(truncatingIfNeeded: value(source, width, 3))
            target[4] = Target(truncatingIfNeeded: value(source, width, 4))
            target[5] = Target(truncatingIfNeeded: value(source, width, 5))
            target[6] = Target(truncatingIfNeeded: value(source, width, 6))
            target[7] = Target(truncatingIfNeeded: value(source, width, 7))
            source += width
            target += 8
        }
    }

    /// Unpacks values of up to 64 bits, as DELTA_BINARY_PACKED has them.
    ///
    /// - Precondition: `width` is 0…64; the source holds `first + count` values.
    static func unpack64(
        _ source: UnsafeRawPointer, width: Int, first: Int, count: Int, into target: UnsafeMutablePointer<UInt64>
    ) {
        if width <= 32 {
            unpack(source, width: width, first: first, count: count, into: target)
        } else if width <= 56 {
            for index in 0..<count { target[index] = value(source, width, first &+ index) }
        } else {
            let mask: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) &- 1
            for index in 0..<count {
                // With the shift such a value may lie across nine bytes, and takes a second load.
                let bit = (first &+ index) &* width
                let shift = UInt64(bit & 7)
                let low = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)) >> shift
                let ninth = UInt64(source.load(fromByteOffset: bit >> 3 + 8, as: UInt8.self))
                // Swift's smart shift gives 0 for a shift by 64.
                target[index] = (low | ninth << (64 - shift)) & mask
            }
        }
    }
}
